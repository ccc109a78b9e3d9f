import { expect, test } from "vitest";
import type { JournalDraft } from "../erp/port.ts";
import { datedForCash } from "./cash-dates.ts";
import { journalDraft } from "./journal-draft.ts";
import { mapRefundCash } from "./memo-refund.ts";
import { aCustomer, aRefund, aRow, someSettings, usd } from "./testing/builders.ts";
import { MONTHS } from "./testing/ledger-rows.ts";

// 1095 is clearing.
const settings = someSettings();
const IN_PERIODS = { settings, calendar: MONTHS };

function aJournal(period: string, lines: readonly Readonly<{ on: string; date: string }>[]) {
  const draft: JournalDraft = journalDraft({
    ...{ key: "K", object: "re_1", date: "2026-03-31", period, currency: "USD" },
    ...{ title: "Wash 25.00 USD of re_1", note: "" },
    lines: lines.map(({ on, date }) => ({
      account: { account: on, subaccount: "000000000000" },
      ...{ side: "debit", amount: usd(2_500), date, reference: "", stripeId: "txn_1" },
      description: "Wash 25.00 USD of re_1",
    })),
  });
  return datedForCash({ draft, notes: [] }, IN_PERIODS);
}

const OF_MARCH = [
  { on: "1095", date: "2026-03-31" },
  { on: "1099", date: "2026-03-31" },
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
    { on: "1095", date: "2026-03-30" },
    { on: "1095", date: "2026-04-02" },
  ]);

  expect(draft.lines).toMatchObject([
    { date: "2026-04-01", trueDate: "2026-03-30" },
    { date: "2026-04-02" },
  ]);
  expect(draft.lines[1]).not.toHaveProperty("trueDate");
});

test("a journal in the period of its day stays as it is, and so does a memo", () => {
  const memo = mapRefundCash(aRefund(), aRow({ gross: usd(-10_825) }), {
    ...{ settings, key: "K", customer: aCustomer(), period: "202604" },
    ...{ slDecimals: 2, terms: "01", original: "" },
  });

  expect(datedForCash(memo, IN_PERIODS)).toBe(memo);
  expect(aJournal("202603", OF_MARCH).draft.lines.map(({ date }) => date)).toEqual([
    "2026-03-31",
    "2026-03-31",
  ]);
});
