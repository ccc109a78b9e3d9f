import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpReceiver, openHttpReceiver } from "../../src/alerts/testing/receivers.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";

const ORDERS = 30;
/** Thirty orders are 200 calls to SL; a machine that does other things besides takes its time. */
const BOOKED_WITHIN_MS = 150_000;

let world: World;
let receiver: HttpReceiver;

beforeAll(async () => {
  receiver = await openHttpReceiver();
  process.env.ALERT_SECRET = Buffer.alloc(32, 7).toString("base64");
  world = await openWorld();
  // A machine whose disk is nearly full is not what this test is about.
  appendFileSync(
    join(world.home, "slipway.yaml"),
    [
      "alerts:",
      "  channels:",
      `    pager: {type: webhook, url: "${receiver.url}", secret: env:ALERT_SECRET}`,
      "  limits: {disk-free: 1}",
      "",
    ].join("\n"),
  );
  await world.set("outcome-horizon", 331);
});

afterAll(async () => {
  await world.close();
  await receiver.close();
  delete process.env.ALERT_SECRET;
});

type Notice = Readonly<{ type: string; data: Row }>;

const told = () => receiver.got.map(({ body }) => JSON.parse(body) as Notice);

/** The rules are looked at now instead of at the next full minute. */
async function lookAtRules(): Promise<void> {
  await world.sql("update alert_round set due_at = now()");
  await until("the rules to be looked at", async () => {
    const rows = await world.sql("select 1 from alert_round where due_at > now()");
    return rows.length > 0;
  });
}

/** What waits for its next try is due now, and so is the next probe of SL. */
const dueNow = () =>
  world.sql(`
    with probed as (update pair_state set probe_at = now() where circuit = 'open'),
      due as (
        update lane set due_at = now() where owner is null and due_at > now() returning pair
      )
    select pg_notify('slipway_lane', pair) from (select distinct pair from due) as one`);

async function circuit(): Promise<unknown> {
  const { pairs } = await world.api<{ pairs: Row[] }>("/api/lanes");
  return pairs[0]?.circuit;
}

async function hasBooked(orders: readonly Order[]): Promise<boolean> {
  const rows = await world.sql(
    "select distinct lane_key from event where lane_key = any ($1) and end_state = 'booked'",
    [orders.map(({ id }) => id)],
  );
  return rows.length === orders.length;
}

test("an SL outage during many orders is one notice, and one when it is over", async () => {
  await world.stopSl();
  const orders = await Promise.all(
    Array.from({ length: ORDERS }, (_, index) => pay(world, 5_000 + index)),
  );
  await until("the circuit to open", async () => {
    await dueNow();
    return (await circuit()) === "open";
  });
  await lookAtRules();
  await until("a notice", () => told().length > 0);
  await lookAtRules();
  await lookAtRules();
  const during = told();

  await world.startSl();
  await until(
    "all orders to be booked",
    async () => {
      await dueNow();
      return hasBooked(orders);
    },
    BOOKED_WITHIN_MS,
  );
  await until("the end to be told", async () => {
    await lookAtRules();
    return told().length > during.length;
  });

  expect(during).toMatchObject([
    { type: "alert.opened", data: { rule: "circuit-open", pair: world.pair } },
  ]);
  expect(during[0]?.data.count).toBe(ORDERS);
  expect(String(during[0]?.data.cure)).toContain("Bring the ctAPI server");
  expect(told().map(({ type }) => type)).toEqual(["alert.opened", "alert.resolved"]);
  for (const order of orders.slice(0, 2)) await expectBookedOnce(world, order);
});

test("the API lists the alert with its end, and a test notice reaches the channel", async () => {
  const before = told().length;

  const { rows, channels } = await world.api<{ rows: Row[]; channels: Row[] }>(
    "/api/alerts?state=all",
  );
  const tested = await world.api<{ channels: Row[] }>("/api/alerts/test", {
    method: "POST",
    body: {},
  });

  expect(rows).toMatchObject([
    { rule: "circuit-open", notices: 1, resolvedAt: expect.any(String) as unknown },
  ]);
  expect(channels).toMatchObject([{ name: "pager", type: "webhook", error: null, waiting: 0 }]);
  expect(tested.channels).toEqual([{ name: "pager", type: "webhook", error: null }]);
  expect(told().slice(before)).toMatchObject([{ type: "alert.test" }]);
});

test("a disabled webhook endpoint is told with its id", async () => {
  await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: true });
  await world.restartHub();

  const notice = await until("the endpoint to be told", async () => {
    await lookAtRules();
    return told().find(({ data }) => data.rule === "endpoint");
  });

  expect(notice.data).toMatchObject({ key: "disabled", records: [world.endpointId] });
});
