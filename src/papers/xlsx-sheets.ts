import { cellText } from "./cell-text.ts";
import { type Column, instantWords, isLinked, type Paper, type Part, type Row } from "./paper.ts";
import { cellRef, cellXml, columnName, escapeXml } from "./xlsx-cells.ts";
import type { CellLook, Looks } from "./xlsx-styles.ts";

/** What a sheet holds: rows beyond it go into the next one, links beyond it stay text. */
export const SHEET_LIMITS = { rows: 1_048_576, links: 65_530 } as const;
export type SheetLimits = Readonly<Record<keyof typeof SHEET_LIMITS, number>>;
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** What a sheet tells beside its cells, once all of them are written. */
export type WrittenSheet = Readonly<{ links: readonly string[]; isFull: boolean }>;

/** A sheet's rows, and what stands around them. */
class SheetWriter {
  readonly links: string[] = [];
  rows = 0;
  readonly #looks: Looks;
  readonly #hyperlinks: string[] = [];

  readonly #linksMax: number;

  constructor(looks: Looks, linksMax: number) {
    this.#looks = looks;
    this.#linksMax = linksMax;
  }

  head(columns: readonly Column[], options: Readonly<{ isFrozen: boolean }>): string {
    const widths = columns.map(
      (column, at) =>
        `<col min="${at + 1}" max="${at + 1}" width="${sheetWidth(column)}" customWidth="1"/>`,
    );
    const pane = options.isFrozen
      ? `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`
      : "";
    return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>\
<sheetViews><sheetView workbookViewId="0">${pane}</sheetView></sheetViews>\
<cols>${widths.join("")}</cols><sheetData>`;
  }

  row(row: Row, columns: readonly Column[], look: CellLook = lookOf(row)): string {
    const at = this.rows;
    this.rows += 1;
    const height = look.font === "title" ? ` ht="22" customHeight="1"` : "";
    let xml = `<row r="${at + 1}"${height}>`;
    columns.forEach(({ kind }, column) => {
      const cell = row.cells[column];
      const ref = cellRef(at, column);
      const isLink = isLinked(cell) && this.links.length < this.#linksMax;
      if (isLink) this.#link(ref, cell.href);
      const shown = isLinked(cell) && !isLink ? cellText(cell) : cell;
      xml += cellXml(shown, kind, { ref, look, looks: this.#looks });
    });
    return `${xml}</row>`;
  }

  #link(ref: string, href: string): void {
    this.links.push(href);
    this.#hyperlinks.push(`<hyperlink ref="${ref}" r:id="rId${this.links.length}"/>`);
  }

  foot(columns: readonly Column[], options: Readonly<{ isFiltered: boolean }>): string {
    const last = `${columnName(columns.length - 1)}${Math.max(1, this.rows)}`;
    const links = this.#hyperlinks;
    return [
      "</sheetData>",
      options.isFiltered ? `<autoFilter ref="A1:${last}"/>` : "",
      links.length === 0 ? "" : `<hyperlinks>${links.join("")}</hyperlinks>`,
      `<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>`,
      `<pageSetup orientation="landscape" fitToWidth="1" fitToHeight="0"/>`,
      `<headerFooter><oddFooter>&amp;L&amp;A&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter>`,
      "</worksheet>",
    ].join("");
  }
}

/** A sheet is as wide as it likes: reasons stand in one line there. */
function sheetWidth({ kind, width }: Column): number {
  return Math.max(10, kind === "text" ? width * 1.7 : width + 3);
}

function lookOf({ is }: Row): CellLook {
  if (is === "sum") return { font: "strong", border: "sum" };
  return is === "small" ? { font: "small" } : {};
}

const SUMMARY_COLUMNS: readonly Column[] = [
  { title: "", kind: "text", width: 27 },
  { title: "", kind: "amount", width: 26 },
];

/** Every statement, one below the other, each with its verdict, its lines to sign and its hash. */
export function* summarySheet(papers: readonly Paper[], looks: Looks): Generator<string> {
  const sheet = new SheetWriter(looks, 0);
  const line = (cells: Row["cells"], look?: CellLook) =>
    sheet.row({ cells }, SUMMARY_COLUMNS, look);
  yield sheet.head(SUMMARY_COLUMNS, { isFrozen: false });
  for (const { title, about, verdict, statement, signed, seal, madeAt } of papers) {
    yield line([title], { font: "title" });
    for (const fact of about) yield line(fact);
    yield line([verdict.words], { font: "strong", border: "sum" });
    for (const row of statement.rows) yield sheet.row(row, SUMMARY_COLUMNS);
    yield line([]);
    for (const words of signed) yield line([words]);
    yield line([seal.of, seal.hash], { font: "small" });
    yield line(["Made", instantWords(madeAt)], { font: "small" });
    yield line([]);
  }
  yield sheet.foot(SUMMARY_COLUMNS, { isFiltered: false });
}

const TAG_COLUMNS: readonly Column[] = [
  { title: "Currency", kind: "text", width: 6 },
  { title: "Section", kind: "text", width: 15 },
];

/** The rows of all parts of one sheet, each with the paper and the part that it is of. */
export function* partRows(papers: readonly Paper[], sheet: string): Generator<Row> {
  for (const { tag, parts } of papers) {
    for (const part of parts.filter((one) => one.sheet === sheet)) {
      for (const row of part.rows) yield { ...row, cells: [tag, part.title, ...row.cells] };
    }
  }
}

export function partColumns(papers: readonly Paper[], sheet: string): readonly Column[] {
  const [first] = papers.flatMap(({ parts }): readonly Part[] =>
    parts.filter((part) => part.sheet === sheet),
  );
  return [...TAG_COLUMNS, ...(first?.columns ?? [])];
}

/**
 * One sheet of rows, as many as it holds; `written` is told at its end. What is left of `rows` goes
 * into the next one.
 */
export function* rowsSheet(
  rows: Iterator<Row>,
  of: Readonly<{
    columns: readonly Column[];
    looks: Looks;
    limits: SheetLimits;
    written: (sheet: WrittenSheet) => void;
  }>,
): Generator<string> {
  const { columns, looks, limits } = of;
  const sheet = new SheetWriter(looks, limits.links);
  yield sheet.head(columns, { isFrozen: true });
  const titles = columns.map(({ title }) => title);
  yield sheet.row({ cells: titles }, columns, { font: "strong", border: "head" });
  let next = rows.next();
  while (next.done !== true) {
    yield sheet.row(next.value, columns);
    if (sheet.rows === limits.rows) break;
    next = rows.next();
  }
  yield sheet.foot(columns, { isFiltered: true });
  of.written({ links: sheet.links, isFull: next.done !== true });
}

/** Where the links of a sheet lead. */
export function* relationsXml(links: readonly string[]): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`;
  for (const [at, link] of links.entries()) {
    yield `<Relationship Id="rId${at + 1}" Type="${RELATIONS}/hyperlink" \
Target="${escapeXml(link)}" TargetMode="External"/>`;
  }
  yield "</Relationships>";
}
