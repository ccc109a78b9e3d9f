import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { HubError } from "../base/errors.ts";
import { openPool } from "../db/index.ts";
import {
  ErrorAnswer,
  EventAnswer,
  EventPage,
  LanesAnswer,
  RunAnswer,
  RunPage,
} from "./contract.ts";
import { answerFor } from "./error-answer.ts";
import { createMetrics } from "./index.ts";
import { Seed } from "./testing/seed.ts";
import { type Served, serveApi, TEST_TOKEN } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "api-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

const withToken = (authorization: string | undefined, path = "/api/events") =>
  fetch(`${api.url}${path}`, { headers: authorization === undefined ? {} : { authorization } });

test.each([
  ["no token", undefined],
  ["another token", "Bearer another-token-of-a-test"],
  ["the token's beginning", `Bearer ${TEST_TOKEN.slice(0, -1)}`],
  ["a longer token", `Bearer ${TEST_TOKEN}x`],
  ["another scheme", `Basic ${TEST_TOKEN}`],
  ["an empty token", "Bearer "],
])("%s is answered 401 and tells nothing", async (_name, authorization) => {
  const response = await withToken(authorization);

  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toContain("Bearer");
  const { error } = ErrorAnswer.parse(await response.json());
  expect(error.code).toBe("api.unauthorized");
  expect(JSON.stringify(error)).not.toContain(TEST_TOKEN);
});

test("a scheme in any letter case is taken", async () => {
  const response = await withToken(`bEaReR ${TEST_TOKEN}`);

  expect(response.status).toBe(200);
});

test.each(["/api/nothing-here", "/metrics", "/api/pairs", "/api/trace/pi_1"])(
  "%s without a token is 401 before anything else",
  async (path) => {
    const response = await withToken(undefined, path);

    expect(response.status).toBe(401);
  },
);

test("a token that could be guessed is refused at start", async () => {
  const deps = { ...api.deps, token: "short", metrics: createMetrics() };

  const start = serveApi(pool, deps);

  await expect(start).rejects.toMatchObject({ code: "config.secret_missing" });
});

test.each(["/api/nothing-here", "/", "/favicon.ico"])(
  "an unknown path, %s, is answered 404 with its words",
  async (path) => {
    const { status, body } = await api.call("GET", path);

    expect(status).toBe(404);
    expect(ErrorAnswer.parse(body).error).toMatchObject({
      code: "api.not_found",
      message: `There is no GET ${path}`,
    });
  },
);

test("what a person asks for is nothing that the hub tries again by itself", () => {
  const cures = (["erp.unavailable", "stripe.unavailable"] as const).map(
    (code) => answerFor(new HubError(code, "503"), "req-1").body.error.cure,
  );

  expect(cures.map((cure) => cure?.includes("ask again"))).toEqual([true, true]);
});

test("a path that is too long is refused without saying all of it back", async () => {
  const { status, body } = await api.call("GET", `/api/trace/${"a".repeat(5_000)}`);

  expect(status).toBe(414);
  expect(ErrorAnswer.parse(body).error.message.length).toBeLessThanOrEqual(200);
});

test.each(["/api/events", "/api/nothing-here", "/metrics"])(
  "%s is kept by no cache and taken for nothing else, with and without a token",
  async (path) => {
    for (const authorization of [`Bearer ${TEST_TOKEN}`, undefined]) {
      const { headers } = await withToken(authorization, path);

      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  },
);

test.each([
  ["limit=0", "limit"],
  ["limit=201", "limit"],
  ["limit=ten", "limit"],
  ["limit=1.5", "limit"],
  ["before=0", "before"],
  ["before=abc", "before"],
  ["before=99999999999999999999", "before"],
  ["end=lost", "end"],
  ["pair=Acme%20US", "pair"],
  ["type=a%00b", "type"],
  ["colour=red", "colour"],
])("a list with ?%s is answered 422 naming the field", async (query, field) => {
  const { status, body } = await api.call("GET", `/api/events?${query}`);

  expect(status).toBe(422);
  expect(ErrorAnswer.parse(body).error).toMatchObject({ code: "api.invalid", field });
});

test("a refused field comes with an example that would do", async () => {
  const { body } = await api.call("GET", "/api/events?limit=0");

  expect(ErrorAnswer.parse(body).error.example).toBe("50");
});

test("a body that is no JSON is answered 400", async () => {
  const response = await fetch(`${api.url}/api/doctor`, {
    method: "POST",
    headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "application/json" },
    body: "{broken",
  });

  expect(response.status).toBe(400);
  expect(ErrorAnswer.parse(await response.json()).error.code).toBe("api.invalid");
});

test("a body beyond the limit is answered 413", async () => {
  const settings = { note: "x".repeat(300 * 1024) };

  const { status, body } = await api.call("POST", "/api/pairs", { id: "big", settings });

  expect(status).toBe(413);
  expect(ErrorAnswer.parse(body).error.code).toBe("api.invalid");
});

test("pages of events join without a gap or a repeat", async () => {
  for (let nr = 1; nr <= 5; nr += 1) await seed.event({ id: `evt_p${nr}`, lane: "pi_page" });

  const first = EventPage.parse((await api.call("GET", "/api/events?lane=pi_page&limit=2")).body);
  const path = `/api/events?lane=pi_page&limit=3&before=${first.next}`;
  const second = EventPage.parse((await api.call("GET", path)).body);

  const ids = [...first.rows, ...second.rows].map((row) => row.id);
  expect(ids).toEqual(["evt_p5", "evt_p4", "evt_p3", "evt_p2", "evt_p1"]);
  expect(second.next).toBeNull();
});

test("events are filtered by end, and open means without one", async () => {
  await seed.event({ id: "evt_f1", lane: "pi_f", end: "parked", reason: "a reason" });
  await seed.event({ id: "evt_f2", lane: "pi_f" });

  const open = EventPage.parse((await api.call("GET", "/api/events?lane=pi_f&end=open")).body);
  const parked = EventPage.parse((await api.call("GET", "/api/events?lane=pi_f&end=parked")).body);

  expect(open.rows.map((row) => row.id)).toEqual(["evt_f2"]);
  expect(parked.rows).toMatchObject([{ id: "evt_f1", endReason: "a reason" }]);
});

test("an event is shown with the body that was signed", async () => {
  await seed.event({ id: "evt_body", lane: "pi_b", body: '{"name":"Zoë \\u0000"}' });

  const { body } = await api.call("GET", "/api/events/evt_body");

  expect(EventAnswer.parse(body).body).toEqual({
    text: '{"name":"Zoë \\u0000"}',
    sizeBytes: 22,
    isCut: false,
  });
});

test("a body beyond the bound is cut and says so", async () => {
  await seed.event({ id: "evt_long", lane: "pi_b", body: "x".repeat(600_000) });

  const event = EventAnswer.parse((await api.call("GET", "/api/events/evt_long")).body);

  expect(event.body).toMatchObject({ sizeBytes: 600_000, isCut: true });
  expect(event.body.text).toHaveLength(256 * 1024);
});

test("an event of two pairs is only shown for a named pair", async () => {
  await seed.event({ id: "evt_twin", lane: "pi_t" });
  await seed.event({ id: "evt_twin", lane: "pi_t", pair: "acme-eu" });

  const unnamed = await api.call("GET", "/api/events/evt_twin");
  const named = await api.call("GET", "/api/events/evt_twin?pair=acme-eu");

  expect(unnamed.status).toBe(422);
  expect(ErrorAnswer.parse(unnamed.body).error.field).toBe("pair");
  expect(EventAnswer.parse(named.body).pair).toBe("acme-eu");
});

test("a run shows the calls since the run before it, and no others", async () => {
  await seed.intent({ key: "RUNKEY", lane: "pi_r", object: "pi_r", purpose: "invoice" });
  await seed.attempt({ key: "RUNKEY", nr: 1, step: "reserve", outcome: "erp.busy" });
  await seed.run({ lane: "pi_r", outcome: "retry", reason: "SL was locked" });
  await seed.attempt({ key: "RUNKEY", nr: 2, step: "reserve", outcome: "ok" });
  const id = await seed.run({ lane: "pi_r" });

  const run = RunAnswer.parse((await api.call("GET", `/api/runs/${id}`)).body);

  expect(run.attempts.map((attempt) => attempt.nr)).toEqual([2]);
});

test("runs are listed newest first and filtered by outcome", async () => {
  await seed.run({ lane: "pi_l", outcome: "waiting", reason: "a capture" });
  await seed.run({ lane: "pi_l", outcome: "booked" });

  const all = RunPage.parse((await api.call("GET", "/api/runs?lane=pi_l")).body);
  const waiting = await api.call("GET", "/api/runs?lane=pi_l&outcome=waiting");

  expect(all.rows.map((row) => row.outcome)).toEqual(["booked", "waiting"]);
  expect(RunPage.parse(waiting.body).rows).toHaveLength(1);
});

test.each(["/api/runs/1", "/api/parked/999999", "/api/events/evt_none", "/api/pairs/nobody"])(
  "%s of nothing is answered 404",
  async (path) => {
    const { status } = await api.call("GET", path.replace("/runs/1", "/runs/88888888"));

    expect(status).toBe(404);
  },
);

test.each(["/api/runs/x", "/api/parked/0", "/api/parked/1%20or%201=1", "/api/pairs/A"])(
  "%s is answered 422 for its id",
  async (path) => {
    const { status } = await api.call("GET", path);

    expect(status).toBe(422);
  },
);

test("lanes are counted by state for each pair", async () => {
  await pool.query("truncate lane");
  await seed.lane({ key: "pi_due", dueInMs: -5_000 });
  await seed.lane({ key: "pi_later", dueInMs: 60_000 });
  await seed.lane({ key: "pi_owned", owner: "hub-1", dueInMs: -1 });
  await seed.lane({ key: "pi_asleep" });

  const { body } = await api.call("GET", "/api/lanes");

  const [pair] = LanesAnswer.parse(body).pairs;
  expect(pair).toMatchObject({ pair: "acme-us", waiting: 1, due: 1, owned: 1, circuit: "closed" });
  expect(pair?.oldestDueSeconds).toBeGreaterThanOrEqual(5);
});

test("a paused pair says why in its lanes", async () => {
  await pool.query(
    `insert into pair_state (pair, paused_code, paused_reason)
     values ('acme-us', 'erp.auth', 'SL refused the password')`,
  );

  const { body } = await api.call("GET", "/api/lanes?pair=acme-us");

  expect(LanesAnswer.parse(body).pairs[0]).toMatchObject({
    pausedCode: "erp.auth",
    pausedReason: "SL refused the password",
  });
});

test("metrics are Prometheus text with the gauges counted on scrape", async () => {
  api.deps.metrics.webhookAnswered({ pair: "acme-us", result: "stored", durationMs: 3 });
  await seed.parked({ lane: "pi_metric" });

  const response = await withToken(`Bearer ${TEST_TOKEN}`, "/metrics");
  const text = await response.text();

  expect(response.headers.get("content-type")).toContain("text/plain");
  expect(text).toContain('slipway_events_received_total{pair="acme-us",result="stored"} 1');
  expect(text).toMatch(/slipway_parked_open\{pair="acme-us",category="mapping"\} [1-9]/);
  expect(text).toContain("slipway_database_up 1");
  expect(text).toContain("process_cpu_user_seconds_total");
});

test("a parked run that was settled leaves its gauge", async () => {
  await pool.query("update parked set state = 'resolved'");

  const text = await (await withToken(`Bearer ${TEST_TOKEN}`, "/metrics")).text();

  expect(text).not.toContain("slipway_parked_open{");
});

test("healthz and readyz answer without a token", async () => {
  const health = await withToken(undefined, "/healthz");
  const ready = await withToken(undefined, "/readyz");

  expect([health.status, ready.status]).toEqual([200, 200]);
  expect(await ready.json()).toEqual({ status: "ready" });
});

test("readyz names each reason and is 503", async () => {
  const other = await serveApi(pool, {
    metrics: createMetrics(),
    readiness: { pendingMigrations: async () => ["0003_x.sql"], isWorkerRunning: () => false },
  });

  const response = await fetch(`${other.url}/readyz`);
  const body: unknown = await response.json();
  await other.close();

  expect(response.status).toBe(503);
  expect(body).toMatchObject({
    reasons: [
      "1 migration is not applied: stop every hub, then start again",
      "the worker is not running",
    ],
  });
});

test("without a database readyz is 503 and lists are 503, while metrics go on", async () => {
  const dead = openPool("postgres://nobody:none@127.0.0.1:1/none", {
    max: 1,
    applicationName: "api-test",
  });
  const other = await serveApi(dead, { metrics: createMetrics() });
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };

  const ready = await fetch(`${other.url}/readyz`);
  const list = await fetch(`${other.url}/api/events`, { headers });
  const metrics = await (await fetch(`${other.url}/metrics`, { headers })).text();
  await other.close();
  await dead.end();

  expect([ready.status, list.status]).toEqual([503, 503]);
  expect(ErrorAnswer.parse(await list.json()).error.code).toBe("db.unavailable");
  expect(metrics).toContain("slipway_database_up 0");
});

test("an error that nobody thought of is 500 and keeps its words to itself", async () => {
  const other = await serveApi(pool, {
    metrics: createMetrics(),
    doctor: {
      ...api.deps.doctor,
      run: () => Promise.reject(new Error("secret words of the inside")),
    },
  });

  const { status, body } = await other.call("POST", "/api/doctor", {});
  await other.close();

  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain("secret words");
  expect(ErrorAnswer.parse(body).error.requestId).not.toBe("");
});

test("an added pair is answered 201, a dry run 200", async () => {
  const settings = { tax: "line" };

  const dry = await api.call("POST", "/api/pairs", { id: "acme-eu", settings, dryRun: true });
  const real = await api.call("POST", "/api/pairs", { id: "acme-eu", settings });

  expect([dry.status, real.status]).toEqual([200, 201]);
  expect(api.asked.slice(-2)).toMatchObject([
    { add: "acme-eu", how: { dryRun: true } },
    { add: "acme-eu", how: { dryRun: false } },
  ]);
});

test.each([
  ["/api/rebuild", { pair: "acme-us", since: "yesterday" }, "since"],
  ["/api/rebuild", { since: "2026-11-01T00:00:00Z" }, "pair"],
  ["/api/doctor", { probe: "yes" }, "probe"],
  ["/api/pairs", { id: "UPPER", settings: {} }, "id"],
])("POST %s with a wrong body names the field", async (path, body, field) => {
  const answer = await api.call("POST", path, body);

  expect(answer.status).toBe(422);
  expect(ErrorAnswer.parse(answer.body).error.field).toBe(field);
});
