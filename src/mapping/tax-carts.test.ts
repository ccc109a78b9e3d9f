import fc from "fast-check";
import { expect, test } from "vitest";
import { sum } from "../base/money.ts";
import type { SaleLine } from "../canonical/sale.ts";
import { mapLines } from "./lines.ts";
import { aLine, anItem, aSale, aTax, someSettings, stockOf, usd } from "./testing/builders.ts";

// Carts as Stripe reckons them: discounts before tax, several rates on a line, on top of the price
// or inside it. The reckoning is the test's own; mapping only ever copies what Stripe says.

const RATES = [
  { rateId: "txr_a", place: "US-NY", percentage: "4", perMille: 40 },
  { rateId: "txr_b", place: "US-NY", percentage: "4.875", perMille: 48.75 },
  { rateId: "txr_c", place: "DE", percentage: "19", perMille: 190 },
  { rateId: "txr_d", place: "FR", percentage: "0", perMille: 0 },
] as const;

const policies = {
  line: someSettings(),
  none: someSettings({ tax: "none" }),
  sl: someSettings({ tax: "sl", taxes: { "US-NY": "NYTAX", DE: "VAT19", FR: "VAT0" } }),
};

const anyLine = fc.record({
  quantity: fc.integer({ min: 1, max: 9 }),
  unit: fc.integer({ min: 1, max: 300_000 }),
  discountShare: fc.integer({ min: 0, max: 100 }),
  rates: fc.subarray([...RATES], { maxLength: 3 }),
  isInclusive: fc.boolean(),
});
type AnyLine = typeof anyLine extends fc.Arbitrary<infer T> ? T : never;

/** The line as Stripe would tell it, with its taxes rounded one by one. */
function reckoned(given: AnyLine): SaleLine {
  const price = given.quantity * given.unit;
  const discount = Math.floor((price * given.discountShare) / 100);
  const base = price - discount;
  const whole = given.rates.reduce((so, rate) => so + rate.perMille, 0);
  const net = given.isInclusive ? base / (1 + whole / 1000) : base;
  const taxes = given.rates.map(({ perMille, ...rate }) =>
    aTax({
      ...rate,
      amount: usd(Math.round((net * perMille) / 1000)),
      taxable: usd(Math.round(net)),
      isInclusive: given.isInclusive,
    }),
  );
  const tax = sum(
    taxes.map(({ amount }) => amount),
    "USD",
  );
  const gross = given.isInclusive ? BigInt(price) - tax.minor : BigInt(price);
  const quantity = String(given.quantity);
  return aLine({ quantity, gross: usd(gross), discount: usd(discount), tax, taxes });
}

/** What the buyer pays: inclusive tax is in the price already. */
function totalOf(cart: readonly AnyLine[]): bigint {
  return cart.reduce((so, given) => {
    const line = reckoned(given);
    return so + line.gross.minor - line.discount.minor + line.tax.minor;
  }, 0n);
}

test("any cart is booked to the cent under every tax policy, and SL's taxes are Stripe's", () => {
  const anyCart = fc.array(anyLine, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(anyCart, fc.constantFrom("line", "none", "sl"), (cart, policy) => {
      const lines = cart.map(reckoned);
      const total = totalOf(cart);
      const sale = aSale({ document: { lines, total: usd(total) } });

      const mapped = mapLines(sale, policies[policy], stockOf(anItem()));

      const amounts = mapped.lines.map(({ amount }) => amount);
      const taxes = mapped.lines.flatMap((line) => line.taxes ?? []);
      const taxed = sum(
        taxes.map(({ amount }) => amount),
        "USD",
      );
      expect(sum(amounts, "USD").minor + taxed.minor).toBe(total);
      expect([...amounts, ...taxes.map(({ amount }) => amount)].every((a) => a.minor >= 0n)).toBe(
        true,
      );
      if (policy !== "sl") {
        expect(taxes).toEqual([]);
        return;
      }
      const german = lines.flatMap((line) => line.taxes.filter(({ place }) => place === "DE"));
      const booked = taxes.filter(({ taxId }) => taxId === "VAT19");
      expect(booked.map(({ amount }) => amount)).toEqual(german.map(({ amount }) => amount));
    }),
    { numRuns: 300 },
  );
});
