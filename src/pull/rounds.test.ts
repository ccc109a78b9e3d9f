import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { HubError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { ListedEvent } from "../canonical/port.ts";
import { openPool } from "../db/index.ts";
import { daysOf } from "../ledger/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { aLedgerRow } from "../mapping/testing/ledger-rows.ts";
import { claimWalks, forgetLost, meetWalks, sweepAllNow, sweepRowsNow } from "./claim.ts";
import { readWalks } from "./report.ts";
import { type EventSource, goRound } from "./rounds.ts";
import { type PulledPair, startPulling } from "./start-pulling.ts";
import { moveMark } from "./walk-fence.ts";
import { WalkStore } from "./walk-store.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "pull-test", max: 8 });
});
beforeEach(async () => {
  await pool.query(
    `truncate event, lane, event_walk, hub_process, pair_state, balance_row
     restart identity cascade`,
  );
  await pool.query("insert into hub_process (id) values ('hub-a'), ('hub-b')");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const WALK = { pair: "acme", kind: "pull", eventsSince: undefined } as const;
const claim = (owner: string) => claimWalks(pool, owner, { walks: [WALK], room: 4 });

async function claimedBy(owner: string) {
  const [walk] = await claim(owner);
  if (walk === undefined) throw new Error("nothing was claimed");
  return walk;
}

function anEvent(id: string, change: object = {}): ListedEvent {
  const createdAt = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  const event = {
    id,
    object: "event",
    type: "charge.succeeded",
    api_version: "2024-06-20",
    created: createdAt.getTime() / 1_000,
    data: { object: { id: `ch_${id}`, object: "charge" } },
    ...change,
  };
  return { id, type: event.type, createdAt, body: JSON.stringify(event) };
}

/** A Stripe whose list has these events on one page. */
function source(events: readonly ListedEvent[], change: Partial<EventSource> = {}): EventSource {
  return {
    checkAccess: async () => ({ accountId: "acct_1", livemode: false }),
    listRows: () => {
      throw new Error("no rows are asked for");
    },
    listSwept: () => {
      throw new Error("nothing is swept");
    },
    sweptInEvent: () => undefined,
    listEvents: async function* () {
      yield { events, isLast: true };
    },
    ...change,
  };
}

const deps = () => ({
  pool,
  log: silentLog,
  signal: new AbortController().signal,
  onTaken: () => undefined,
});

async function goOnce(stripe: EventSource): Promise<void> {
  await meetWalks(pool, [WALK]);
  await goRound(deps(), await claimedBy("hub-a"), stripe);
}

async function storedIds(): Promise<string[]> {
  const sql = "select stripe_event_id as id from event order by 1";
  return (await pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
}

test("of two hubs one does the round, and the other may when that one dies", async () => {
  await meetWalks(pool, [WALK]);

  const first = await claim("hub-a");
  const second = await claim("hub-b");
  await pool.query(
    "update hub_process set heartbeat_at = now() - interval '1 minute' where id = $1",
    ["hub-a"],
  );
  const third = await claim("hub-b");

  expect([first.length, second.length, third.length]).toEqual([1, 0, 1]);
});

test("a hub that thaws after a take-over cannot move the mark", async () => {
  await meetWalks(pool, [WALK]);
  const frozen = new WalkStore(pool, await claimedBy("hub-a"));
  await pool.query("delete from hub_process where id = 'hub-a'");
  await claim("hub-b");
  const before = (await readWalks(pool))[0]?.position;

  const late = frozen.save([anEvent("evt_1")], { position: new Date(), spanMs: 60_000 });

  await expect(late).rejects.toMatchObject({ code: "lane.fenced" });
  expect((await readWalks(pool))[0]?.position).toEqual(before);
  expect(await storedIds()).toEqual([]);
});

test("no mark goes back, whatever span a round goes over once more", async () => {
  await meetWalks(pool, [WALK]);
  const walk = await claimedBy("hub-a");
  const [earlier, later] = [30, 10].map((seconds) => new Date(Date.now() - seconds * 1_000));

  for (const position of [later ?? walk.now, earlier ?? walk.now]) {
    await moveMark(pool, walk, { position, spanMs: 60_000 });
  }

  expect((await readWalks(pool))[0]?.position).toEqual(later);
});

test("pulled events wake their lanes, whatever their version, type and style", async () => {
  const thin = { object: "v2.core.event", type: "v1.charge.succeeded", data: undefined };

  await goOnce(
    source([
      anEvent("evt_old"),
      anEvent("evt_unknown", { type: "some.thing" }),
      anEvent("evt_thin", thin),
    ]),
  );

  const { rows } = await pool.query("select lane_key, end_state, via from event order by lane_key");
  expect(rows).toEqual([
    { lane_key: "ch_evt_old", end_state: null, via: "pull" },
    { lane_key: "thin:evt_thin", end_state: null, via: "pull" },
    { lane_key: null, end_state: "not_applicable", via: "pull" },
  ]);
  const lanes = await pool.query("select key from lane where due_at is not null order by key");
  expect(lanes.rows).toEqual([{ key: "ch_evt_old" }, { key: "thin:evt_thin" }]);
});

test("a walk is done as of the time at which its last round began", async () => {
  await goOnce(source([]));

  const { rows } = await pool.query("select done_at = started_at as is_so from event_walk");
  expect(rows).toEqual([{ is_so: true }]);
});

test("the day of rows that a round has kept is woken for when it may be booked", async () => {
  const walk = { ...WALK, kind: "rows" } as const;
  const row = aLedgerRow({ created: new Date(), category: "fee", type: "stripe_fee", gross: -500 });
  const listRows: EventSource["listRows"] = async function* () {
    yield { rows: [row], isLast: true };
  };
  const pair = { id: "acme", settings: someSettings() };
  await meetWalks(pool, [walk]);
  await pool.query("update event_walk set due_at = clock_timestamp()");
  const [claimed] = await claimWalks(pool, "hub-a", { walks: [walk], room: 1 });
  if (claimed === undefined) throw new Error("nothing was claimed");

  await goRound({ ...deps(), ledger: () => pair }, claimed, source([], { listRows }));

  const [day = ""] = daysOf(pair, [row]);
  const { rows } = await pool.query("select key, due_at > now() as is_later from lane");
  expect(rows).toEqual([{ key: `day:${day}`, is_later: true }]);
});

test("an event that was delivered already is left as it is and wakes nothing", async () => {
  await goOnce(source([anEvent("evt_1")]));
  await pool.query("update event set via = 'webhook'; update lane set due_at = null, wake = 7");
  await pool.query("update event_walk set due_at = now()");

  await goOnce(source([anEvent("evt_1")]));

  const { rows } = await pool.query("select e.via, l.wake::int from event e, lane l");
  expect(rows).toEqual([{ via: "webhook", wake: 7 }]);
});

test("an event that nobody can store is left out and holds up no other", async () => {
  const broken = { data: { object: { id: "not an id" } } };

  await goOnce(source([anEvent("evt_1"), anEvent("evt_bad", broken), anEvent("evt_2")]));

  expect(await storedIds()).toEqual(["evt_1", "evt_2"]);
  expect(await readWalks(pool)).toMatchObject([{ trouble: null }]);
});

test.each([
  ["stripe.unavailable", "the next round is 15 s later", 15],
  ["stripe.rate_limited", "the next round is 15 s later", 15],
] as const)("after %s %s, and the mark stays", async (code, _what, seconds) => {
  const refuse = () => {
    throw new HubError(code, "Stripe is away");
  };

  await goOnce(source([], { listEvents: refuse }));

  const { rows } = await pool.query(
    `select trouble_code, round(extract(epoch from due_at - clock_timestamp()))::int as "dueInS",
       done_at from event_walk`,
  );
  expect(rows).toEqual([{ trouble_code: code, dueInS: seconds, done_at: null }]);
});

test("while the key is refused nobody asks, and the pair's pause tells why", async () => {
  const refuse = () => {
    throw new HubError("stripe.auth", "The key is refused");
  };
  await goOnce(source([], { listEvents: refuse, checkAccess: async () => refuse() }));

  expect(await claim("hub-a")).toEqual([]);
  const { rows } = await pool.query("select paused_code, paused_reason from pair_state");
  expect(rows).toEqual([{ paused_code: "stripe.auth", paused_reason: "The key is refused" }]);
});

test("the check begins with a pair's first sight, or with the day that is set", async () => {
  const pair = (id: string, eventsSince?: string): PulledPair => {
    return { id, intake: "webhook", eventsSince, stripe: source([]) };
  };
  const day = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
  const pairs = [pair("new"), pair("old", day)];

  const pulling = startPulling({ ...deps(), owner: "hub-a", pairs: () => pairs });
  await until("both to be compared", async () => {
    return (await readWalks(pool)).filter(({ doneAt }) => doneAt !== null).length === 2;
  });
  await pulling.stop();

  const [fresh, back] = await readWalks(pool);
  expect(Date.now() - (fresh?.since.getTime() ?? 0)).toBeLessThan(120_000);
  expect(back?.since.toISOString()).toBe(`${day}T00:00:00.000Z`);
  expect(Date.now() - (back?.position.getTime() ?? 0)).toBeLessThan(15 * 60_000);
});

test.each(["rows", "gap"] as const)(
  "a round of %s under way cannot undo an earlier first day",
  async (kind) => {
    const walk = { pair: "acme", kind, eventsSince: undefined };
    await meetWalks(pool, [walk]);
    await pool.query("update event_walk set due_at = clock_timestamp()");
    const [begun] = await claimWalks(pool, "hub-a", { walks: [walk], room: 1 });
    if (begun === undefined) throw new Error("nothing was claimed");
    const day = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);

    await meetWalks(pool, [{ ...walk, eventsSince: day }]);
    const late = moveMark(pool, begun, { position: new Date(), spanMs: 60_000 });

    await expect(late).rejects.toMatchObject({ code: "lane.fenced" });
    const { rows } = await pool.query("select position from event_walk");
    expect(rows).toEqual([{ position: new Date(`${day}T00:00:00Z`) }]);
    const again = await claimWalks(pool, "hub-a", { walks: [walk], room: 1 });
    expect(again.map(({ position }) => position)).toEqual([new Date(`${day}T00:00:00Z`)]);
  },
);

test("a sweep of a pair that is not met yet is not told as asked for", async () => {
  const early = [await sweepRowsNow(pool, ["acme"]), await sweepAllNow(pool, "acme")];
  const kinds = ["gap", "rows", "sweep"] as const;
  await meetWalks(
    pool,
    kinds.map((kind) => ({ pair: "acme", kind, eventsSince: undefined })),
  );

  const pairs = await sweepRowsNow(pool, ["acme", "other"]);
  const askedAt = await sweepAllNow(pool, "acme");

  expect(early).toEqual([[], undefined]);
  expect(pairs).toEqual(["acme"]);
  const { rows } = await pool.query("select from event_walk where due_at <= clock_timestamp()");
  expect([rows.length, askedAt instanceof Date]).toEqual([3, true]);
});

test("time that Stripe has forgotten is told until it is made good", async () => {
  const gap = { pair: "acme", kind: "gap", eventsSince: undefined } as const;
  await meetWalks(pool, [gap]);
  await pool.query(`update event_walk set since = now() - interval '50 days',
    position = now() - interval '40 days'`);
  const [walk] = await claimWalks(pool, "hub-a", { walks: [gap], room: 1 });
  if (walk === undefined) throw new Error("nothing was claimed");

  await goRound(deps(), walk, source([]));

  const [told] = await readWalks(pool);
  expect(told).toMatchObject({ lostFrom: walk.position, progress: null });
  const lostMs = (told?.lostTo?.getTime() ?? 0) - walk.position.getTime();
  expect(Math.round(lostMs / 86_400_000)).toBe(10);

  await forgetLost(pool, "acme", new Date(walk.position.getTime() + 1_000));
  const [afterTooShort] = await readWalks(pool);
  await forgetLost(pool, "acme", walk.position);
  const [afterAll] = await readWalks(pool);
  expect([afterTooShort?.lostFrom, afterAll?.lostFrom]).toEqual([walk.position, null]);
});
