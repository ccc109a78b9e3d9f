import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import type { BareRow } from "./read-rows.ts";
import { readStandings, type StandingDeps } from "./read-standings.ts";
import { usd } from "./testing/ledgers.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "standings-test" });
});
beforeEach(() => pool.query("truncate intent, lane, parked, held cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const DAY = "day:2026-03-10";
const created = new Date("2026-03-10T12:00:00Z");
const row = { rowId: "txn_1", created, category: "charge", type: "charge", sourceId: "ch_1" };
const gross: BareRow = { ...row, part: "gross", description: "", amount: usd(1_000) };
const fee: BareRow = { ...row, part: "fee", description: "", amount: usd(-30) };

async function standingsOf(rows: readonly BareRow[], change: Partial<StandingDeps> = {}) {
  const deps: StandingDeps = {
    ...{ pool, pair: "acme", dayOf: () => "2026-03-10" },
    collectedBy: ({ part }) => (part === "fee" ? DAY : undefined),
    readCharge: () => Promise.resolve(undefined),
  };
  return (await readStandings({ ...deps, ...change }, rows)).map(({ standing }) => standing);
}

const addIntent = (key: string, object: string, stage: string, purpose = "payment") =>
  pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, bat_nbr)
     values ('acme', $1, 'pi_1', $2, $4, jsonb_build_object('kind', $4::text), 'h', 1, $3,
       '000001')`,
    [key, object, stage, purpose],
  );
const addLane = (key: string, dueAt: string | null) =>
  pool.query("insert into lane (pair, key, due_at) values ('acme', $1, $2)", [key, dueAt]);
const park = (laneKey: string) =>
  pool.query(
    `insert into parked (pair, lane_key, category, code, reason, cure)
     values ('acme', $1, 'mapping', 'mapping.item_missing', 'why', 'how')`,
    [laneKey],
  );

test("a fee is told by its journal before what its charge has under way", async () => {
  await addIntent("K-PAY", "ch_1", "filled");
  const sent = { key: "K-FEES", batNbr: "000002", isOfPart: true };
  const pinned: BareRow = { ...fee, pinned: { lane: DAY, sent } };

  const [paid, waiting] = await standingsOf([gross, fee]);
  const [, taken] = await standingsOf([gross, pinned]);

  expect(paid?.sent).toEqual({ key: "K-PAY", batNbr: "000001", isOfPart: true });
  expect(waiting?.sent).toEqual({ key: "K-PAY", batNbr: "000001", isOfPart: false });
  expect(taken?.sent).toEqual(sent);
});

test("the invoice that a payment waits for is not the payment's own document", async () => {
  await addIntent("K-PAY", "ch_1", "planned");
  await addIntent("K-IN", "in_1", "filled", "invoice");

  const [paid] = await standingsOf([gross]);

  expect(paid?.sent).toEqual({ key: "K-IN", batNbr: "000001", isOfPart: false });
});

test("the fee of a parked charge is parked with it until the charge is booked", async () => {
  await addIntent("K-PAY", "ch_1", "planned");
  await addLane("pi_1", null);
  await park("pi_1");

  const [paid, with_] = await standingsOf([gross, fee]);
  const [alone] = await standingsOf([fee]);

  expect(paid?.stopped?.how).toBe("parked");
  expect(with_?.stopped?.how).toBe("parked");
  expect(alone).toMatchObject({ stopped: undefined, openDay: "2026-03-10" });
});

test("what a day that is done has left out is in no line of the proof", async () => {
  await addLane(DAY, null);

  const [asleep] = await standingsOf([fee]);
  await pool.query("update lane set due_at = now() + interval '1 hour'");
  const [due] = await standingsOf([fee]);

  expect(asleep?.openDay).toBeUndefined();
  expect(asleep?.waitsFor).toBe("the journals of 2026-03-10 are done without it");
  expect(due?.openDay).toBe("2026-03-10");
});

test("a fee waits for its day's journals also where the day's sales are summed up", async () => {
  await addLane(DAY, "2999-01-01");
  await addIntent("K-SUM", DAY, "done", "summary");
  await pool.query("update intent set lane_key = 'summary:2026-03-10'");
  await addLane("summary:2026-03-10", null);

  const [waiting] = await standingsOf([fee]);

  expect(waiting?.openDay).toBe("2026-03-10");
});

/** A charge that was collected for its day at this time. */
async function collectCharge(chargeId: string, at: string): Promise<void> {
  await addIntent(`K-${chargeId}`, chargeId, "collected");
  await pool.query("update intent set lane_key = object where stage = 'collected'");
  await pool.query(
    `insert into collected_document (pair, intent_key, lane_key, day, kind, currency, customer_id,
       accounts, collected_at)
     values ('acme', $1, $2, '2026-03-10', 'sale', 'USD', 'SHOP', '', $3)`,
    [`K-${chargeId}`, chargeId, at],
  );
}

test("what a summary had collected when dismissed is told so, and nothing later", async () => {
  const lane = "summary:2026-03-10";
  await collectCharge("ch_1", "2026-03-11T02:00:00Z");
  await collectCharge("ch_2", "2026-03-12T02:00:00Z");
  await addLane(lane, "2999-01-01");
  await park(lane);
  await pool.query("update parked set state = 'dismissed', closed_at = '2026-03-11T09:00:00Z'");
  const late: BareRow = { ...gross, rowId: "txn_2", sourceId: "ch_2" };

  const dismissed = await standingsOf([gross, late]);
  await park(lane);
  await pool.query("update parked set state = 'resumed' where state = 'open'");
  const resumed = await standingsOf([gross, late]);

  const told = dismissed.map(({ stopped, openDay }) => [stopped?.how, openDay]);
  expect(told).toEqual([
    ["dismissed", "2026-03-10"],
    [undefined, "2026-03-10"],
  ]);
  expect(resumed.map(({ stopped }) => stopped?.how)).toEqual(["dismissed", undefined]);
});

test("a charge whose bank took it back is no pending one while its payment stands", async () => {
  const failed = { chargeId: "ch_1", standing: "failed" } as const;
  const readCharge = () => Promise.resolve(failed);

  const [before] = await standingsOf([gross], { readCharge });
  await addIntent("K-PAY", "ch_1", "done");
  const [after] = await standingsOf([gross], { readCharge });

  expect([before?.charge, after?.charge]).toEqual(["failed", "succeeded"]);
});

test("what a capture has left of a parked charge is parked with it", async () => {
  await addIntent("K-PAY", "ch_1", "planned");
  await addLane("pi_1", null);
  await park("pi_1");
  const left: BareRow = {
    ...gross,
    ...{ rowId: "txn_2", category: "partial_capture_reversal", sourceId: "re_1" },
  };
  const readCharge = () => Promise.resolve({ chargeId: "ch_1", standing: "succeeded" } as const);

  const [paid, released] = await standingsOf([gross, left], { readCharge });

  expect(paid?.stopped?.how).toBe("parked");
  expect(released?.stopped).toEqual(paid?.stopped);
});
