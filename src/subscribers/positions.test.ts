import fc from "fast-check";
import type { Pool, PoolClient } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { openPool } from "../db/index.ts";
import { numberEvents, readDomainEvents } from "./read-events.ts";
import { tellSome } from "./testing/tell-some.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 8, applicationName: "positions-test" });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

beforeEach(() => pool.query("truncate domain_event cascade"));

const ALL = { types: [], pairs: [] };

async function readAfter(after: bigint): Promise<{ position: bigint; key: string }[]> {
  const upTo = await numberEvents(pool);
  const events = await readDomainEvents(pool, { after, upTo, limit: 1_000 }, ALL);
  return events.map(({ position, key }) => ({ position: BigInt(position), key }));
}

test("an event that commits late gets a number that no reader has passed", async () => {
  const late = await pool.connect();
  await late.query("begin");
  await tellSome(late, ["late"]);
  await tellSome(pool, ["early"]);
  const before = await readAfter(0n);
  await late.query("commit");
  late.release();

  const after = await readAfter(before.at(-1)?.position ?? 0n);

  expect(before).toEqual([{ position: 1n, key: "early" }]);
  expect(after).toEqual([{ position: 2n, key: "late" }]);
});

test("an event that is rolled back leaves no hole", async () => {
  const never = await pool.connect();
  await never.query("begin");
  await tellSome(never, ["never"]);
  await never.query("rollback");
  never.release();
  await tellSome(pool, ["kept"]);

  const seen = await readAfter(0n);

  expect(seen).toEqual([{ position: 1n, key: "kept" }]);
});

test("who comes while somebody else numbers sees what that gives out", async () => {
  await tellSome(pool, ["first", "second"]);
  const other = await pool.connect();
  await other.query("begin");
  await other.query("select slipway_number_events(1000)");

  const reading = readAfter(0n);
  await until("the reader to wait", async () => {
    const { rows } = await pool.query(
      `select from pg_locks l join pg_database d on d.oid = l.database
       where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`,
    );
    return rows.length === 1;
  });
  await other.query("commit");
  other.release();

  expect((await reading).map(({ key }) => key)).toEqual(["first", "second"]);
});

test("two who number at once give no number twice", async () => {
  await tellSome(
    pool,
    Array.from({ length: 300 }, (_, index) => `key-${index}`),
  );

  await Promise.all([numberEvents(pool), numberEvents(pool), numberEvents(pool)]);

  const seen = await readAfter(0n);
  expect(seen.map(({ position }) => position)).toEqual(seen.map((_, index) => BigInt(index + 1)));
  expect(seen).toHaveLength(300);
});

/** What one of the writers does next; `look` is the reader, who may come at any moment. */
type Act = Readonly<{ writer: number; does: "tell" | "commit" | "look" }>;

const acts = fc.array(
  fc.record({
    writer: fc.integer({ min: 0, max: 3 }),
    does: fc.constantFrom<Act["does"]>("tell", "tell", "commit", "look"),
  }),
  { minLength: 5, maxLength: 40 },
);

test("however they interleave, each committed event is read once, keys in order", async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (script) => {
      await pool.query("truncate domain_event cascade");
      const told = await play(script);

      expect(told.read.map(({ position }) => position)).toEqual(
        told.read.map((_, index) => BigInt(index + 1)),
      );
      for (const writer of [0, 1, 2, 3]) {
        const ofKey = told.read.filter(({ key }) => key.startsWith(`${writer}-`));
        expect(ofKey.map(({ key }) => key)).toEqual(told.written[writer]);
      }
    }),
    { numRuns: 25 },
  );
});

/** Each writer has a key of its own, which only one transaction at a time writes, as lanes do. */
async function play(script: readonly Act[]) {
  const writers: { tx: PoolClient; open: boolean }[] = [];
  for (let nr = 0; nr < 4; nr += 1) writers.push({ tx: await pool.connect(), open: false });
  const written: string[][] = [[], [], [], []];
  const read: { position: bigint; key: string }[] = [];
  const look = async () => read.push(...(await readAfter(read.at(-1)?.position ?? 0n)));
  for (const { writer, does } of script) {
    const at = writers[writer];
    const keys = written[writer];
    if (at === undefined || keys === undefined) continue;
    if (does === "look") await look();
    if (does === "tell") {
      if (!at.open) await at.tx.query("begin");
      at.open = true;
      keys.push(`${writer}-${keys.length}`);
      await tellSome(at.tx, [keys.at(-1) ?? ""]);
    }
    if (does === "commit" && at.open) {
      await at.tx.query("commit");
      at.open = false;
    }
  }
  for (const { tx, open } of writers) {
    if (open) await tx.query("commit");
    tx.release();
  }
  await look();
  return { read, written };
}
