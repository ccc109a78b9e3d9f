import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedPostgres, migrate, startEmbeddedPostgres } from "../../src/db/index.ts";
import { makeTestHome, removeTestHome, TEST_SETTINGS } from "../support/test-home.ts";
import { until } from "../support/wait.ts";
import { type CrashWorld, openCrashWorld, PATIENCE_MS, type Seat } from "./support/crash-world.ts";
import { eventTrouble, untilBooked, untilQuiet } from "./support/database-view.ts";
import { stepCall } from "./support/effects.ts";
import type { HubProcess } from "./support/hub-process.ts";
import { bookedOnce, booksOf, placeOrders } from "./support/orders.ts";
import { stopOrders } from "./support/stop-orders.ts";

let home: string;
let server: EmbeddedPostgres;
let world: CrashWorld;
let seat: Seat;
let hub: HubProcess;

beforeAll(async () => {
  home = await makeTestHome();
  server = await startEmbeddedPostgres({ home, settings: TEST_SETTINGS });
  await migrate(server.url);
  world = await openCrashWorld(server.url);
  seat = await world.seat();
  hub = await seat.start();
});

afterAll(async () => {
  await world?.close();
  await server?.stop();
  await removeTestHome(home);
});

/** The statuses that Stripe got for its newest tries, by event. */
async function statuses(): Promise<(number | null)[]> {
  type Delivery = { status: string; last_status: number | null };
  const { deliveries } = await world.stripeAdmin<{ deliveries: Delivery[] }>("/deliveries");
  return deliveries.filter((row) => row.status === "pending").map((row) => row.last_status);
}

test("webhooks get 503 until the database is back, then all is booked once", async () => {
  const steps = [stepCall("customer create"), stepCall("invoice fill")];
  const caught = await stopOrders(world, { seat, hub }, steps, "answer");
  const meanwhile = await placeOrders(world, 1);

  await server.stop();
  for (const stop of caught.stops) stop.letGo();
  await world.deliver();
  const refused = await until(
    "every webhook to be answered",
    async () => {
      const found = await statuses();
      return found.length > 0 && found.every((status) => status !== null) ? found : undefined;
    },
    PATIENCE_MS,
  );
  server = await startEmbeddedPostgres({ home, settings: TEST_SETTINGS });
  const orders = [...caught.orders, ...meanwhile];
  await untilBooked(world.pool, orders);
  await untilQuiet(world, orders);

  expect(new Set(refused)).toEqual(new Set([503]));
  expect(hub.isRunning()).toBe(true);
  expect(new URL(server.url).port).toBe(new URL(world.databaseUrl).port);
  expect(await booksOf(world, orders)).toEqual(orders.map(bookedOnce));
  expect(await eventTrouble(world.pool)).toEqual([]);
});
