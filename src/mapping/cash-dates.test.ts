import { expect, test } from "vitest";
import type { JournalDraft, JournalLine } from "../erp/port.ts";
import { datedForCash } from "./cash-dates.ts";
import { journalDraft } from "./journal-draft.ts";
import { mapRefundCash } from "./memo-refund.ts";
import { aCustomer, aRefund, aRow, someSettings, usd } from "./testing/builders.ts";
import { MONTHS } from "./testing/ledger-rows.ts";

function aJournal(period: string, lines: readonly Pick<JournalLine, "role" | "date">[]) {
  const draft: JournalDraft = journalDraft({
    ...{ key: "K", object: "re_1", date: "2026-03-31", period, currency: "USD" },
    ...{ title: "Wash 25.00 USD of re_1", note: "" },
    lines: lines.map((line) => ({
      ...{ account: { account: "1095", subaccount: "000" }, side: "debit", amount: usd(2_500) },
      ...{ description: "Wash 25.00 USD of re_1", reference: "", stripeId: "txn_1", ...line },
    })),
  });
  return datedForCash({ draft, notes: [] }, MONTHS);
}

const OF_MARCH = [
  { role: "clearing", date: "2026-03-31" },
  { role: "wash", date: "2026-03-31" },
];

test("a line on clearing of a closed period stands in the open one, and says its day", () => {
  const { draft, notes } = aJournal("202604", OF_MARCH);

  expect(draft.lines).toMatchObject([
    { date: "2026-04-01", trueDate: "2026-03-31", description: "Of 2026-03-31: Wash 25.00 USD" },
    { date: "2026-03-31", description: "Wash 25.00 USD of re_1" },
  ]);
  expect(draft).toMatchObject({ documentDate: "2026-03-31", userFields: { User7: "2026-03-31" } });
  expect(notes).toEqual(["Clearing dated 2026-04-01, inside 202604."]);
});

test("a journal of several days keeps the day of each line", () => {
  const { draft } = aJournal("202604", [
    { role: "clearing", date: "2026-03-30" },
    { role: "clearing", date: "2026-04-02" },
  ]);

  expect(draft.lines).toMatchObject([
    { date: "2026-04-01", trueDate: "2026-03-30" },
    { date: "2026-04-02" },
  ]);
  expect(draft.lines[1]).not.toHaveProperty("trueDate");
});

test("a journal in the period of its day stays as it is, and so does a memo", () => {
  const memo = mapRefundCash(aRefund(), aRow({ gross: usd(-10_825) }), {
    ...{ settings: someSettings(), key: "K", customer: aCustomer(), period: "202604" },
    ...{ slDecimals: 2, terms: "01", original: "" },
  });

  expect(datedForCash(memo, MONTHS)).toBe(memo);
  expect(aJournal("202603", OF_MARCH).draft.lines.map(({ date }) => date)).toEqual([
    "2026-03-31",
    "2026-03-31",
  ]);
});
