import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { compareClosed, hashDocuments } from "./close-documents.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-test" });
});
beforeEach(async () => {
  await pool.query("truncate intent, period_close cascade");
  await pool.query(
    `insert into period_close (pair, period, nr, closed_at, closed_by, hash, snapshot)
     values ($1, $2, 1, '2026-04-02T09:00Z', 'maria', 'h', '{}')`,
    [PAIR, PERIOD],
  );
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";
const PERIOD = "202603";
const BEFORE = "2026-04-01T09:00Z";
const AFTER = "2026-04-03T09:00Z";

type Finding = Readonly<{ state: string; foundAt: string; decidedAt?: string }>;

/** A document of the period that SL shows otherwise than it was booked. */
async function addFinding({ state, foundAt, decidedAt }: Finding): Promise<void> {
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage)
     values ($1, 'K', 'pi_1', 'pi_1', 'invoice', '{"kind": "invoice"}', 'h', 1, 'done')`,
    [PAIR],
  );
  await pool.query(
    `insert into watch_finding (pair, intent_key, lane_key, kind, document, object, purpose,
       period, differences, fingerprint, effect_currency, effect_on, heal_by, steps, state,
       found_at, decided_at)
     values ($1, 'K', 'pi_1', 'edited', 'IN 000123', 'pi_1', 'invoice', $2, '[]', 'f', 'USD',
       'nothing', 'person', '[]', $3, $4, $5)`,
    [PAIR, PERIOD, state, foundAt, decidedAt ?? null],
  );
}

const changes = async () =>
  (await compareClosed(pool, PAIR, PERIOD))?.changes.map(({ how }) => how);

test("a document that was accepted before the close is no later change", async () => {
  await addFinding({ state: "accepted", foundAt: BEFORE, decidedAt: BEFORE });

  expect(await changes()).toEqual([]);
});

test.each<[string, Finding]>([
  ["found after the close", { state: "open", foundAt: AFTER }],
  ["accepted after the close", { state: "accepted", foundAt: AFTER, decidedAt: AFTER }],
  // Accepted ones are open again as soon as they change.
  ["changed once more since", { state: "open", foundAt: BEFORE, decidedAt: BEFORE }],
  [
    "changed once more and accepted again",
    { state: "accepted", foundAt: BEFORE, decidedAt: AFTER },
  ],
])("a document that was %s is changed in SL", async (_what, finding) => {
  await addFinding(finding);

  expect(await changes()).toEqual(["changed-in-sl"]);
});

test("what a rebuild took over is a document of the period that SL shows it in", async () => {
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, receipt)
     values ($1, 'K', 'pi_1', 'pi_1', 'invoice', '{}', 'rebuilt', 1, 'done', $2)`,
    [PAIR, JSON.stringify({ type: "IN", period: PERIOD })],
  );

  const [own, other] = [
    await hashDocuments(pool, PAIR, PERIOD),
    await hashDocuments(pool, PAIR, "202604"),
  ];

  expect([own.count, other.count]).toEqual([1, 0]);
  expect(own.hash).not.toBe(other.hash);
});
