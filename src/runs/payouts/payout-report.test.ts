import type { Pool } from "pg";
import { expect, test } from "vitest";
import { negate, sum } from "../../base/money.ts";
import type { RowsPage } from "../../canonical/balance.ts";
import type { Payout } from "../../canonical/payout.ts";
import { someSettings, usd } from "../../mapping/testing/builders.ts";
import { aPayout, aPayoutRow } from "../../mapping/testing/payouts.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { reportPayout } from "./payout-report.ts";

const PAGE_ROWS = 100;
const KINDS = ["charge", "refund", "dispute", "fee", "topup"] as const;

/** Row `nr` of a payout of many: its kind and its amount follow from its number. */
function rowAt(nr: number) {
  const category = KINDS[nr % KINDS.length] ?? "charge";
  const isIn = category === "charge" || category === "topup";
  const gross = usd(isIn ? 1_000 + nr : -(nr % 7) - 1);
  const fee = usd(category === "charge" ? 33 : 0);
  return aPayoutRow("2026-03-28", 0, {
    ...{ id: `txn_of${nr}`, category, type: category, gross, fee, sourceId: `ch_${nr}` },
    net: sum([gross, negate(fee)], "USD"),
  });
}

/** Nothing is booked, and Stripe lists so many rows, the payout's own among them. */
function readingOf(count: number, amount: bigint, change: Partial<Payout> = {}) {
  let pages = 0;
  async function* listRows(): AsyncIterable<RowsPage> {
    for (let from = 0; from < count; from += PAGE_ROWS) {
      pages += 1;
      const rows = Array.from({ length: Math.min(PAGE_ROWS, count - from) }, (_, at) =>
        rowAt(from + at),
      );
      yield { rows: from === 0 ? [aPayoutRow("2026-03-30", 0), ...rows] : rows, isLast: false };
    }
  }
  const payout = aPayout({ amount: { minor: amount, currency: "USD" }, ...change });
  const pair = {
    id: "acme-us",
    settings: someSettings(),
    stripe: { readPayout: async () => payout, listRows },
  } as unknown as PairRuntime;
  const pool = { query: async () => ({ rows: [] }) } as unknown as Pool;
  return { reading: { pair, pool }, pages: () => pages };
}

test("a payout of 50,000 rows is added up exactly, page by page", async () => {
  const all = Array.from({ length: 50_000 }, (_, nr) => rowAt(nr));
  const net = sum(
    all.map((row) => row.net),
    "USD",
  );
  const { reading, pages } = readingOf(50_000, net.minor);

  const report = await reportPayout(reading, "po_1");

  expect(pages()).toBe(500);
  expect(report).toMatchObject({ rows: 50_000, net, difference: usd(0) });
  expect(report.categories.map(({ rows }) => rows)).toEqual(KINDS.map(() => 10_000));
  expect(report.lines.fees.minor).toBe(
    -330_000n +
      sum(
        all.filter(({ category }) => category === "fee").map((one) => one.gross),
        "USD",
      ).minor,
  );
  expect(report.firstWaiting).toHaveLength(20);
  // Nothing is booked, so each category waits as one, its fees beside its amounts.
  const waiting = report.batches.filter(({ batNbr }) => batNbr === "");
  expect(waiting.map(({ category, part, rows }) => `${category} ${part} ${rows}`)).toEqual([
    ...["charge fee 10000", "charge gross 10000", "dispute gross 10000", "fee gross 10000"],
    ...["refund gross 10000", "topup gross 10000"],
  ]);
});

test.each([
  ["a date, as Stripe writes it", "2026-04-01T00:00:00Z", "2026-04-01"],
  ["an instant of the evening in New York", "2026-04-01T02:30:00Z", "2026-03-31"],
])("the bank has a payout of %s on that day of the pair", async (_what, arrivesAt, expected) => {
  const { reading } = readingOf(1, 967n, { arrivesAt: new Date(arrivesAt) });

  expect((await reportPayout(reading, "po_1")).bankDate).toBe(expected);
});

test("rows that do not add up to the payout leave a difference", async () => {
  const { reading } = readingOf(1, 968n);

  const report = await reportPayout(reading, "po_1");

  expect(report.net).toEqual(usd(967));
  expect(report.difference).toEqual(usd(1));
});
