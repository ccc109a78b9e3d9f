import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import type { LedgerRow, MoneyRow, RowsQuery } from "../../canonical/balance.ts";
import type { DisputeClosing } from "../../canonical/dispute.ts";
import { openPool } from "../../db/index.ts";
import { someSettings, usd } from "../../mapping/testing/builders.ts";
import { aDispute, aDisputeRow } from "../../mapping/testing/disputes.ts";
import { aLedgerRow, MONTHS } from "../../mapping/testing/ledger-rows.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { findStraddling } from "./find-golive.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "golive-test", max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const START = "2026-03-01";
const settings = someSettings({
  start: START,
  "accounts.opening": "3100/000000000000",
});

const moneyRow = (chargeId: string, row: LedgerRow): MoneyRow => {
  return { row, chargeId, laneKey: chargeId };
};
const onMarch = (day: number) => new Date(Date.UTC(2026, 2, day, 16));

type Stripe = Readonly<{
  rows?: readonly MoneyRow[];
  held?: number;
  closings?: readonly DisputeClosing[];
}>;

/** A pair whose Stripe has these rows since the start, newest first, and one lost dispute. */
function pairOf({ rows = [], held = 0, closings }: Stripe): PairRuntime {
  const early = aDisputeRow({ created: new Date("2026-02-10T16:00Z"), fee: usd(0) });
  const stripe = {
    readBalance: async () => [{ currency: "USD", available: usd(held), pending: usd(0) }],
    async *listMoneyRows({ from, until }: RowsQuery) {
      const isIn = ({ row: { created } }: MoneyRow) =>
        created >= from && (until === undefined || created < until);
      yield { rows: rows.filter(isIn), isLast: true };
    },
    async *listPayoutsArriving() {},
    async *listDisputesMade() {
      if (closings !== undefined) yield aDispute({ rows: [early], status: "lost" });
    },
    readDisputeClosings: async () => closings ?? [],
  };
  const reference = { calendar: async () => MONTHS, decimals: async () => 2 };
  return { id: "acme", settings, stripe, reference } as unknown as PairRuntime;
}

const straddling = (stripe: Stripe, now = onMarch(20)) =>
  findStraddling(pairOf(stripe), { pool, now });

test("the balance of the start is the one of now less the payments balance's rows", async () => {
  const rows = [
    moneyRow("ch_2", aLedgerRow({ id: "txn_2", gross: -300, balanceType: "risk_reserved" })),
    moneyRow("ch_1", aLedgerRow({ id: "txn_1", gross: 5_000, fees: { stripe_fee: 100 } })),
  ];

  const found = await straddling({ rows, held: 104_900 });

  expect(found.balances).toEqual([usd(100_000)]);
  expect(found.rowsSince).toBe(1);
});

test("what came later to money of since the start straddles nothing", async () => {
  const refundOf = (chargeId: string, id: string, day: number) => {
    const refund = { category: "refund", type: "refund", gross: -1_000, created: onMarch(day) };
    return moneyRow(chargeId, aLedgerRow({ id, sourceId: `re_${id}`, ...refund }));
  };
  const charge = aLedgerRow({ id: "txn_1", sourceId: "ch_new", created: onMarch(10) });
  const rows = [
    refundOf("ch_new", "txn_3", 12),
    refundOf("ch_old", "txn_2", 11),
    moneyRow("ch_new", charge),
  ];

  const { later } = await straddling({ rows, held: 0 });

  expect(later.map(({ rowId, day, amount }) => [rowId, day, amount])).toEqual([
    ["txn_2", "2026-03-11", usd(-1_000)],
  ]);
});

describe("a dispute of before the start that is lost", () => {
  const entriesOf = async (closings: readonly DisputeClosing[], now: Date) => {
    const { entries } = await straddling({ closings }, now);
    return entries.map(({ kind, amount, isUnclear }) => [kind, Number(amount.minor), isUnclear]);
  };

  test("was open at the start where its verdict came later", async () => {
    const lost = [{ status: "lost", at: onMarch(5) }];

    expect(await entriesOf(lost, onMarch(20))).toEqual([["dispute", 10_000, false]]);
  });

  test("was over before where Stripe would still tell of a verdict since", async () => {
    expect(await entriesOf([], onMarch(20))).toEqual([]);
  });

  test("is for a person to say where Stripe tells of its verdict no more", async () => {
    expect(await entriesOf([], new Date("2026-05-20T16:00Z"))).toEqual([["dispute", 10_000, true]]);
  });
});
