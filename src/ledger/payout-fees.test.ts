import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { aLedgerRow } from "../mapping/testing/ledger-rows.ts";
import { countOpenRows } from "./counts.ts";
import { openPartsAmong, openPartsOfPayout } from "./open-rows.ts";
import { keepPayoutList, noteAwaited } from "./payout-fees.ts";
import { keepRows } from "./rows.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-payout-fees", connectWithinMs: 5_000 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const settings = someSettings({ fees: "per-payout", "fees-wait": 7 });
const IN_TIME = new Date("2026-03-12T00:00:00Z");
const TOO_LATE = new Date("2026-03-20T00:00:00Z");
const DAY = "day:2026-03-10";

async function* pagesOf(...rows: LedgerRow[]) {
  yield rows;
}

/** A fee of 10 March of a pair of its own, which these payouts took along, in this order. */
async function taken(id: string, ...payouts: readonly (readonly [string, Date])[]) {
  const row = aLedgerRow({ id: `txn_${id}`, category: "fee", type: "stripe_fee", gross: -500 });
  const pair = { id, settings };
  await keepRows(pool, id, [row]);
  for (const [payout, madeAt] of payouts) {
    await keepPayoutList(pool, { pair: id, id: payout, madeAt }, pagesOf(row));
  }
  return { row, pair, lanes: async () => await lanesOf(pair, row) };
}

async function lanesOf(pair: { id: string; settings: typeof settings }, row: LedgerRow) {
  const open = await openPartsAmong(pool, pair, [row.id]);
  return open.map(({ laneKey, awaitsUntil }) => [laneKey, awaitsUntil?.toISOString()]);
}

const UNTIL = "2026-03-18T04:00:00.000Z";

test.each<[string, readonly (readonly [string, Date])[], readonly unknown[]]>([
  ["that no payout took waits in its day", [], [DAY, UNTIL]],
  ["goes with its payout", [["po_1", IN_TIME]], ["fees:po_1", undefined]],
  ["whose payout came too late is of its day", [["po_1", TOO_LATE]], [DAY, UNTIL]],
  [
    "stays with the first payout that was read to have it",
    [
      ["po_1", IN_TIME],
      ["po_2", IN_TIME],
    ],
    ["fees:po_1", undefined],
  ],
])("a fee %s", async (name, payouts, expected) => {
  const { lanes } = await taken(name, ...payouts);

  expect(await lanes()).toEqual([expected]);
});

test("a list counts once its last page is kept", async () => {
  const { row, pair, lanes } = await taken("half");
  async function* broken() {
    yield [row];
    throw new Error("the second page is lost");
  }

  const reading = keepPayoutList(pool, { pair: pair.id, id: "po_1", madeAt: IN_TIME }, broken());

  await expect(reading).rejects.toThrow("the second page");
  expect(await lanes()).toEqual([[DAY, UNTIL]]);
});

test("a fee that its day has pinned is of its day, when its payout is known later", async () => {
  const { row, pair, lanes } = await taken("late");
  await pool.query(
    `insert into journal_row (pair, row_id, part, lane_key, object, purpose, journal_part,
       is_suspense)
     values ('late', $1, 'gross', $2, $2, 'fee', 'fee:USD:1', false)`,
    [row.id, DAY],
  );

  await keepPayoutList(pool, { pair: pair.id, id: "po_1", madeAt: IN_TIME }, pagesOf(row));

  expect(await lanes()).toEqual([[DAY, undefined]]);
  const [part] = await openPartsOfPayout(pool, pair, "po_1");
  expect(part?.laneKey).toBe(DAY);
});

test("under another setting the payout of a row decides nothing", async () => {
  const { row } = await taken("by-day", ["po_1", IN_TIME]);
  const pair = { id: "by-day", settings: someSettings({ fees: "per-day" }) };

  expect(await lanesOf(pair, row)).toEqual([[DAY, undefined]]);
});

test("a fee is late only a day and a half after it waits no longer", async () => {
  const { row, pair } = await taken("waits");
  const late = async () => {
    const counts = await countOpenRows(pool, [], 5);
    return counts.find((one) => one.pair === pair.id)?.lateIds;
  };
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000);

  await noteAwaited(pool, pair.id, { rowIds: [row.id], until: at(-35) });
  const waiting = await late();
  await noteAwaited(pool, pair.id, { rowIds: [row.id], until: at(-37) });

  expect(waiting).toEqual([]);
  expect(await late()).toEqual([row.id]);
});
