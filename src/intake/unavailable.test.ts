import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createTestDatabase,
  type TestDatabase,
  unreachableUrl,
} from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { openPool } from "../db/index.ts";
import { finishLane, newOwnerName, startLaneWorker, wakeLanes } from "../lanes/index.ts";
import { GroupCommitter } from "./group-committer.ts";
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

describe("without a database", () => {
  test("every webhook gets 503 within two seconds, with the time to come again", async () => {
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

  test("a bad signature is still told apart", async () => {
    const pool = openPool(await unreachableUrl(), { applicationName: "nobody" });
    const intake = await startIntake(pool);

    const response = await post(
      intake.url,
      aWebhook(aChargeEvent("evt_1"), { secrets: ["whsec_x"] }),
    );

    expect(response.status).toBe(400);
    await intake.close();
    await pool.end();
  });
});

// Two seconds hold on a machine that has a core to spare; another test's burst may cost a try.
test("a database that goes dead is given up in two seconds, and found again", {
  retry: 2,
}, async () => {
  const proxy = await openTcpProxy(database.url);
  const pool = openPool(proxy.url, { applicationName: "behind-proxy", max: 4 });
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

test("a lane worker finds a database again that went dead", async () => {
  const proxy = await openTcpProxy(database.url);
  const pool = openPool(database.url, { applicationName: "lanes-test", max: 2 });
  const worked: string[] = [];
  const worker = startLaneWorker({
    pool,
    url: proxy.url,
    owner: newOwnerName(),
    pairs: () => [{ pair: "quiet", limit: 4 }],
    maxLanes: 4,
    work: async (lane) => {
      await finishLane(pool, lane, { dueInMs: null, tries: 0 });
      worked.push(lane.key);
    },
  });
  await wakeLanes(pool, [{ pair: "quiet", key: "pi_before" }]);
  await until("the first run", () => worked.length === 1);

  proxy.freeze();
  await wakeLanes(pool, [{ pair: "quiet", key: "pi_during" }]);
  await until("the connections to be given up", () => !worker.isRunning(), 12_000);
  proxy.thaw();

  // The claim that hung may still be done by the server, with nobody to hear it: one lease is lost.
  await until("the second run", () => worked.length === 2, 25_000);
  expect(worked).toEqual(["pi_before", "pi_during"]);
  await worker.stop();
  await pool.end();
  await proxy.close();
}, 60_000);

test("more events than the queue holds are refused at once", async () => {
  const proxy = await openTcpProxy(database.url);
  proxy.freeze();
  const pool = openPool(proxy.url, { applicationName: "behind-proxy", max: 4 });
  const committer = new GroupCommitter({ pool, queueEventsMax: 10 });
  const body = Buffer.from("x");
  const event = (n: number) => ({
    ...{ pair: "acme", id: `evt_${n}`, type: "charge.succeeded", apiVersion: null },
    ...{ livemode: false, objectId: null, laneKey: "pi_1", endReason: null, body },
    signedSha256: null,
    createdAt: new Date(),
  });
  const answers: string[] = [];

  const startedAtMs = performance.now();
  const all = Array.from({ length: 15 }, (_, n) =>
    committer.add(event(n)).catch((error: Error) => {
      answers.push(
        `${error.message} ${performance.now() - startedAtMs < 500 ? "at once" : "late"}`,
      );
    }),
  );
  await Promise.all(all);

  const refused = answers.filter((answer) => answer.endsWith("at once"));
  expect(refused).toEqual(Array(5).fill("Too many events wait to be stored at once"));
  await pool.end();
  await proxy.close();
});
