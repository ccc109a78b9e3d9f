import { expect, test } from "vitest";
import { money } from "../../base/money.ts";
import { aJournal, anInvoice } from "../testing/contract-drafts.ts";
import { invoiceLineRows } from "./document-rows.ts";
import { journalScreen } from "./journals.ts";
import type { Site } from "./site.ts";

const site = { companyId: "0060", keyField: "User2", idField: "User1" } as unknown as Site;
const usd = (minor: number) => money(minor, "USD");
const rate = { value: "1.1", multDiv: "M", base: "USD", type: "SPOT", date: "2026-03-10" } as const;

/** Lines in EUR, with what each is to be worth where the test says it. */
function inEur<L extends object>(lines: readonly L[], minors: readonly number[], worths: number[]) {
  return lines.map((line, at) => ({
    ...line,
    amount: money(minors[at] ?? 1, "EUR"),
    ...(worths[at] === undefined ? {} : { worth: usd(worths[at]) }),
  }));
}

test.each([
  ["by its rate, the rounding on the largest", [], ["0.15", "0.11"]],
  ["what the line that it takes back is worth", [14, 12], ["0.14", "0.12"]],
] as const)("a line is sent at %s", (_name, worths, sent) => {
  const invoice = anInvoice(1);
  const lines = inEur(invoice.lines, [14, 10], [...worths]);
  const draft = { ...invoice, currency: "EUR", rate, lines, total: money(24, "EUR") };

  const rows = invoiceLineRows(site, {}, "000123", draft);

  expect(rows.map(({ TranAmt }) => TranAmt)).toEqual(sent);
});

test.each([
  ["by its rate", [], ["0.15", "0.15"]],
  ["what the line that it takes back is worth", [16, 16], ["0.16", "0.16"]],
] as const)("an entry is sent at %s", (_name, worths, sent) => {
  const journal = aJournal(1);
  const [debit, credit] = [
    journal.lines.find(({ side }) => side === "debit"),
    journal.lines.find(({ side }) => side === "credit"),
  ];
  const two = [debit, credit].flatMap((one) => (one === undefined ? [] : [one]));
  const lines = inEur(two, [14, 14], [...worths]);
  const draft = { ...journal, currency: "EUR", rate, lines };

  const { myGLTran } = journalScreen(site, {}, "000123", draft);

  const rows = myGLTran as readonly Readonly<Record<string, string>>[];
  expect(rows.map(({ DrAmt, CrAmt }) => (DrAmt === "0" ? CrAmt : DrAmt))).toEqual(sent);
});
