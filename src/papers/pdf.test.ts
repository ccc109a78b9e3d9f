import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { paperPdf } from "./index.ts";
import { wrapText } from "./pdf-text.ts";
import { aPaper, aRow, FRAME, wholeOf } from "./testing/papers.ts";

/** The text of each page, without its places: what a person reads, one line after the other. */
async function pagesOf(...made: Parameters<typeof aPaper>): Promise<readonly string[]> {
  const pdf = await wholeOf(paperPdf([aPaper(...made)], { ...FRAME, size: "a4" }));
  const latin = pdf.toString("latin1");
  const streams = [...latin.matchAll(/\/FlateDecode\n>>\nstream\n([\s\S]*?)\nendstream/g)];
  return streams.map(([, packed = ""]) => {
    const drawn = inflateSync(Buffer.from(packed, "latin1")).toString("latin1");
    return [...drawn.matchAll(/\[((?:<[0-9a-f]*> ?-?[\d.]* ?)+)\] TJ/g)]
      .map(([, line = ""]) =>
        Buffer.from(line.replaceAll(/<([0-9a-f]*)> ?-?[\d.]* ?/g, "$1"), "hex").toString("latin1"),
      )
      .join("\n");
  });
}

test("every page says which of how many it is, and repeats the head of its table", async () => {
  const pages = await pagesOf(Array.from({ length: 200 }, (_, nr) => aRow(nr)));

  expect(pages.length).toBeGreaterThan(3);
  pages.forEach((page, at) => {
    expect(page).toContain(`Page ${at + 1} of ${pages.length}`);
    expect(page).toContain("Why\nAmount");
    expect(page).toContain("SHA-256 ab12ab12ab12ab12");
  });
  expect(pages[1]).toContain("(1) Parked (continued)");
});

test("each row stands on one page, whatever its reason takes", async () => {
  const rows = Array.from({ length: 120 }, (_, nr) =>
    aRow(nr, { why: `reason ${nr} ${"goes on ".repeat(nr % 17)}`.trim() }),
  );

  const lines = (await pagesOf(rows)).join("\n").split("\n");

  const ids = lines.filter((line) => line.startsWith("txn_"));
  expect(ids).toEqual(rows.map((_, nr) => `txn_${nr}`));
});

test("statement, signatures and hash come before the first table", async () => {
  const [page = ""] = await pagesOf([aRow(1)]);

  const places = ["Proved", "Closing", "1234.56", "Approved by", "ab12".repeat(16), "(1) Parked"];
  const at = places.map((text) => page.indexOf(text));
  expect(at.every((place) => place >= 0)).toBe(true);
  expect(at).toEqual([...at].sort((a, b) => a - b));
});

test("letters beyond the fonts are spelled plainly", async () => {
  const [page = ""] = await pagesOf([aRow(1, { why: "Łódź · Zürich\n東京" })]);

  expect(page).toContain("Lódz · Zürich ??");
});

test("a file of no paper says so", async () => {
  const pdf = await wholeOf(paperPdf([], { ...FRAME, size: "letter" }));

  expect(pdf.toString("latin1")).toContain("/Count 1");
});

test.each([
  ["at blanks", "aaaa bbbb", 5, ["aaaa", "bbbb"]],
  ["inside a word that is wider", "aaaaaaaa b", 5, ["aaaaa", "aaa b"]],
  ["behind the hyphen of such a word", "aa-bbbbbb", 5, ["aa-", "bbbbb", "b"]],
])("a text is parted %s", (_where, text, width, lines) => {
  const style = { font: "Courier", size: 1 } as const;

  expect(wrapText(text, { style, width, letterWidth: () => 1 })).toEqual(lines);
});
