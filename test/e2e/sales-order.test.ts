import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { decide, openlyParked, trimmed } from "./books.ts";
import { loseAnswersOf, lostAnswers, PAYMENT_SCREEN } from "./order-faults.ts";
import { aPrice, checkOut, type Order } from "./orders.ts";
import { loseHub, rebuild } from "./restores.ts";

let world: World;

const CHARGES = { tax: "TAX", shipping: "SHIPPING", rounding: "ROUNDING" };

beforeAll(async () => {
  world = await openWorld({ "order.charges": CHARGES, mode: "sales-order" });
});

afterAll(() => world.close());

type OrderRow = Readonly<{
  orderNumber: string;
  state: string;
  paid: string;
  applied: string;
  left: string;
  leftSince: string | null;
  isOverdue: boolean;
  waitsFor: string;
  documents: readonly Row[];
}>;
type Bought = Order & Readonly<{ order: OrderRow }>;
type Ship = Readonly<{
  lines?: readonly Readonly<{ lineRef: string; quantity?: number; price?: number }>[];
  freight?: number;
  short?: boolean;
  invoice?: boolean;
}>;

/** Buys goods of these unit prices, each in its quantity, and waits for the order in SL. */
async function buy(...goods: readonly (readonly [unit: number, quantity: number])[]) {
  const line_items = await Promise.all(
    goods.map(async ([unit, quantity]) => ({
      price: await aWidget(unit),
      quantity,
    })),
  );
  return standing(await checkOut(world, { line_items }));
}

const aWidget = (unit: number) =>
  aPrice(world, unit, { name: "Widget", metadata: { InvtID: "WIDGET" } });

async function standing(sale: Order): Promise<Bought> {
  const order = await until(`the order of ${sale.id}`, () => openOrder(sale));
  return { ...sale, order };
}

async function openOrder(sale: Order): Promise<OrderRow | undefined> {
  const { rows } = await world.api<{ rows: (OrderRow & { object: string })[] }>("/api/orders");
  const found = rows.find(({ object, state }) => object === sale.id && state !== "held");
  return found && showOrder(found);
}

const showOrder = ({ orderNumber }: Pick<OrderRow, "orderNumber">) =>
  world.api<OrderRow>(`/api/orders/${orderNumber}`);

const ship = ({ order }: Bought, how: Ship = {}) =>
  world.slAdmin<Row>(`/orders/${order.orderNumber}/ship`, how);

/** Has the hub look at the order until this is true of it. */
async function lookedAt(bought: Bought, isSo: (order: OrderRow) => boolean): Promise<OrderRow> {
  await world.api(`/api/orders/${bought.order.orderNumber}/look`, { method: "POST", body: {} });
  return until(`order ${bought.order.orderNumber} to be so`, async () => {
    const order = await showOrder(bought.order);
    return isSo(order) ? order : undefined;
  });
}

async function documentsOf({ order }: Bought, type: string): Promise<Row[]> {
  const numbers = order.documents.map(({ refNbr }) => refNbr);
  const known = [...numbers, ...(await showOrder(order)).documents.map(({ refNbr }) => refNbr)];
  const rows = await world.slRows("ARDoc");
  return rows.filter((row) => trimmed(row.DocType) === type && known.includes(trimmed(row.RefNbr)));
}

async function openOfCustomer(bought: Bought): Promise<number> {
  const [payment] = await documentsOf(bought, "PP");
  const rows = await world.slRows("ARDoc");
  const own = rows.filter((row) => row.CustId === payment?.CustId && row.Rlsed === 1);
  const sum = own.reduce((all, row) => all + Math.round(Number(row.DocBal) * 100), 0);
  return sum / 100;
}

test("G15: two shipments get their part of the prepayment, and AR is at zero", async () => {
  const bought = await buy([9_000, 1], [6_000, 1]);
  const number = bought.order.orderNumber;
  const [prepaid] = await documentsOf(bought, "PP");

  await ship(bought, { lines: [{ lineRef: "1" }] });
  const half = await lookedAt(bought, ({ applied }) => applied === "90.00");
  await ship(bought, { lines: [{ lineRef: "2" }] });
  const whole = await lookedAt(bought, ({ state }) => state === "closed");

  expect(prepaid).toMatchObject({ Rlsed: 1, OrigDocAmt: 150 });
  expect(trimmed(prepaid?.OrdNbr)).toBe(number);
  expect(half).toMatchObject({ state: "open", left: "60.00", waitsFor: "its next shipment" });
  expect(whole).toMatchObject({ paid: "150.00", applied: "150.00", left: "0.00", leftSince: null });
  const invoices = await documentsOf(bought, "IN");
  expect(invoices.map((row) => [row.OrigDocAmt, row.DocBal])).toEqual([
    [90, 0],
    [60, 0],
  ]);
  expect(await openOfCustomer(bought)).toBe(0);
  const written = await until("the numbers at Stripe", async () => {
    const { metadata } = await world.stripe.paymentIntents.retrieve(bought.id);
    return metadata.DynamicsSL_InvoiceNbr?.includes(", ") ? metadata : undefined;
  });
  expect(written).toMatchObject({
    DynamicsSL_OrderNbr: number,
    DynamicsSL_InvoiceNbr: invoices.map((row) => trimmed(row.RefNbr)).join(", "),
    DynamicsSL_PaymentNbr: trimmed(prepaid?.RefNbr),
  });
});

test("G16: two cents of a closed order go to rounding by a debit memo", async () => {
  const bought = await buy([10_000, 1]);

  await ship(bought, { lines: [{ lineRef: "1", price: 99.98 }] });
  const closed = await lookedAt(bought, ({ state }) => state === "closed");

  expect(closed).toMatchObject({ applied: "100.00", left: "0.00" });
  const [memo] = await documentsOf(bought, "DM");
  expect(memo).toMatchObject({ Rlsed: 1, OrigDocAmt: 0.02, DocBal: 0 });
  const lines = (await world.slRows("GLTran")).filter(
    (row) => trimmed(row.Module) === "AR" && row.BatNbr === memo?.BatNbr,
  );
  expect(lines.map((row) => [trimmed(row.Acct), row.DrAmt, row.CrAmt])).toContainEqual([
    "6900",
    0,
    0.02,
  ]);
  expect(await openOfCustomer(bought)).toBe(0);
});

test("an invoice three cents dearer than what was paid is closed by a credit memo", async () => {
  const bought = await buy([10_000, 1]);

  await ship(bought, { lines: [{ lineRef: "1", price: 100.03 }] });
  await lookedAt(bought, ({ state }) => state === "closed");

  const [memo] = await documentsOf(bought, "CM");
  expect(memo).toMatchObject({ Rlsed: 1, OrigDocAmt: 0.03, DocBal: 0 });
  expect(await openOfCustomer(bought)).toBe(0);
});

test("freight beyond what was paid parks with the invoice that stays open", async () => {
  const bought = await buy([2_000, 1]);

  await ship(bought, { freight: 7.5 });
  await world.api(`/api/orders/${bought.order.orderNumber}/look`, { method: "POST", body: {} });
  const parked = await world.ended(bought.id, ["parked"]);

  expect(parked.reason).toMatch(/invoice \w+ has 7\.50 open/);
  const [invoice] = await documentsOf(bought, "IN");
  expect(invoice).toMatchObject({ OrigDocAmt: 27.5, DocBal: 7.5 });
  expect(await showOrder(bought.order)).toMatchObject({ applied: "20.00", left: "0.00" });
});

test("G19: the money of an order that is cancelled before it ships is listed", async () => {
  const bought = await buy([15_000, 1]);

  await world.slAdmin(`/orders/${bought.order.orderNumber}/cancel`, {});
  const cancelled = await lookedAt(bought, ({ state }) => state === "cancelled");

  expect(cancelled).toMatchObject({ applied: "0.00", left: "150.00" });
  const { rows } = await world.api<{ rows: OrderRow[] }>("/api/orders?left=true");
  expect(rows.map(({ orderNumber }) => orderNumber)).toContain(bought.order.orderNumber);
  const [prepaid] = await documentsOf(bought, "PP");
  expect(prepaid).toMatchObject({ Rlsed: 1, DocBal: 150 });
  const number = bought.order.orderNumber;
  const later = "update sales_order set left_since = left_since - interval '30 days'";
  await world.sql(`${later} where order_number = $1`, [number]);
  const overdue = await lookedAt(bought, ({ isOverdue }) => isOverdue);
  expect(overdue.left).toBe("150.00");
});

test("an order that is closed short keeps the rest of its money listed", async () => {
  const bought = await buy([2_500, 4]);

  await ship(bought, { lines: [{ lineRef: "1", quantity: 3 }], short: true });
  const closed = await lookedAt(bought, ({ state }) => state === "closed");

  expect(closed).toMatchObject({ applied: "75.00", left: "25.00" });
  expect(closed.leftSince).not.toBeNull();
});

test("an invoice that two orders share gets of each only its own part", async () => {
  const customer = (await world.stripe.customers.create({ email: "two@example.com" })).id;
  const price = await aWidget(4_000);
  const sell = (quantity: number) =>
    checkOut(world, { customer, line_items: [{ price, quantity }] }, { email: "two@example.com" });
  const [one, two] = [await standing(await sell(1)), await standing(await sell(2))];
  const shippers: string[] = [];
  for (const bought of [one, two]) {
    const shipped = await ship(bought, { invoice: false });
    shippers.push((shipped.shippers as { shipperId: string }[])[0]?.shipperId ?? "");
  }

  await world.slAdmin("/shippers/invoice", { shippers });
  const first = await lookedAt(one, ({ state }) => state === "closed");
  const [halfPaid] = await documentsOf(one, "IN");
  const second = await lookedAt(two, ({ state }) => state === "closed");

  expect([first.applied, first.left, second.applied, second.left]).toEqual([
    "40.00",
    "0.00",
    "80.00",
    "0.00",
  ]);
  expect(halfPaid).toMatchObject({ OrigDocAmt: 120, DocBal: 80 });
  expect(await openOfCustomer(one)).toBe(0);
});

test("SL's totals come before the order, and its hold goes off after the money", async () => {
  await world.slAdmin("/calls", undefined, "DELETE");

  await buy([1_000, 1]);

  const { recent } = await world.slAdmin<{ recent: Row[] }>("/calls");
  const calls = recent.map(({ operation, actionType }) => String(actionType || operation));
  const wanted = ["calculateOrderTotals", "placeOrder", "RELEASENOW", "adminHoldFlag"];
  expect(calls.filter((call) => wanted.includes(call))).toEqual(wanted);
});

test("doctor names the misc charge that SL lacks", async () => {
  await world.set("order.charges.tax", "NO-TAX");
  const init = { method: "POST", body: { pair: world.pair } };
  const { checks } = await world.api<{ checks: Row[] }>("/api/doctor", init);
  await world.set("order.charges.tax", CHARGES.tax);

  expect(checks.find(({ name }) => name === "sl.orders")).toMatchObject({
    state: "problem",
    text: 'order.charges.tax: SL has no "NO-TAX"',
    cure: "Run `slipway pair set demo order.charges.tax <id>`.",
  });
});

test("an order that no price of SL's makes parks before anything stands in SL", async () => {
  const before = (await world.slAdmin<Row[]>("/orders")).length;
  const coupon = await world.stripe.coupons.create({ amount_off: 1, currency: "usd" });
  const price = await aWidget(1);
  const line_items = [{ price, quantity: 99_999 }];
  const sale = await checkOut(world, { line_items, discounts: [{ coupon: coupon.id }] });

  const parked = await world.ended(sale.id, ["parked"]);

  expect(parked.reason).toMatch(/No price of six decimals makes 99999 of item WIDGET/);
  expect((await world.slAdmin<Row[]>("/orders")).length).toBe(before);
});

test("an invoice that waits in SL for its release is paid once it is released", async () => {
  const bought = await buy([5_000, 1]);
  await world.slAdmin("/switches", { orderInvoicesReleased: false });
  await ship(bought);
  const waiting = await lookedAt(bought, ({ waitsFor }) => waitsFor.includes("to be released"));
  const batch = /in batch (\d+)/.exec(waiting.waitsFor)?.[1] ?? "";

  await world.slAdmin(`/batches/AR/${batch}/release`, {});
  await world.slAdmin("/switches", { orderInvoicesReleased: true });
  const closed = await lookedAt(bought, ({ state }) => state === "closed");

  expect(waiting).toMatchObject({ state: "open", applied: "0.00" });
  expect(closed).toMatchObject({ applied: "50.00", left: "0.00" });
});

test("what a parked order would become is shown as order and prepayment", async () => {
  const price = await aPrice(world, 1_900, { name: "Nobody has mapped this" });
  const sale = await checkOut(world, { line_items: [{ quantity: 1, price }] });
  await world.ended(sale.id, ["parked"]);
  const { rows } = await world.api<{ rows: Row[] }>(`/api/parked?lane=${sale.id}`);
  const changes = [{ field: "item", target: price, value: "WIDGET" }];
  const body = { version: 1, changes, reason: "the new product", by: "maria", dryRun: true };

  const { preview } = await world.api<{ preview: { documents: Row[]; problem: unknown } }>(
    `/api/parked/${rows[0]?.id}/edit`,
    { method: "POST", body },
  );

  expect(preview.problem).toBeNull();
  expect(preview.documents.map(({ purpose }) => purpose)).toEqual(["customer", "order", "payment"]);
});

test("an order that is open for too long parks, and says what it waits for", async () => {
  const bought = await buy([700, 1]);
  const number = bought.order.orderNumber;
  const long = "placed_at = now() - interval '91 days', changed_at = now() - interval '91 days'";
  await world.sql(`update sales_order set ${long} where order_number = $1`, [number]);

  await world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });
  const parked = await world.ended(bought.id, ["parked"]);

  expect(parked.reason).toBe(
    `Order ${number} has waited for its next shipment for more than 90 days`,
  );
});

test("an answer of the order that is lost makes no second order", async () => {
  const match = { service: "orders", operation: "placeOrder" };
  await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" } });

  const bought = await buy([3_000, 1]);

  const orders = (await world.slRows("SOHeader")).filter((row) => trimmed(row.User1) === bought.id);
  expect(orders.map((row) => [trimmed(row.OrdNbr), row.AdminHold])).toEqual([
    [bought.order.orderNumber, 0],
  ]);
});

test("an order whose money SL refuses stays on hold until the money stands", async () => {
  await world.set("order.money", "pa");
  const match = { ...PAYMENT_SCREEN, actionType: "UPDATE" };
  await world.slAdmin("/faults", { match, effect: { kind: "refuse", message: "Not today" } });
  const sale = await checkOut(world, {
    line_items: [{ price: await aWidget(1_500), quantity: 1 }],
  });
  await world.ended(sale.id, ["parked"]);
  const [held] = (await world.slRows("SOHeader")).filter((row) => trimmed(row.User1) === sale.id);
  const [parked = {}] = await openlyParked(world, sale.id);

  await decide(world, parked, "resume");
  const bought = await standing(sale);
  await ship(bought);
  const closed = await lookedAt(bought, ({ state }) => state === "closed");
  await world.set("order.money", "pp");

  expect(held?.AdminHold).toBe(1);
  expect(closed.documents.map(({ type, open }) => [type, open])).toEqual([
    ["PA", "0.00"],
    ["IN", "0.00"],
  ]);
});

test("a hub that starts again between two shipments pays each invoice once", async () => {
  const bought = await buy([1_100, 1], [2_200, 1]);
  await ship(bought, { lines: [{ lineRef: "1" }] });
  await lookedAt(bought, ({ applied }) => applied === "11.00");

  await world.restartHub();
  await ship(bought, { lines: [{ lineRef: "2" }] });
  const closed = await lookedAt(bought, ({ state }) => state === "closed");

  expect(closed).toMatchObject({ applied: "33.00", left: "0.00" });
  const applications = (await world.slRows("ARAdjust")).filter(
    (row) => trimmed(row.AdjgRefNbr) === trimmed(closed.documents[0]?.refNbr),
  );
  expect(applications.map((row) => row.AdjAmt)).toEqual([11, 22]);
});

test("an order of which every answer is lost stands once, and so does its money", async () => {
  const before = await loseAnswersOf(world, ["order", "payment"]);
  const bought = await buy([6_500, 1]);
  const lostBefore = await lostAnswers(world);
  await ship(bought);
  const after = await loseAnswersOf(world, ["apply"]);

  const closed = await lookedAt(bought, ({ state }) => state === "closed");

  expect([lostBefore, await lostAnswers(world)]).toEqual([before, after]);
  await world.slAdmin("/faults", undefined, "DELETE");
  expect(closed).toMatchObject({ applied: "65.00", left: "0.00" });
  const orders = await world.slRows("SOHeader");
  expect(orders.filter((row) => trimmed(row.User1) === bought.id)).toHaveLength(1);
  const released = (await world.slRows("ARDoc")).filter(
    (row) => trimmed(row.User1) === bought.chargeIds[0] && row.Rlsed === 1,
  );
  expect(released.map((row) => trimmed(row.DocType))).toEqual(["PP"]);
  expect(await openOfCustomer(bought)).toBe(0);
});

test("a hub with an empty database finds its orders and their money in SL again", async () => {
  const bought = await buy([1_200, 1], [3_400, 1]);
  await ship(bought, { lines: [{ lineRef: "1" }] });
  await lookedAt(bought, ({ applied }) => applied === "12.00");

  await loseHub(world);
  await world.restartHub();
  await rebuild(world);
  const found = await until("the order in the ledger", () => openOrder(bought));
  await ship(bought, { lines: [{ lineRef: "2" }] });
  const closed = await lookedAt(bought, ({ state }) => state === "closed");

  expect(found.orderNumber).toBe(bought.order.orderNumber);
  expect(closed).toMatchObject({ applied: "46.00", left: "0.00" });
  const orders = await world.slRows("SOHeader");
  expect(orders.filter((row) => trimmed(row.User1) === bought.id)).toHaveLength(1);
  expect(await documentsOf({ ...bought, order: closed }, "PP")).toHaveLength(1);
});
