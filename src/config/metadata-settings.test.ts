import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

/** What is wrong with the keys of metadata, without what is missing elsewhere. */
function problemsOf(settings: object): string[] {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const { problems } = checkPair("p", settings, sources);
  return problems
    .filter(({ path }) => path.includes("metadata"))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

test.each([
  ["order-id", "DynamicsSL_OrderNbr", "order-number"],
  ["item", "DynamicsSL_PaymentNbr", "payment-number"],
  ["refund-reason", "DynamicsSL_CreditMemoNbr", "credit-memo"],
])("what is read in %s is not written over", (name, key, written) => {
  expect(problemsOf({ metadata: { [name]: key } })).toEqual([
    `metadata.${name} must not be the key of metadata.${written}, which the hub writes to`,
  ]);
});

test("two numbers are not written to one key", () => {
  expect(problemsOf({ metadata: { "batch-number": "n", "payment-number": "n" } })).toHaveLength(2);
});

test.each(["invoice", "sales-order", "existing-invoice"])(
  "invoices are named under the key of their number: %s",
  (mode) => {
    expect(problemsOf({ mode })).toEqual([]);
    expect(problemsOf({ mode, metadata: { item: "sku", invoices: "inv" } })).toEqual([]);
  },
);

test("a wrong value under a free key is told with an example", () => {
  const settings = { accounts: { transit: { USD: "1090" } }, taxes: { "US-NY": "" } };
  const { problems } = checkPair("p", settings, { env: {}, key: () => new Uint8Array(32) });

  const shown = new Map(problems.map(({ path, example }) => [path, example]));
  expect(shown.get("pairs.p.accounts.transit.USD")).toBe("transit: {USD: 1090/000000000000}");
  expect(shown.get("pairs.p.taxes.US-NY")).toBe("taxes: {txr_1Abc: NYTAX}");
});
