import { AsyncLocalStorage } from "node:async_hooks";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { pause } from "../../base/clock.ts";
import { ReleaseTurns } from "./release-turns.ts";

let database: TestDatabase;
/** Two hubs: each has a pool of its own. */
let hubs: Pool[];

beforeAll(async () => {
  database = await createTestDatabase();
  hubs = [1, 2].map(() => new Pool({ connectionString: database.url, max: 4 }));
});

afterAll(async () => {
  for (const hub of hubs) await hub.end();
  await database.drop();
});

/** Runs ten releases on each hub and returns how many of a pair ran at once at the most. */
async function mostAtOnce(pairOf: (nr: number) => string): Promise<number> {
  const running = new Map<string, number>();
  let most = 0;
  const release = (pair: string) => async () => {
    const now = (running.get(pair) ?? 0) + 1;
    running.set(pair, now);
    most = Math.max(most, now);
    await pause(5);
    running.set(pair, now - 1);
  };
  const turns = hubs.map((hub) => new ReleaseTurns(hub));
  await Promise.all(
    turns.flatMap((of) =>
      Array.from({ length: 10 }, (_, nr) => of.take(pairOf(nr), release(pairOf(nr)))),
    ),
  );
  return most;
}

test("two hubs release one batch of a pair at a time", async () => {
  expect(await mostAtOnce(() => "acme")).toBe(1);
});

test("what a release throws reaches its own caller and nobody else", async () => {
  const turns = new ReleaseTurns(hubs[0] as Pool);
  const failing = turns.take("acme", () => Promise.reject(new Error("suspended")));
  const next = turns.take("acme", () => Promise.resolve("released"));

  await expect(failing).rejects.toThrow("suspended");
  await expect(next).resolves.toBe("released");
});

test("a release is made in the flow of the run that waits for it", async () => {
  const flow = new AsyncLocalStorage<string>();
  const turns = new ReleaseTurns(hubs[0] as Pool);

  const flows = await Promise.all(
    ["first", "second"].map((run) =>
      flow.run(run, () => turns.take("flows", async () => flow.getStore())),
    ),
  );

  expect(flows).toEqual(["first", "second"]);
});

test("a release waits for a slow one before it, for a minute at most", async () => {
  const turns = new ReleaseTurns(hubs[0] as Pool);
  const begun = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const hanging = turns.take("hung", () => {
    begun.resolve();
    return answer.promise;
  });
  await begun.promise;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let hasBegun = false;
  const next = turns.take("hung", async () => {
    hasBegun = true;
    return "released";
  });

  await vi.advanceTimersByTimeAsync(59_000);
  expect(hasBegun).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await expect(next).resolves.toBe("released");

  vi.useRealTimers();
  answer.resolve("released late");
  await expect(hanging).resolves.toBe("released late");
});

test("a hub that is frozen in its turn does not stop the others", async () => {
  const frozen = await (hubs[0] as Pool).connect();
  await frozen.query("select slipway_take_turn('beta')");

  const released = await new ReleaseTurns(hubs[1] as Pool).take("beta", async () => "released");

  expect(released).toBe("released");
  await frozen.query("select pg_advisory_unlock_all()");
  frozen.release();
});

test("a turn is given back, so that the next hub need not wait", async () => {
  await new ReleaseTurns(hubs[0] as Pool).take("gamma", async () => "released");

  const free = await (hubs[1] as Pool).query("select slipway_take_turn('gamma') as got");

  expect(free.rows).toEqual([{ got: true }]);
  await (hubs[1] as Pool).query("select pg_advisory_unlock_all()");
});
