import { expect, test } from "vitest";
import { mapRoundingMemo } from "./memo.ts";
import { aCustomer, aSale, someSettings, usd } from "./testing/builders.ts";

function memoOf(type: "CM" | "DM") {
  return mapRoundingMemo(aSale(), {
    settings: someSettings(),
    key: "K".repeat(26),
    customer: aCustomer(),
    period: "202603",
    type,
    amount: usd(2),
    date: "2026-03-21",
    terms: { termsId: "01", dueDays: 0, isInstalment: false },
    orderNumber: "O0005001",
    original: "I005001",
  }).draft;
}

test("G16: two cents that are left are a debit memo on rounding, dated as the invoice", () => {
  const draft = memoOf("DM");

  expect(draft).toMatchObject({
    kind: "memo",
    type: "DM",
    documentDate: "2026-03-21",
    period: "202603",
    total: usd(2),
    original: "I005001",
    terms: "01",
    receivable: { account: "1200" },
  });
  expect(draft.lines).toMatchObject([
    { amount: usd(2), sales: { account: "8990" }, quantity: "1", unitPrice: "0.02" },
  ]);
});

test("what an invoice is short of is a credit memo, which knows no terms", () => {
  expect(memoOf("CM")).toMatchObject({ type: "CM", terms: "", total: usd(2) });
});
