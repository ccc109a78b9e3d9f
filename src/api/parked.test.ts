import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { CommandAnswer, ErrorAnswer, ParkedAnswer, ParkedPage } from "./contract.ts";
import { Seed } from "./testing/seed.ts";
import { type Served, serveApi, TEST_HORIZON_MS } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 10, applicationName: "parked-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

/** A parked lane with one parked event and one without an end. */
async function parkedLane(lane: string): Promise<string> {
  await seed.lane({ key: lane });
  await seed.event({
    id: `evt_${lane}_1`,
    lane,
    end: "parked",
    reason: "mapping.product_unmapped",
  });
  await seed.event({ id: `evt_${lane}_2`, lane });
  return seed.parked({ lane });
}

async function laneOf(key: string): Promise<{ wake: string; isDue: boolean }> {
  const found = await pool.query<{ wake: string; isDue: boolean }>(
    `select wake::text, coalesce(due_at <= clock_timestamp(), false) as "isDue"
     from lane where key = $1`,
    [key],
  );
  return found.rows[0] ?? { wake: "none", isDue: false };
}

async function endsOf(lane: string): Promise<(string | null)[]> {
  const found = await pool.query<{ end_state: string | null }>(
    "select end_state from event where lane_key = $1 order by seq",
    [lane],
  );
  return found.rows.map((row) => row.end_state);
}

const resume = (id: string, body: object) => api.call("POST", `/api/parked/${id}/resume`, body);
const dismiss = (id: string, body: object) => api.call("POST", `/api/parked/${id}/dismiss`, body);

test("resume closes the row, keeps who and why, and makes the lane due", async () => {
  const id = await parkedLane("pi_resume");

  const { status, body } = await resume(id, { version: 1, by: "maria", comment: "item added" });

  const { parked } = CommandAnswer.parse(body);
  expect(status).toBe(200);
  expect(parked).toMatchObject({ state: "resumed", closedBy: "maria", comment: "item added" });
  expect(await laneOf("pi_resume")).toEqual({ wake: "1", isDue: true });
});

test("a case after a resume in vain names the one before, until a run comes through", async () => {
  const lane = "pi_again";
  const first = await parkedLane(lane);
  await resume(first, { version: 1, by: "maria" });
  const second = await seed.parked({ lane });
  const show = async (id: string) =>
    ParkedAnswer.parse((await api.call("GET", `/api/parked/${id}`)).body).againAfter;

  const before = await show(first);
  const again = await show(second);
  await resume(second, { version: 1, by: "otto" });
  await seed.run({ lane, outcome: "booked" });
  const later = await show(await seed.parked({ lane }));

  expect([before, again, later]).toEqual([null, { id: first, by: "maria" }, null]);
});

test("a case after a dismissed one is not again after the one before that", async () => {
  const lane = "pi_dismissed_between";
  const first = await parkedLane(lane);
  await resume(first, { version: 1, by: "maria" });
  await dismiss(await seed.parked({ lane }), { version: 1, reason: "by hand" });
  const third = await seed.parked({ lane });

  const { body } = await api.call("GET", `/api/parked/${third}`);

  expect(ParkedAnswer.parse(body).againAfter).toBeNull();
});

test("resume leaves the events to the run that follows", async () => {
  const id = await parkedLane("pi_resume_events");

  await resume(id, { version: 1 });

  expect(await endsOf("pi_resume_events")).toEqual(["parked", null]);
});

test("a dry resume changes nothing", async () => {
  const id = await parkedLane("pi_dry");

  const { body } = await resume(id, { version: 1, dryRun: true });

  expect(CommandAnswer.parse(body)).toMatchObject({ isDryRun: true, parked: { state: "open" } });
  expect(await laneOf("pi_dry")).toEqual({ wake: "0", isDue: false });
});

test("dismiss ends the parked events with who and why, and leaves newer ones", async () => {
  const id = await parkedLane("pi_dismiss");

  const { status, body } = await dismiss(id, { version: 1, by: "maria", reason: "by hand" });

  const found = await pool.query(
    "select end_reason from event where lane_key = 'pi_dismiss' order by seq",
  );
  expect(status).toBe(200);
  expect(CommandAnswer.parse(body).effects[0]).toBe("1 event ends as not applicable");
  expect(await endsOf("pi_dismiss")).toEqual(["not_applicable", null]);
  expect(found.rows).toEqual([{ end_reason: "dismissed by maria: by hand" }, { end_reason: null }]);
});

test("dismiss does not wake the lane", async () => {
  const id = await parkedLane("pi_quiet");

  await dismiss(id, { version: 1, reason: "by hand" });

  expect(await laneOf("pi_quiet")).toEqual({ wake: "0", isDue: false });
});

test("dismiss keeps the end of an event that was booked before", async () => {
  await seed.lane({ key: "pi_mixed" });
  await seed.event({ id: "evt_mixed", lane: "pi_mixed", end: "booked", reason: "IN 000100" });
  const id = await seed.parked({ lane: "pi_mixed" });

  await dismiss(id, { version: 1, reason: "by hand" });

  expect(await endsOf("pi_mixed")).toEqual(["booked"]);
});

test("a dry dismiss changes nothing and names what stays in SL", async () => {
  const id = await parkedLane("pi_dry_dismiss");
  await seed.intent({
    key: "HELD",
    lane: "pi_dry_dismiss",
    object: "pi_dry_dismiss",
    purpose: "invoice",
    stage: "filled",
    batNbr: "000777",
  });

  const { body } = await dismiss(id, { version: 1, reason: "by hand", dryRun: true });

  expect(CommandAnswer.parse(body).effects).toEqual([
    "1 event ends as not applicable",
    "SL batch 000777 (invoice, filled) stays in SL: void it in its screen",
  ]);
  expect(await endsOf("pi_dry_dismiss")).toEqual(["parked", null]);
});

test.each([
  ["resume", { version: 2 }],
  ["dismiss", { version: 2, reason: "by hand" }],
])("%s with another version is refused 409 and changes nothing", async (verb, body) => {
  const lane = `pi_version_${verb}`;
  const id = await parkedLane(lane);

  const answer = await api.call("POST", `/api/parked/${id}/${verb}`, body);

  expect(answer.status).toBe(409);
  expect(ErrorAnswer.parse(answer.body).error).toMatchObject({
    code: "conflict.version",
    field: "version",
    example: "1",
  });
  expect(await endsOf(lane)).toEqual(["parked", null]);
  expect(await laneOf(lane)).toEqual({ wake: "0", isDue: false });
});

test.each(["resume", "dismiss"])("%s is refused 409 while an outcome is open", async (verb) => {
  const lane = `pi_open_${verb}`;
  const id = await parkedLane(lane);
  await seed.intent({
    key: `OPEN${verb}`,
    lane,
    object: lane,
    purpose: "invoice",
    stage: "filling",
  });
  await seed.attempt({ key: `OPEN${verb}`, nr: 1, step: "fill", ageMs: 1_000 });

  const body = verb === "resume" ? { version: 1 } : { version: 1, reason: "by hand" };
  const answer = await api.call("POST", `/api/parked/${id}/${verb}`, body);

  const { error } = ErrorAnswer.parse(answer.body);
  expect(answer.status).toBe(409);
  expect(error.code).toBe("erp.outcome_open");
  expect(error.cure).toMatch(/in 5\d s/);
  expect(await endsOf(lane)).toEqual(["parked", null]);
});

test("a send without an answer older than the horizon does not lock the run for ever", async () => {
  const id = await parkedLane("pi_old");
  await seed.intent({ key: "OLD", lane: "pi_old", object: "pi_old", purpose: "invoice" });
  await seed.attempt({ key: "OLD", nr: 1, step: "fill", ageMs: TEST_HORIZON_MS + 1_000 });

  const { status } = await resume(id, { version: 1 });

  expect(status).toBe(200);
});

test("an open outcome of another lane does not matter", async () => {
  const id = await parkedLane("pi_here");
  await seed.intent({ key: "ELSE", lane: "pi_there", object: "pi_there", purpose: "invoice" });
  await seed.attempt({ key: "ELSE", nr: 1, step: "fill" });

  const { status } = await resume(id, { version: 1 });

  expect(status).toBe(200);
});

test("a command is refused 409 while a run is at work on the lane", async () => {
  await seed.lane({ key: "pi_busy", owner: "hub-1" });
  const id = await seed.parked({ lane: "pi_busy" });

  const { status, body } = await dismiss(id, { version: 1, reason: "by hand" });

  expect(status).toBe(409);
  expect(ErrorAnswer.parse(body).error.message).toContain("A run is working on pi_busy");
});

test("a lane that its worker has lost can be settled", async () => {
  await seed.lane({ key: "pi_lost", owner: "hub-1" });
  await pool.query("update lane set lease_until = now() - interval '1 s' where key = 'pi_lost'");
  const id = await seed.parked({ lane: "pi_lost" });

  const { status } = await resume(id, { version: 1 });

  expect(status).toBe(200);
});

test("a settled run cannot be settled again, and says who did it", async () => {
  const id = await parkedLane("pi_twice");
  await dismiss(id, { version: 1, by: "maria", reason: "by hand" });

  const { status, body } = await resume(id, { version: 1 });

  expect(status).toBe(409);
  expect(ErrorAnswer.parse(body).error.message).toContain("dismissed by maria");
});

test("of twenty commands at once exactly one is taken", async () => {
  const id = await parkedLane("pi_race");

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, nr) =>
      nr % 2 === 0 ? resume(id, { version: 1 }) : dismiss(id, { version: 1, reason: "by hand" }),
    ),
  );

  const statuses = answers.map((answer) => answer.status).sort();
  expect(statuses).toEqual([200, ...Array<number>(19).fill(409)]);
});

test("a dismissal of a summary is taken back also after a later case of its day", async () => {
  const lane = "summary:2026-03-10";
  const say = async (id: string, version: number, verb: "resume" | "dismiss") => {
    const body = { version, by: "maria", ...(verb === "dismiss" ? { reason: "by hand" } : {}) };
    const answer = await api.call("POST", `/api/parked/${id}/${verb}`, body);
    return answer.status === 200 ? "taken" : ErrorAnswer.parse(answer.body).error.cure;
  };
  const first = await seed.parked({ lane });
  await say(first, 1, "dismiss");
  const second = await seed.parked({ lane });
  await say(second, 1, "dismiss");
  const third = await seed.parked({ lane });
  await say(third, 1, "resume");

  // What was left alone first is left alone by the second decision as well.
  expect(await say(first, 2, "resume")).toContain(`slipway parked show ${second}`);
  expect(await say(second, 2, "resume")).toBe("taken");
  expect(await say(first, 2, "resume")).toBe("taken");
});

test("a dismissal of a sale is taken back by its newest case alone", async () => {
  const lane = "pi_left_twice";
  const first = await seed.parked({ lane });
  await dismiss(first, { version: 1, by: "maria", reason: "by hand" });
  const second = await seed.parked({ lane });
  await resume(second, { version: 1, by: "maria" });

  const { status, body } = await resume(first, { version: 2, by: "maria" });

  expect(status).toBe(409);
  expect(ErrorAnswer.parse(body).error.cure).toContain(`slipway parked show ${second}`);
});

test("resume of a lane that was never made makes it", async () => {
  const id = await seed.parked({ lane: "pi_new" });

  await resume(id, { version: 1 });

  expect(await laneOf("pi_new")).toEqual({ wake: "1", isDue: true });
});

test.each([
  ["resume", {}, "version"],
  ["resume", { version: "1" }, "version"],
  ["resume", { version: 1, force: true }, "force"],
  ["dismiss", { version: 1 }, "reason"],
  ["dismiss", { version: 1, reason: "  " }, "reason"],
  ["dismiss", { version: 1, reason: "x".repeat(501) }, "reason"],
])("%s with %j is answered 422", async (verb, body, field) => {
  const answer = await api.call("POST", `/api/parked/1/${verb}`, body);

  expect(answer.status).toBe(422);
  expect(ErrorAnswer.parse(answer.body).error.field).toBe(field);
});

test("a parked run shows its events, open outcomes and batches in SL", async () => {
  const id = await parkedLane("pi_show");
  await seed.intent({
    key: "SHOW",
    lane: "pi_show",
    object: "pi_show",
    purpose: "invoice",
    stage: "filling",
    batNbr: "000321",
  });
  await seed.attempt({ key: "SHOW", nr: 1, step: "fill" });

  const shown = ParkedAnswer.parse((await api.call("GET", `/api/parked/${id}`)).body);

  expect(shown.events).toHaveLength(2);
  expect(shown.openOutcomes).toMatchObject([{ step: "fill", purpose: "invoice" }]);
  expect(shown.unfinished).toMatchObject([{ batNbr: "000321", stage: "filling" }]);
});

test("parked runs are listed by state, category and lane", async () => {
  await parkedLane("pi_listed");

  const open = await api.call("GET", "/api/parked?state=open&category=mapping&lane=pi_listed");
  const closed = await api.call("GET", "/api/parked?state=resumed&lane=pi_listed");

  expect(ParkedPage.parse(open.body).rows).toHaveLength(1);
  expect(ParkedPage.parse(closed.body).rows).toHaveLength(0);
});
