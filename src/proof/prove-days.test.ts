import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { listDayProofs } from "./day-proofs.ts";
import { claimRound, endRound, leaveRound, meetPair, readProofRound } from "./proof-rounds.ts";
import { type DaysEnd, lastDayDue, proveAsAsked, proveDays } from "./prove-days.ts";

const PAIR = "acme-us";
/** Two in the afternoon in New York. */
const NOW = new Date("2026-03-31T18:00:00Z");
const { signal } = new AbortController();

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "prove-days-test", max: 2 });
});
beforeEach(() => pool.query("truncate day_proof, proof_round"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

type Books = Readonly<{ start?: string; off?: bigint; failsOn?: string }>;

/** A pair without a row, whose clearing account is off by so much on every day. */
function aPair({ start, off, failsOn }: Books = {}): PairRuntime {
  const usd = (minor: bigint) => ({ minor, currency: "USD" });
  const balance = usd(off ?? 0n);
  const lines = { rows: [], isLast: true };
  const erp = {
    capabilities: { "gl-balance": "yes", "gl-detail": "yes", "find-by-key": "yes" },
    listLedgerLines: async () => lines,
    listUnreleasedLines: async () => lines,
    ledgerBalance: async (_account: unknown, _currency: unknown, until: string) => {
      if (until === failsOn) throw new Error("SL went away");
      const period = { period: "202603", debit: balance, credit: usd(0n) };
      const counts = { lines: 0, otherLines: 0, periods: off === undefined ? [] : [period] };
      return {
        currency: "USD",
        debit: balance,
        credit: usd(0n),
        balance,
        base: balance,
        ...counts,
      };
    },
  };
  const stripe = {
    readBalance: async () => [],
    listRows: async function* () {
      await Promise.resolve();
      yield { rows: [], isLast: true };
    },
  };
  const settings = someSettings(start === undefined ? {} : { start });
  return { id: PAIR, settings, erp, stripe } as unknown as PairRuntime;
}

async function prove(pair: PairRuntime, now = NOW): Promise<DaysEnd> {
  const round = await readProofRound(pool, PAIR);
  return proveDays({ pool, pair }, { provedUntil: round?.provedUntil ?? "", now, signal });
}

const keptDays = async () => (await listDayProofs(pool, { pair: PAIR })).map(({ day }) => day);
const provedUntil = async () => (await readProofRound(pool, PAIR))?.provedUntil;

test.each([
  ["the day before, from six in the morning on", "2026-03-31T10:00:00Z", "2026-03-30"],
  ["the one before it until then", "2026-03-31T09:59:59Z", "2026-03-29"],
  ["a day of 23 hours as any other", "2026-03-09T10:00:00Z", "2026-03-08"],
])("due is %s", (_which, now, day) => {
  expect(lastDayDue(someSettings(), new Date(now))).toBe(day);
});

test("each day that is due is proved once, oldest first", async () => {
  await meetPair(pool, PAIR, "2026-03-27");

  const end = await prove(aPair());
  const first = await listDayProofs(pool, { pair: PAIR });
  await prove(aPair());

  expect(end).toBe("done");
  expect(first.map(({ day, isProven }) => [day, isProven])).toEqual([
    ["2026-03-30", true],
    ["2026-03-29", true],
    ["2026-03-28", true],
  ]);
  const times = first.map(({ madeAt }) => madeAt.getTime());
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect(await listDayProofs(pool, { pair: PAIR })).toEqual(first);
});

test("the last day is proved again while it differs, and no earlier one", async () => {
  await meetPair(pool, PAIR, "2026-03-28");
  const off = aPair({ off: 1n });
  const ends: DaysEnd[] = [];
  for (let look = 1; look <= 7; look += 1) ends.push(await prove(off));
  ends.push(await prove(aPair()));
  const days = await listDayProofs(pool, { pair: PAIR });

  expect(ends.slice(-3)).toEqual(["differs", "differs", "done"]);
  expect(days.map(({ day, difference }) => [day, difference.minor])).toEqual([
    ["2026-03-30", 0n],
    ["2026-03-29", -1n],
  ]);
});

test("a day with something under way is looked at three times before it differs", async () => {
  await meetPair(pool, PAIR, "2026-03-29");
  const off = aPair({ off: 1n });

  const looks = [await prove(off), await prove(off)];
  const early = await keptDays();
  looks.push(await prove(off));

  expect(looks).toEqual(["again", "again", "differs"]);
  expect([early, await keptDays()]).toEqual([[], ["2026-03-30"]]);
});

test("a day that holds at its second look was never told to differ", async () => {
  await meetPair(pool, PAIR, "2026-03-28");

  const looks = [await prove(aPair({ off: 1n })), await prove(aPair())];
  const next = await prove(aPair({ off: 1n }), new Date("2026-04-01T18:00:00Z"));

  expect(looks).toEqual(["again", "done"]);
  expect(next).toBe("again");
  expect(await keptDays()).toEqual(["2026-03-30", "2026-03-29"]);
});

test("a day that could not be proved is the next one, and those before stay proved", async () => {
  await meetPair(pool, PAIR, "2026-03-27");

  await expect(prove(aPair({ failsOn: "2026-03-29" }))).rejects.toThrow("SL went away");
  const stopped = [await provedUntil(), await keptDays()];
  await prove(aPair());

  expect(stopped).toEqual(["2026-03-28", ["2026-03-28"]]);
  expect(await provedUntil()).toBe("2026-03-30");
});

test("a hub that stops in a round gives it back, and forgets no trouble", async () => {
  await meetPair(pool, PAIR, "2026-03-27");
  await endRound(pool, PAIR, { dueInMs: 0, thrown: new Error("SL went away") });
  const before = await readProofRound(pool, PAIR);

  const isClaimed = await claimRound(pool, PAIR, 60_000);
  const isFree = await claimRound(pool, PAIR, 60_000);
  await leaveRound(pool, PAIR);

  expect([isClaimed, isFree, await claimRound(pool, PAIR, 60_000)]).toEqual([true, false, true]);
  expect(before?.trouble).toMatchObject({ message: "SL went away" });
  expect(await readProofRound(pool, PAIR)).toEqual(before);
});

test.each([
  ["five weeks back", undefined, "2026-02-24"],
  ["to the pair's start", "2026-03-10", "2026-03-10"],
])("a hub that was off for months goes %s", async (_how, start, first) => {
  await meetPair(pool, PAIR, "2025-12-31");

  await prove(aPair(start === undefined ? {} : { start }));

  expect((await keptDays()).at(-1)).toBe(first);
  expect(await provedUntil()).toBe("2026-03-30");
});

test("days before a start that is to come are passed over as they go by", async () => {
  await meetPair(pool, PAIR, "2026-03-20");

  await prove(aPair({ start: "2026-04-10" }));
  const before = [await provedUntil(), await keptDays()];
  await prove(aPair({ start: "2026-04-10" }), new Date("2026-04-12T18:00:00Z"));

  expect(before).toEqual(["2026-03-30", []]);
  expect(await keptDays()).toEqual(["2026-04-11", "2026-04-10"]);
});

test("the next day is done where somebody has asked for it, once it is due", async () => {
  await meetPair(pool, PAIR, "2026-03-28");
  const deps = { pool, pair: aPair() };
  const early = new Date("2026-03-31T05:00:00Z");

  await proveAsAsked(deps, { when: { day: "2026-03-30" } }, early);
  const skipped = await provedUntil();
  await proveAsAsked(deps, { when: { day: "2026-03-29" } }, early);

  expect([skipped, await provedUntil()]).toEqual(["2026-03-28", "2026-03-29"]);
  expect(await keptDays()).toEqual(["2026-03-30", "2026-03-29"]);
});

test("a proof of one currency, or of a day that is not over, is kept of no day", async () => {
  const deps = { pool, pair: aPair() };

  await proveAsAsked(deps, { when: { day: "2026-03-30" }, currency: "USD" }, NOW);
  await proveAsAsked(deps, { when: { day: "2026-03-31" } }, NOW);

  expect(await keptDays()).toEqual([]);
});
