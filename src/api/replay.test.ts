import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { ActPage, ErrorAnswer, LanesAnswer, PairStateAnswer, ReplayAnswer } from "./contract.ts";
import { Seed } from "./testing/seed.ts";
import { type Served, serveApi } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "replay-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
  await seed.lane({ key: "pi_old" });
  await seed.event({ id: "evt_old", lane: "pi_old", end: "booked", type: "charge.succeeded" });
  await seed.event({ id: "evt_old2", lane: "pi_old", end: "booked", type: "payout.paid" });
  await pool.query("update event set created_at = '2026-01-05T12:00:00Z'");
  await seed.lane({ key: "pi_new" });
  await seed.event({ id: "evt_new", lane: "pi_new", end: "not_applicable" });
  await seed.event({ id: "evt_idle", end: "not_applicable", type: "plan.created" });
  await seed.lane({ key: "pi_alone" });
  await seed.parked({ lane: "pi_new" });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

async function wakesOf(key: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ wake: string }>("select wake from lane where key = $1", [
    key,
  ]);
  return rows[0]?.wake.toString();
}

const replay = (body: object) => api.call("POST", "/api/replay", { by: "maria", ...body });
const post = (verb: string, body: object) =>
  api.call("POST", `/api/pairs/acme-us/${verb}`, { by: "maria", ...body });
const errorOf = ({ body }: { body: unknown }) => ErrorAnswer.parse(body).error;

test.each([
  ["one event", { event: "evt_old" }, { lanes: 1, events: 1 }],
  ["one lane with all its events", { lane: "pi_old" }, { lanes: 1, events: 2 }],
  ["a lane that no event named", { lane: "pi_alone" }, { lanes: 1, events: 0 }],
  ["a type", { type: "payout.paid" }, { lanes: 1, events: 1 }],
  ["an end", { end: "not_applicable" }, { lanes: 1, events: 2, parked: 1, withoutLane: 1 }],
  ["a time", { until: "2026-02-01T00:00:00Z" }, { lanes: 1, events: 2 }],
  [
    "a pair since then",
    { pair: "acme-us", since: "2026-02-01T00:00:00Z" },
    { lanes: 1, events: 2 },
  ],
])("a dry replay counts %s and wakes nothing", async (_what, chosen, counts) => {
  const { body } = await replay({ ...chosen, dryRun: true });

  const answer = ReplayAnswer.parse(body);
  expect(answer).toMatchObject({ isDryRun: true, ...counts });
  expect(answer.sample).toHaveLength(counts.lanes);
  expect([await wakesOf("pi_old"), await wakesOf("pi_new")]).toEqual(["0", "0"]);
});

test("a replay wakes each lane once and keeps who did it", async () => {
  await seed.lane({ key: "pi_wake" });
  await seed.event({ id: "evt_wake", lane: "pi_wake", type: "a.type", end: "booked" });
  await seed.event({ id: "evt_wake2", lane: "pi_wake", type: "a.type", end: "booked" });

  await replay({ type: "a.type", reason: "taxes were wrong" });

  expect(await wakesOf("pi_wake")).toBe("1");
  const { body } = await api.call("GET", "/api/acts?lane=pi_wake");
  expect(ActPage.parse(body).rows).toMatchObject([
    { by: "maria", act: "replayed", words: "taxes were wrong", parkedId: null },
  ]);
});

test("a replay of nothing, and of what nobody knows, is refused", async () => {
  const nothing = await replay({});
  const unknown = await replay({ lane: "pi_nowhere" });
  const pair = await replay({ pair: "nobody" });

  expect([nothing.status, errorOf(nothing).example]).toEqual([422, "pi_3Pq"]);
  expect([unknown.status, errorOf(unknown).code]).toEqual([404, "api.not_found"]);
  expect(errorOf(pair).code).toBe("config.pair_unknown");
});

test("a paused pair shows who paused it and why, until a person resumes it", async () => {
  const dry = PairStateAnswer.parse(
    (await post("pause", { reason: "a trial", dryRun: true })).body,
  );
  const paused = PairStateAnswer.parse((await post("pause", { reason: "month-end" })).body);
  const listed = LanesAnswer.parse((await api.call("GET", "/api/lanes")).body);
  const metrics = await fetch(`${api.url}/metrics`, {
    headers: { authorization: `Bearer ${api.deps.token}` },
  });
  const resumed = PairStateAnswer.parse((await post("resume", {})).body);
  const again = await post("resume", {});

  expect([dry.lanes.held, dry.effects.length]).toEqual([null, 2]);
  expect(paused.lanes.held).toMatchObject({ by: "maria", reason: "month-end" });
  expect(listed.pairs[0]?.held?.by).toBe("maria");
  expect(await metrics.text()).toContain('slipway_pair_paused{pair="acme-us"} 1');
  expect(resumed.lanes.held).toBeNull();
  expect(errorOf(again).message).toBe('Nobody has paused "acme-us"');
  const { rows } = ActPage.parse((await api.call("GET", "/api/acts?pair=acme-us")).body);
  const acts = rows.map(({ act, words }) => `${act}: ${words}`);
  expect(acts.slice(0, 2)).toEqual(["unpaused: without a reason", "paused: month-end"]);
});

test("a pause of the hub's own is not a person's to lift, and its cure is named", async () => {
  await pool.query(
    `insert into pair_state (pair, paused_code, paused_reason)
     values ('acme-us', 'conflict.lineage', 'SL is older')
     on conflict (pair) do update set paused_code = excluded.paused_code,
       paused_reason = excluded.paused_reason`,
  );
  const alone = await post("resume", {});
  await post("pause", { reason: "both" });
  const both = PairStateAnswer.parse((await post("resume", {})).body);
  await pool.query("update pair_state set paused_code = null, paused_reason = null");

  expect(errorOf(alone).cure).toBe("Close the gap with `slipway rebuild acme-us`.");
  expect(both.effects).toEqual(["the pair waits on: conflict.lineage: SL is older"]);
});
