import { type Money, money } from "../../base/money.ts";
import type { Column, Paper, Row } from "../paper.ts";

const MADE_AT = new Date("2026-03-11T12:00:00Z");
export const FRAME = { title: "Test", nothing: "Nothing here.", madeAt: MADE_AT };

const STATEMENT: readonly Column[] = [
  { title: "", kind: "text", width: 70 },
  { title: "", kind: "amount", width: 30 },
];
const COLUMNS: readonly Column[] = [
  { title: "Day", kind: "day", width: 10 },
  { title: "Id", kind: "id", width: 26 },
  { title: "Why", kind: "text", width: 40 },
  { title: "Amount", kind: "amount", width: 14 },
];

/** A line of a paper's table. */
export function aRow(nr: number, change: Readonly<{ why?: string; amount?: Money }> = {}): Row {
  const { why = `reason ${nr}`, amount = money(nr, "USD") } = change;
  const id = `txn_${nr}`;
  return { cells: ["2026-03-10", { id, href: `https://stripe.test/?q=${id}` }, why, amount] };
}

/** A paper with one table of these rows. */
export function aPaper(rows: Iterable<Row>, change: Partial<Paper> = {}): Paper {
  return {
    title: "Statement of the test",
    tag: "USD",
    about: [["Pair", "acme-us"]],
    verdict: { words: "Proved", isGood: true },
    statement: {
      ...{ title: "", sheet: "Summary", columns: STATEMENT },
      rows: [{ cells: ["Closing", money(123_456, "USD")], is: "sum" }],
    },
    signed: ["Prepared by", "Approved by"],
    seal: { hash: "ab12".repeat(16), of: "SHA-256" },
    parts: [{ title: "(1) Parked", sheet: "Items", columns: COLUMNS, rows }],
    madeAt: MADE_AT,
    ...change,
  };
}

/** All pieces of a file, one after the other. */
export async function wholeOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
