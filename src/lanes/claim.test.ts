import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  FAILURES_TO_OPEN,
  holdPair,
  letPairGo,
  pausePair,
  recordAnswer,
  resumePair,
} from "./circuit.ts";
import { claimLanes, LEASE_MS, releaseLanes, renewLeases } from "./claim.ts";
import { finishLane, wakeLanes } from "./lane.ts";
import { type LaneDatabase, only, openLaneDatabase } from "./testing/lane-database.ts";

/** A process that has just started. */
const A = { owner: "a", heartbeat: undefined };

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
});
beforeEach(() => db.clear());
afterAll(() => db.close());

function lanes(count: number, pair = "acme"): { pair: string; key: string }[] {
  return Array.from({ length: count }, (_, n) => ({ pair, key: `pi_${n}` }));
}

async function openCircuit(): Promise<void> {
  for (let n = 0; n < FAILURES_TO_OPEN; n++) await recordAnswer(db.pool, "acme", false);
}

async function letProbeFallDue(): Promise<void> {
  await db.pool.query("update pair_state set probe_at = clock_timestamp()");
}

describe("a claim", () => {
  test("takes a due lane with a lease of twelve seconds", async () => {
    await wakeLanes(db.pool, lanes(1));

    const lane = only(await db.claim("a"));

    expect(lane).toEqual({
      pair: "acme",
      key: "pi_0",
      owner: "a",
      attempt: 1,
      wake: 1,
      tries: 0,
      takenOverFrom: undefined,
    });
    const lease = await db.pool.query<{ ms: number }>(
      "select (extract(epoch from lease_until - updated_at) * 1000)::float8 as ms from lane",
    );
    expect(lease.rows).toEqual([{ ms: LEASE_MS }]);
  });

  test("takes those first that have been due longest", async () => {
    await wakeLanes(db.pool, lanes(5));
    await db.pool.query(
      "update lane set due_at = due_at - (right(key, 1))::int * interval '1 second'",
    );

    const claimed = await db.claim("a", { room: 2 });

    expect(claimed.map((lane) => lane.key).sort()).toEqual(["pi_3", "pi_4"]);
  });

  test("takes no lane that is asleep, owned or not due yet", async () => {
    await wakeLanes(db.pool, lanes(3));
    const [asleep, later] = await db.claim("a", { room: 2 });
    if (asleep === undefined || later === undefined) throw new Error("two lanes expected");
    await finishLane(db.pool, asleep, { dueInMs: null, tries: 0 });
    await finishLane(db.pool, later, { dueInMs: 60_000, tries: 0 });
    only(await db.claim("a"));

    expect(await db.claim("b")).toEqual([]);
  });

  test("takes nothing of pairs that it was not asked for", async () => {
    await wakeLanes(db.pool, lanes(2, "other"));

    expect(await db.claim("a")).toEqual([]);
  });

  test("with a limit of nothing takes nothing", async () => {
    await wakeLanes(db.pool, lanes(2));

    expect(await db.claim("a", { limit: 0 })).toEqual([]);
    expect(await db.claim("a", { room: 0 })).toEqual([]);
  });

  test("shares its room among the pairs that have work", async () => {
    await wakeLanes(db.pool, lanes(50, "busy"));
    await wakeLanes(db.pool, lanes(50, "quiet"));
    const pairs = ["busy", "idle", "quiet"].map((pair) => ({ pair, limit: 50 }));

    const claimed = await claimLanes(db.pool, { owner: "a", pairs, room: 10 });

    const counts = ["busy", "quiet"].map(
      (pair) => claimed.lanes.filter((lane) => lane.pair === pair).length,
    );
    expect(counts).toEqual([5, 5]);
    expect(claimed.mayHaveLeft).toBe(true);
  });
});

describe("the limit of a pair", () => {
  test("counts the lanes of every process", async () => {
    await wakeLanes(db.pool, lanes(10));

    const first = await db.claim("a", { limit: 4, room: 3 });
    const second = await db.claim("b", { limit: 4, room: 10 });

    expect([first.length, second.length]).toEqual([3, 1]);
    expect(await db.claim("c", { limit: 4 })).toEqual([]);
  });

  test("is never passed by claims that are made at the same moment", async () => {
    await wakeLanes(db.pool, lanes(60));
    const claims = Array.from({ length: 30 }, (_, n) => db.claim(`p${n}`, { limit: 7, room: 5 }));

    const claimed = (await Promise.all(claims)).flat();

    expect(claimed).toHaveLength(7);
    expect(new Set(claimed.map((lane) => lane.key)).size).toBe(7);
  });

  test("is free again for lanes whose lease has run out", async () => {
    await wakeLanes(db.pool, lanes(4));
    await db.claim("dead", { limit: 2 });
    await db.pool.query(
      "update lane set lease_until = clock_timestamp() - interval '1 s' where owner = 'dead'",
    );

    const claimed = await db.claim("b", { limit: 2 });

    expect(claimed.map((lane) => lane.takenOverFrom)).toEqual(["dead", "dead"]);
  });
});

test("no lane is given to two of many claims at the same moment", async () => {
  await wakeLanes(db.pool, [...lanes(100, "one"), ...lanes(100, "two")]);
  const pairs = ["one", "two"].map((pair) => ({ pair, limit: 1_000 }));
  const claims = Array.from({ length: 40 }, (_, n) =>
    claimLanes(db.pool, { owner: `p${n}`, pairs, room: 7 }),
  );

  const claimed = (await Promise.all(claims)).flatMap(({ lanes: taken }) => taken);

  const names = claimed.map((lane) => `${lane.pair} ${lane.key}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(150);
});

describe("a lease", () => {
  test("that is renewed lasts twelve seconds more", async () => {
    await wakeLanes(db.pool, lanes(2));
    const claimed = await db.claim("a");
    await db.pool.query("update lane set lease_until = clock_timestamp() + interval '2 s'");

    const renewed = await renewLeases(db.pool, A, claimed);

    expect(renewed.lanes).toEqual(claimed);
    expect((await db.lane("pi_1"))?.lease_in_ms).toBeGreaterThan(LEASE_MS / 2);
  });

  test("that has run out is not renewed, even where nobody took the lane", async () => {
    await wakeLanes(db.pool, lanes(1));
    const claimed = await db.claim("a");
    await db.expire("pi_0");

    expect((await renewLeases(db.pool, A, claimed)).lanes).toEqual([]);
  });

  test("that another process holds is not renewed", async () => {
    await wakeLanes(db.pool, lanes(1));
    const lost = await db.claim("a");
    await db.expire("pi_0");
    await db.claim("b");

    expect((await renewLeases(db.pool, A, lost)).lanes).toEqual([]);
    expect(await db.lane("pi_0")).toMatchObject({ owner: "b" });
  });

  test("that is given back makes the lane due at once for others", async () => {
    await wakeLanes(db.pool, lanes(1));
    const claimed = await db.claim("a");

    await releaseLanes(db.pool, "a", claimed);

    expect(only(await db.claim("b"))).toMatchObject({ attempt: 2, takenOverFrom: undefined });
  });

  test("that another process holds is not given back", async () => {
    await wakeLanes(db.pool, lanes(1));
    const lost = await db.claim("a");
    await db.expire("pi_0");
    await db.claim("b");

    await releaseLanes(db.pool, "a", lost);

    expect(await db.lane("pi_0")).toMatchObject({ owner: "b" });
  });

  test("renewed without lanes is still a sign of life", async () => {
    await renewLeases(db.pool, A, []);

    const rows = await db.pool.query("select id from hub_process");
    expect(rows.rows).toEqual([{ id: "a" }]);
  });

  test("renewed on a database that knows the last heartbeat gives the next one", async () => {
    const first = await renewLeases(db.pool, A, []);

    const second = await renewLeases(db.pool, { ...A, heartbeat: first.heartbeat }, []);

    const { rows } = await db.pool.query("select $1::timestamptz > $2::timestamptz as is_later", [
      second.heartbeat,
      first.heartbeat,
    ]);
    expect(rows).toEqual([{ is_later: true }]);
  });

  test.each([
    ["has no row of the process", "delete from hub_process"],
    [
      "has an older heartbeat",
      "update hub_process set heartbeat_at = heartbeat_at - interval '1 h'",
    ],
  ])("renewed on a copy that %s gives no heartbeat, until asked without one", async (_, older) => {
    const { heartbeat } = await renewLeases(db.pool, A, []);
    await db.pool.query(older);

    const renewals = [
      await renewLeases(db.pool, { ...A, heartbeat }, []),
      await renewLeases(db.pool, { ...A, heartbeat }, []),
    ];

    expect(renewals.map((renewal) => renewal.heartbeat)).toEqual([undefined, undefined]);
    expect((await renewLeases(db.pool, A, [])).heartbeat).toBeDefined();
  });
});

describe("an open circuit", () => {
  test("lets no lane start before the probe is due", async () => {
    await wakeLanes(db.pool, lanes(3));
    await openCircuit();

    expect(await db.claim("a")).toEqual([]);
  });

  test("lets one single lane probe, and the next one only later", async () => {
    await wakeLanes(db.pool, lanes(3));
    await openCircuit();
    await letProbeFallDue();

    const claims = await Promise.all([db.claim("a"), db.claim("b"), db.claim("c")]);

    expect(claims.flat()).toHaveLength(1);
    expect(await db.claim("a")).toEqual([]);
  });

  test("closes with one answer and lets all lanes go", async () => {
    await wakeLanes(db.pool, lanes(3));
    await openCircuit();

    await recordAnswer(db.pool, "acme", true);

    expect(await db.claim("a")).toHaveLength(3);
  });

  test("spends no probe while no lane is due", async () => {
    await openCircuit();
    await letProbeFallDue();
    await db.claim("a");
    await wakeLanes(db.pool, lanes(1));

    expect(await db.claim("a")).toHaveLength(1);
  });

  test("of one pair does not hold another one", async () => {
    await wakeLanes(db.pool, lanes(2, "other"));
    await openCircuit();

    expect(await db.claim("a", { pair: "other" })).toHaveLength(2);
  });
});

test("a paused pair starts no lane until it is resumed", async () => {
  await wakeLanes(db.pool, lanes(2));
  await pausePair(db.pool, "acme", "erp.auth", "SL refused the password");
  const whilePaused = await db.claim("a");

  await resumePair(db.pool, "acme", "erp.auth");

  expect(whilePaused).toEqual([]);
  expect(await db.claim("a")).toHaveLength(2);
});

describe("the next time", () => {
  const pairs = [{ pair: "acme", limit: 4 }];

  test("is that of the first lane that is not due yet", async () => {
    await wakeLanes(db.pool, lanes(1));
    await wakeLanes(db.pool, [{ pair: "acme", key: "later" }], 7_000);
    await wakeLanes(db.pool, [{ pair: "acme", key: "much_later" }], 60_000);

    const { dueInMs } = await claimLanes(db.pool, { owner: "a", pairs, room: 4 });

    expect(dueInMs).toBeGreaterThan(0);
    expect(dueInMs).toBeLessThanOrEqual(7_000);
  });

  test("is none where nothing waits", async () => {
    const claim = await claimLanes(db.pool, { owner: "a", pairs, room: 4 });

    const nothing = { lanes: [], dueInMs: undefined, hasLeft: false, mayHaveLeft: false };
    expect(claim).toEqual(nothing);
  });
});

test("a claim without room to spare says that there may be more", async () => {
  await wakeLanes(db.pool, lanes(5));
  const pairs = [{ pair: "acme", limit: 10 }];
  const claim = (room: number) => claimLanes(db.pool, { owner: "a", pairs, room });

  const full = await claim(4);
  const rest = await claim(4);

  expect([full.lanes.length, full.mayHaveLeft]).toEqual([4, true]);
  expect([rest.lanes.length, rest.mayHaveLeft]).toEqual([1, false]);
});

test("a claim that takes all that is due leaves none, even with its room used up", async () => {
  await wakeLanes(db.pool, lanes(4));
  await wakeLanes(db.pool, [{ pair: "acme", key: "later" }], 7_000);
  const pairs = [{ pair: "acme", limit: 10 }];

  const claim = await claimLanes(db.pool, { owner: "a", pairs, room: 4 });

  const { hasLeft, mayHaveLeft } = claim;
  expect({ taken: claim.lanes.length, hasLeft, mayHaveLeft }).toEqual({
    ...{ taken: 4, hasLeft: false, mayHaveLeft: false },
  });
});

test("a claim tells of lanes that the limit of their pair has left over", async () => {
  await wakeLanes(db.pool, lanes(5));
  const pairs = [{ pair: "acme", limit: 4 }];

  const { hasLeft, mayHaveLeft } = await claimLanes(db.pool, { owner: "a", pairs, room: 32 });

  // A claim at once would find the limit as it is; the end of a run makes room.
  expect([hasLeft, mayHaveLeft]).toEqual([true, false]);
});

test("a pair that a person holds starts no lane, whatever the hub's own pauses do", async () => {
  await wakeLanes(db.pool, lanes(2));
  await holdPair(db.pool, "acme", { by: "maria", reason: "month-end close" });
  await pausePair(db.pool, "acme", "erp.auth", "SL refused the password");
  await resumePair(db.pool, "acme", "erp.auth");
  const whileHeld = await db.claim("a");

  const letGo = [await letPairGo(db.pool, "acme"), await letPairGo(db.pool, "acme")];

  expect(whileHeld).toEqual([]);
  expect(letGo).toEqual([true, false]);
  expect(await db.claim("a")).toHaveLength(2);
});

test("a pair that a person lets go stays paused by the hub", async () => {
  await wakeLanes(db.pool, lanes(1));
  await pausePair(db.pool, "acme", "conflict.lineage", "SL is older");
  await holdPair(db.pool, "acme", { by: "maria", reason: "a look" });

  await letPairGo(db.pool, "acme");

  expect(await db.claim("a")).toEqual([]);
});
