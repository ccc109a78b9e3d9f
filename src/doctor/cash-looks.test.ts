import { describe, expect, test } from "vitest";
import type { CashAccounts } from "../erp/port.ts";
import { lookAtCash } from "./cash-looks.ts";

const at = (account: string) => ({ account, subaccount: "000000000000" });
const NAMED = [
  ["accounts.clearing.USD", at("1095")],
  ["accounts.bank.USD", at("1010")],
  ["items.prod_1.sales", at("1011")],
] as const;

const pairAt = (cash: CashAccounts | undefined, cashAccount: "no" | "yes" = "no") => ({
  erp: { readCashAccounts: async () => cash },
  settings: { clearing: { cashAccount } },
});

function keeping(accounts: readonly string[], change: Partial<CashAccounts> = {}): CashAccounts {
  const kept = accounts.map((account) => ({ ...at(account), takesLedger: true }));
  return { isFedByLedger: true, accounts: kept, ...change };
}

test("a bank of Cash Manager that hears of the ledger is well", async () => {
  expect(await lookAtCash(pairAt(keeping(["1010", "1011"])), NAMED)).toBe(
    "accounts.bank.USD (1010): Cash Manager hears of payouts",
  );
});

test("a clearing account of Cash Manager is a problem", async () => {
  await expect(lookAtCash(pairAt(keeping(["1010", "1095"])), NAMED)).rejects.toThrow(
    "Cash Manager keeps accounts.clearing.USD (1095)",
  );
});

describe("with clearing.cash-account: yes", () => {
  const WASHED = [...NAMED, ["accounts.wash", at("1099")]] as const;

  test("a clearing account of Cash Manager that hears of the ledger is well", async () => {
    expect(await lookAtCash(pairAt(keeping(["1010", "1095"]), "yes"), WASHED)).toBe(
      "accounts.clearing.USD (1095), accounts.bank.USD (1010): Cash Manager hears of journals",
    );
  });

  test("one that takes nothing from the ledger is told", async () => {
    const cash = keeping(["1095"], { isFedByLedger: false });

    expect(await lookAtCash(pairAt(cash, "yes"), WASHED)).toMatchObject({
      warning: "Cash Manager does not hear of journals on accounts.clearing.USD (1095)",
    });
  });

  test("a wash account of Cash Manager is a problem", async () => {
    await expect(lookAtCash(pairAt(keeping(["1095", "1099"]), "yes"), WASHED)).rejects.toThrow(
      "Cash Manager keeps accounts.wash (1099)",
    );
  });
});

test("an account of another subaccount is not that of Cash Manager", async () => {
  const other = [{ account: "1095", subaccount: "000000000001", takesLedger: true }];

  const found = await lookAtCash(pairAt(keeping([], { accounts: other })), NAMED);

  expect(found).toBe("Cash Manager keeps none of the accounts");
});

test.each([
  ["the company", keeping(["1010"], { isFedByLedger: false })],
  ["the bank", keeping([], { accounts: [{ ...at("1010"), takesLedger: false }] })],
])("a bank is told where %s takes nothing from the ledger", async (_name, cash) => {
  expect(await lookAtCash(pairAt(cash), NAMED)).toMatchObject({
    warning: "Cash Manager does not hear of payouts to accounts.bank.USD (1010)",
  });
});

test("a site without the view is not looked at", async () => {
  expect(await lookAtCash(pairAt(undefined), NAMED)).toMatchObject({
    skipped: "cannot be looked up without the view xslw_CashAcct",
  });
});
