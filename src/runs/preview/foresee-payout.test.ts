import { afterAll, beforeAll, expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { Payout } from "../../canonical/payout.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { MONTHS } from "../../mapping/testing/ledger-rows.ts";
import { aPayout, aPayoutRow, payoutSettings } from "../../mapping/testing/payouts.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { foresee } from "./foresee.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

function foreseen(settings: PairRuntime["settings"], payout: Payout = aPayout()) {
  const pair = {
    id: "acme-us",
    settings,
    stripe: { readPayout: async () => payout },
    erp: {
      readCalendar: async () => MONTHS,
      readCurrencyDecimals: async () => 2,
      isMultiCurrency: async () => true,
      readRate: async () => ({ value: "1.12", multDiv: "M", base: "USD" }),
    },
  } as unknown as PairRuntime;
  return foresee({ pool: bench.pool, pair, overrides: [] }, "po_1");
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

test("the journals of a payout in another currency are foreseen at SL's rate", async () => {
  const settings = someSettings({
    "accounts.clearing": { USD: "1095/0", EUR: "1096/0" },
    "accounts.transit": { EUR: "1091/0" },
    "accounts.bank": { EUR: "1011/0" },
  });
  const row = aPayoutRow("2026-03-30", 0, { gross: money(-4_850, "EUR") });

  const { documents } = await foreseen(settings, aPayout({ amount: money(4_850, "EUR"), row }));

  expect(documents.map(({ draft }) => "rate" in draft && draft.rate)).toMatchObject([
    { value: "1.12", worth: money(5_432, "USD"), date: "2026-03-30" },
    { value: "1.12", worth: money(5_432, "USD"), date: "2026-04-01" },
  ]);
});

test("a late payout that was opened is foreseen to come back from transit", async () => {
  const settings = { ...payoutSettings(), start: "2026-04-02" };
  const undone = aPayoutRow("2026-04-06", 100_000, { id: "txn_2" });
  const failed = aPayout({ status: "failed", state: "undone", undone });
  const before = await foreseen(settings, failed);
  await bench.pool.query(
    `insert into intent (pair, lane_key, key, object, purpose, draft, draft_hash, mapping_version,
       stage, receipt)
     values ('acme-us', 'opening', 'K', 'po_1', 'opening', '{}', '', 1, 'done', '{}')`,
  );

  const after = await foreseen(settings, failed);

  const linesOf = ({ documents }: typeof before) =>
    documents.map(({ draft }) => ("lines" in draft ? draft.lines : []));
  expect(linesOf(before)).toMatchObject([[{ role: "clearing" }, { role: "bank" }]]);
  expect(linesOf(after)).toMatchObject([[{ role: "clearing" }, { role: "transit" }]]);
});
