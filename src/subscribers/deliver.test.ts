import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { silentLog } from "../base/log.ts";
import { openPool } from "../db/index.ts";
import type { DeliverySchedule } from "./deliver.ts";
import { SETTLE_SQL } from "./delivery-sql.ts";
import {
  addSubscriber,
  disableSubscriber,
  enableSubscriber,
  readSubscriber,
  replaySubscriber,
  rollSecret,
  waitingDeliveries,
} from "./store.ts";
import { Teller } from "./teller.ts";
import { openReceiver, type Receiver } from "./testing/receiver.ts";
import { tellSome } from "./testing/tell-some.ts";

const key = () => new Uint8Array(32).fill(7);
const QUICK: DeliverySchedule = {
  deliveryMs: [20],
  holdMs: [20],
  disableAfterMs: 3_600_000,
  postWithinMs: 5_000,
};

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let receiver: Receiver;
let tellers: Teller[];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 10, applicationName: "deliver-test" });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

beforeEach(async () => {
  await pool.query("truncate domain_event, subscriber cascade");
  receiver = await openReceiver();
  tellers = [];
});

afterEach(async () => {
  await Promise.all(tellers.map((teller) => teller.stop()));
  await receiver.close();
});

function startTeller(schedule: DeliverySchedule = QUICK): Teller {
  const owner = `hub-${tellers.length}`;
  const teller = new Teller({ pool, log: silentLog, owner, key, schedule });
  tellers.push(teller);
  return teller;
}

function add(options: { id?: string; types?: string[]; url?: string } = {}): Promise<string> {
  const { id = "shop", types = [], url = receiver.url } = options;
  const added = { id, url, types, pairs: [], from: "start" as const };
  return addSubscriber(pool, added, { key, dryRun: false });
}

const signatureOf = (secret: string, { headers, body }: Receiver["received"][number]) => {
  const bytes = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return `v1,${createHmac("sha256", bytes).update(signed).digest("base64")}`;
};

test("a webhook carries the event, its id and a signature that its secret proves", async () => {
  const secret = await add();
  await tellSome(pool, ["pi_1"]);

  startTeller();
  await until("the webhook", () => receiver.received.length);

  const [got] = receiver.received;
  expect(got?.event).toMatchObject({
    type: "order.booked",
    version: 1,
    position: "1",
    key: "pi_1",
  });
  expect(got?.headers["webhook-id"]).toBe(got?.event.id);
  expect(got?.headers["webhook-signature"]).toBe(got && signatureOf(secret, got));
  const stored = await pool.query("select secret from subscriber");
  expect(JSON.stringify(stored.rows)).not.toContain(secret.slice(6));
});

test("the check that the docs show takes a webhook, and no other body or secret", async () => {
  const secret = await add();
  await tellSome(pool, ["pi_1"]);
  const page = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const shown = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isFromSlipway(headers: object, body: string, secret: string): boolean;
  };

  startTeller();
  await until("the webhook", () => receiver.received.length);

  const { headers, body } = receiver.received[0] ?? { headers: {}, body: "" };
  expect(shown.isFromSlipway(headers, body, secret)).toBe(true);
  expect(shown.isFromSlipway(headers, `${body} `, secret)).toBe(false);
  expect(shown.isFromSlipway(headers, body, "whsec_b3RoZXI=")).toBe(false);
});

test("after a roll both secrets prove a webhook", async () => {
  const old = await add();
  const { secret } = await rollSecret(pool, "shop", key);
  await tellSome(pool, ["pi_1"]);

  startTeller();
  await until("the webhook", () => receiver.received.length);

  const [got] = receiver.received;
  const signatures = String(got?.headers["webhook-signature"]).split(" ");
  expect(signatures).toEqual(got && [signatureOf(secret, got), signatureOf(old, got)]);
});

test("an event that fails holds back its own key alone, in order", async () => {
  let isMended = false;
  receiver.answerWith(({ key: of }) => (of === "pi_bad" && !isMended ? 500 : 204));
  await add();
  await tellSome(pool, ["pi_bad", "pi_1", "pi_bad", "pi_2"]);

  startTeller();
  await until("the others", () => receiver.taken().length === 2);
  // What was taken leaves the list a moment after its answer.
  const held = await until("the others to leave the list", async () => {
    const rows = await waitingDeliveries(pool, "shop");
    return rows.length <= 2 ? rows : undefined;
  });
  isMended = true;
  await until("all of it", () => receiver.taken().length === 4);

  expect(held.map((one) => one.position)).toEqual([1n, 3n]);
  expect(held[1]?.tries).toBe(0);
  const bad = receiver.received.filter(({ event }) => event.key === "pi_bad");
  const positions = bad.map(({ event }) => event.position);
  expect(positions.lastIndexOf("1")).toBeLessThan(positions.indexOf("3"));
  expect(new Set(bad.slice(0, -1).map(({ headers }) => headers["webhook-id"])).size).toBe(1);
});

test.each([
  ["a redirect", 302, "answered 302, and no redirect is followed"],
  ["silence", undefined, "no answer within 0.2 s"],
])("%s is a failure that says so", async (_name, status, words) => {
  receiver.answerWith(() => status);
  await add();
  await tellSome(pool, ["pi_1"]);

  startTeller({ ...QUICK, postWithinMs: 200 });
  const lastError = await until("the error", async () => {
    return (await readSubscriber(pool, "shop")).lastError;
  });

  expect(lastError).toBe(words);
});

test("a subscriber that takes nothing is asked with one delivery at a time", async () => {
  receiver.answerWith(() => 503);
  await add();
  await tellSome(
    pool,
    Array.from({ length: 40 }, (_, index) => `pi_${index}`),
  );

  startTeller({ ...QUICK, holdMs: [150] });
  await until("the hold and two probes", () => receiver.received.length >= 10);

  // Eight go out at once before anybody knows; then one for each hold.
  expect(receiver.received.length).toBeLessThan(20);
  receiver.answerWith(() => 204);
  await until("all of it", () => new Set(receiver.taken()).size === 40);
});

test("a subscriber that takes nothing for long is disabled, and loses nothing", async () => {
  receiver.answerWith(() => 500);
  await add();
  await tellSome(pool, ["pi_1", "pi_2"]);

  startTeller({ ...QUICK, disableAfterMs: 100 });
  const disabled = await until("the end", async () => {
    const { disabledReason } = await readSubscriber(pool, "shop");
    return disabledReason;
  });
  receiver.answerWith(() => 204);
  await enableSubscriber(pool, "shop");
  await until("all of it", () => receiver.taken().includes("pi_2"));

  expect(disabled).toContain("last it answered 500");
  const told = await pool.query<{ type: string }>(
    "select type from domain_event where key = 'subscriber:shop' order by id",
  );
  expect(told.rows.map(({ type }) => type)).toEqual(["subscriber.disabled", "subscriber.enabled"]);
  expect(receiver.taken()).toEqual(expect.arrayContaining(["pi_1", "pi_2"]));
});

test("an address that is gone for good is disabled at once", async () => {
  receiver.answerWith(() => 410);
  await add();
  await tellSome(pool, ["pi_1"]);

  startTeller();
  const reason = await until("the end", async () => {
    return (await readSubscriber(pool, "shop")).disabledReason;
  });

  expect(reason).toBe("it answered 410 Gone");
});

test("a replay tells the same events again under the same ids", async () => {
  await add({ types: ["order.booked"] });
  await tellSome(pool, ["pi_1"]);
  await tellSome(pool, ["pi_1"], { type: "metadata.written" });
  await tellSome(pool, ["pi_2"]);
  const teller = startTeller();
  await until("both", () => receiver.taken().length === 2);

  const count = await replaySubscriber(pool, "shop", { from: { after: 1n }, dryRun: false });
  teller.lookNow();
  await until("the second again", () => receiver.taken().length === 3);

  expect(count).toBe(1n);
  expect(receiver.taken()).toEqual(["pi_1", "pi_2", "pi_2"]);
  const [, second, again] = receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect(again).toBe(second);
});

test("a post that was under way when a replay began takes nothing from it", async () => {
  const answers: ((status: number) => void)[] = [];
  const queries = vi.spyOn(pool, "query");
  const settled = () =>
    queries.mock.settledResults.filter(
      ({ type }, index) =>
        type === "fulfilled" && Object.is(queries.mock.calls[index]?.[0], SETTLE_SQL),
    );
  receiver.answerWith(() => new Promise((resolve) => answers.push(resolve)));
  await add();
  await tellSome(pool, ["pi_1"]);
  await tellSome(pool, ["pi_1"]);
  const teller = startTeller();
  const answerNext = async (nr: number) => {
    await until(`post ${nr}`, () => answers.length === nr);
    answers[nr - 1]?.(204);
  };
  await answerNext(1);
  await until("the second post", () => answers.length === 2);

  await replaySubscriber(pool, "shop", { from: { after: 0n }, dryRun: false });
  teller.lookNow();
  await until("the first again", () => answers.length === 3);
  answers[1]?.(204);
  await until("the old post's end", () => settled().length === 2);
  answers[2]?.(204);
  await answerNext(4);
  await until("the end", async () => (await waitingDeliveries(pool, "shop")).length === 0);
  queries.mockRestore();

  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect(ids.slice(2)).toEqual(ids.slice(0, 2));
});

test("of two hubs one tells a subscriber, each event once", async () => {
  await add();
  startTeller();
  startTeller();

  for (let round = 0; round < 20; round += 1) {
    await tellSome(pool, [`a-${round}`, `b-${round}`]);
    for (const teller of tellers) teller.lookNow();
  }
  await until("all of it", () => receiver.taken().length >= 40);

  expect(new Set(receiver.taken()).size).toBe(40);
  expect(receiver.taken()).toHaveLength(40);
});

test("a lease that a dead hub left behind runs out, and its deliveries are sent", async () => {
  await add();
  await tellSome(pool, ["pi_1"]);
  await pool.query(
    `update subscriber set owner = 'dead', lease_until = clock_timestamp() + interval '300 ms'`,
  );

  startTeller();
  await until("the webhook", () => receiver.taken().length);

  expect(receiver.taken()).toEqual(["pi_1"]);
});

test("a disabled subscriber is told nothing", async () => {
  await add();
  await add({ id: "other" });
  await disableSubscriber(pool, "shop", { reason: "on holiday" });
  await tellSome(pool, ["pi_1"]);

  startTeller();
  await until("the other", () => receiver.taken().length);

  expect(await readSubscriber(pool, "shop")).toMatchObject({ state: "disabled", delivered: 0n });
});
