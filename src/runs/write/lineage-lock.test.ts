import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { systemClock } from "../../base/clock.ts";
import { tryWithLineageLock, withLineageLock } from "./lineage-lock.ts";

let database: TestDatabase;
/** Two hubs: each has a pool of its own. */
let first: Pool;
let second: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  [first, second] = [1, 2].map(() => new Pool({ connectionString: database.url, max: 2 })) as [
    Pool,
    Pool,
  ];
});

afterAll(async () => {
  await Promise.all([first.end(), second.end()]);
  await database.drop();
});

/** Holds the lock of a pair on the first hub until the returned function is called. */
async function held(pair: string): Promise<() => Promise<void>> {
  let letGo: () => void = () => {};
  let entered: () => void = () => {};
  const isHeld = new Promise<void>((resolve) => (entered = resolve));
  const holding = tryWithLineageLock(first, pair, async () => {
    entered();
    await new Promise<void>((resolve) => (letGo = resolve));
  });
  await isHeld;
  return async () => {
    letGo();
    await holding;
  };
}

test("a comparison is left out while another hub rebuilds the pair", async () => {
  const free = await held("acme");

  const during = await tryWithLineageLock(second, "acme", async () => "compared");
  const otherPair = await tryWithLineageLock(second, "globex", async () => "compared");
  await free();
  const after = await tryWithLineageLock(second, "acme", async () => "compared");

  expect([during, otherPair?.value, after?.value]).toEqual([undefined, "compared", "compared"]);
});

test("a rebuild waits for the comparison that is under way", async () => {
  const free = await held("acme");
  const done: string[] = [];

  const rebuilding = withLineageLock(second, { pair: "acme", clock: systemClock }, async () => {
    done.push("rebuilt");
  });
  done.push("compared");
  await free();
  await rebuilding;

  expect(done).toEqual(["compared", "rebuilt"]);
});

test("a rebuild is refused when the other one takes more than a minute", async () => {
  const free = await held("acme");
  let nowMs = 0;
  const clock = { now: () => new Date(), monotonicMs: () => (nowMs += 40_000) };

  const refused = withLineageLock(second, { pair: "acme", clock }, async () => "rebuilt");

  await expect(refused).rejects.toMatchObject({ code: "conflict.rebuild_running" });
  await free();
});

test("work that throws frees the lock", async () => {
  const failing = tryWithLineageLock(first, "acme", () => Promise.reject(new Error("SL is away")));

  await expect(failing).rejects.toThrow("SL is away");
  const next = await tryWithLineageLock(second, "acme", async () => "compared");
  expect(next?.value).toBe("compared");
});
