import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

const SHOP = { policy: "one-customer", named: "SHOP" };

/** What is wrong with a day's summary, and with whom it is booked on. */
function problemsOf(settings: object): string[] {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const { problems } = checkPair("p", { customer: SHOP, ...settings }, sources);
  return problems
    .filter(({ path }) => /summary|customer/.test(path))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

test.each([
  ["in a mode of other documents", { mode: "sales-order" }, "summary must be off in this mode"],
  ["where SL keeps the taxes", { tax: "sl" }, "summary must be off with `tax: sl`"],
  [
    "where each shopper is a customer",
    { customer: { policy: "create", class: "RETAIL" } },
    "customer.policy must be one-customer",
  ],
  ["with a delay of days", { "summary-delay": 72 }, "summary-delay must be a whole number"],
])("summary: daily is refused %s", (_what, settings, expected) => {
  expect(problemsOf({ summary: "daily", ...settings }).join("\n")).toContain(expected);
});

test("summary: daily is taken with one customer for all shoppers, or one for a class", () => {
  const classes = [{ when: { country: "DE" }, class: "EXPORT", named: "EXPORTS" }];

  expect(problemsOf({ summary: "daily" })).toEqual([]);
  expect(problemsOf({ summary: "daily", customer: { ...SHOP, classes } })).toEqual([]);
});

test("a class names a customer for its shoppers under policy one-customer alone", () => {
  const classes = [{ when: { country: "DE" }, class: "EXPORT", named: "EXPORTS" }];
  const customer = { policy: "create", class: "RETAIL", classes };

  expect(problemsOf({ customer }).join("\n")).toContain(
    "customer.classes.0.named needs policy one-customer",
  );
});
