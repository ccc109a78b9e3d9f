import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { ErrorAnswer, Trace } from "./contract.ts";
import { Seed, seedBookedOrder } from "./testing/seed.ts";
import { type Served, serveApi } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "trace-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
  await seedBookedOrder(seed);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

const trace = async (id: string) => {
  const { body } = await api.call("GET", `/api/trace/${encodeURIComponent(id)}`);
  return Trace.parse(body);
};

test.each([
  ["the payment", "pi_1"],
  ["the charge", "ch_1"],
  ["the event", "evt_1"],
  ["the customer", "cus_1"],
  ["the balance row", "txn_1"],
  ["the SL invoice", "000200"],
  ["the SL invoice without its zeros", "200"],
  ["the SL payment", "KY3E3RUCE5"],
  ["the SL payment in small letters", "ky3e3ruce5"],
  ["the SL batch", "000123"],
  ["the SL customer", "STABC"],
  ["the intent key", "INVOICEKEY"],
])("%s leads to the whole story", async (_name, id) => {
  const story = await trace(id);

  expect(story.events.map((event) => event.id)).toEqual(["evt_1"]);
  expect(story.documents.map((document) => document.purpose)).toEqual([
    "customer",
    "invoice",
    "payment",
  ]);
  expect(story.lanes).toMatchObject([{ laneKey: "pi_1", state: "asleep" }]);
});

test("a balance transaction without a document leads to the story of its sale", async () => {
  await seed.lane({ key: "pi_8" });
  await seed.event({ id: "evt_8", lane: "pi_8", objectId: "ch_8" });
  await seed.balanceRow({ id: "txn_8", source: "ch_8" });

  const { events, lanes } = await trace("txn_8");

  expect(lanes).toMatchObject([{ laneKey: "pi_8" }]);
  expect(events.map(({ id }) => id)).toEqual(["evt_8"]);
});

test("the entries of invoice and payment are read from their drafts", async () => {
  const { documents } = await trace("pi_1");

  const entries = documents.flatMap((document) => document.entries);
  expect(
    entries.map(({ document, account, debit, credit }) => [document, account, debit, credit]),
  ).toEqual([
    ["IN 000200", "1210", "108.25", undefined],
    ["IN 000200", "4010", undefined, "100.00"],
    ["IN 000200", "2200", undefined, "8.25"],
    ["PA KY3E3RUCE5", "1095", "108.25", undefined],
    ["PA KY3E3RUCE5", "1210", undefined, "108.25"],
  ]);
});

test("what the sends wrote is told to whoever asks for it, and to nobody else", async () => {
  const { body } = await api.call("GET", "/api/trace/pi_1?exchanges=true");
  const asked = Trace.parse(body);
  const plain = await trace("pi_1");

  const exchangesOf = ({ documents }: Trace) =>
    documents.flatMap(({ attempts }) => attempts.map((attempt) => attempt.exchange));
  expect(exchangesOf(asked)).toContainEqual({ request: "fill 000200", answer: "<ok/>" });
  expect(exchangesOf(plain)).toEqual(exchangesOf(plain).map(() => undefined));
});

test("the story is in the order of time and names the SL numbers", async () => {
  const { story } = await trace("pi_1");

  const instants = story.map((line) => line.at);
  expect(instants).toEqual([...instants].sort());
  const texts = story.map((line) => line.text);
  expect(texts).toContain("charge.succeeded evt_1 received");
  expect(texts).toContain("invoice 000200 released (batch 000123)");
  expect(texts).toContain("SL holds PA KY3E3RUCE5 in batch 000124");
});

test("the run of the lane that handed the events over belongs to the story", async () => {
  const { runs } = await trace("pi_1");

  expect(runs.map((run) => [run.laneKey, run.outcome])).toEqual([
    ["ch_1", "handed_over"],
    ["pi_1", "booked"],
  ]);
});

test("links, receipts and row owners stand beside the documents", async () => {
  const { links, receipts, owners } = await trace("000123");

  expect(links.map((link) => `${link.stripeId} ${link.slKey}`).sort()).toEqual([
    "ch_1 KY3E3RUCE5",
    "cus_1 STABC",
    "pi_1 000200",
  ]);
  expect(receipts).toHaveLength(3);
  expect(owners).toMatchObject([{ rowId: "txn_1", intentKey: "PAYMENTKEY" }]);
});

test("an event without a lane has a story too", async () => {
  await seed.event({
    id: "evt_ping",
    objectId: "prod_9",
    end: "not_applicable",
    reason: "nothing to book",
  });

  const story = await trace("prod_9");

  expect(story.story.map((line) => line.text)).toEqual([
    "charge.succeeded evt_ping received",
    "evt_ping ends not applicable: nothing to book",
  ]);
});

test("a document that a rebuild took over has a story without a lane", async () => {
  await seed.intent({
    key: "REBUILT",
    lane: "",
    object: "pi_rebuilt",
    purpose: "invoice",
    stage: "done",
    receipt: { type: "IN", refNbr: "000900", customerId: "STX", batNbr: "000901" },
  });

  const story = await trace("pi_rebuilt");

  expect(story.documents).toMatchObject([{ key: "REBUILT", entries: [] }]);
});

test("the same id of two pairs shows both, each with its pair", async () => {
  await seed.event({ id: "evt_a", lane: "pi_both", objectId: "pi_both" });
  await seed.event({ id: "evt_b", lane: "pi_both", objectId: "pi_both", pair: "acme-eu" });

  const { events } = await trace("pi_both");

  expect(events.map((event) => [event.pair, event.id])).toEqual([
    ["acme-us", "evt_a"],
    ["acme-eu", "evt_b"],
  ]);
});

test("a send without an answer and a parked run are trouble in the story", async () => {
  await seed.lane({ key: "pi_bad" });
  await seed.intent({ key: "BAD", lane: "pi_bad", object: "pi_bad", purpose: "invoice" });
  await seed.attempt({ key: "BAD", nr: 1, step: "fill" });
  await seed.parked({ lane: "pi_bad" });

  const { story, parked } = await trace("pi_bad");

  expect(story.filter((line) => line.isTrouble).map((line) => line.text)).toEqual([
    "fill of the invoice sent, no answer yet",
    expect.stringContaining("mapping.product_unmapped: Product prod_1 is not mapped"),
  ]);
  expect(parked).toMatchObject([{ version: 1, state: "open" }]);
});

test("a refusal of SL is told with SL's message", async () => {
  await seed.intent({ key: "NO", lane: "pi_no", object: "pi_no", purpose: "invoice" });
  const facts = { message: "Period is closed" };
  await seed.attempt({ key: "NO", nr: 1, step: "fill", outcome: "erp.refused", facts });

  const { story } = await trace("pi_no");

  expect(story.at(-1)?.text).toMatch(
    /^the fill of the invoice was answered erp.refused after \d+ ms: Period is closed$/,
  );
});

test("a killed hub has its end in the story, and the run that went on", async () => {
  const lane = "pi_killed";
  await seed.intent({ key: "KILLED", lane, object: lane, purpose: "invoice" });
  const killed = { key: "KILLED", worker: "vm:1:a" };
  await seed.attempt({ ...killed, nr: 1, step: "reserve", outcome: "no_answer", ageMs: 15_000 });
  await seed.attempt({ ...killed, nr: 2, step: "fill", outcome: "found", ageMs: 14_000 });
  const text = "taken over from hub vm:1:a: its lease had run out";
  const takeOver = { at: new Date().toISOString(), step: "taken over", text };
  const run = await seed.run({ lane, steps: [{ ...takeOver, facts: { from: "vm:1:a" } }] });

  const { story } = await trace(lane);

  const texts = story.map((line) => line.text);
  const ended = texts.indexOf(`hub vm:1:a ended here, or stood still; taken over by run ${run}`);
  expect(texts[ended - 1]).toBe("fill of the invoice sent");
  expect(texts.indexOf(`run ${run} starts`)).toBeGreaterThan(ended);
  expect(texts).toContain(text);
  expect(texts).toContain("the fill of the invoice had no answer, and was found done 14 s later");
});

test.each([
  ["ok", 8_000, /^the fill of the invoice was answered after 8\.\d s$/],
  [
    "absent",
    330_000,
    /^the fill of the invoice had no answer, and was not found in SL 330 s later$/,
  ],
  ["no_answer", 12_000, /^the fill of the invoice had no answer; no longer waited for after 12 s$/],
  ["not_sent", 0, /^the fill of the invoice was not sent after all: the hub had stood still$/],
])("a send that ends %s after %d ms is told in words", async (outcome, ageMs, words) => {
  const lane = `pi_${outcome}`;
  await seed.intent({ key: outcome, lane, object: lane, purpose: "invoice" });
  await seed.attempt({ key: outcome, nr: 1, step: "fill", outcome, ageMs });

  const { story } = await trace(lane);

  expect(story.at(-1)?.text).toMatch(words);
});

test("only a step that was sent before is sent again", async () => {
  const lane = "pi_again";
  await seed.intent({ key: "AGAIN", lane, object: lane, purpose: "invoice" });
  await seed.attempt({ key: "AGAIN", nr: 1, step: "reserve", outcome: "ok", ageMs: 3_000 });
  await seed.attempt({ key: "AGAIN", nr: 2, step: "fill", outcome: "erp.busy", ageMs: 2_000 });
  await seed.attempt({ key: "AGAIN", nr: 3, step: "fill", ageMs: 1_000 });

  const { story } = await trace(lane);

  expect(story.map((line) => line.text)).toEqual(
    expect.arrayContaining([
      "reserve of the invoice sent",
      "fill of the invoice sent",
      "fill of the invoice sent again (try 2), no answer yet",
    ]),
  );
});

test("an SL number is not mistaken for a number inside another one", async () => {
  const { status } = await api.call("GET", "/api/trace/00020");

  expect(status).toBe(404);
});

test.each(["pi_unknown", "999999", "evt_nothing"])("%s of nothing is answered 404", async (id) => {
  const { status, body } = await api.call("GET", `/api/trace/${id}`);

  expect(status).toBe(404);
  expect(ErrorAnswer.parse(body).error.cure).toContain("pi_ ch_ in_");
});

test.each([["a".repeat(101)], ["a%0Ab"], ["%E2%82%AC"]])("%s is no id", async (id) => {
  const { status } = await api.call("GET", `/api/trace/${id}`);

  expect([414, 422]).toContain(status);
});
