import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

/** What is wrong with these rules, without what is missing elsewhere. */
function problemsOf(part: "sync" | "customer", settings: unknown): string[] {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const { problems } = checkPair("p", { [part]: settings }, sources);
  return problems
    .filter(({ path }) => path.startsWith(`pairs.p.${part}.`))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

const filter = (when: object) => ({ filters: [{ when, do: "skip" }] });

test.each([
  ["an empty condition", filter({}), "sync.filters.0.when must name at least one condition"],
  ["an unknown condition", filter({ amout: "1" }), "sync.filters.0.when.amout is unknown"],
  [
    "an amount without a currency",
    filter({ "amount-from": "10.00" }),
    "sync.filters.0.when.currency must name the one currency",
  ],
  [
    "an amount that YAML reads as a number",
    filter({ currency: "USD", "amount-below": 5 }),
    'sync.filters.0.when.amount-below must be an amount as text, such as "10.00"',
  ],
  [
    "amounts that nothing lies between",
    filter({ currency: "USD", "amount-from": "10", "amount-below": "9" }),
    "sync.filters.0.when.amount-below must be more than amount-from",
  ],
  ["a country by its name", filter({ country: "Germany" }), "must be an ISO country code"],
  ["a currency of nobody", filter({ currency: "ABC" }), "is no currency of Stripe's"],
  [
    "an unknown way",
    { filters: [{ when: { country: "DE" }, do: "drop" }] },
    "sync.filters.0.do must be one of book, skip, hold",
  ],
  ["an age over a day", { "min-age": 2_000 }, "sync.min-age must be a whole number from 0 to 1440"],
])("%s is refused by its place", (_name, settings, expected) => {
  expect(problemsOf("sync", settings).join("\n")).toContain(expected);
});

test("one value and a list of values are both taken", () => {
  const settings = { filters: [{ when: { country: "DE", method: ["card"] }, do: "book" }] };

  expect(problemsOf("sync", settings)).toEqual([]);
});

test("returns by orders do not go with disputes that take the sale back", () => {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const pair = {
    mode: "sales-order",
    order: { refund: "order" },
    dispute: { policy: "reverse-sale" },
  };

  const { problems } = checkPair("p", pair, sources);

  expect(problems.map(({ path, rule }) => `${path} ${rule}`)).toContain(
    "pairs.p.order.refund must be memo with `dispute.policy: reverse-sale`",
  );
});

test("a tax id cannot follow Stripe without a column for it", () => {
  const column = { "tax-id": { to: "TaxRegNbr" } };

  expect(problemsOf("customer", { class: "RETAIL", updates: ["tax-id"] })).toEqual([
    "customer.tax-id is missing; tax-id in customer.updates needs its column",
  ]);
  expect(problemsOf("customer", { class: "RETAIL", updates: ["tax-id"], ...column })).toEqual([]);
});
