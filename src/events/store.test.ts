import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { endEvents, handOverEvents, listEvents, openEventsOfLane, readEvent } from "./store.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "events-test", max: 4 });
});
beforeEach(async () => {
  await pool.query("truncate event, lane restart identity");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type EventRow = { id: string; pair?: string; type?: string; lane?: string; object?: string };

async function addEvents(...rows: EventRow[]): Promise<void> {
  for (const { id, pair = "acme", type = "charge.succeeded", lane = "pi_1", object } of rows) {
    await pool.query(
      `insert into event
         (pair, stripe_event_id, type, livemode, lane_key, object_id, created_at, body)
       values ($1, $2, $3, true, $4, $5, '2026-11-23T10:00:00Z', $6)`,
      [pair, id, type, lane, object ?? null, Buffer.from(`body of ${id}`)],
    );
  }
}

const open = () => openEventsOfLane(pool, "acme", "pi_1");
const idsOf = (events: readonly { stripeEventId: string }[]) =>
  events.map((event) => event.stripeEventId);

describe("the open events of a lane", () => {
  test("are those of this lane and pair, in the order of their arrival", async () => {
    await addEvents(
      { id: "evt_1" },
      { id: "evt_2", lane: "pi_2" },
      { id: "evt_3", pair: "other" },
      { id: "evt_4" },
    );

    expect(idsOf(await open())).toEqual(["evt_1", "evt_4"]);
  });

  test("include parked ones, whose trouble may be over", async () => {
    await addEvents({ id: "evt_1" });
    await endEvents(pool, [1n], { state: "parked", reason: "period closed" });

    expect(await open()).toMatchObject([{ stripeEventId: "evt_1", endState: "parked" }]);
  });

  test.each(["booked", "not_applicable"] as const)("leave out what is %s", async (state) => {
    await addEvents({ id: "evt_1" });
    await endEvents(pool, [1n], { state, reason: "done" });

    expect(await open()).toEqual([]);
  });
});

describe("an end", () => {
  test("is saved with its reason and time", async () => {
    await addEvents({ id: "evt_1" }, { id: "evt_2" });

    await endEvents(pool, [1n], { state: "booked", reason: "IN 000123" });

    expect(await readEvent(pool, "acme", "evt_1")).toMatchObject({
      endState: "booked",
      endReason: "IN 000123",
      endedAt: expect.any(Date) as unknown,
    });
    expect(await readEvent(pool, "acme", "evt_2")).toMatchObject({ endState: undefined });
  });

  test("that is final stays what it was", async () => {
    await addEvents({ id: "evt_1" });
    await endEvents(pool, [1n], { state: "booked", reason: "IN 000123" });

    await endEvents(pool, [1n], { state: "parked", reason: "late news" });

    expect(await readEvent(pool, "acme", "evt_1")).toMatchObject({ endReason: "IN 000123" });
  });

  test("of a parked event can still become booked", async () => {
    await addEvents({ id: "evt_1" });
    await endEvents(pool, [1n], { state: "parked", reason: "period closed" });

    await endEvents(pool, [1n], { state: "booked", reason: "IN 000123" });

    expect(await readEvent(pool, "acme", "evt_1")).toMatchObject({ endState: "booked" });
  });
});

test("a hand-over moves what still needs an end, and nothing else", async () => {
  await addEvents({ id: "evt_1" }, { id: "evt_2" }, { id: "evt_3", pair: "other" });
  await endEvents(pool, [1n], { state: "booked", reason: "IN 000123" });

  await handOverEvents(pool, { pair: "acme", from: "pi_1", to: "in_1" });

  expect(idsOf(await openEventsOfLane(pool, "acme", "in_1"))).toEqual(["evt_2"]);
  expect(await readEvent(pool, "acme", "evt_1")).toMatchObject({ laneKey: "pi_1" });
  expect(await readEvent(pool, "other", "evt_3")).toMatchObject({ laneKey: "pi_1" });
});

describe("the list", () => {
  beforeEach(async () => {
    await addEvents(
      { id: "evt_1", object: "ch_1" },
      { id: "evt_2", type: "invoice.paid", lane: "in_1" },
      { id: "evt_3", pair: "other" },
      { id: "evt_4", object: "ch_1" },
    );
    await endEvents(pool, [1n], { state: "booked", reason: "IN 000123" });
  });

  test.each([
    ["nothing", {}, ["evt_4", "evt_3", "evt_2", "evt_1"]],
    ["a pair", { pair: "acme" }, ["evt_4", "evt_2", "evt_1"]],
    ["a type", { type: "invoice.paid" }, ["evt_2"]],
    ["a lane", { pair: "acme", laneKey: "pi_1" }, ["evt_4", "evt_1"]],
    ["an object", { pair: "acme", objectId: "ch_1" }, ["evt_4", "evt_1"]],
    ["a missing end", { end: "open" as const }, ["evt_4", "evt_3", "evt_2"]],
    ["an end", { end: "booked" as const }, ["evt_1"]],
    ["what nobody has", { pair: "acme'; drop table event; --" }, []],
  ])("filtered by %s is newest first", async (_case, filter, ids) => {
    expect(idsOf(await listEvents(pool, filter, { limit: 10 }))).toEqual(ids);
  });

  test("goes on where the page before it ended", async () => {
    const first = await listEvents(pool, {}, { limit: 3 });

    const next = await listEvents(pool, {}, { limit: 3, before: first.at(-1)?.seq ?? 0n });

    expect([idsOf(first), idsOf(next)]).toEqual([["evt_4", "evt_3", "evt_2"], ["evt_1"]]);
  });
});

test("an event is read with the bytes that were signed", async () => {
  await addEvents({ id: "evt_1" });

  expect(await readEvent(pool, "acme", "evt_1")).toMatchObject({
    seq: 1n,
    livemode: true,
    apiVersion: undefined,
    createdAt: new Date("2026-11-23T10:00:00Z"),
    body: Buffer.from("body of evt_1"),
  });
  expect(await readEvent(pool, "other", "evt_1")).toBeUndefined();
});
