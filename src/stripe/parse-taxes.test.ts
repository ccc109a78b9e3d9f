import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { parseCheckout } from "./parse-checkout.ts";
import { parseInvoice } from "./parse-invoice.ts";
import { rateIdsOf } from "./parse-taxes.ts";
import { toMoneyBy } from "./units.ts";

const toMoney = toMoneyBy({});
const usd = (minor: number) => money(minor, "USD");
const rate = { id: "txr_1", country: "US", state: "ny", percentage: 8.875, inclusive: false };
const reader = {
  productMetadata: () => ({}),
  toMoney,
  rateOf: (id: string) => (id === "txr_1" ? rate : undefined),
};

const invoice = {
  id: "in_1",
  object: "invoice",
  currency: "usd",
  total: 11943,
  customer_tax_exempt: "none",
  shipping_cost: { amount_subtotal: 500, amount_tax: 55, amount_total: 555 },
};
const line = { id: "il_1", object: "line_item", amount: 10500, quantity: 1 };
const expected = { amount: usd(888), taxable: usd(10000), rateId: "txr_1", isInclusive: false };

test("a tax of a line names its rate, its place and what it was computed on", () => {
  const tax = {
    amount: 888,
    tax_behavior: "exclusive",
    tax_rate_details: { tax_rate: "txr_1" },
    taxability_reason: "standard_rated",
    taxable_amount: 10000,
  };

  const { lines } = parseInvoice(invoice, [{ ...line, taxes: [tax] }], reader);

  expect(lines[0]?.taxes).toEqual([
    { ...expected, reason: "standard_rated", place: "US-NY", percentage: "8.875" },
  ]);
});

test("older versions name the rate in tax_amounts, by its id or expanded", () => {
  const older = { amount: 888, inclusive: false, taxable_amount: 10000 };
  const taxesOf = (tax_rate: unknown) =>
    parseInvoice(invoice, [{ ...line, tax_amounts: [{ ...older, tax_rate }] }], reader).lines[0]
      ?.taxes;

  expect(taxesOf("txr_1")).toMatchObject([{ ...expected, place: "US-NY" }]);
  expect(taxesOf({ ...rate, id: "txr_1", state: "CA" })).toMatchObject([
    { ...expected, place: "US-CA" },
  ]);
});

test("the tax on shipping is what the lines leave of the invoice's taxes", () => {
  const on = (amount: number, taxable_amount: number, tax_rate: string) => ({
    amount,
    tax_behavior: "exclusive",
    tax_rate_details: { tax_rate },
    taxable_amount,
  });
  const whole = { ...invoice, total_taxes: [on(932, 10500, "txr_1"), on(11, 500, "txr_2")] };

  const document = parseInvoice(whole, [{ ...line, taxes: [on(888, 10000, "txr_1")] }], reader);

  expect(document.shippingTaxes).toMatchObject([
    { amount: usd(44), taxable: usd(500), rateId: "txr_1" },
    { amount: usd(11), taxable: usd(500), rateId: "txr_2" },
  ]);
  expect(rateIdsOf([whole])).toEqual(["txr_1", "txr_2"]);
});

test("a Checkout session has its rates with its taxes, and says who is exempt", () => {
  const taxes = [{ amount: 888, rate, taxability_reason: "reverse_charge", taxable_amount: 10000 }];
  const session = {
    id: "cs_1",
    currency: "usd",
    customer_details: { tax_exempt: "reverse" },
    shipping_cost: { amount_tax: 44, amount_total: 544, taxes: [{ amount: 44, rate }] },
  };
  const item = { id: "li_1", amount_total: 10888, amount_tax: 888, amount_discount: 0, taxes };
  const captured = { identity: "pi_1", amount: usd(11432) };

  const document = parseCheckout({ session, lines: [item], captured }, toMoney);

  expect(document.lines[0]?.taxes).toMatchObject([
    { ...expected, reason: "reverse_charge", place: "US-NY" },
  ]);
  expect(document.shippingTaxes).toMatchObject([{ amount: usd(44), rateId: "txr_1" }]);
  expect(document.taxExempt).toBe("reverse");
});
