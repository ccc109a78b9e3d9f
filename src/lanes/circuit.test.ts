import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  FAILURES_TO_OPEN,
  PROBE_DELAYS_MS,
  pauseOf,
  pausePair,
  readPairStates,
  recordAnswer,
  resumePair,
} from "./circuit.ts";
import { wakeLanes } from "./lane.ts";
import { type LaneDatabase, only, openLaneDatabase } from "./testing/lane-database.ts";

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
});
beforeEach(() => db.clear());
afterAll(() => db.close());

async function fail(times: number): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (let n = 0; n < times; n++) answers.push(await recordAnswer(db.pool, "acme", false));
  return answers;
}

async function probeDelayMs(): Promise<number> {
  const result = await db.pool.query<{ ms: number }>(
    `select (extract(epoch from probe_at - clock_timestamp()) * 1000)::float8 as ms
     from pair_state`,
  );
  return only(result.rows).ms;
}

test("the circuit opens with the fifth failure in a row", async () => {
  const answers = await fail(FAILURES_TO_OPEN);

  expect(answers).toEqual([false, false, false, false, true]);
  expect(only(await readPairStates(db.pool))).toMatchObject({
    circuit: "open",
    circuitOpenedAt: expect.any(Date) as unknown,
  });
});

test("failures with an answer between them open nothing", async () => {
  await fail(FAILURES_TO_OPEN - 1);
  await recordAnswer(db.pool, "acme", true);

  expect(await fail(FAILURES_TO_OPEN - 1)).not.toContain(true);
});

test("an answer of a pair without failures writes nothing", async () => {
  await recordAnswer(db.pool, "acme", true);

  expect(await readPairStates(db.pool)).toEqual([]);
});

test("failures of many processes at once are all counted", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => recordAnswer(db.pool, "acme", false)),
  );

  expect(answers.filter((isOpen) => isOpen)).toHaveLength(20 - FAILURES_TO_OPEN + 1);
  expect(only(await readPairStates(db.pool))).toMatchObject({ circuitFailures: 20 });
});

test("lanes that fail while it is open do not put the probe off", async () => {
  await fail(FAILURES_TO_OPEN);
  const before = await probeDelayMs();

  await fail(10);

  expect(await probeDelayMs()).toBeLessThanOrEqual(before);
});

test("each failed probe waits as the schedule says, the last delay again", async () => {
  await fail(FAILURES_TO_OPEN);
  const delays = [Math.round((await probeDelayMs()) / 1_000) * 1_000];

  for (let probe = 0; probe < PROBE_DELAYS_MS.length; probe++) {
    await wakeLanes(db.pool, [{ pair: "acme", key: `pi_${probe}` }]);
    await db.pool.query("update pair_state set probe_at = clock_timestamp()");
    only(await db.claim("a"));
    await fail(1);
    delays.push(Math.round((await probeDelayMs()) / 1_000) * 1_000);
  }

  expect(delays).toEqual([...PROBE_DELAYS_MS, PROBE_DELAYS_MS.at(-1)]);
});

test("a pause keeps its reason until the pair is resumed", async () => {
  await pausePair(db.pool, "acme", "erp.auth", "SL refused the password");
  const paused = await pauseOf(db.pool, "acme");

  const resume = (code: string) => resumePair(db.pool, "acme", code);
  const resumed = [await resume("paused"), await resume("erp.auth"), await resume("erp.auth")];

  expect(paused).toEqual({ code: "erp.auth", reason: "SL refused the password" });
  expect(resumed).toEqual([false, true, false]);
  expect(await pauseOf(db.pool, "acme")).toBeUndefined();
});

test("a pause and an open circuit are two things", async () => {
  await fail(FAILURES_TO_OPEN);
  await pausePair(db.pool, "acme", "paused", "by a person");

  await resumePair(db.pool, "acme", "paused");

  expect(only(await readPairStates(db.pool))).toMatchObject({
    circuit: "open",
    pausedCode: undefined,
  });
});
