import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, trimmed, untilQuiet } from "./books.ts";
import { aCustomer, type Order, pay } from "./orders.ts";

const TO_STRIPE = {
  sl_amount: "ARDoc.CuryOrigDocAmt",
  sl_open: "Invoice.DocBal",
  sl_due: "Invoice.DueDate",
  sl_saved: "Invoice.LUpd_DateTime",
  sl_paid: "Payment.OrigDocAmt",
  sl_batch: "Batch.Status",
  sl_territory: "Customer.Territory",
  sl_limit: "Customer.CrLmt",
} as const;

let world: World;

beforeAll(async () => {
  world = await openWorld({
    "fields.to-stripe": Object.entries(TO_STRIPE).map(([key, from]) => ({
      from,
      "to-metadata": key,
    })),
  });
});

afterAll(async () => {
  await world.close();
});

/** A Stripe invoice that a card has paid: Stripe tells of every change of its metadata. */
async function payInvoice(amountMinor: number): Promise<Order> {
  const { id: product } = await world.stripe.products.create({
    name: "Shirt",
    metadata: { InvtID: "TSHIRT" },
  });
  const invoice = await world.stripe.invoices.create({ customer: (await aCustomer(world)).id });
  const id = invoice.id ?? "";
  const price_data = { currency: "usd", unit_amount: amountMinor, product };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intentId = String(payments.data[0]?.payment.payment_intent);
  const intent = await world.stripe.paymentIntents.retrieve(intentId);
  return { id, chargeIds: [String(intent.latest_charge)], total: amountMinor / 100 };
}

async function setOfCustomer(customerId: string, values: Row): Promise<void> {
  const where = { CustId: customerId };
  await world.slAdmin("/rows", { table: "Customer", where, set: values });
}

/** How often metadata were written to the object of the order. */
async function writesTo(order: Order): Promise<number> {
  const rows = await world.sql(
    `select 1 from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.object = $1 and i.purpose = 'writeback' and a.outcome = 'ok'`,
    [order.id],
  );
  return rows.length;
}

async function eventsOf(type: string, objectId: string): Promise<Row[]> {
  const text = "select end_state from event where type = $1 and object_id = $2";
  return world.sql(text, [type, objectId]);
}

/** Makes an event of the order's charge at Stripe, and waits until the hub is done with it. */
async function touch(order: Order): Promise<void> {
  const [chargeId = ""] = order.chargeIds;
  const before = (await eventsOf("charge.updated", chargeId)).length;
  await world.stripe.charges.update(chargeId, { description: `touched ${before}` });
  await until("the touch to come in", async () => {
    const events = await eventsOf("charge.updated", chargeId);
    return events.length > before && events.every((event) => event.end_state !== null);
  });
  await untilQuiet(world, order.id);
}

test("SL's columns come to the metadata as text, empty ones not at all", async () => {
  const order = await pay(world, 12_345);

  const { invoice } = await expectBookedOnce(world, order);

  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  const date = trimmed(invoice.DocDate).slice(0, 10);
  expect(metadata).toMatchObject({
    DynamicsSL_InvoiceNbr: trimmed(invoice.RefNbr),
    sl_amount: "123.45",
    sl_open: "0.00",
    sl_due: date,
    sl_paid: "123.45",
    sl_batch: "U",
    sl_limit: "0.00",
  });
  expect(metadata).not.toHaveProperty("sl_territory");
  expect(String(metadata.sl_saved)).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});

test("what was written back comes in as an event, and nothing follows from it", async () => {
  const order = await payInvoice(4_200);
  await expectBookedOnce(world, order);
  const written = await world.stripe.invoices.retrieve(order.id);

  await until("the echo", async () => (await eventsOf("invoice.updated", order.id)).length > 0);
  await touch(order);
  await touch(order);

  expect(written.metadata).toMatchObject({ sl_amount: "42.00", sl_batch: "U" });
  const echoes = await eventsOf("invoice.updated", order.id);
  expect(new Set(echoes.map((event) => event.end_state))).toEqual(new Set(["not_applicable"]));
  expect(await writesTo(order)).toBe(1);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("a value that has changed in SL is written once, with the next event", async () => {
  const order = await pay(world, 4_300);
  const { customerId } = await expectBookedOnce(world, order);

  await setOfCustomer(customerId, { Territory: "SE", CrLmt: 2_500.5 });
  await touch(order);
  await touch(order);

  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  expect(metadata).toMatchObject({ sl_territory: "SE", sl_limit: "2500.50" });
  expect(await writesTo(order)).toBe(2);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("a key that somebody else overwrote is not fought over", async () => {
  const order = await pay(world, 4_400);
  await expectBookedOnce(world, order);

  await world.stripe.paymentIntents.update(order.id, { metadata: { sl_amount: "theirs" } });
  await touch(order);

  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  expect(metadata).toMatchObject({ sl_amount: "theirs", sl_paid: "44.00" });
  expect(await writesTo(order)).toBe(1);
});

test("doctor says whether the site shows the columns", async () => {
  const init = { method: "POST", body: { pair: world.pair } };

  const { checks } = await world.api<{ checks: Row[] }>("/api/doctor", init);

  expect(checks.find((check) => check.name === "sl.fields")).toMatchObject({
    state: "ok",
    text: "the site shows all 8 columns of fields.to-stripe",
  });
});
