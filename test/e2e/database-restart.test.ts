import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/index.ts";
import { makeTestHome, removeTestHome, TEST_SETTINGS } from "../support/test-home.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, letMinutesPass } from "./time-passes.ts";

let home: string;
let server: EmbeddedPostgres;
let world: World;

beforeAll(async () => {
  home = await makeTestHome();
  server = await startEmbeddedPostgres({ home, settings: TEST_SETTINGS });
  world = await openWorld({}, { databaseUrl: server.url });
  await world.stripeAdmin("/webhooks", { firstRetryMs: 100, retryFactor: 1, retriesMax: 500 });
});

afterAll(async () => {
  await world.close();
  await server.stop();
  await removeTestHome(home);
});

async function killDatabase(): Promise<void> {
  const file = await readFile(join(server.dataDir, "postmaster.pid"), "utf8");
  process.kill(Number(file.split("\n")[0]), "SIGKILL");
}

/** Waits until one of the orders has been sent to SL and none has ended. */
async function untilUnderWay(orders: readonly Order[]): Promise<void> {
  await until("an order in the middle", async () => {
    const ids = orders.map((order) => order.id);
    const rows = await world.sql(
      "select 1 from intent where lane_key = any ($1) and stage = 'filling'",
      [ids],
    );
    return rows.length > 0;
  });
}

test("a database that dies in the middle of orders costs no event and no document", async () => {
  const effect = { kind: "latency", ms: 100 };
  await world.slAdmin("/faults", { match: {}, effect, times: null });
  const before = await Promise.all([0, 1, 2].map((more) => pay(world, 5_000 + more)));
  await untilUnderWay(before);

  await killDatabase();
  const during = await Promise.all([3, 4, 5].map((more) => pay(world, 5_000 + more)));
  await until(
    "the database to answer again",
    async () => (await world.sql("select 1")).length === 1,
  );
  await world.slAdmin("/faults", undefined, "DELETE");

  for (const order of [...before, ...during]) {
    await letMinutesPass(world, order, () => hasEnded(world, order));
    await expectBookedOnce(world, order);
    expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
  }
});
