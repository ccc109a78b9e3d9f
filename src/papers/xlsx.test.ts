import { strFromU8, unzipSync } from "fflate";
import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { paperXlsx } from "./index.ts";
import type { Paper } from "./paper.ts";
import { aPaper, aRow, FRAME, wholeOf } from "./testing/papers.ts";

async function bookOf(...papers: readonly Paper[]): Promise<Readonly<Record<string, string>>> {
  const files = unzipSync(await wholeOf(paperXlsx(papers, FRAME)));
  return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, strFromU8(bytes)]));
}

async function itemsOf(paper: Paper): Promise<string> {
  return (await bookOf(paper))["xl/worksheets/sheet2.xml"] ?? "";
}

/** The number format of the cell at `ref`, as Excel finds it. */
function formatOf(book: Readonly<Record<string, string>>, ref: string): string | undefined {
  const [sheet = "", styles = ""] = [book["xl/worksheets/sheet2.xml"], book["xl/styles.xml"]];
  const style = Number(new RegExp(`<c r="${ref}" s="(\\d+)"`).exec(sheet)?.[1]);
  const formats = /<cellXfs[\s\S]*<\/cellXfs>/.exec(styles)?.[0].match(/<xf [\s\S]*?<\/xf>/g) ?? [];
  const id = /numFmtId="(\d+)"/.exec(formats[style] ?? "")?.[1];
  return new RegExp(`numFmtId="${id}" formatCode="([^"]*)"`).exec(styles)?.[1];
}

test.each([
  ["dollars", money(-123_456_789n, "USD"), "-1234567.89", "#,##0.00"],
  ["a tenth that no double holds", money(10n, "USD"), "0.10", "#,##0.00"],
  ["yen", money(500n, "JPY"), "500", "#,##0"],
  ["dinars", money(1_234n, "KWD"), "1.234", "#,##0.000"],
  ["fifteen digits", money(999_999_999_999_999n, "USD"), "9999999999999.99", "#,##0.00"],
])("%s are a number with the decimals of their currency", async (_name, amount, value, format) => {
  const book = await bookOf(aPaper([aRow(1, { amount })]));

  expect(book["xl/worksheets/sheet2.xml"]).toContain(`><v>${value}</v></c></row></sheetData>`);
  expect(formatOf(book, "F2")).toBe(format);
});

test("more digits than a spreadsheet keeps are text, so that none is lost", async () => {
  const sheet = await itemsOf(aPaper([aRow(1, { amount: money(10n ** 16n + 1n, "USD") })]));

  expect(sheet).toContain(">100000000000000.01</t>");
});

test("a day is a number of the calendar", async () => {
  const book = await bookOf(aPaper([aRow(1)]));

  expect(book["xl/worksheets/sheet2.xml"]).toMatch(/<c r="C2" s="\d+"><v>46091<\/v>/);
  expect(formatOf(book, "C2")).toBe("yyyy-mm-dd");
});

test.each(["=cmd()", "+1", "-1 x", "@SUM(1)", " =1", "\t=1", "＝1"])(
  "a text that begins like the formula %j stays text",
  async (why) => {
    const book = await bookOf(aPaper([aRow(1, { why })]));

    const sheet = book["xl/worksheets/sheet2.xml"] ?? "";
    const style = /<c r="E2" s="(\d+)" t="inlineStr">/.exec(sheet)?.[1];
    const formats = book["xl/styles.xml"]?.match(/<xf [\s\S]*?<\/xf>/g) ?? [];
    expect(sheet).not.toContain("<f>");
    expect(formats[Number(style)]).toContain('quotePrefix="1"');
  },
);

test("an id links to its page, and the link is escaped", async () => {
  const cells = ["2026-03-10", { id: "txn_1", href: "https://stripe.test/?a=1&b=2" }];

  const book = await bookOf(aPaper([{ cells }]));

  expect(book["xl/worksheets/sheet2.xml"]).toContain('<hyperlink ref="D2" r:id="rId1"/>');
  expect(book["xl/worksheets/_rels/sheet2.xml.rels"]).toContain(
    'Target="https://stripe.test/?a=1&amp;b=2" TargetMode="External"',
  );
});

test("markup and characters that XML cannot hold do not break the sheet", async () => {
  const sheet = await itemsOf(aPaper([aRow(1, { why: "<b>\u0000\u000b & \ud800 x" })]));

  expect(sheet).toContain('<t xml:space="preserve">&lt;b&gt; &amp;  x</t>');
});

test("rows beyond a full sheet go into the next, links beyond its limit stay text", async () => {
  const rows = Array.from({ length: 7 }, (_, nr) => aRow(nr));
  const frame = { ...FRAME, limits: { rows: 4, links: 2 } };

  const files = unzipSync(await wholeOf(paperXlsx([aPaper(rows)], frame)));

  const text = (path: string) => strFromU8(files[`xl/${path}`] ?? new Uint8Array());
  const sheets = [2, 3, 4].map((nr) => text(`worksheets/sheet${nr}.xml`));
  expect(sheets.map((sheet) => sheet.match(/>txn_\d</g))).toEqual([
    [">txn_0<", ">txn_1<", ">txn_2<"],
    [">txn_3<", ">txn_4<", ">txn_5<"],
    [">txn_6<"],
  ]);
  expect(sheets.map((sheet) => sheet.match(/<hyperlink /g)?.length)).toEqual([2, 2, 1]);
  expect(text("workbook.xml").match(/name="[^"]*"/g)).toEqual([
    ...['name="Summary"', 'name="Items"', 'name="Items 2"', 'name="Items 3"'],
  ]);
});

test("papers of two currencies share the sheets, each under its own name", async () => {
  const yen = aPaper([aRow(2, { amount: money(7, "JPY") })], { tag: "JPY" });

  const book = await bookOf(aPaper([aRow(1)]), yen);

  expect(Object.keys(book).filter((path) => path.includes("worksheets/sheet"))).toHaveLength(2);
  const items = book["xl/worksheets/sheet2.xml"] ?? "";
  expect([...items.matchAll(/>(USD|JPY)<\/t>/g)].map(([, tag]) => tag)).toEqual(["USD", "JPY"]);
});
