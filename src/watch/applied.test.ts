import { expect, test } from "vitest";
import { money, zero } from "../base/money.ts";
import type { ApplicationDraft, PaymentDraft } from "../erp/port.ts";
import { applicationsIn, appliedOf } from "./applied.ts";
import { accountOf, draftOf } from "./testing/standing.ts";

const usd = (minor: number) => money(minor, "USD");
const payment = draftOf("PA", [6_000n]) as PaymentDraft;
const paid = { type: "PA", customerId: "C1", refNbr: payment.refNbr };
const invoice = { type: "IN", customerId: "C1", refNbr: "000009" };
const atEntry = applicationsIn(payment, { receipt: paid, part: "" });

/** An application of `amount` after `between` was there already; of nothing, it names no target. */
function later(amount: number, between: number) {
  const line = { type: "IN", refNbr: "000009", amount: usd(amount), receivable: accountOf("1200") };
  const applications = amount === 0 ? [] : [line];
  const draft = {
    ...{ kind: "application", customerId: "C1", payer: { type: "PA", refNbr: paid.refNbr } },
    ...{ currency: "USD", applications },
    before: { payer: usd(6_000), target: usd(6_000), between: usd(between) },
  } as unknown as ApplicationDraft;
  return applicationsIn(draft, { receipt: paid, part: "000009" });
}

test("what a payment was saved with counts for the payment and for the invoice", () => {
  expect(appliedOf(paid, atEntry, "USD")).toEqual(usd(6_000));
  expect(appliedOf(invoice, atEntry, "USD")).toEqual(usd(6_000));
});

test("a later application tells of all between the two, and is not added to the first", () => {
  const known = [...atEntry, ...later(2_000, 4_000)];

  expect(appliedOf(invoice, known, "USD")).toEqual(usd(6_000));
  expect(appliedOf(invoice, [...later(2_000, 0)], "USD")).toEqual(usd(2_000));
});

test("what somebody else had applied before is known, and counts once", () => {
  expect(appliedOf(paid, later(0, 6_000), "USD")).toEqual(usd(6_000));
  expect(appliedOf(paid, [...atEntry, ...later(0, 6_000)], "USD")).toEqual(usd(6_000));
});

test("documents of one number and another customer or type are others", () => {
  expect(appliedOf({ ...invoice, customerId: "C2" }, atEntry, "USD")).toEqual(zero("USD"));
  expect(appliedOf({ ...invoice, type: "DM" }, atEntry, "USD")).toEqual(zero("USD"));
});

test("amounts of another currency tell nothing that could be compared", () => {
  expect(appliedOf(invoice, atEntry, "EUR")).toBeUndefined();
});
