import { expect, test } from "vitest";
import { type BookLine, checkBooks, type OwnDocument } from "./documents.ts";
import { aDocument, lineOf, usd } from "./testing/ledgers.ts";

// A journal of a payout's fees: 8.00 on the 9th, 5.00 on the 10th, and more that comes later.
const journal: OwnDocument = {
  ...aDocument("fees:po_1", -1_300, { purpose: "fee" }),
  days: new Map([
    ["2026-03-09", usd(-800)],
    ["2026-03-10", usd(-500)],
  ]),
};
const line = (date: string, minor: number): BookLine =>
  lineOf(journal, { date, amount: usd(minor) });

function findings(lines: readonly BookLine[], document = journal) {
  const books = { currency: "USD", documents: [document], lines };
  const found = checkBooks({ ...books, shownElsewhere: new Set(), isCounted: () => true });
  return found.map(({ kind, amount }) => [kind, amount.minor]);
}

test("each day of a journal is held against the lines of that day", () => {
  expect(findings([line("2026-03-09", -800), line("2026-03-10", -500)])).toEqual([]);
});

test("a day before those that SL was asked for counts with its rows alone", () => {
  const asked = { ...journal, days: new Map([["2026-03-10", usd(-500)]]) };

  expect(findings([line("2026-03-10", -500)], asked)).toEqual([]);
});

test.each<[string, readonly BookLine[], string]>([
  ["a line on the other day", [line("2026-03-10", -800), line("2026-03-10", -500)], "other-period"],
  ["a line on no day of it", [line("2026-03-08", -800), line("2026-03-10", -500)], "other-period"],
  ["a cent less", [line("2026-03-09", -799), line("2026-03-10", -500)], "other-amount"],
  ["the lines of one day alone", [line("2026-03-09", -800)], "other-amount"],
  [
    "amounts that were swapped",
    [line("2026-03-09", -500), line("2026-03-10", -800)],
    "other-period",
  ],
  ["no line at all", [], "document-missing"],
])("%s is found", (_what, lines, kind) => {
  expect(findings(lines).map(([found]) => found)).toEqual([kind]);
});
