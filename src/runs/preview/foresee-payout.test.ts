import type { Pool } from "pg";
import { expect, test } from "vitest";
import { MONTHS } from "../../mapping/testing/ledger-rows.ts";
import { aPayout, payoutSettings } from "../../mapping/testing/payouts.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { foresee } from "./foresee.ts";

function foreseen(settings: PairRuntime["settings"]) {
  const pair = {
    id: "acme-us",
    settings,
    stripe: { readPayout: async () => aPayout() },
    erp: { readCalendar: async () => MONTHS, readCurrencyDecimals: async () => 2 },
  } as unknown as PairRuntime;
  return foresee({ pool: {} as Pool, pair, overrides: [] }, "po_1");
}

test("the journals of a payout are foreseen with their periods", async () => {
  const { total, documents, stop } = await foreseen(payoutSettings());

  expect(stop).toBeUndefined();
  expect(total?.minor).toBe(100_000n);
  expect(documents).toMatchObject([
    { purpose: "payout-out", draft: { kind: "journal", period: "202603" } },
    { purpose: "payout-in", draft: { kind: "journal", period: "202604" } },
  ]);
});

test("a missing account is what stops it", async () => {
  const settings = payoutSettings();
  const bare = { ...settings, accounts: { ...settings.accounts, bank: {} } };

  expect((await foreseen(bare)).stop).toMatchObject({
    code: "mapping.account_missing",
    message: "accounts.bank.USD is not set",
  });
});
