import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { Seed } from "./testing/seed.ts";
import { type Served, serveApi } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "known-pair-test" });
  api = await serveApi(pool);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

const LISTS = ["lanes", "events", "runs", "parked", "events/evt_1"];

test.each(LISTS)(
  "%s of a pair that there is not is answered with those there are",
  async (path) => {
    const { status, body } = await api.call("GET", `/api/${path}?pair=nope`);

    expect(status).toBe(404);
    expect(body).toMatchObject({
      error: {
        code: "config.pair_unknown",
        message: 'There is no pair "nope"; there are: acme-us',
        field: "pair",
      },
    });
  },
);

test("a backfill of a pair that there is not is answered with those there are", async () => {
  const { status, body } = await api.call("POST", "/api/pairs/nope/backfill", {
    ...{ from: "2026-03-01", by: "maria", dryRun: true },
  });

  expect(status).toBe(404);
  expect(body).toMatchObject({
    error: { message: 'There is no pair "nope"; there are: acme-us' },
  });
});

test("a hub without pairs says so", async () => {
  const empty = await serveApi(pool, { pairs: { ...api.deps.pairs, list: async () => [] } });

  const { body } = await empty.call("GET", "/api/lanes?pair=acme-us");
  await empty.close();

  expect(body).toMatchObject({
    error: { message: 'There is no pair "acme-us"; there are: none yet' },
  });
});

test("a pair that was taken out of the settings is listed by its rows", async () => {
  const seed = new Seed(pool);
  await seed.event({ id: "evt_gone", pair: "gone", end: "not_applicable", reason: "no money" });
  await seed.lane({ key: "pi_gone", pair: "gone-too" });

  const events = await api.call("GET", "/api/events?pair=gone");
  const lanes = await api.call("GET", "/api/lanes?pair=gone-too");

  expect(events.body).toMatchObject({ rows: [{ id: "evt_gone" }] });
  expect(lanes.body).toMatchObject({ pairs: [{ pair: "gone-too" }] });
});

test.each([
  ["pairs/acme-us/proof?date=1999-12-31", "date must be a day from 2000 to 2099"],
  ["pairs/acme-us/proof?month=0000-01", "month must be a month from 2000 to 2099"],
  ["pairs/acme-us/proof?period=202614", "period must be a fiscal period of 2000 to 2099, YYYYPP"],
  ["runs/abc", "id must be a number, such as 12"],
  ["parked/abc", "id must be a number, such as 12"],
  ["runs?limit=0", "limit must be at least 1"],
  ["runs?limit=many", "limit must be a number"],
  ["parked?state=shut", "state must be open, resumed, dismissed or resolved"],
  ["events?before=x", "before must be the `next` of an earlier answer"],
  ["events?colour=red", "colour is unknown; there are: pair, type, end, lane, before, limit"],
])("%s is refused in words: %s", async (path, message) => {
  const { status, body } = await api.call("GET", `/api/${path}`);

  expect(status).toBe(422);
  expect(body).toMatchObject({ error: { code: "api.invalid", message } });
});

const LINK = { pair: "acme-us", object: "cus_1", customerId: "C300", reason: "a namesake" };

test.each([
  ["pairs/acme-us/backfill", { from: "0001-01-01" }, "from must be a day from 2000 to 2099"],
  ["pairs/acme-us/close", { period: "000001" }, "period must be a fiscal period of 2000 to 2099"],
  ["customers/link", { ...LINK, object: "cus_'; --" }, 'object: no buyer "cus_\'; --" was ever'],
  ["customers/link", { ...LINK, reason: "a\0b" }, "reason must not hold the character U+0000"],
])("what is sent to %s and cannot be is refused in words: %j", async (path, sent, message) => {
  const { status, body } = await api.call("POST", `/api/${path}`, sent);

  expect(status).toBe(422);
  expect(body).toMatchObject({ error: { code: "api.invalid" } });
  expect(JSON.stringify(body)).toContain(JSON.stringify(message).slice(1, -1));
});
