import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/wait.ts";
import type { Stop, StopAt } from "./support/barrier.ts";
import { type CrashWorld, openCrashWorld, PATIENCE_MS, type Seat } from "./support/crash-world.ts";
import {
  endHubConnections,
  endLeases,
  eventTrouble,
  lockIntents,
  lookAgain,
  movesThatWait,
  passHorizon,
  untilQuiet,
} from "./support/database-view.ts";
import { ROUNDS, STEP_CALLS } from "./support/effects.ts";
import type { HubProcess } from "./support/hub-process.ts";
import { bookedOnce, booksOf, emptyBatches, type Order } from "./support/orders.ts";
import { stopOrders } from "./support/stop-orders.ts";

// One order for each outside write of a charge, each stopped at its own: then the hub is killed,
// and one kill tries them all.

let database: TestDatabase;
let world: CrashWorld;
let seat: Seat;
let hub: HubProcess;
let orders: readonly Order[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  world = await openCrashWorld(database.url);
  seat = await world.seat();
  hub = await seat.start();
});

afterEach(async () => {
  expect(await booksOf(world, orders)).toEqual(orders.map(bookedOnce));
  expect(await eventTrouble(world.pool)).toEqual([]);
});

afterAll(async () => {
  await world?.close();
  await database?.drop();
});

test("every outside write of a charge is tried", () => {
  const tried = ROUNDS.flatMap((round) => round.steps);

  expect(new Set(tried)).toEqual(new Set(STEP_CALLS));
});

describe.each(ROUNDS)("at $name", { timeout: 120_000 }, ({ steps }) => {
  const reservations = steps.filter((step) => step.name.endsWith(" reserve")).length;
  let emptyBefore: number;

  beforeEach(async () => {
    emptyBefore = (await emptyBatches(world)).length;
  });

  async function stopEach(at: StopAt): Promise<readonly Stop[]> {
    const stopped = await stopOrders(world, { seat, hub }, steps, at);
    orders = stopped.orders;
    return stopped.stops;
  }

  async function emptyBatchesLeft(): Promise<number> {
    return (await emptyBatches(world)).length - emptyBefore;
  }

  test("a hub killed before the call arrives books every order once", async () => {
    const stops = await stopEach("request");

    await hub.kill();
    for (const stop of stops) stop.swallow();
    await endLeases(world.pool);
    await passHorizon(world.pool);
    hub = await seat.start();
    await untilQuiet(world, orders);

    expect(await emptyBatchesLeft()).toBe(0);
  });

  test("a hub killed between a call's effect and its answer books every order once", async () => {
    const stops = await stopEach("answer");

    await hub.kill();
    for (const stop of stops) stop.swallow();
    await endLeases(world.pool);
    hub = await seat.start();
    await untilQuiet(world, orders);

    expect(await emptyBatchesLeft()).toBe(reservations);
  });

  test("a hub killed between an answer and the next save books every order once", async () => {
    const stops = await stopEach("answer");
    const unlock = await lockIntents(world, orders);
    for (const stop of stops) stop.letGo();
    await until(
      "every answer to be about to be saved",
      async () => (await movesThatWait(world.pool)) === orders.length,
      PATIENCE_MS,
    );

    await hub.kill();
    await endHubConnections(world.pool);
    await unlock();
    await endLeases(world.pool);
    hub = await seat.start();
    await untilQuiet(world, orders);

    expect(await emptyBatchesLeft()).toBe(reservations);
  });

  test("a dead hub's calls that take effect after the next start book nothing twice", async () => {
    const stops = await stopEach("request");

    await hub.kill();
    await endLeases(world.pool);
    hub = await seat.start();
    // Fills and young releases are waited for; all else is done again before the old call comes.
    await untilLookedAt();
    for (const stop of stops) stop.letGo();
    await until("the late calls to arrive", () => stops.every((stop) => stop.isCarriedOut()));
    await lookAgain(world.pool);
    await untilQuiet(world, orders);

    expect(await emptyBatchesLeft()).toBe(reservations);
  });
});

/** Waits until the new hub has booked each order, or found a call in doubt and waits for it. */
async function untilLookedAt(): Promise<void> {
  await until(
    "the new hub to have looked at every order",
    async () => {
      const found = await world.pool.query<{ n: number }>(
        `select count(distinct lane_key)::int as n from run
         where lane_key = any ($1) and outcome in ('booked', 'waiting')`,
        [orders.map((order) => order.intentId)],
      );
      return found.rows[0]?.n === orders.length;
    },
    PATIENCE_MS,
  );
}
