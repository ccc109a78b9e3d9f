import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { openlyParked, trimmed } from "./books.ts";
import { loseAnswersOf } from "./order-faults.ts";
import { aPrice, checkOut, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ mode: "sales-order", "customer.ship-to": "sl" });
});

afterAll(() => world.close());

test("an order goes to the customer's own ship-to address in SL where settings ask", async () => {
  const price = await aPrice(world, 4_000, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const address = { line1: "9 Pier St", city: "Boston", state: "MA", country: "US" };
  const shipping = { name: "Grace Hopper", address };
  const line_items = [{ price, quantity: 1 }];
  const order = await checkOut(world, { line_items }, { shipping });

  const header = await until("the order in SL", async () => {
    const rows: Row[] = await world.slRows("SOHeader");
    return rows.find((row) => trimmed(row.User1) === order.id);
  });
  const addresses = await world.slRows("SOAddress");
  const added = addresses.find((row) => trimmed(row.Addr1) === "9 Pier St");
  const shipToId = header?.ShiptoID ?? header?.ShipToID;

  expect(trimmed(added?.CustId)).toBe(trimmed(header?.CustID));
  expect(trimmed(shipToId)).toBe(trimmed(added?.ShipToId));
  expect(trimmed(header?.ShipAddr1)).toBe("9 Pier St");
});

type Ledger = Readonly<{
  object: string;
  orderNumber: string;
  state: string;
  applied: string;
  left: string;
  waitsFor: string;
  documents: readonly Readonly<{ type: string; open: string }>[];
}>;

/** Buys a widget at each of these prices, and waits for the order to be let go. */
async function buy(prices: readonly number[]): Promise<Ledger> {
  const line_items = await Promise.all(
    prices.map(async (price) => {
      const product = { name: "Widget", metadata: { InvtID: "WIDGET" } };
      return { price: await aPrice(world, price, product), quantity: 1 };
    }),
  );
  const sale = await checkOut(world, { line_items });
  return until("the order to be let go", async () => {
    const { rows } = await world.api<{ rows: Ledger[] }>("/api/orders");
    return rows.find(({ object, state }) => object === sale.id && state === "open");
  });
}

/** Has the hub look at the order until this is true of it. */
async function lookedAt({ orderNumber }: Ledger, isSo: (order: Ledger) => boolean) {
  await world.api(`/api/orders/${orderNumber}/look`, { method: "POST", body: {} });
  return until(`order ${orderNumber} to be so`, async () => {
    const order = await world.api<Ledger>(`/api/orders/${orderNumber}`);
    return isSo(order) ? order : undefined;
  });
}

/** Buys widgets at these prices, and ships each in a shipment of its own at what it costs then. */
async function buyAndShip(prices: readonly Readonly<{ ordered: number; shipped: number }>[]) {
  const open = await buy(prices.map(({ ordered }) => ordered));
  await loseAnswersOf(world, ["apply"]);
  for (const [at, { shipped }] of prices.entries()) {
    const lines = [{ lineRef: String(at + 1), price: shipped / 100 }];
    await world.slAdmin(`/orders/${open.orderNumber}/ship`, { lines });
  }
  return lookedAt(open, ({ state }) => state === "closed");
}

const openOf = ({ documents }: Ledger) => documents.map(({ type, open }) => `${type} ${open}`);

test("an application shown before its answer is known is taken off once", async () => {
  const closed = await buyAndShip([
    { ordered: 9_000, shipped: 9_000 },
    { ordered: 6_000, shipped: 6_003 },
  ]);

  expect(closed).toMatchObject({ applied: "150.00", left: "0.00" });
  expect(openOf(closed)).toEqual(["PP 0.00", "IN 0.00", "IN 0.00", "CM 0.00"]);
});

test("money that a memo took after a lost answer is left in no ledger", async () => {
  const closed = await buyAndShip([{ ordered: 10_000, shipped: 9_998 }]);

  expect(closed).toMatchObject({ applied: "100.00", left: "0.00" });
  expect(openOf(closed)).toEqual(["PP 0.00", "IN 0.00", "DM 0.00"]);
});

test("an invoice that SL's look-ups do not show yet is paid at a later look", async () => {
  const open = await buy([7_000]);
  await world.slAdmin("/switches", { viewLagMs: 600_000 });
  await world.slAdmin(`/orders/${open.orderNumber}/ship`, {});

  const hidden = await lookedAt(open, ({ waitsFor }) => waitsFor.includes("SL to show"));
  await world.slAdmin("/switches", { viewLagMs: 0 });
  const closed = await lookedAt(open, ({ state }) => state === "closed");

  expect(hidden).toMatchObject({ state: "open", applied: "0.00", left: "70.00" });
  expect(hidden.waitsFor).toMatch(/^SL to show IN I\d+$/);
  expect(closed).toMatchObject({ applied: "70.00", left: "0.00" });
  expect(await openlyParked(world, open.object)).toEqual([]);
});

/** An order whose invoice waits in SL for its release, and the batch of that. */
async function unreleased(minor: number) {
  const open = await buy([minor]);
  await world.slAdmin("/switches", { orderInvoicesReleased: false });
  await world.slAdmin(`/orders/${open.orderNumber}/ship`, {});
  const waiting = await lookedAt(open, ({ waitsFor }) => waitsFor.includes("to be released"));
  await world.slAdmin("/switches", { orderInvoicesReleased: true });
  const [, number = "", batch = ""] = /invoice (\S+) .* batch (\d+)/.exec(waiting.waitsFor) ?? [];
  return { open, number, batch };
}

test("an order whose invoice was voided in SL waits for another one, and says so", async () => {
  const { open, number, batch } = await unreleased(3_000);

  await world.slAdmin(`/batches/AR/${batch}/void`, {});
  const voided = await lookedAt(open, ({ waitsFor }) => waitsFor.includes("void"));

  expect(voided.waitsFor).toBe(
    `invoice ${number} to be made anew in SL: its batch ${batch} is void`,
  );
  expect(voided).toMatchObject({ state: "open", applied: "0.00", left: "30.00" });
});

test("an order whose invoice SL no longer has parks, and names its batch", async () => {
  const open = await buy([4_000]);
  await world.slAdmin("/switches", { viewLagMs: 600_000 });
  await world.slAdmin(`/orders/${open.orderNumber}/ship`, {});
  await lookedAt(open, ({ waitsFor }) => waitsFor.includes("SL to show"));
  const [invoice] = (await world.slRows("ARDoc")).filter(
    (row) => trimmed(row.OrdNbr) === open.orderNumber && trimmed(row.DocType) === "IN",
  );
  const batch = trimmed(invoice?.BatNbr);

  const remove = { where: { BatNbr: batch, Module: "AR" }, remove: true };
  await world.slAdmin("/rows", { table: "Batch", ...remove });
  await world.slAdmin("/switches", { viewLagMs: 0 });
  await world.api(`/api/orders/${open.orderNumber}/look`, { method: "POST", body: {} });
  const parked = await world.ended(open.object, ["parked"]);

  expect(parked.reason).toBe(
    `SL no longer shows batch ${batch} of invoice ${trimmed(invoice?.RefNbr)}`,
  );
});

test("an invoice that SL's look-ups do not show at the second look parks", async () => {
  const open = await buy([6_000]);
  await world.slAdmin("/switches", { viewLagMs: 600_000 });
  await world.slAdmin(`/orders/${open.orderNumber}/ship`, {});
  await lookedAt(open, ({ waitsFor }) => waitsFor.includes("SL to show"));

  await world.api(`/api/orders/${open.orderNumber}/look`, { method: "POST", body: {} });
  const parked = await world.ended(open.object, ["parked"]);
  await world.slAdmin("/switches", { viewLagMs: 0 });

  expect(parked.reason).toMatch(/^SL shows no released IN I\d+ of customer /);
});

test("an open order on which a person has typed a payment parks at the next look", async () => {
  const open = await buy([4_500]);
  await world.slAdmin(`/orders/${open.orderNumber}/payments`, { amount: 45 });

  await world.api(`/api/orders/${open.orderNumber}/look`, { method: "POST", body: {} });
  const parked = await until("it to park", async () => (await openlyParked(world, open.object))[0]);

  expect(parked).toMatchObject({
    code: "erp.order_paid_by_hand",
    reason: `Somebody entered a payment on order ${open.orderNumber}`,
  });
});

test("an order that nobody ships parks once order.wait-days are over", async () => {
  const open = await buy([4_200]);
  await world.sql(
    "update sales_order set placed_at = placed_at - interval '10 years' where order_number = $1",
    [open.orderNumber],
  );

  await world.api(`/api/orders/${open.orderNumber}/look`, { method: "POST", body: {} });
  const parked = await until("it to park", async () => (await openlyParked(world, open.object))[0]);

  expect(parked).toMatchObject({ code: "erp.order_unfinished" });
  expect(String(parked.reason)).toMatch(/^Order \S+ has waited for .* for more than \d+ days$/);
});

test("the money of an order is a payment where SL has no account for prepayments", async () => {
  const none = { PrePayAcct: "", PrePaySub: "" };
  const edit = (table: string, where: object, set: object) =>
    world.slAdmin("/rows", { table, where, set });
  await edit("Customer", { CustId: "C301" }, none);
  await edit("ARSetup", { SetupId: "AR" }, none);

  const order = await pay(world, 4_000, { metadata: { DynamicsSL_CustomerID: "C301" } });
  const money = await until("its money in SL", async () => {
    const rows: Row[] = await world.slRows("ARDoc");
    return rows.find((row) => trimmed(row.User1) === order.chargeIds[0] && row.Rlsed === 1);
  });

  expect(trimmed(money.DocType)).toBe("PA");
  expect(await openlyParked(world, order.id)).toEqual([]);
});
