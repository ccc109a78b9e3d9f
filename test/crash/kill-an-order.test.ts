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
import {
  isRelease,
  ORDER_STEP_CALLS,
  SHIPPED_STEP_CALLS,
  type StepCall,
} from "./support/effects.ts";
import type { HubProcess } from "./support/hub-process.ts";
import { type Order, placeOrders } from "./support/orders.ts";
import { stopOrders } from "./support/stop-orders.ts";

// One sales order for each write by which it and its money come to stand, each stopped at its own:
// then the hub is killed, and one kill tries them all.

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

test("a hub killed before the call arrives places and pays every order once", async () => {
  const stops = await stopEach("request");

  await hub.kill();
  for (const stop of stops) stop.swallow();
  await endLeases(world.pool);
  await passHorizon(world.pool);
  hub = await seat.start();

  await untilStanding();
});

test("a hub killed between effect and answer places and pays every order once", async () => {
  const stops = await stopEach("answer");

  await hub.kill();
  for (const stop of stops) stop.swallow();
  await endLeases(world.pool);
  hub = await seat.start();

  await untilStanding();
});

/** What SL holds of the money and invoices of an order, and of the memo that closed its rest. */
async function documentsOf({ intentId, chargeId }: Order): Promise<string[]> {
  const rows = await world.slRows("ARDoc");
  const orders = await world.slRows("SOHeader");
  const number = orders.find((row) => text(row.User1) === intentId)?.OrdNbr;
  const isOwn = (row: Row) =>
    text(row.DocType) !== "VT" &&
    ([intentId, chargeId].includes(text(row.User1)) || text(row.OrdNbr) === text(number));
  return rows.filter(isOwn).map(moneyText).toSorted();
}

/** Ships an order two cents cheaper where a memo is to close its rest, and has the hub look. */
async function shipOne({ intentId, amountMinor }: Order, isCheaper: boolean): Promise<void> {
  const orders = await world.slRows("SOHeader");
  const number = text(orders.find((row) => text(row.User1) === intentId)?.OrdNbr);
  const price = (amountMinor - (isCheaper ? 2 : 0)) / 100;
  await world.slAdmin(`/orders/${number}/ship`, { lines: [{ lineRef: "1", price }] });
  await world.pool.query("update lane set due_at = now(), wake = wake + 1 where key = $1", [
    intentId,
  ]);
}

// A pair has one release at a time, so one kill takes one of the two.
test.each([
  ["before the call arrives", "request", "rounding release"],
  ["between effect and answer", "answer", "apply release"],
] as const)("a hub killed %s pays every shipped order once", async (...row) => {
  const [, at, left] = row;
  const shipped = await standStill(
    SHIPPED_STEP_CALLS.filter(({ name }) => name !== left),
    at,
  );

  await hub.kill();
  for (const { stop } of shipped) stop.swallow();
  await endLeases(world.pool);
  // What never arrived counts as absent only once it cannot arrive any more.
  if (at === "request") await passHorizon(world.pool);
  hub = await seat.start();
  await until("every order to be closed", allClosed(shipped), PATIENCE_MS);

  const found = await Promise.all(shipped.map(({ order }) => documentsOf(order)));
  expect(found).toEqual(shipped.map(closedOnce));
});

type Shipped = Readonly<{ order: Order; isCheaper: boolean; stop: Stop }>;

/** Places an order for each step, ships it once it stands, and waits until all are stopped. */
async function standStill(steps: readonly StepCall[], at: StopAt): Promise<readonly Shipped[]> {
  orders = await placeOrders(world, steps.length);
  await world.deliver();
  await untilStanding();
  const standing = orders;
  orders = [];
  const shipped: Shipped[] = [];
  const ship = async (isLast: boolean) => {
    for (const [n, step] of steps.entries()) {
      const order = standing[n];
      if (order === undefined || isRelease(step) !== isLast) continue;
      const isCheaper = step.name.startsWith("rounding");
      shipped.push({ order, isCheaper, stop: seat.stop(step, order, at) });
      await shipOne(order, isCheaper);
    }
    const isHeld = () => shipped.every(({ stop }) => stop.isHeld());
    await until("the calls to stand", isHeld, PATIENCE_MS);
  };
  // Whatever waits for its turn to release comes before the release that keeps it.
  await ship(false);
  await ship(true);
  return shipped;
}

function allClosed(shipped: readonly Shipped[]) {
  return async () => {
    const { rowCount } = await world.pool.query(
      "select from sales_order where state = 'closed' and left_over = 0 and object = any ($1)",
      [shipped.map(({ order }) => order.intentId)],
    );
    return rowCount === shipped.length;
  };
}

function closedOnce({ order: { amountMinor }, isCheaper }: Shipped): string[] {
  const amount = (minor: number) => (minor / 100).toFixed(2);
  const memo = isCheaper ? ["DM released 0.02 open 0.00"] : [];
  const invoice = amount(amountMinor - (isCheaper ? 2 : 0));
  const paid = amount(amountMinor);
  return [...memo, `IN released ${invoice} open 0.00`, `PP released ${paid} open 0.00`];
}
