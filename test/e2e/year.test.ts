import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openYearWorld } from "../../src/demo/year/world.ts";
import { playYear } from "../../src/demo/year/year.ts";
import { spanOfDay } from "../../src/ledger/index.ts";
import { pairIn } from "../oracle/judge.ts";
import { judgeBooks } from "../oracle/judge-books.ts";
import { createEmptyDatabase } from "../support/postgres.ts";

const DAYS = 5;
const home = mkdtempSync(join(tmpdir(), "slipway-year-"));
const closing: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  rmSync(home, { recursive: true, force: true });
});

it("days with lost webhooks and a failing SL are proved, and the oracle agrees", async () => {
  const startOf = (date: string) => spanOfDay(date, "America/New_York").from;
  const asked = {
    ...{ seed: 7, transactions: 12, from: "2026-03", months: 1, daysMax: DAYS, startOf },
    faults: { lost: 0.3, doubled: 0.3, spreadMs: 3_600_000, failing: 0.03 },
  };
  const database = await createEmptyDatabase();
  closing.push(() => database.drop());
  const startMs = startOf("2026-03-01").getTime() - 3_600_000;
  const world = await openYearWorld({
    ...{ home, startMs, firstPeriod: "202603" },
    ...{ databaseUrl: database.url, mayLoseCommits: true },
  });
  closing.push(() => world.stop());
  const days: string[] = [];

  const end = await playYear(world, asked, {
    day: ({ day }, proofs) => days.push(...proofs.map(({ difference }) => `${day} ${difference}`)),
    month: () => undefined,
    signal: new AbortController().signal,
  });

  const verdict = await judgeBooks({
    stripe: world.stripeAdmin as <T>(path: string, body?: unknown) => Promise<T>,
    sl: world.slAdmin as <T>(path: string, body?: unknown) => Promise<T>,
    pairFile: pairIn(readFileSync(join(home, "slipway.yaml"), "utf8")),
    openFrom: "2026-03-06",
  });
  expect(verdict.differences).toEqual([]);
  expect(verdict.facts).toBeGreaterThan(10);
  expect(end.unproved).toEqual([]);
  expect(end.parked.others).toEqual([]);
  expect(days.at(-1)).toBe("2026-03-05 0.00");
  expect(new Set(days.map((told) => told.slice(0, 10))).size).toBe(days.length);
  expect(end.rows).toBeGreaterThan(5);
  expect(end.booked).toBeGreaterThan(10);
}, 600_000);
