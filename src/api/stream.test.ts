import { connect } from "node:net";
import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { keepLines } from "../../test/support/log-lines.ts";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { silentLog } from "../base/log.ts";
import { openPool } from "../db/index.ts";
import { Teller } from "../subscribers/index.ts";
import { numberEvents } from "../subscribers/read-events.ts";
import { tellSome } from "../subscribers/testing/tell-some.ts";
import { type Served, serveApi, TEST_TOKEN } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let stops: (() => void)[];
/** The newest position before a test: positions never go back, so no test clears them. */
let start: bigint;
const { log, lines } = keepLines();

const key = () => new Uint8Array(32).fill(7);

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 8, applicationName: "stream-test" });
  const teller = new Teller({ pool, log: silentLog, owner: "stream-test", key });
  const telling = { teller, sealingKey: key, heartbeatMs: 100, slowReaderMs: 300 };
  api = await serveApi(pool, { telling, log });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

beforeEach(async () => {
  stops = [];
  start = await numberEvents(pool);
});

afterEach(() => {
  for (const stop of stops) stop();
});

type Reader = Readonly<{ text(): string; ids(): string[]; keys(): string[]; stop(): void }>;

/** Follows the stream over real HTTP and keeps what comes. */
async function follow(query: string, lastEventId?: string): Promise<Reader> {
  const stopping = new AbortController();
  stops.push(() => stopping.abort());
  const response = await fetch(`${api.url}/api/stream?${query}`, {
    headers: {
      authorization: `Bearer ${TEST_TOKEN}`,
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
    signal: stopping.signal,
  });
  expect(response.status).toBe(200);
  let text = "";
  const read = async () => {
    const parts = (response.body ?? []) as AsyncIterable<Uint8Array>;
    for await (const part of parts) text += new TextDecoder().decode(part);
  };
  read().catch(() => undefined);
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found ?? "");
  return {
    text: () => text,
    ids: () => all(/^id: (\d+-\w+)$/gm),
    keys: () => all(/"key":"([^"]+)"/g),
    stop: () => stopping.abort(),
  };
}

test("a reader that comes back with its last id misses nothing and repeats nothing", async () => {
  await tellSome(pool, ["pi_1", "pi_2"]);
  const first = await follow(`from=${start}`);
  await until("both", () => first.ids().length === 2);
  first.stop();
  await tellSome(pool, ["pi_3"]);

  const second = await follow("", first.ids()[1]);
  await tellSome(pool, ["pi_4"]);
  await until("the rest", () => second.keys().length === 2);

  expect(second.keys()).toEqual(["pi_3", "pi_4"]);
  expect(second.text()).toContain("event: order.booked\ndata: {");
});

test("a filtered reader is moved on by beats, past what it does not want", async () => {
  const reader = await follow(`types=document.parked&pair=acme-us&from=${start}`);
  await tellSome(pool, ["pi_1", "pi_2"]);

  await until("the beat behind them", () => reader.text().includes(`: beat\nid: ${start + 2n}\n`));
  await tellSome(pool, ["pi_3"], { type: "document.parked" });
  await until("the one", () => reader.keys().length);

  expect(reader.keys()).toEqual(["pi_3"]);
});

test("without follow the stream ends at the newest event", async () => {
  await tellSome(
    pool,
    Array.from({ length: 250 }, (_, index) => `pi_${index}`),
  );

  const response = await fetch(`${api.url}/api/stream?from=${start}&follow=false`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  const text = await response.text();

  expect(text.match(/^id: /gm)).toHaveLength(250);
});

test.each([
  ["an id that another event has now", "1-00000000", 409, "api.position_unknown"],
  ["a position that is not given out yet", "999999", 409, "api.position_unknown"],
  ["an id of another stream", "abc", 422, "api.invalid"],
])("%s is refused, and told so", async (_name, id, status, code) => {
  await tellSome(pool, ["pi_1"]);
  const reader = await follow(`from=${start}`);
  await until("the event", () => reader.ids().length);

  const refused = await fetch(`${api.url}/api/stream`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}`, "last-event-id": id },
  });

  expect(refused.status).toBe(status);
  expect(await refused.json()).toMatchObject({ error: { code } });
});

test("nobody without the token and no unknown type gets a stream", async () => {
  const stranger = await fetch(`${api.url}/api/stream`);
  const misspelt = await api.call("GET", "/api/stream?types=order.boked");

  expect(stranger.status).toBe(401);
  expect(misspelt).toMatchObject({ status: 422 });
});

test("a reader that takes nothing is cut off, with little in memory", async () => {
  const { port } = new URL(api.url);
  const socket = connect(Number(port), "127.0.0.1");
  stops.push(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.pause();
  const head = [`GET /api/stream?from=${start} HTTP/1.1`, "host: x"];
  socket.write([...head, `authorization: Bearer ${TEST_TOKEN}`, "", ""].join("\r\n"));
  await pool.query(
    `insert into domain_event (pair, key, type, data)
     select 'acme-us', 'pi_1', 'order.booked', jsonb_build_object('object', repeat('x', 20000))
     from generate_series(1, 1000)`,
  );

  await until("the cut", () => lines.find(({ message }) => message === "A stream was cut off"));
  let size = 0;
  socket.on("data", (chunk) => {
    size += chunk.length;
  });
  socket.resume();
  await until("the end", () => socket.destroyed);

  // Twenty million bytes were there to read; what was sent lies in buffers of the two systems.
  expect(size).toBeLessThan(10_000_000);
});
