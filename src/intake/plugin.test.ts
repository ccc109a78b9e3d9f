import Fastify, { type FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { GroupCommitter } from "./group-committer.ts";
import { registerIntake } from "./plugin.ts";
import { aChargeEvent, aWebhook, post, SECRET } from "./testing/webhook.ts";

const PINNED = "2026-10-28.endive";
const OLD_SECRET = "whsec_the_one_being_rolled";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let app: FastifyInstance;
let base: string;
const answers: { pair: string; result: string }[] = [];
const versions: string[] = [];
const warnings: string[] = [];
const thin: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "intake-test", max: 4 });
  app = Fastify({ forceCloseConnections: true });
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_: object, text: string) => void warnings.push(text),
  };
  await registerIntake(app, {
    pairs: (id) =>
      id === "acme-us" || id === "acme-de"
        ? { secrets: [SECRET, OLD_SECRET], pinnedVersion: PINNED }
        : undefined,
    committer: new GroupCommitter({ pool }),
    log,
    metrics: {
      webhookAnswered: ({ pair, result }) => void answers.push({ pair, result }),
      foreignVersion: (pair, version) => void versions.push(`${pair} ${version}`),
    },
    onThin: (pair) => void thin.push(pair),
  });
  app.get("/elsewhere", () => ({ ok: true }));
  app.post("/elsewhere", (request) => ({ body: request.body }));
  base = await app.listen({ port: 0, host: "127.0.0.1" });
});

afterAll(async () => {
  await app.close();
  await pool.end();
  await database.drop();
});

const url = (pair = "acme-us") => `${base}/webhooks/stripe/${pair}`;

async function count(table: "event" | "lane"): Promise<number> {
  const result = await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return result.rows[0]?.n ?? -1;
}

async function eventRow(id: string): Promise<Record<string, unknown>> {
  const result = await pool.query<Record<string, unknown>>(
    "select * from event where stripe_event_id = $1",
    [id],
  );
  return result.rows[0] ?? {};
}

async function laneRow(key: string): Promise<Record<string, unknown>> {
  const result = await pool.query<Record<string, unknown>>("select * from lane where key = $1", [
    key,
  ]);
  return result.rows[0] ?? {};
}

describe("a good webhook", () => {
  test("is stored with its raw bytes and wakes its lane before it is answered", async () => {
    const webhook = aWebhook(aChargeEvent("evt_first"));

    const response = await post(url(), webhook);

    expect([response.status, await response.json()]).toEqual([200, { received: true }]);
    expect(await eventRow("evt_first")).toMatchObject({
      pair: "acme-us",
      type: "charge.succeeded",
      api_version: PINNED,
      object_id: "ch_first",
      lane_key: "pi_first",
      end_state: null,
      created_at: new Date(1_790_000_000_000),
      body: webhook.body,
    });
    expect(await laneRow("pi_first")).toMatchObject({ pair: "acme-us", wake: 1n, owner: null });
  });

  test("that comes twice is answered alike and wakes nothing again", async () => {
    const event = aChargeEvent("evt_twice");

    const statuses = [await post(url(), aWebhook(event)), await post(url(), aWebhook(event))];

    expect(statuses.map((response) => response.status)).toEqual([200, 200]);
    expect(await laneRow("pi_twice")).toMatchObject({ wake: 1n });
    expect(answers.slice(-2).map((answer) => answer.result)).toEqual(["stored", "duplicate"]);
  });

  test("that comes twenty times at once makes one event and one wake-up", async () => {
    const event = aChargeEvent("evt_twenty");

    const responses = await Promise.all(
      Array.from({ length: 20 }, () => post(url(), aWebhook(event))),
    );

    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]));
    expect(await laneRow("pi_twenty")).toMatchObject({ wake: 1n });
  });

  test("with the same id belongs to each pair apart", async () => {
    const event = aChargeEvent("evt_shared");

    await post(url("acme-us"), aWebhook(event));
    await post(url("acme-de"), aWebhook(event));

    const rows = await pool.query("select pair from event where stripe_event_id = 'evt_shared'");
    expect(rows.rowCount).toBe(2);
  });

  test("signed with the secret that is being rolled is taken", async () => {
    const webhook = aWebhook(aChargeEvent("evt_rolled"), { secrets: [OLD_SECRET, "whsec_new"] });

    expect((await post(url(), webhook)).status).toBe(200);
  });

  test("with a NUL that a shopper typed is stored as it came", async () => {
    const webhook = aWebhook(
      aChargeEvent("evt_nul", {
        data: { object: { id: "ch_nul", metadata: { note: "a\u0000b" } } },
      }),
    );

    expect((await post(url(), webhook)).status).toBe(200);
    expect((await eventRow("evt_nul")).body).toEqual(webhook.body);
  });

  test("with bytes that are no UTF-8 in its text is stored as it came", async () => {
    const text = JSON.stringify(aChargeEvent("evt_bytes", { note: "X" })).replace("X", "\u00ff");
    const webhook = aWebhook(Buffer.from(text, "latin1"));

    expect((await post(url(), webhook)).status).toBe(200);
    expect((await eventRow("evt_bytes")).body).toEqual(webhook.body);
  });

  test("that needs nothing is stored together with its end", async () => {
    const webhook = aWebhook(aChargeEvent("evt_product", { type: "product.updated" }));

    expect((await post(url(), webhook)).status).toBe(200);
    expect(await eventRow("evt_product")).toMatchObject({
      end_state: "not_applicable",
      end_reason: expect.stringContaining("product.updated") as unknown,
      ended_at: expect.any(Date) as unknown,
      lane_key: null,
    });
  });

  test("in another API version is taken, counted, and warned of once", async () => {
    const event = (id: string) => aWebhook(aChargeEvent(id, { api_version: "2020-08-27" }));
    warnings.length = 0;

    await post(url(), event("evt_old_1"));
    await post(url(), event("evt_old_2"));

    expect(versions).toEqual(["acme-us 2020-08-27", "acme-us 2020-08-27"]);
    expect(warnings).toHaveLength(1);
  });

  test("of the thin kind wakes a lane of its own", async () => {
    const webhook = aWebhook({
      id: "evt_thin",
      object: "v2.core.event",
      type: "v1.charge.succeeded",
      created: "2026-11-23T10:00:00.000Z",
      livemode: true,
      related_object: { id: "ch_9", type: "charge", url: "/v1/charges/ch_9" },
    });

    expect((await post(url(), webhook)).status).toBe(200);
    expect(await eventRow("evt_thin")).toMatchObject({ object_id: "ch_9", end_state: null });
    expect(await laneRow("thin:evt_thin")).toMatchObject({ wake: 1n });
    expect(thin).toEqual(["acme-us"]);
  });

  test("of almost a mebibyte is taken", async () => {
    const filler = "x".repeat(1_024 * 1_024 - 1_000);

    const response = await post(url(), aWebhook(aChargeEvent("evt_large", { filler })));

    expect(response.status).toBe(200);
  });

  test("without any content type is taken", async () => {
    const webhook = aWebhook(aChargeEvent("evt_untyped"));
    delete webhook.headers["content-type"];

    expect((await post(url(), webhook)).status).toBe(200);
  });

  test("with a content type that says nothing of JSON is taken", async () => {
    const webhook = aWebhook(aChargeEvent("evt_plain"));
    webhook.headers["content-type"] = "text/plain";

    expect((await post(url(), webhook)).status).toBe(200);
  });
});

describe("a bad webhook leaves nothing behind", () => {
  const good = aChargeEvent("evt_bad");
  const withHeaders = (headers: Record<string, string>) => {
    const webhook = aWebhook(good);
    return { body: webhook.body, headers: { ...webhook.headers, ...headers } };
  };
  const unsigned = { body: aWebhook(good).body, headers: { "content-type": "application/json" } };
  const changed = {
    ...aWebhook(good),
    body: Buffer.from(JSON.stringify({ ...good, id: "evt_x" })),
  };

  test.each([
    ["when it is unsigned", unsigned, 400, "intake.signature_missing"],
    ["when its body was changed", changed, 400, "intake.signature_invalid"],
    [
      "when another secret signed it",
      aWebhook(good, { secrets: ["whsec_x"] }),
      400,
      "intake.signature_invalid",
    ],
    ["when it is too old", aWebhook(good, { ageSeconds: 400 }), 400, "intake.signature_stale"],
    [
      "when it is from the future",
      aWebhook(good, { ageSeconds: -400 }),
      400,
      "intake.signature_stale",
    ],
    ["when it is no JSON", aWebhook(Buffer.from("{nonsense")), 400, "intake.body_invalid"],
    ["when it is empty", aWebhook(Buffer.alloc(0)), 400, "intake.body_invalid"],
    ["when it is a list", aWebhook(Buffer.from("[]")), 400, "intake.body_invalid"],
    ["when it is null", aWebhook(Buffer.from("null")), 400, "intake.body_invalid"],
    ["when it has no id", aWebhook({ ...good, id: undefined }), 400, "intake.body_invalid"],
    [
      "when its id is too long",
      aWebhook({ ...good, id: "e".repeat(256) }),
      400,
      "intake.body_invalid",
    ],
    [
      "when its id holds a NUL",
      aWebhook({ ...good, id: "evt_\u0000" }),
      400,
      "intake.body_invalid",
    ],
    [
      "when its type is odd",
      aWebhook({ ...good, type: "charge'; --" }),
      400,
      "intake.body_invalid",
    ],
    [
      "when its version is a list",
      aWebhook({ ...good, api_version: ["2020"] }),
      400,
      "intake.body_invalid",
    ],
    ["when its time is absurd", aWebhook({ ...good, created: 1e300 }), 400, "intake.body_invalid"],
    [
      "when its time is missing",
      aWebhook({ ...good, created: undefined }),
      400,
      "intake.body_invalid",
    ],
    [
      "when its object has no id",
      aWebhook({ ...good, data: { object: {} } }),
      400,
      "intake.body_invalid",
    ],
    [
      "when its object's id is odd",
      aWebhook({ ...good, data: { object: { id: "ch 1\n" } } }),
      400,
      "intake.body_invalid",
    ],
    [
      "when it is deeply nested noise",
      aWebhook(Buffer.from("[".repeat(500_000))),
      400,
      "intake.body_invalid",
    ],
    [
      "when it is compressed",
      withHeaders({ "content-encoding": "gzip" }),
      415,
      "intake.body_invalid",
    ],
    [
      "when it is over a mebibyte",
      aWebhook({ ...good, filler: "x".repeat(1_024 * 1_024) }),
      413,
      "intake.body_too_large",
    ],
  ])("%s", async (_case, webhook, status, code) => {
    const before = [await count("event"), await count("lane")];

    const response = await post(url(), webhook);

    const answer = (await response.json()) as { error: Record<string, unknown> };
    expect([response.status, answer.error.code]).toEqual([status, code]);
    expect(Object.keys(answer.error).sort()).toEqual(["code", "message", "requestId"]);
    expect([await count("event"), await count("lane")]).toEqual(before);
  });

  test.each(["nobody", "acme-us%00", "..%2facme-us", "x".repeat(90)])(
    "when no pair is called %s",
    async (pair) => {
      const before = await count("event");

      const response = await post(url(pair), aWebhook(good));

      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: "intake.pair_unknown" } });
      expect(await count("event")).toBe(before);
    },
  );

  test("when it is over a mebibyte and does not say so beforehand", async () => {
    const { headers } = aWebhook(good);
    const chunk = new Uint8Array(200_000);
    const body = new ReadableStream({
      start(stream) {
        for (let sent = 0; sent < 8; sent++) stream.enqueue(chunk);
        stream.close();
      },
    });

    const response = await fetch(url(), { method: "POST", headers, body, duplex: "half" });

    expect(response.status).toBe(413);
  });

  test("and its answer names no secret, path or statement", async () => {
    const response = await post(url(), aWebhook({ ...good, id: "evt_\u0000" }));

    expect(await response.text()).not.toMatch(/whsec|select|insert|\/src\//);
  });
});

test("bad webhooks in between do not fail their neighbours", async () => {
  const webhooks = Array.from({ length: 60 }, (_, n) =>
    n % 3 === 0 ? aWebhook(Buffer.from("{poison")) : aWebhook(aChargeEvent(`evt_neighbour_${n}`)),
  );

  const responses = await Promise.all(webhooks.map((webhook) => post(url(), webhook)));

  expect(responses.map((response) => response.status)).toEqual(
    webhooks.map((_, n) => (n % 3 === 0 ? 400 : 200)),
  );
  const stored = await pool.query(
    "select 1 from event where stripe_event_id like 'evt_neighbour%'",
  );
  expect(stored.rowCount).toBe(40);
});

test("other routes keep their own parsers", async () => {
  const response = await fetch(`${base}/elsewhere`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
  });

  expect(await response.json()).toEqual({ body: { a: 1 } });
});
