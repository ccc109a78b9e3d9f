import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createTestDatabase,
  type TestDatabase,
  unreachableUrl,
} from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { openPool, SHORT_CONNECT_MS } from "../db/index.ts";
import { finishLane, newOwnerName, startLaneWorker, wakeLanes } from "../lanes/index.ts";
import { GroupCommitter } from "./group-committer.ts";
import { startIntake } from "./testing/intake-server.ts";
import { openTcpProxy } from "./testing/tcp-proxy.ts";
import { aChargeEvent, aWebhook, post } from "./testing/webhook.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test("a bad signature is told apart without a database too", async () => {
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
});

test("more events than the queue holds are refused at once", async () => {
  const proxy = await openTcpProxy(database.url);
  proxy.freeze();
  const pool = openPool(proxy.url, {
    applicationName: "behind-proxy",
    max: 4,
    connectWithinMs: SHORT_CONNECT_MS,
  });
  const committer = new GroupCommitter({ pool, queueEventsMax: 10 });
  const body = Buffer.from("x");
  const event = (n: number) => ({
    ...{ pair: "acme", id: `evt_${n}`, type: "charge.succeeded", apiVersion: null },
    ...{ livemode: false, objectId: null, laneKey: "pi_1", endReason: null, body },
    signedSha256: null,
    via: "webhook" as const,
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
