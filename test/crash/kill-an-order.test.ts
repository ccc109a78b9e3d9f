import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/wait.ts";
import type { Stop, StopAt } from "./support/barrier.ts";
import {
  type CrashWorld,
  openCrashWorld,
  PATIENCE_MS,
  type Row,
  type Seat,
} from "./support/crash-world.ts";
import { endLeases, eventTrouble, passHorizon, untilBooked } from "./support/database-view.ts";
import { ORDER_STEP_CALLS } from "./support/effects.ts";
import type { HubProcess } from "./support/hub-process.ts";
import type { Order } from "./support/orders.ts";
import { stopOrders } from "./support/stop-orders.ts";

// One sales order for each write by which it and its money come to stand, each stopped at its own:
// then the hub is killed, and one kill tries them all.

const PER_TEST = { timeout: 120_000 };

let database: TestDatabase;
let world: CrashWorld;
let seat: Seat;
let hub: HubProcess;
let orders: readonly Order[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  world = await openCrashWorld(database.url);
  seat = await world.seat({ mode: "sales-order" });
  hub = await seat.start();
});

afterEach(async () => {
  expect(await Promise.all(orders.map(standing))).toEqual(orders.map(standingOnce));
  expect(await eventTrouble(world.pool)).toEqual([]);
});

afterAll(async () => {
  await world?.close();
  await database?.drop();
});

async function stopEach(at: StopAt): Promise<readonly Stop[]> {
  const stopped = await stopOrders(world, { seat, hub }, ORDER_STEP_CALLS, at);
  orders = stopped.orders;
  return stopped.stops;
}

/** Waits until every order is booked, and every event of Stripe's has come and has its end. */
async function untilStanding(): Promise<void> {
  await untilBooked(world.pool, orders);
  await until(
    "every event to have its end",
    async () => {
      const { state } = await world.stripeAdmin<{ state: { pending: number } }>("/webhooks");
      const open = await world.pool.query("select 1 from event where end_state is null limit 1");
      return state.pending === 0 && open.rowCount === 0;
    },
    PATIENCE_MS,
  );
}

/** What SL holds for an order: the order itself, its money, and nothing else. */
async function standing({ intentId, chargeId }: Order) {
  const of = async (table: string, id: string) =>
    (await world.slRows(table)).filter((row) => text(row.User1) === id);
  const placed = await of("SOHeader", intentId);
  const { metadata } = await world.stripe.paymentIntents.retrieve(intentId);
  return {
    orders: placed.map((row) => (row.AdminHold === 0 ? "let go" : "on hold")),
    money: (await of("ARDoc", chargeId)).map(moneyText),
    isWrittenBack: metadata.DynamicsSL_OrderNbr === text(placed[0]?.OrdNbr),
  };
}

function standingOnce({ amountMinor }: Order) {
  const amount = (amountMinor / 100).toFixed(2);
  return {
    orders: ["let go"],
    money: [`PP released ${amount} open ${amount}`],
    isWrittenBack: true,
  };
}

function moneyText(row: Row): string {
  const state = row.Rlsed === 1 ? "released" : "held";
  const [amount, open] = [row.OrigDocAmt, row.DocBal].map((value) => Number(value).toFixed(2));
  return `${text(row.DocType)} ${state} ${amount} open ${open}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

test(
  "a hub killed before the call arrives places and pays every order once",
  PER_TEST,
  async () => {
    const stops = await stopEach("request");

    await hub.kill();
    for (const stop of stops) stop.swallow();
    await endLeases(world.pool);
    await passHorizon(world.pool);
    hub = await seat.start();

    await untilStanding();
  },
);

test(
  "a hub killed between effect and answer places and pays every order once",
  PER_TEST,
  async () => {
    const stops = await stopEach("answer");

    await hub.kill();
    for (const stop of stops) stop.swallow();
    await endLeases(world.pool);
    hub = await seat.start();

    await untilStanding();
  },
);
