import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { type CrashWorld, openCrashWorld, type Seat } from "./support/crash-world.ts";
import { eventTrouble, untilBooked, untilQuiet } from "./support/database-view.ts";
import { stepCall } from "./support/effects.ts";
import { bookedOnce, booksOf } from "./support/orders.ts";
import { stopOrders } from "./support/stop-orders.ts";

/** What the parent process and every service manager grant before they kill. */
const STOP_WITHIN_MS = 30_000;

let database: TestDatabase;
let world: CrashWorld;
let seat: Seat;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await openCrashWorld(database.url);
  seat = await world.seat();
});

afterAll(async () => {
  await world?.close();
  await database?.drop();
});

test("a hub asked to stop gives back what the next start finishes", async () => {
  const hub = await seat.start();
  const steps = ["invoice fill", "customer create", "payment fill", "payment reserve"];
  const { orders, stops } = await stopOrders(world, { seat, hub }, steps.map(stepCall), "answer");

  const askedAtMs = performance.now();
  hub.signal("SIGTERM");
  // Of the first order SL answers in time; of the others it never does.
  stops[0]?.letGo();
  await untilBooked(world.pool, orders.slice(0, 1));
  const wasAtWork = hub.isRunning();
  const exit = await hub.ended;
  const tookMs = performance.now() - askedAtMs;
  const lanes = await world.pool.query<{ n: number }>(
    `select count(*)::int as n from lane where owner is null and due_at <= clock_timestamp()
     and key = any ($1)`,
    [orders.slice(1).map((order) => order.intentId)],
  );
  const left = await world.pool.query("select 1 from lane where owner is not null");
  const hubs = await world.pool.query("select 1 from hub_process");
  const next = await seat.start();
  await untilQuiet(world, orders);

  expect([wasAtWork, exit]).toEqual([true, 0]);
  expect(tookMs).toBeLessThan(STOP_WITHIN_MS);
  expect(lanes.rows[0]?.n).toBe(orders.length - 1);
  expect([left.rowCount, hubs.rowCount]).toEqual([0, 0]);
  expect(await booksOf(world, orders)).toEqual(orders.map(bookedOnce));
  expect(await eventTrouble(world.pool)).toEqual([]);
  await next.kill();
});

test("an idle hub ends at once", async () => {
  const hub = await seat.start();

  const askedAtMs = performance.now();
  hub.signal("SIGTERM");
  const exit = await hub.ended;

  expect(exit).toBe(0);
  expect(performance.now() - askedAtMs).toBeLessThan(5_000);
});
