import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createTestDatabase,
  type TestDatabase,
  unreachableUrl,
} from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { openPool, SHORT_CONNECT_MS } from "../db/index.ts";
import { startIntake } from "./testing/intake-server.ts";
import { openTcpProxy } from "./testing/tcp-proxy.ts";
import { aChargeEvent, aWebhook, post } from "./testing/webhook.ts";

const WITHIN_MS = 2_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Sends events at once; gives their statuses and the time until the last answer. */
async function sendAll(url: string, ids: readonly string[]) {
  const startedAtMs = performance.now();
  const responses = await Promise.all(ids.map((id) => post(url, aWebhook(aChargeEvent(id)))));
  const tookMs = performance.now() - startedAtMs;
  return { responses, statuses: responses.map(({ status }) => status), tookMs };
}

test("without a database a webhook gets 503 in two seconds, and when to come again", async () => {
  const pool = openPool(await unreachableUrl(), { applicationName: "nobody" });
  const intake = await startIntake(pool);

  const sent = await sendAll(intake.url, ["evt_1", "evt_2", "evt_3"]);

  expect(sent.statuses).toEqual([503, 503, 503]);
  expect(sent.tookMs).toBeLessThan(WITHIN_MS);
  expect(sent.responses[0]?.headers.get("retry-after")).toBe("5");
  expect(await sent.responses[0]?.json()).toMatchObject({
    error: { code: "intake.unavailable" },
  });
  await intake.close();
  await pool.end();
});

test("a database that goes dead is given up in two seconds, and found again", async () => {
  const proxy = await openTcpProxy(database.url);
  const pool = openPool(proxy.url, {
    applicationName: "behind-proxy",
    max: 4,
    connectWithinMs: SHORT_CONNECT_MS,
  });
  const intake = await startIntake(pool);
  const before = await sendAll(intake.url, ["evt_before"]);

  proxy.freeze();
  const ids = Array.from({ length: 20 }, (_, n) => `evt_dead_${n}`);
  const during = await sendAll(intake.url, ids);
  proxy.thaw();

  expect(before.statuses).toEqual([200]);
  expect(new Set(during.statuses)).toEqual(new Set([503]));
  expect(during.tookMs).toBeLessThan(WITHIN_MS);
  await until("the intake to take events again", async () => {
    const again = await sendAll(intake.url, ids);
    return again.statuses.every((status) => status === 200);
  });
  await intake.close();
  await pool.end();
  await proxy.close();
});
