import { setImmediate } from "node:timers/promises";
import type { Zip, ZipDeflate } from "fflate";
import { type Paper, sheetNames } from "./paper.ts";
import { escapeXml } from "./xlsx-cells.ts";
import {
  partColumns,
  partRows,
  relationsXml,
  rowsSheet,
  SHEET_LIMITS,
  type SheetLimits,
  summarySheet,
  type WrittenSheet,
} from "./xlsx-sheets.ts";
import { Looks } from "./xlsx-styles.ts";

const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const XML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n`;

/** So much of a part is packed at once, and other work gets its turn after it. */
const PIECE_CHARS = 64 * 1024;
const LEVEL = 6;

/** What a workbook says of itself. */
export type WorkbookFrame = Readonly<{
  title: string;
  madeAt: Date;
  /** What a sheet holds. Default: as much as Excel's. */
  limits?: SheetLimits;
}>;

type Named = Readonly<{ name: string; links: readonly string[] }>;

/**
 * Papers as a workbook, piece by piece: one sheet of statements, and for each kind of part one with
 * its rows, amounts and days as numbers. What was handed on is not kept but for the links, of which
 * a sheet holds 65,530.
 */
export async function* paperXlsx(
  papers: readonly Paper[],
  frame: WorkbookFrame,
): AsyncGenerator<Uint8Array> {
  // Loaded with the first workbook: a hub that makes none does not pay for it.
  const { Zip, ZipDeflate, strToU8 } = await import("fflate");
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error !== null) throw error;
    ready.push(piece);
  });
  const packer: Packer = { zip, ready, bytes: strToU8, open: (name) => deflated(ZipDeflate, name) };
  const { limits = SHEET_LIMITS } = frame;
  const looks = new Looks();
  const sheets: Named[] = [{ name: "Summary", links: [] }];
  yield* pack(packer, "xl/worksheets/sheet1.xml", summarySheet(papers, looks));
  for (const name of sheetNames(papers)) {
    const rows = partRows(papers, name);
    const columns = partColumns(papers, name);
    let last: WrittenSheet = { links: [], isFull: true };
    for (let nr = 1; last.isFull; nr += 1) {
      const written = (sheet: WrittenSheet) => {
        last = sheet;
      };
      const path = `xl/worksheets/sheet${sheets.length + 1}.xml`;
      yield* pack(packer, path, rowsSheet(rows, { columns, looks, limits, written }));
      sheets.push({ name: nr === 1 ? name : `${name} ${nr}`, links: last.links });
    }
  }
  for (const [at, { links }] of sheets.entries()) {
    if (links.length === 0) continue;
    const path = `xl/worksheets/_rels/sheet${at + 1}.xml.rels`;
    yield* pack(packer, path, relationsXml(links));
  }
  for (const [path, xml] of bookParts(sheets, { looks, frame })) yield* pack(packer, path, [xml]);
  zip.end();
  yield* ready.splice(0);
}

type Packer = Readonly<{
  zip: Zip;
  ready: Uint8Array[];
  bytes: (text: string) => Uint8Array;
  open: (name: string) => ZipDeflate;
}>;

function deflated(Deflate: typeof ZipDeflate, name: string): ZipDeflate {
  return new Deflate(name, { level: LEVEL });
}

async function* pack(
  { zip, ready, bytes, open }: Packer,
  name: string,
  pieces: Iterable<string>,
): AsyncGenerator<Uint8Array> {
  const part = open(name);
  zip.add(part);
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE_CHARS) continue;
    part.push(bytes(text));
    text = "";
    await setImmediate();
    yield* ready.splice(0);
  }
  part.push(bytes(text), true);
  yield* ready.splice(0);
}

/** Everything but the sheets themselves. */
function bookParts(
  sheets: readonly Named[],
  { looks, frame }: Readonly<{ looks: Looks; frame: WorkbookFrame }>,
): readonly (readonly [path: string, xml: string])[] {
  const named = sheets.map(
    ({ name }, at) => `<sheet name="${escapeXml(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`,
  );
  const related = sheets.map((_sheet, at) =>
    relation(at + 1, `${OFFICE}/worksheet`, `worksheets/sheet${at + 1}.xml`),
  );
  const typed = sheets.map((_sheet, at) =>
    override(`/xl/worksheets/sheet${at + 1}.xml`, `${SHEETS}.worksheet+xml`),
  );
  return [
    ["xl/styles.xml", looks.xml()],
    [
      "xl/workbook.xml",
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}">` +
        `<sheets>${named.join("")}</sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      relations([...related, relation(sheets.length + 1, `${OFFICE}/styles`, "styles.xml")]),
    ],
    ["docProps/core.xml", coreXml(frame)],
    [
      "_rels/.rels",
      relations([
        relation(1, `${OFFICE}/officeDocument`, "xl/workbook.xml"),
        relation(2, `${PACKAGE}/relationships/metadata/core-properties`, "docProps/core.xml"),
      ]),
    ],
    [
      "[Content_Types].xml",
      `${XML}<Types xmlns="${PACKAGE}/content-types">` +
        byEnding("rels", "application/vnd.openxmlformats-package.relationships+xml") +
        byEnding("xml", "application/xml") +
        override("/xl/workbook.xml", `${SHEETS}.sheet.main+xml`) +
        override("/xl/styles.xml", `${SHEETS}.styles+xml`) +
        override(
          "/docProps/core.xml",
          "application/vnd.openxmlformats-package.core-properties+xml",
        ) +
        `${typed.join("")}</Types>`,
    ],
  ];
}

function relations(all: readonly string[]): string {
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${all.join("")}</Relationships>`;
}

function relation(nr: number, type: string, target: string): string {
  return `<Relationship Id="rId${nr}" Type="${type}" Target="${target}"/>`;
}

function byEnding(ending: string, type: string): string {
  return `<Default Extension="${ending}" ContentType="${type}"/>`;
}

function override(part: string, type: string): string {
  return `<Override PartName="${part}" ContentType="${type}"/>`;
}

function coreXml({ title, madeAt }: WorkbookFrame): string {
  const at = `${madeAt.toISOString().slice(0, 19)}Z`;
  return `${XML}<cp:coreProperties \
xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\
<dc:title>${escapeXml(title)}</dc:title><dc:creator>Slipway</dc:creator>\
<dcterms:created xsi:type="dcterms:W3CDTF">${at}</dcterms:created></cp:coreProperties>`;
}
