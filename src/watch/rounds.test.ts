import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { askWatch, beginRound, duePairs, endRound, noteProgress, whileAlone } from "./rounds.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "watch-test", max: 4 });
});
beforeEach(() => pool.query("truncate watch_round"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";
const DUE_IN_MS = 3_600_000;

/** A look at everything that somebody asked for, and whose hub dies half way. */
async function dieHalfWay(): Promise<void> {
  const dying = openPool(database.url, { applicationName: "dying-hub", max: 2 });
  await askWatch(pool, PAIR, true);
  await whileAlone(dying, PAIR, async () => {
    await beginRound(dying, PAIR);
    await noteProgress(dying, PAIR, { checked: 40, total: 100 });
  });
  await dying.end();
}

test("a look at everything that died half way is due again, and again at everything", async () => {
  await dieHalfWay();

  const due = await duePairs(pool, [PAIR]);
  const begun = await beginRound(pool, PAIR);

  expect(due).toEqual([PAIR]);
  expect(begun).toEqual({ isFull: true });
  const { rows } = await pool.query("select checked, total, full_at from watch_round");
  expect(rows).toEqual([{ checked: 0, total: 0, full_at: null }]);
});

test("a look at everything that came to its end is followed by a usual one", async () => {
  await dieHalfWay();
  await beginRound(pool, PAIR);
  await endRound(pool, PAIR, { dueInMs: DUE_IN_MS });

  const due = await duePairs(pool, [PAIR]);
  await askWatch(pool, PAIR, false);

  expect(due).toEqual([]);
  expect(await beginRound(pool, PAIR)).toEqual({ isFull: false });
});

test("while one hub looks at a pair no other one does", async () => {
  const other: boolean[] = [];

  await whileAlone(pool, PAIR, async () => {
    other.push(await whileAlone(pool, PAIR, async () => undefined));
  });
  other.push(await whileAlone(pool, PAIR, async () => undefined));

  expect(other).toEqual([false, true]);
});

test("trouble counts from the first look that came upon it until one that did not", async () => {
  const since = async () => {
    const { rows } = await pool.query<{ since: Date | null }>(
      "select trouble_since as since from watch_round",
    );
    return rows[0]?.since;
  };
  const thrown = new Error("SL did not answer");
  await askWatch(pool, PAIR, false);

  await endRound(pool, PAIR, { dueInMs: DUE_IN_MS, thrown });
  const first = await since();
  await endRound(pool, PAIR, { dueInMs: DUE_IN_MS, thrown });
  const second = await since();
  await endRound(pool, PAIR, { dueInMs: DUE_IN_MS });

  expect(first).toBeInstanceOf(Date);
  expect(second).toEqual(first);
  expect(await since()).toBeNull();
});
