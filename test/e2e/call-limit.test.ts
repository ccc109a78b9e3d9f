import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { type Hub, openHub } from "../../src/compose.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";

const LIMIT = 3;
const ORDERS = 24;

let world: World;
let second: Hub;

beforeAll(async () => {
  world = await openWorld({ "sl.call-limit": LIMIT });
  second = await openHub(
    {
      databaseUrl: world.databaseUrl,
      home: world.home,
      port: 0,
      host: "127.0.0.1",
      logLevel: "error",
      eventDays: 90,
      key: undefined,
      token: undefined,
    },
    silentLog,
    { mayLoseCommits: true },
  );
});

afterAll(async () => {
  await second?.close();
  await world?.close();
});

type Check = Readonly<{ pair: string | null; state: string }>;
type Calls = Readonly<{ inFlight: number; mostInFlight: number }>;

/** Asks both sides again and again, outside of all lanes, until it is told to stop. */
async function keepAsking(signal: AbortSignal): Promise<number> {
  let asked = 0;
  while (!signal.aborted) {
    const path = asked % 2 === 0 ? `/api/pairs/${world.pair}/test` : "/api/doctor";
    const { checks } = await world.api<{ checks: Check[] }>(path, {
      method: "POST",
      body: {},
    });
    expect(checks.filter(({ pair, state }) => pair !== null && state === "problem")).toEqual([]);
    asked += 1;
  }
  return asked;
}

test("two hubs and a doctor together never pass the pair's call limit", async () => {
  await world.slAdmin("/calls", undefined, "DELETE");
  const effect = { kind: "latency", ms: 30 };
  await world.slAdmin("/faults", { match: {}, effect, times: null });
  const stopping = new AbortController();
  const asking = keepAsking(stopping.signal);

  // One hub may work off a whole round before the other has looked.
  for (let workers = 0; workers < 2; ) {
    const paid = Array.from({ length: ORDERS }, (_, n) => pay(world, 5_000 + n));
    for (const order of await Promise.all(paid)) await expectBookedOnce(world, order);
    const sql = "select distinct worker from run where outcome = 'booked'";
    workers = (await world.sql(sql)).length;
  }
  stopping.abort();
  const asked = await asking;

  expect(asked).toBeGreaterThan(0);
  await until(
    "no call under way",
    async () => (await world.slAdmin<Calls>("/calls")).inFlight === 0,
  );
  const { mostInFlight } = await world.slAdmin<Calls>("/calls");
  expect(mostInFlight).toBe(LIMIT);
});
