import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { systemClock } from "../../base/clock.ts";
import type { LedgerRow } from "../../canonical/balance.ts";
import type { Payout } from "../../canonical/payout.ts";
import type { SweptQuery } from "../../canonical/swept.ts";
import { openPool } from "../../db/index.ts";
import { dayLane, keepRows, openPartsAmong } from "../../ledger/index.ts";
import { bookingZone, documentDate } from "../../mapping/index.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { aLedgerRow } from "../../mapping/testing/ledger-rows.ts";
import type { RunContext } from "../context.ts";
import { partsDueByDay } from "./fees-awaited.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-fees-awaited", max: 2 });
});
beforeEach(() => pool.query("truncate lane, balance_row, payout_list cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const HOUR_MS = 3_600_000;
const settings = someSettings({ fees: "per-payout", "fees-wait": 7 });
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * HOUR_MS);

type Made = Pick<Payout, "createdAt" | "isAutomatic" | "reconciliation">;
const automatic = (days: number, reconciliation = "completed"): Made => {
  return { createdAt: daysAgo(days), isAutomatic: true, reconciliation };
};

/** What the day of a fee books now, where Stripe has made this payout of it. */
async function dueAfter(days: number, payout: Made | undefined) {
  const row = aLedgerRow({
    ...{ id: "txn_1", created: daysAgo(days), category: "fee", type: "stripe_fee", gross: -500 },
  });
  await keepRows(pool, "acme-us", [row]);
  const asked: SweptQuery[] = [];
  const stripe = {
    async *listSwept(query: SweptQuery) {
      asked.push(query);
      const isListed =
        payout !== undefined && payout.createdAt >= query.from && payout.createdAt < query.until;
      yield { objects: isListed ? [{ id: "po_1" }] : [], isLast: true };
    },
    readPayout: async () => ({ id: "po_1", kind: "payout", ...payout }),
    async *listRows(): AsyncGenerator<{ rows: LedgerRow[]; isLast: boolean }> {
      yield { rows: [row], isLast: true };
    },
  };
  const day = documentDate(row.created, bookingZone(settings));
  const pair = { id: "acme-us", settings, stripe };
  const lane = { pair: "acme-us", key: dayLane(day) };
  const context = { pool, pair, lane, door: { clock: systemClock } } as unknown as RunContext;
  const due = await partsDueByDay(context, day, () => {
    return openPartsAmong(pool, pair, [row.id]);
  });
  const woken = await pool.query<{ key: string }>("select key from lane where key like 'fees:%'");
  return {
    booked: due.mine.map(({ row: { id } }) => id),
    waitsFor: due.next?.waitsFor,
    woken: woken.rows.map(({ key }) => key),
    asked: asked.length,
  };
}

test("a fee waits as long as a payout may yet take it, and Stripe is not asked", async () => {
  const due = await dueAfter(5, undefined);

  expect(due).toMatchObject({ booked: [], woken: [], asked: 0 });
  expect(due.waitsFor).toContain("payouts of 1 fees");
});

test.each<[string, number, Made | undefined]>([
  ["no payout took", 9, undefined],
  ["a payout took too late", 12, automatic(1)],
  ["a manual payout took", 9, { ...automatic(6), isAutomatic: false }],
  ["a payout took whose list never comes", 14, automatic(12, "in_progress")],
])("a fee that %s is booked by its day in the end", async (_what, days, payout) => {
  const due = await dueAfter(days, payout);

  expect(due).toMatchObject({ booked: ["txn_1"], waitsFor: undefined, woken: [] });
});

test("a payout in time of which nobody has told takes its fee along all the same", async () => {
  const due = await dueAfter(9, automatic(6));

  expect(due).toMatchObject({ booked: [], waitsFor: undefined, woken: ["fees:po_1"] });
});

test("a list that Stripe has not completed is waited for some days more", async () => {
  const due = await dueAfter(9, automatic(6, "in_progress"));

  expect(due).toMatchObject({ booked: [], woken: [] });
  expect(due.waitsFor).toContain("the list of rows of po_1");
});
