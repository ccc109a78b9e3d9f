import { expect, test } from "vitest";
import type { InvoiceLineDraft } from "../erp/port.ts";
import { type Credited, cellsOf, creditableUnknown, creditedByLines } from "./creditable.ts";
import { aSale, someSettings, usd } from "./testing/builders.ts";

const settings = someSettings();
/** A sale of 108.25 that the hub never booked. */
const document = creditableUnknown(aSale(), settings);

function lineOf(minor: number, more: Partial<InvoiceLineDraft> = {}): InvoiceLineDraft {
  return {
    ...{ amount: usd(minor), sales: settings.accounts.sales, itemId: "" },
    ...{ quantity: "1", unitPrice: "", description: "Returned", ...more },
  };
}

const left = (credited: Credited) =>
  cellsOf(document, credited).reduce((so, { booked, credited: taken }) => so + booked - taken, 0n);

test("a memo whose lines tell nothing has credited the taxes on them too", () => {
  const tax = { taxId: "NYTAX", amount: usd(825), taxable: usd(10_000) };

  expect(creditedByLines([lineOf(10_000, { taxes: [tax] })])).toEqual({ total: usd(10_825) });
});

test("memos that stand over more than was sold leave nothing of it to credit", () => {
  const dispute = { lines: [lineOf(10_825, { credits: 0 })] };
  const refund = creditedByLines([lineOf(4_000)]);

  expect(left([refund])).toBe(6_825n);
  expect(left([refund, dispute])).toBe(0n);
});
