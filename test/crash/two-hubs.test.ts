import { afterAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/postgres.ts";
import { until } from "../support/wait.ts";
import { type CrashWorld, openCrashWorld, PATIENCE_MS, type Seat } from "./support/crash-world.ts";
import {
  eventTrouble,
  lockIntents,
  movesThatWait,
  passHorizon,
  untilBooked,
  untilQuiet,
  untilTakenOver,
} from "./support/database-view.ts";
import { isSlWrite, stepCall } from "./support/effects.ts";
import type { HubProcess } from "./support/hub-process.ts";
import { bookedOnce, booksOf, type Order, placeOrders } from "./support/orders.ts";
import { stopOrders } from "./support/stop-orders.ts";

const TAKE_OVER_WITHIN_MS = 20_000;

/** Two seats in a world of its own: the tests wait for a dead hub's leases side by side. */
type Two = Readonly<{ world: CrashWorld; first: Seat; second: Seat; close(): Promise<void> }>;

const opened: Two[] = [];

afterAll(() => Promise.all(opened.map((two) => two.close())));

async function twoSeats(): Promise<Two> {
  const database = await createTestDatabase();
  const world = await openCrashWorld(database.url);
  const [first, second] = [await world.seat(), await world.seat()];
  const close = async () => {
    await world.close();
    await database.drop();
  };
  const two = { world, first, second, close };
  opened.push(two);
  return two;
}

async function expectBooksInOrder({ world }: Two, orders: readonly Order[]): Promise<void> {
  expect(await booksOf(world, orders)).toEqual(orders.map(bookedOnce));
  expect(await eventTrouble(world.pool)).toEqual([]);
}

/** Stops an order at each of these steps of the first hub, when SL has carried the step out. */
function stopAfter({ world, first }: Two, hub: HubProcess, steps: readonly string[]) {
  return stopOrders(world, { seat: first, hub }, steps.map(stepCall), "answer");
}

test.concurrent("the work of a killed hub is taken over within 20 s, once", async () => {
  const two = await twoSeats();
  const { world, first, second } = two;
  const victim = await first.start();
  const steps = ["customer create", "invoice fill", "payment reserve", "payment release"];
  const { orders: stopped, stops } = await stopAfter(two, victim, steps);
  const heir = await second.start();

  await victim.kill();
  for (const stop of stops) stop.swallow();
  const orders = [...stopped, ...(await placeOrders(world, 1))];
  await world.deliver();
  const tookMs = await untilTakenOver(world.pool, victim.pid);
  await untilBooked(world.pool, orders);

  expect(tookMs).toBeLessThan(TAKE_OVER_WITHIN_MS);
  // The events that Stripe still owes the dead hub must change nothing.
  const again = await first.start();
  await untilQuiet(world, orders);
  await Promise.all([again.kill(), heir.kill()]);
  await expectBooksInOrder(two, orders);
});

test.concurrent("a hub frozen over an order cannot write it any more, and works on", async () => {
  const two = await twoSeats();
  const { world, first, second } = two;
  const frozen = await first.start();
  // The first order's answer is still to come; the others are claimed but not sent yet.
  const sent = await stopAfter(two, frozen, ["invoice fill"]);
  const claimed = await stopAfter(two, frozen, ["invoice reserve", "payment fill"]);
  const orders = [...sent.orders, ...claimed.orders];
  const unlock = await lockIntents(world, claimed.orders);
  for (const stop of claimed.stops) stop.letGo();
  await until(
    "the next sends to be claimed",
    async () => (await movesThatWait(world.pool)) === claimed.orders.length,
    PATIENCE_MS,
  );
  frozen.signal("SIGSTOP");
  await unlock();
  const heir = await second.start();
  await untilTakenOver(world.pool, frozen.pid);
  await passHorizon(world.pool);
  await untilBooked(world.pool, orders);
  const callsBefore = first.sl.calls.length;

  frozen.signal("SIGCONT");
  for (const stop of sent.stops) stop.letGo();
  await until(
    "the thawed hub to notice that its lanes are gone",
    () => orders.every((order) => fencedLanes(frozen).includes(order.intentId)),
    PATIENCE_MS,
  );

  expect(first.sl.calls.slice(callsBefore).filter(isSlWrite)).toEqual([]);
  await heir.kill();
  const [next] = await placeOrders(world, 1);
  if (next !== undefined) orders.push(next);
  await world.deliver();
  await untilBooked(world.pool, orders);
  const rest = await second.start();
  await untilQuiet(world, orders);
  await Promise.all([frozen.kill(), rest.kill()]);
  await expectBooksInOrder(two, orders);
});

/** The lanes that a hub has logged as lost. */
function fencedLanes(hub: HubProcess): string[] {
  const lines = hub
    .log()
    .split("\n")
    .filter((line) => /^\{.*"lane\.fenced"/.test(line));
  return lines.map((line) => (JSON.parse(line) as { lane: string }).lane);
}
