import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

const WASH = "1099/000000000000";

/** What is wrong with the wash account, without what is missing elsewhere. */
function problemsOf(settings: object): string[] {
  const { problems } = checkPair("p", settings, { env: {}, key: () => new Uint8Array(32) });
  return problems
    .filter(({ path }) => /cash-account|wash|accounts\.clearing\./.test(path))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

const CASH = { clearing: { "cash-account": "yes" } };

test.each([
  ["is missing", { ...CASH }, "accounts.wash is missing; `clearing.cash-account: yes` needs it"],
  ["has no subaccount", { ...CASH, accounts: { wash: "1099" } }, "accounts.wash must name account"],
  [
    "is clearing's",
    { ...CASH, accounts: { wash: WASH, clearing: { USD: WASH } } },
    "accounts.clearing.USD must not be the account of wash",
  ],
  [
    "is that of payouts on their way",
    { ...CASH, accounts: { wash: WASH, transit: { USD: WASH } } },
    "accounts.wash must not be the account of transit.USD",
  ],
  [
    "is the bridge",
    { accounts: { wash: WASH, bridge: WASH } },
    "accounts.wash must not be the account of bridge",
  ],
  [
    "is that of a kind of rows",
    { accounts: { wash: WASH }, categories: { obligation: WASH } },
    "accounts.wash must not be the account of categories.obligation",
  ],
])("a wash account that %s is refused", (_what, settings, expected) => {
  expect(problemsOf(settings).join("\n")).toContain(expected);
});

test("clearing in Cash Manager is taken with a wash account, which may stand before it", () => {
  const accounts = { wash: WASH, clearing: { USD: "1095/000000000000" } };

  expect(problemsOf({ ...CASH, accounts })).toEqual([]);
  expect(problemsOf({ accounts })).toEqual([]);
});

test.each([
  ["an item", { items: { prod_1: { item: "T", sales: WASH } } }, "items.prod_1.sales"],
  [
    "charges without lines",
    { item: { default: { item: "T", sales: WASH } } },
    "item.default.sales",
  ],
  ["a kind of rows", { categories: { obligation: WASH } }, "categories.obligation"],
  ["a text", { descriptions: [{ contains: "x", account: WASH }] }, "descriptions.0.account"],
])("a clearing account that is that of %s is refused", (_what, settings, role) => {
  const accounts = { clearing: { USD: WASH } };

  expect(problemsOf({ ...settings, accounts })).toContain(
    `accounts.clearing.USD must not be the account of ${role}`,
  );
});
