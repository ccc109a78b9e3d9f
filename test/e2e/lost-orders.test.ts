import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed } from "./books.ts";
import { aPrice, checkOut, type Order } from "./orders.ts";
import { holdComparisons, loseHub, trustLineage, wake } from "./restores.ts";

/*
 * Sales orders of a hub that lost its database and goes on without a rebuild: all it knows it finds
 * in SL, order by order. A comparison would pause the pair for what the hub does not know.
 */

/** Later than any outcome is waited for. */
const LATE_MS = 600_000;

let world: World;
let letCompare: () => Promise<void>;

beforeAll(async () => {
  world = await openWorld({ mode: "sales-order" });
  letCompare = await holdComparisons(world);
});

afterAll(async () => {
  await letCompare();
  await world.close();
});

type Bought = Order & Readonly<{ number: string }>;

/** An order of two widgets for 75.00 each, as it stands in SL with its money; nothing is amiss. */
async function anOrder(): Promise<Bought> {
  await trustLineage(world);
  const price = await aPrice(world, 7_500, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const order = await checkOut(world, { line_items: [{ price, quantity: 2 }] });
  const { orderNumber } = await untilLedger(order, ({ state }) => state === "open");
  return { ...order, number: String(orderNumber) };
}

/** The ledger of a sales order once this is true of it. */
function untilLedger(order: Order, isSo: (ledger: Row) => boolean): Promise<Row> {
  return until(`the ledger of ${order.id}`, async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/orders");
    return rows.find((row) => row.object === order.id && isSo(row));
  });
}

const look = ({ number }: Bought) =>
  world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });

/** Gives money back, and waits for this many released memos of it. */
async function giveBack(order: Order, amount: number, memos: number): Promise<Stripe.Refund> {
  const refund = await world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "", amount });
  await until(`${memos} released memos of ${refund.id}`, async () => {
    const found = await documentsOf(world, [refund.id]);
    return (
      found.length === memos && found.every(({ Rlsed, DocBal }) => Rlsed === 1 && DocBal === 0)
    );
  });
  return refund;
}

/** Waits until nobody is at the order, nothing is due for it, and no event of it is on its way. */
function untilIdle({ id }: Order): Promise<boolean> {
  return until(`${id} to be left alone`, async () => {
    const { state } = await world.stripeAdmin<{ state: Sending }>("/webhooks");
    if (state.queued + state.inFlight + state.pending > 0) return false;
    const busy = await world.sql(
      `select from lane where key = $1 and (owner is not null or due_at <= now())
       union all select from event where lane_key = $1 and end_state is null`,
      [id],
    );
    return busy.length === 0;
  });
}

type Sending = Readonly<{ queued: number; inFlight: number; pending: number }>;

/** Nothing of the hub's database is left; then the order is worked on as an event would have it. */
async function loseAndWake(order: Order): Promise<void> {
  await untilIdle(order);
  await loseHub(world);
  await wake(world, order.id);
  await world.ended(order.id);
  await untilIdle(order);
}

/** Hub and SL count as of one mind, whatever the hub has forgotten. */
async function agreeAgain(): Promise<void> {
  // The hub has yet to notice the loss, and would distrust what is said of its database before.
  await world.restartHub();
  await trustLineage(world);
}

/** The documents that memos are about. */
const originals = (memos: readonly Row[]) => memos.map(({ OrigDocNbr }) => trimmed(OrigDocNbr));

test("a refund is found with its invoice, and the next ones name it too", async () => {
  const order = await anOrder();
  await world.slAdmin(`/orders/${order.number}/ship`, {});
  await look(order);
  await untilLedger(order, ({ state, left }) => state === "closed" && left === "0.00");
  const refund = await giveBack(order, 3_000, 2);
  const before = await documentsOf(world, [refund.id]);

  await loseAndWake(order);

  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await documentsOf(world, [refund.id])).toEqual(before);
  const known = await world.sql(
    "select purpose from intent where object = $1 and purpose like 'refund-%' and stage = 'done'",
    [refund.id],
  );
  expect(known.map(({ purpose }) => purpose).sort()).toEqual(["refund-cash", "refund-cause"]);

  const next = await giveBack(order, 2_000, 2);
  await agreeAgain();
  const last = await giveBack(order, 1_000, 2);

  const [invoice] = originals(before);
  expect(invoice).not.toBe("");
  for (const { id } of [next, last]) {
    expect(originals(await documentsOf(world, [id]))).toEqual([invoice, invoice]);
  }
});

test("money that went back before the shipment is not shown as applied", async () => {
  const order = await anOrder();
  await giveBack(order, 6_000, 1);
  const money = { paid: "150.00", applied: "0.00", refunded: "60.00", left: "90.00" };
  await look(order);
  await untilLedger(order, ({ refunded }) => refunded === money.refunded);

  await loseAndWake(order);
  await look(order);
  await untilIdle(order);

  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await untilLedger(order, ({ state }) => state === "open")).toMatchObject(money);
});

test("memos of refunds before and after a shipment are found again", async () => {
  const order = await anOrder();
  const early = await giveBack(order, 6_000, 1);
  await world.slAdmin(`/orders/${order.number}/ship`, { lines: [{ lineRef: "1", quantity: 1 }] });
  await look(order);
  await untilLedger(order, ({ applied, left }) => applied === "75.00" && left === "15.00");
  const late = await giveBack(order, 4_000, 2);
  const before = await documentsOf(world, [early.id, late.id]);

  await loseAndWake(order);

  expect(originals(before).map((one) => one === "")).toEqual([true, false, false]);
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await documentsOf(world, [early.id, late.id])).toEqual(before);
});

test("an order refunded in whole stays so once hub and SL agree again", async () => {
  const order = await anOrder();
  await giveBack(order, 15_000, 1);
  await look(order);
  const before = await untilLedger(order, ({ refunded }) => refunded === "150.00");

  await loseAndWake(order);
  await agreeAgain();
  await look(order);
  await untilIdle(order);

  const { applied, refunded, left, waitsFor } = before;
  expect(waitsFor).toContain("a person to cancel it in SL");
  const after = await untilLedger(order, ({ state }) => state === "open");
  expect(after).toMatchObject({ applied, refunded, left, waitsFor });
});

/** Orders of this sale in SL, by number: whether they are on hold. */
async function holdsOf({ id }: Order): Promise<Record<string, boolean>> {
  const rows = await world.slRows("SOHeader");
  const own = rows.filter((row) => trimmed(row.User1) === id);
  return Object.fromEntries(own.map((row) => [trimmed(row.OrdNbr), row.AdminHold === 1]));
}

/** What was sent for the order without an answer counts as sent longer ago than the horizon. */
async function letHorizonPass(): Promise<void> {
  const aged = await until("an order that was sent", async () => {
    const rows = await world.sql(
      `update attempt a set sent_at = sent_at - interval '1 hour' from intent i
       where i.key = a.key and i.purpose = 'order' and i.stage <> 'done' and a.outcome is null
         and a.sent_at > now() - interval '1 hour'
       returning i.object`,
    );
    return rows[0];
  });
  await wake(world, String(aged.object));
}

/** SL's clock goes on, so this comes last. */
test("the order that was paid counts, and a late one stays on hold", async () => {
  const match = { service: "orders", operation: "placeOrder" };
  const late = { kind: "drop", commit: "later", afterMs: LATE_MS };
  await world.slAdmin("/faults", { match, effect: late });
  const [order] = await Promise.all([anOrder(), letHorizonPass()]);
  await world.slAdmin(`/orders/${order.number}/cancel`, {});
  await look(order);
  const before = await untilLedger(order, ({ state }) => state === "cancelled");
  await world.slAdmin("/clock", { action: "advance", ms: LATE_MS });
  const holds = await until("the late order", async () => {
    const all = await holdsOf(order);
    return Object.keys(all).length === 2 && all;
  });

  await loseAndWake(order);

  const found = await untilLedger(order, ({ state }) => state !== "held");
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(Object.values(holds).sort()).toEqual([false, true]);
  expect(holds[order.number]).toBe(false);
  expect(await holdsOf(order)).toEqual(holds);
  const { orderNumber, state } = before;
  expect(found).toMatchObject({ orderNumber, state, left: "150.00" });
});
