import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { pause } from "../base/clock.ts";
import { listen } from "../db/index.ts";
import { callAsGuest, type Guest } from "./guest-call.ts";
import { finishLane, LANE_CHANNEL, wakeLanes } from "./lane.ts";
import { type LaneDatabase, only, openLaneDatabase } from "./testing/lane-database.ts";

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
});
afterEach(() => db.clear());
afterAll(() => db.close());

const guestOf = (more: Partial<Guest> = {}): Guest => ({
  pool: db.pool,
  pair: "acme",
  limit: 2,
  owner: "hub",
  ...more,
});

/** Wakes as many lanes and gives their keys. */
async function wake(count: number): Promise<void> {
  const lanes = Array.from({ length: count }, (_, n) => ({ pair: "acme", key: `pi_${n}` }));
  await wakeLanes(db.pool, lanes);
}

const claim = () => db.claim("other", { limit: 2 });

/** A call that ends when it is told to, and says when it has begun. */
function heldCall() {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<string>();
  const call = () => {
    begun.resolve();
    return end.promise;
  };
  return { call, begun: begun.promise, end: () => end.resolve("done") };
}

test("a guest's call counts against the pair's limit while it lasts", async () => {
  await wake(3);
  const held = heldCall();
  const calling = callAsGuest(guestOf(), held.call);
  await held.begun;

  const during = await claim();
  held.end();
  await calling;
  const after = await claim();

  expect([during.length, after.length]).toEqual([1, 1]);
});

test("a guest waits for a lane to end, and no other lane takes its place", async () => {
  await wake(4);
  const [first] = await claim();
  const held = heldCall();
  let hasBegun = false;
  const calling = callAsGuest(guestOf(), () => {
    hasBegun = true;
    return held.call();
  });
  await expect.poll(async () => (await db.pool.query("select from guest_call")).rowCount).toBe(1);
  const meanwhile = await claim();
  expect([hasBegun, meanwhile.length]).toEqual([false, 0]);

  if (first === undefined) throw new Error("No lane was claimed");
  await finishLane(db.pool, first, { dueInMs: null, tries: 0 });
  await held.begun;

  expect(await claim()).toHaveLength(0);
  held.end();
  await expect(calling).resolves.toBe("done");
  expect(await claim()).toHaveLength(1);
});

test("guests of one pair take turns, over all processes", async () => {
  const [one, two] = [heldCall(), heldCall()];
  const first = callAsGuest(guestOf({ owner: "a" }), one.call);
  await one.begun;
  let hasBegun = false;
  const second = callAsGuest(guestOf({ owner: "b" }), () => {
    hasBegun = true;
    return two.call();
  });
  expect(await db.claim("other", { limit: 2 })).toHaveLength(0);
  expect(hasBegun).toBe(false);

  one.end();
  await first;
  await two.begun;

  two.end();
  await expect(second).resolves.toBe("done");
});

test("a guest of one long call after another lets others in between", async () => {
  let longMs = 0;
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() + longMs };
  const calls: string[] = [];
  const call = async (owner: string) =>
    callAsGuest(guestOf({ owner, clock }), async () => {
      calls.push(owner);
      await pause(600);
      longMs += 10_000;
    });
  const working = call("a").then(() => call("a"));
  await expect.poll(() => calls).toEqual(["a"]);

  await Promise.all([working, call("b")]);

  expect(calls).toEqual(["a", "b", "a"]);
});

test("the place of a guest whose process died is free after its lease", async () => {
  await db.pool.query(
    `insert into guest_call (pair, process, ticket, since)
     values ('acme', 'dead', 'old', clock_timestamp() - interval '13 s')`,
  );
  await wake(2);

  await expect(callAsGuest(guestOf(), async () => "done")).resolves.toBe("done");

  expect(await claim()).toHaveLength(2);
});

test("the place of a guest that calls for minutes is its own while its process lives", async () => {
  await db.pool.query("insert into hub_process (id) values ('alive')");
  await db.pool.query(
    `insert into guest_call (pair, process, ticket, since)
     values ('acme', 'alive', 'slow', clock_timestamp() - interval '10 min')`,
  );
  await wake(2);

  const waiting = callAsGuest(guestOf({ withinMs: 50 }), async () => "done");

  await expect(waiting).rejects.toMatchObject({ code: "erp.unavailable" });
  expect(await claim()).toHaveLength(1);
});

test("a guest that finds no place in time calls nothing and leaves nothing behind", async () => {
  await wake(2);
  await claim();
  let calls = 0;

  const refused = callAsGuest(guestOf({ withinMs: 50 }), async () => {
    calls += 1;
  });

  await expect(refused).rejects.toMatchObject({ code: "erp.unavailable", facts: { limit: 2 } });
  expect(calls).toBe(0);
  expect((await db.pool.query("select from guest_call")).rowCount).toBe(0);
});

test("a guest of a process that stops waits no longer", async () => {
  await wake(2);
  await claim();
  const stopping = new AbortController();
  const waiting = callAsGuest(guestOf({ signal: stopping.signal }), async () => "done");
  await expect.poll(async () => (await db.pool.query("select from guest_call")).rowCount).toBe(1);

  stopping.abort();

  await expect(waiting).rejects.toMatchObject({ code: "erp.unavailable" });
  expect((await db.pool.query("select from guest_call")).rowCount).toBe(0);
});

test("lanes that found no room for a guest are told when it leaves", async () => {
  const heard: string[] = [];
  const listener = await listen({
    url: db.url,
    channel: LANE_CHANNEL,
    onMessage: (pair) => heard.push(pair),
    onReconnect: () => undefined,
  });

  await expect(callAsGuest(guestOf(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");

  await expect.poll(() => heard).toEqual(["acme"]);
  await listener.stop();
});

test("a guest of one pair takes no room of another", async () => {
  await wakeLanes(db.pool, [{ pair: "other", key: "pi_1" }]);
  const held = heldCall();
  const calling = callAsGuest(guestOf({ limit: 1 }), held.call);
  await held.begun;

  const lane = only(await db.claim("hub", { pair: "other", limit: 1 }));

  expect(lane.key).toBe("pi_1");
  held.end();
  await calling;
});
