import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import {
  BulkAnswer,
  EditAnswer,
  ErrorAnswer,
  ParkedAnswer,
  ParkedPage,
  Trace,
} from "./contract.ts";
import { Seed } from "./testing/seed.ts";
import { SALE_KNOWN, SALE_WITHOUT_LINES, type Served, serveApi } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "people-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
  const old = await parkedLane("pi_filter_a");
  await command(old, "assign", { to: "otto" });
  await pool.query("update parked set opened_at = now() - interval '3 hours' where id = $1", [old]);
  await parkedLane("pi_filter_b", { code: "mapping.stock_item", reason: "The second trouble" });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

async function parkedLane(lane: string, more: { code?: string; reason?: string } = {}) {
  await seed.lane({ key: lane });
  await seed.event({ id: `evt_${lane}`, lane, end: "parked" });
  return seed.parked({ lane, ...more });
}

const command = (id: string, verb: string, body: object) =>
  api.call("POST", `/api/parked/${id}/${verb}`, { version: 1, by: "maria", ...body });
const show = async (id: string) =>
  ParkedAnswer.parse((await api.call("GET", `/api/parked/${id}`)).body);
const listed = async (query: string) => {
  const { body } = await api.call("GET", `/api/parked?state=open&${query}`);
  return ParkedPage.parse(body).rows.map(({ laneKey }) => laneKey);
};

test("assigning tells who looks after a case, and keeps its version and who did it", async () => {
  const id = await parkedLane("pi_assign");

  await command(id, "assign", { to: "otto" });
  await command(id, "assign", { to: null, by: "otto" });

  const { assignee, version, history } = await show(id);
  expect({ assignee, version }).toEqual({ assignee: null, version: 1 });
  expect(history.map(({ by, act, words }) => [by, act, words])).toEqual([
    ["maria", "assigned", "to otto"],
    ["otto", "assigned", "to nobody instead of otto"],
  ]);
});

test("a comment is kept and shown by the trace, in the order of time", async () => {
  const id = await parkedLane("pi_comment");

  await command(id, "comment", { comment: "asked the warehouse" });
  await command(id, "resume", { comment: "item added" });

  const trace = Trace.parse((await api.call("GET", "/api/trace/pi_comment")).body);
  const told = trace.story.filter(({ kind }) => kind === "person").map(({ text }) => text);
  expect(told).toEqual([`maria commented case ${id}: asked the warehouse`]);
  expect(trace.acts.map(({ act }) => act)).toEqual(["commented", "resumed"]);
});

test("a dry assign and a dry edit keep nothing", async () => {
  const id = await parkedLane("pi_dry_people");
  const changes = [{ field: "customer", value: "C300" }];

  await command(id, "assign", { to: "otto", dryRun: true });
  await command(id, "edit", { changes, reason: "named", dryRun: true });

  expect(await show(id)).toMatchObject({ assignee: null, version: 1, history: [], overrides: [] });
});

test.each([
  ["code=mapping.stock_item", ["pi_filter_b"]],
  ["text=SECOND", ["pi_filter_b"]],
  ["text=pi_filter_", ["pi_filter_b", "pi_filter_a"]],
  ["text=100%25", []],
  ["assignee=otto", ["pi_filter_a"]],
  ["olderThan=2h&text=pi_filter", ["pi_filter_a"]],
  ["unassigned=true&text=pi_filter", ["pi_filter_b"]],
] as const)("the filter %s finds what fits it alone", async (query, lanes) => {
  expect(await listed(query)).toEqual(lanes);
});

test("a wrong age is refused with one that would do", async () => {
  const { status, body } = await api.call("GET", "/api/parked?olderThan=yesterday");

  expect(status).toBe(422);
  expect(ErrorAnswer.parse(body).error).toMatchObject({ field: "olderThan", example: "2h" });
});

test("a bulk resume takes each case at its version and tells of each", async () => {
  const good = await parkedLane("pi_bulk_good");
  const stale = await parkedLane("pi_bulk_stale");
  const open = await parkedLane("pi_bulk_open");
  await seed.intent({ key: "BULK", lane: "pi_bulk_open", object: "pi_bulk", purpose: "invoice" });
  await seed.attempt({ key: "BULK", nr: 1, step: "fill" });
  const rows = [
    { id: good, version: 1 },
    { id: stale, version: 7 },
    { id: open, version: 1 },
    { id: "999999", version: 1 },
  ];

  const { status, body } = await api.call("POST", "/api/parked/bulk", {
    ...{ command: "resume", rows, reason: "item added", by: "maria" },
  });

  const { results } = BulkAnswer.parse(body);
  expect(status).toBe(200);
  expect(results.map(({ id, refused }) => [id, refused?.code ?? "done"])).toEqual([
    [good, "done"],
    [stale, "conflict.version"],
    [open, "erp.outcome_open"],
    ["999999", "api.not_found"],
  ]);
  expect(await show(good)).toMatchObject({ state: "resumed", comment: "item added" });
  expect(await show(stale)).toMatchObject({ state: "open", version: 1 });
});

test.each([
  ["dismiss", "reason"],
  ["assign", "to"],
])("a bulk %s without its %s is refused as a whole", async (verb, field) => {
  const rows = [{ id: "1", version: 1 }];

  const { status, body } = await api.call("POST", "/api/parked/bulk", { command: verb, rows });

  expect(status).toBe(422);
  expect(ErrorAnswer.parse(body).error.field).toBe(field);
});

test("an edit is kept beside the case at a new version, and an older one is refused", async () => {
  const id = await parkedLane("pi_edit");
  const changes = [{ field: "item", target: "prod_1", value: "WIDGET" }];

  const { body } = await command(id, "edit", { changes, reason: "old product" });
  const again = await command(id, "resume", {});

  const { effects, parked, preview } = EditAnswer.parse(body);
  expect({ effects, version: parked.version, preview }).toEqual({
    effects: ["item of prod_1 is WIDGET"],
    version: 2,
    preview: null,
  });
  expect(again.status).toBe(409);
  expect((await show(id)).overrides).toMatchObject([
    { field: "item", target: "prod_1", value: "WIDGET", by: "maria", reason: "old product" },
  ]);
});

test.each([
  ["a", true, { field: "item", target: "prod_2", value: "WIDGET" }],
  ["b", false, { field: "item", target: "prod_2", value: "WIDGET" }],
  ["c", false, { field: "item", target: "", value: "WIDGET" }],
])("an item for what a sale lacks is refused (%s, dry run: %s, %j)", async (name, dryRun, one) => {
  const id = await parkedLane(`${SALE_KNOWN.prefix}${name}`);
  const right = { field: "item", target: "prod_1", value: "WIDGET" };

  const changes = [right, one];
  const { status, body } = await command(id, "edit", { changes, reason: "typed", dryRun });

  expect(status).toBe(422);
  expect(ErrorAnswer.parse(body).error).toMatchObject({
    code: "api.invalid",
    field: "changes.1.target",
    cure: "Name one of the sale: il_1, price_1, prod_1.",
  });
  expect((await show(id)).overrides).toEqual([]);
  const saved = await command(id, "edit", { changes: [right], reason: "typed", dryRun });
  expect(saved.status).toBe(200);
  // Taken back whether or not the sale has it: what was saved before must be able to go.
  const version = dryRun ? 1 : 2;
  const cleared = [
    { ...right, value: null },
    { ...one, value: null },
  ];
  expect((await command(id, "edit", { version, changes: cleared, reason: "back" })).status).toBe(
    200,
  );
});

test("the refusal of an item for a charge without lines says how it is decided", async () => {
  const id = await parkedLane(`${SALE_WITHOUT_LINES}1`);
  const changes = [{ field: "item", target: "prod_1", value: "WIDGET" }];

  const refused = await command(id, "edit", { changes, reason: "typed", dryRun: true });

  expect(ErrorAnswer.parse(refused.body).error).toMatchObject({
    field: "changes.0.target",
    cure: "Decide the item of the whole charge: leave the target empty, as in --item =WIDGET.",
  });
});

test("a dry edit previews the saved decisions with the new ones over them", async () => {
  const id = await parkedLane("pi_preview");
  const saved = [
    { field: "customer", value: "C1" },
    { field: "text", value: "first" },
  ];
  await command(id, "edit", { changes: saved, reason: "one" });
  api.asked.length = 0;
  const changes = [
    { field: "customer", value: "C2" },
    { field: "text", value: null },
  ];

  const { body } = await command(id, "edit", { version: 2, changes, reason: "two", dryRun: true });

  const { effects, preview } = EditAnswer.parse(body);
  expect(effects).toEqual(["customer is C2, was C1", "text is first: taken back"]);
  expect(preview).toMatchObject({ object: "pi_preview", documents: [] });
  expect(api.asked).toMatchObject([
    { foresee: "pi_preview", overrides: [{ field: "customer", value: "C2", reason: "two" }] },
  ]);
});

test("an edit is refused once a document of the run stands in SL", async () => {
  const id = await parkedLane("pi_begun");
  const fact = { lane: "pi_begun", object: "pi_begun", purpose: "invoice", stage: "filled" };
  await seed.intent({ key: "BEGUN", batNbr: "000123", ...fact });

  const changes = [{ field: "customer", value: "C1" }];
  const { status, body } = await command(id, "edit", { changes, reason: "late" });

  expect(status).toBe(409);
  expect(ErrorAnswer.parse(body).error).toMatchObject({
    code: "conflict.begun",
    message: "The invoice of this run stands in SL in batch 000123",
  });
});

test("an edit of a sale that is collected for its day's summary tells the way on", async () => {
  const id = await parkedLane("pi_collected");
  const fact = { lane: "pi_collected", object: "pi_collected", purpose: "invoice" };
  await seed.intent({ key: "COLLECTED", stage: "collected", ...fact });

  const changes = [{ field: "customer", value: "C1" }];
  const { body } = await command(id, "edit", { changes, reason: "late" });

  const { message, cure } = ErrorAnswer.parse(body).error;
  expect(message).toBe("The invoice of this run is collected for the summary of its day");
  expect(cure).toContain("slipway_sync");
});

test.each([
  [{ field: "customer", target: "il_1", value: "C1" }, "changes.0.target"],
  [{ field: "metadata", target: " ", value: "x" }, "changes.0.target"],
  [{ field: "amount", target: "", value: "1.00" }, "changes.0.field"],
  [{ field: "text", target: "", value: "" }, "changes.0.value"],
])("an edit with %j is refused by field", async (change, field) => {
  const { status, body } = await command("1", "edit", { changes: [change], reason: "wrong" });

  expect(status).toBe(422);
  expect(ErrorAnswer.parse(body).error.field).toBe(field);
});
