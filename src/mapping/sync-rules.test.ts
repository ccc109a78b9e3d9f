import fc from "fast-check";
import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import { ruleControl } from "./sync-rules.ts";
import { aBuyer, aPayment, aSale, someSettings } from "./testing/builders.ts";
import { fitsPattern, meets } from "./when.ts";

const address = { line1: "", line2: "", city: "", state: "", postalCode: "", country: "DE" };

/** A sale that meets every condition which is tried below. */
const SALE = aSale({
  buyer: aBuyer({ address, metadata: { tier: "gold" } }),
  metadata: { channel: "till-4" },
  payments: [aPayment({ methodType: "card", description: "POS Berlin 4" })],
});

test.each([
  ["country", { country: "DE" }, { country: ["US", "FR"] }],
  ["currency", { currency: ["EUR", "USD"] }, { currency: "EUR" }],
  ["metadata", { metadata: { channel: "till-*" } }, { metadata: { channel: "Till-4" } }],
  ["metadata that must be there", { metadata: { channel: "*" } }, { metadata: { shop: "*" } }],
  [
    "the customer's metadata",
    { "customer-metadata": { tier: ["gold", "silver"] } },
    { "customer-metadata": { channel: "till-4" } },
  ],
  [
    "the least amount",
    { currency: "USD", "amount-from": "108.25" },
    { currency: "USD", "amount-from": "108.26" },
  ],
  [
    "the amount that is too much",
    { currency: "USD", "amount-below": "108.251" },
    { currency: "USD", "amount-below": "108.25" },
  ],
  ["the way of payment", { method: ["card", "link"] }, { method: "us_bank_account" }],
  ["the description", { description: "pos *" }, { description: "POS" }],
])("a filter by %s is met and missed", (_name, met, missed) => {
  const filters = (when: object) => someSettings({ "sync.filters": [{ when, do: "skip" }] });

  expect(ruleControl(SALE, filters(met))?.rule).toBe("filter 1");
  expect(ruleControl(SALE, filters(missed))).toBeUndefined();
});

test("every condition of a filter must hold", () => {
  const when = { country: "DE", currency: "EUR" };

  const control = ruleControl(SALE, someSettings({ "sync.filters": [{ when, do: "skip" }] }));

  expect(control).toBeUndefined();
});

test("two payments meet a method only when both were made by it", () => {
  const other = aPayment({ chargeId: "ch_2", methodType: "us_bank_account" });
  const sale = aSale({ payments: [aPayment(), other] });

  expect(meets(sale, { method: ["card"] })).toBe(false);
  expect(meets(sale, { method: ["card", "us_bank_account"] })).toBe(true);
});

test("yen are compared by what they are worth, not by their minor units", () => {
  const sale = aSale({ document: { total: money(500, "JPY") } });

  expect(meets(sale, { amountBelow: "100.00" })).toBe(false);
  expect(meets(sale, { amountFrom: "500" })).toBe(true);
});

test("with sync.book: allowed only what a filter books is booked", () => {
  const filters = [{ when: { country: "DE" }, do: "book" }];
  const settings = someSettings({ "sync.book": "allowed", "sync.filters": filters });

  expect(ruleControl(SALE, settings)).toBeUndefined();
  expect(ruleControl(aSale(), settings)).toMatchObject({ kind: "not-allowed", word: "skip" });
});

test("the first filter that is met decides, whatever stands after it", () => {
  const words = fc.constantFrom("book", "skip", "hold");
  const filter = fc.record({ do: words, meets: fc.boolean() });
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 6 }), fc.boolean(), (list, isAllowList) => {
      const settings = someSettings({
        "sync.book": isAllowList ? "allowed" : "all",
        "sync.filters": list.map((one) => ({
          when: { country: one.meets ? "DE" : "FR" },
          do: one.do,
        })),
      });
      const at = list.findIndex((one) => one.meets);
      const expected = list[at]?.do ?? (isAllowList ? "skip" : "book");

      const control = ruleControl(SALE, settings);

      expect(control?.word ?? "book").toBe(expected);
      if (at >= 0 && control !== undefined) expect(control.rule).toBe(`filter ${at + 1}`);
    }),
    { numRuns: 60 },
  );
});

test("a pattern fits what a search by every way of reading its stars would find", () => {
  const letters = (alphabet: string) =>
    fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((all) => all.join(""));
  fc.assert(
    fc.property(letters("ab"), letters("ab*"), (text, pattern) => {
      expect(fitsPattern(text, pattern)).toBe(fitsSlowly(text, pattern));
    }),
  );
});

function fitsSlowly(text: string, pattern: string): boolean {
  if (pattern === "") return text === "";
  if (pattern.startsWith("*")) {
    return [...text, ""].some((_letter, at) => fitsSlowly(text.slice(at), pattern.slice(1)));
  }
  return text.startsWith(pattern.charAt(0)) && fitsSlowly(text.slice(1), pattern.slice(1));
}

test.each<[string, Partial<Sale>]>([
  ["the billing address", { buyer: aBuyer({ address }) }],
  ["the ship-to where there is no other", { shipTo: { name: "", phone: "", address } }],
])("the country is that of %s", (_name, change) => {
  expect(meets(aSale(change), { country: ["DE"] })).toBe(true);
});
