import { expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { foreignAccounts } from "./account-currencies.ts";

const at = (account: string) => ({ account, subaccount: "000000000000" });

function pairOf(kept: Readonly<Record<string, string>> | HubError) {
  const accounts = {
    clearing: { USD: at("1095") },
    transit: { USD: at("1090") },
    bank: { USD: at("1030"), EUR: at("1031") },
  };
  return {
    settings: { sl: { baseCurrency: "USD" }, accounts },
    erp: {
      accountCurrencies: async () => {
        if (kept instanceof HubError) throw kept;
        return new Map(Object.entries(kept));
      },
    },
  } as unknown as Parameters<typeof foreignAccounts>[0];
}

test("a bank that SL keeps in another currency is named by its setting", async () => {
  expect(await foreignAccounts(pairOf({ "1030": "EUR", "1031": "EUR" }))).toEqual([
    {
      path: "accounts.bank.USD",
      words: "SL keeps account 1030 in EUR, and this money is in USD",
    },
  ]);
});

test("an account without a currency holds the base currency alone", async () => {
  const found = await foreignAccounts(pairOf({}));

  expect(found?.map(({ path }) => path)).toEqual(["accounts.bank.EUR"]);
});

test("an account of all currencies that SL keeps in one alone is named", async () => {
  const others = [
    ["accounts.rounding", at("8990")],
    ["accounts.bridge", at("1099")],
    ["accounts.bank.EUR", at("1031")],
  ] as const;

  const found = await foreignAccounts(pairOf({ "8990": "EUR", "1031": "EUR" }), { others });

  expect(found).toEqual([
    { path: "accounts.rounding", words: "SL keeps account 8990 in EUR alone" },
  ]);
});

test("a site without the list of accounts cannot be asked", async () => {
  const lacking = new HubError("erp.contract", "common lacks getAccounts");

  expect(await foreignAccounts(pairOf(lacking))).toBeUndefined();
});
