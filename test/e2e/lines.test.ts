import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  decide,
  documentsOf,
  expectBookedOnce,
  expectParked,
  expectParkedUnbooked,
  openlyParked,
  resume,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aCustomer, aPrice, checkOut, type Order, pay, tieTo } from "./orders.ts";
import { wake } from "./restores.ts";

let world: World;
let product: string;

beforeAll(async () => {
  world = await openWorld({ "credit-note.wait": 3 });
  product = await aProduct("TSHIRT");
});

afterAll(async () => {
  await world.close();
});

async function aProduct(item: string): Promise<string> {
  const metadata: Record<string, string> = item === "" ? {} : { InvtID: item };
  return (await world.stripe.products.create({ name: "Shirt", metadata })).id;
}

type Line = Stripe.InvoiceAddLinesParams.Line;

function aLine(unitAmount: number, quantity = 1): Line {
  return { quantity, price_data: { currency: "usd", unit_amount: unitAmount, product } };
}

async function anInvoice(
  lines: readonly Line[],
  coupon?: Stripe.CouponCreateParams,
): Promise<string> {
  const customer = await aCustomer(world);
  const discounts =
    coupon === undefined ? [] : [{ coupon: (await world.stripe.coupons.create(coupon)).id }];
  const invoice = await world.stripe.invoices.create({
    customer: customer.id,
    ...(discounts.length === 0 ? {} : { discounts }),
  });
  const id = invoice.id ?? "";
  if (lines.length > 0) await world.stripe.invoices.addLines(id, { lines: [...lines] });
  return id;
}

async function payInvoice(id: string): Promise<Order> {
  const paid = await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  return { id, chargeIds: await chargesOf(id), total: paid.total / 100 };
}

async function chargesOf(invoice: string): Promise<string[]> {
  const payments = await world.stripe.invoicePayments.list({
    invoice,
    status: "paid",
    expand: ["data.payment.payment_intent"],
  });
  return payments.data.map(({ payment }) => {
    const intent = payment.payment_intent;
    return typeof intent === "object" ? String(intent.latest_charge) : "";
  });
}

async function soldLines(order: Order): Promise<Row[]> {
  const [invoice] = await documentsOf(world, [order.id]);
  const lines = await world.slRows("ARTran");
  return lines.filter(
    (line) => trimmed(line.BatNbr) === trimmed(invoice?.BatNbr) && trimmed(line.InvtId) !== "",
  );
}

test("an invoice of nothing is not applicable, with the reason in words", async () => {
  const id = await anInvoice([]);
  await world.stripe.invoices.finalizeInvoice(id);

  const run = await world.ended(id, ["not_applicable"]);

  expect(String(run.reason)).toContain("for nothing");
  expect(await documentsOf(world, [id])).toEqual([]);
});

test("an invoice of 200 lines is booked with all of them", async () => {
  const order = await payInvoice(await anInvoice(Array.from({ length: 200 }, () => aLine(333))));

  await expectBookedOnce(world, order);

  expect(order.total).toBe(666);
  expect(await soldLines(order)).toHaveLength(200);
});

test("a free line beside a sold one is booked as it is", async () => {
  const order = await payInvoice(await anInvoice([aLine(0), aLine(1_000)]));

  await expectBookedOnce(world, order);

  expect(order.total).toBe(10);
});

test("a credit line is taken off the other lines", async () => {
  const order = await payInvoice(await anInvoice([aLine(2_000), aLine(500), aLine(-1_500)]));

  const { balances } = await expectBookedOnce(world, order);

  expect(balances).toMatchObject({ "1095": 10, "4010": -10 });
});

test("a discount larger than a line is spread over the lines to the cent", async () => {
  const lines = [aLine(1), aLine(333), aLine(334)];
  const order = await payInvoice(await anInvoice(lines, { amount_off: 500, currency: "usd" }));

  const { balances } = await expectBookedOnce(world, order);

  expect(balances).toMatchObject({ "1095": 1.68, "4010": -1.68 });
});

test("a session with lines, discount, shipping and tax is booked part by part", async () => {
  const coupon = await world.stripe.coupons.create({ percent_off: 10 });
  const price = await aPrice(world, 1_050);
  const ground = { display_name: "Ground", type: "fixed_amount" } as const;
  const order = await checkOut(
    world,
    {
      discounts: [{ coupon: coupon.id }],
      line_items: [{ quantity: 2, price }],
      shipping_options: [
        { shipping_rate_data: { ...ground, fixed_amount: { amount: 500, currency: "usd" } } },
      ],
    },
    { line_taxes: [156], shipping_tax: 41 },
  );

  const { balances } = await expectBookedOnce(world, order);

  expect(order.total).toBe(25.87);
  expect(balances).toEqual({ "1095": 25.87, "1210": 0, "2200": -1.97, "4010": -18.9, "4050": -5 });
});

test.each([
  ["no SL item", "", "mapping.product_unmapped"],
  ["an item that SL lacks", "NO-SUCH-ITEM", "mapping.product_unmapped"],
  ["an inactive item", "OLDITEM", "mapping.product_unmapped"],
  ["a stock item", "WIDGET", "mapping.stock_item"],
] as const)("a product with %s parks until it is mapped", async (_name, item, code) => {
  const unmapped = await aProduct(item);
  const price = await world.stripe.prices.create({
    product: unmapped,
    currency: "usd",
    unit_amount: 1_500,
  });
  const order = await checkOut(world, { line_items: [{ quantity: 1, price: price.id }] });

  const parked = await expectParkedUnbooked(world, order, code);
  await world.stripe.products.update(unmapped, { metadata: { InvtID: "PLAN-BASIC" } });
  await resume(world, order);

  expect(`${String(parked.reason)} ${JSON.stringify(parked.facts)}`).toContain(item || unmapped);
  const { balances } = await expectBookedOnce(world, order);
  expect(balances["4030"]).toBe(-15);
});

test("an invoice line without a product is booked by the cure that it parks with", async () => {
  const { stripe } = world;
  const customer = (await aCustomer(world)).id;
  const { id } = await stripe.invoices.create({ customer });
  const line = { customer, invoice: id, currency: "usd", amount: 4_200 };
  await stripe.invoiceItems.create({ ...line, description: "Set-up" });
  const order = await payInvoice(String(id));

  const parked = await expectParkedUnbooked(world, order, "mapping.product_unmapped");
  expect(parked.cure).toContain(`Set metadata InvtID of ${id} to an SL item, then resume`);
  await stripe.invoices.update(String(id), { metadata: { InvtID: "TSHIRT" } });
  await resume(world, order);

  await expectBookedOnce(world, order);
});

test("money booked by itself that is tied to an invoice later is not booked again", async () => {
  const { stripe } = world;
  const id = await anInvoice([aLine(10_000)]);
  await stripe.invoices.finalizeInvoice(id);
  const alone = await pay(world, 4_000);
  await expectBookedOnce(world, alone);

  await stripe.invoices.attachPayment(id, { payment_intent: alone.id });
  const [refNbr] = (await documentsOf(world, [alone.id])).map((row) => trimmed(row.RefNbr));
  const parked = await expectParked(world, { ...alone, id }, "conflict.draft_changed");
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  await world.ended(id, ["parked"]);

  expect(String(parked.reason)).toContain(refNbr);
  expect(await documentsOf(world, [id])).toEqual([]);
});

/** What the credit memos of a refund take back, item by item. */
async function itemsBack(refund: string): Promise<string[]> {
  const memos = await until("the memos of the refund", async () => {
    const found = (await documentsOf(world, [refund])).filter(({ Rlsed }) => Rlsed === 1);
    return found.length === 2 ? found : undefined;
  });
  const [memo] = memos.filter(({ DocType }) => trimmed(DocType) === "CM");
  const lines = (await world.slRows("ARTran")).filter(
    ({ BatNbr, InvtId }) => BatNbr === memo?.BatNbr && trimmed(InvtId) !== "",
  );
  return lines.map(({ InvtId, TranAmt }) => `${trimmed(InvtId)} ${Number(TranAmt)}`);
}

test("money booked by itself goes back by its own invoice, whatever it is tied to", async () => {
  const { stripe } = world;
  const id = await anInvoice([aLine(7_000), aLine(3_000)]);
  await stripe.invoices.finalizeInvoice(id);
  const alone = await pay(world, 4_000);
  await expectBookedOnce(world, alone);
  await stripe.invoices.attachPayment(id, { payment_intent: alone.id });
  await expectParked(world, { ...alone, id }, "conflict.draft_changed");

  const refund = await stripe.refunds.create({ charge: alone.chargeIds[0] ?? "", amount: 1_000 });

  expect(await itemsBack(refund.id)).toEqual(["DEFAULT-ITEM 10"]);
});

test("an invoice that was paid out of band is booked and left open for a receipt", async () => {
  const id = await anInvoice([aLine(7_500)]);
  await world.stripe.invoices.pay(id, { paid_out_of_band: true });

  const run = await world.ended(id, ["booked"]);
  await untilQuiet(world, id);

  const documents = await documentsOf(world, [id]);
  expect(
    documents.map((row) => [trimmed(row.DocType), row.Rlsed, row.OrigDocAmt, row.DocBal]),
  ).toEqual([["IN", 1, 75, 75]]);
  const refNbr = trimmed(documents[0]?.RefNbr);
  expect(run.reason).toBe(`invoice ${refNbr}, customer ${trimmed(documents[0]?.CustId)}`);
  const payments = await world.sql(
    "select 1 from intent where lane_key = $1 and purpose = 'payment'",
    [id],
  );
  expect(payments).toEqual([]);
  const ends = await world.sql("select distinct end_state from event where lane_key = $1", [id]);
  expect(ends).toEqual([{ end_state: "booked" }]);
  const { metadata } = await world.stripe.invoices.retrieve(id);
  expect(metadata).toMatchObject({ DynamicsSL_InvoiceNbr: refNbr });
  expect(metadata).not.toHaveProperty("DynamicsSL_PaymentNbr");
});

test("an invoice is open after its first payment, and closed by the second", async () => {
  const { stripe } = world;
  const id = await anInvoice([aLine(10_000)]);
  await stripe.invoices.finalizeInvoice(id);
  const part = await stripe.paymentIntents.create({ amount: 4_000, currency: "usd" });
  await stripe.invoices.attachPayment(id, { payment_intent: part.id });
  await stripe.paymentIntents.confirm(part.id, { payment_method: "pm_card_visa" });
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);
  const [half] = await documentsOf(world, [id]);

  const order = await payInvoice(id);

  expect([half?.OrigDocAmt, half?.DocBal]).toEqual([100, 60]);
  expect(order.chargeIds).toHaveLength(2);
  const { payments } = await expectBookedOnce(world, order);
  expect(payments.map((row) => row.OrigDocAmt).sort()).toEqual([40, 60]);
});

test("an invoice whose payments come at once is one invoice with two payments", async () => {
  const { stripe } = world;
  const id = await anInvoice([aLine(5_000)]);
  await stripe.invoices.finalizeInvoice(id);
  const part = await stripe.paymentIntents.create({ amount: 2_000, currency: "usd" });
  await stripe.invoices.attachPayment(id, { payment_intent: part.id });

  await stripe.paymentIntents.confirm(part.id, { payment_method: "pm_card_visa" });
  const order = await payInvoice(id);

  expect(order.chargeIds).toHaveLength(2);
  await expectBookedOnce(world, order);
});

/** Two invoices that one payment pays. */
async function tiedInvoices() {
  const invoices = [await anInvoice([aLine(4_000)]), await anInvoice([aLine(6_000)])];
  return { invoices, payment: await tieTo(world, invoices, 10_000) };
}

/** A payment that is tied to two invoices: which lane has booked it, and which has parked. */
async function aPaymentOfTwo() {
  const { stripe } = world;
  const { invoices, payment } = await tiedInvoices();
  await stripe.paymentIntents.confirm(payment, { payment_method: "pm_card_visa" });
  const first = await Promise.race(invoices.map((id) => world.ended(id, ["booked"])));
  const booked = String(first.laneKey);
  const [other = ""] = invoices.filter((id) => id !== booked);
  const parked = await expectParked(
    world,
    { id: other, chargeIds: [], total: 0 },
    "conflict.draft_changed",
  );
  return { payment, booked, other, parked };
}

test("a payment tied to two invoices pays one and goes back from it; the other parks", async () => {
  const { payment, booked, parked } = await aPaymentOfTwo();
  expect(parked.cure).toMatch(/pply what payment \w+ has left to/);
  const [invoice] = await documentsOf(world, [booked]);

  const refund = await world.stripe.refunds.create({ payment_intent: payment });

  expect(await itemsBack(refund.id)).toEqual([`TSHIRT ${Number(invoice?.OrigDocAmt)}`]);
});

test("what goes back of a payment of two invoices is asked of no dismissed one", async () => {
  const { payment, booked, other, parked } = await aPaymentOfTwo();
  await decide(world, parked, "dismiss", { reason: "entered by hand" });

  const { id } = await world.stripe.refunds.create({ payment_intent: payment, amount: 1_000 });
  await untilQuiet(world, other);
  await wake(world, other);
  await untilQuiet(world, other);
  await untilQuiet(world, booked);

  expect(await openlyParked(world, other)).toEqual([]);
  expect((await documentsOf(world, [id])).map(({ DocType }) => trimmed(DocType))).toContain("DM");
});

test("what a person has left alone with its invoice is booked with no other one", async () => {
  const { payment: payment_intent, booked, other } = await aPaymentOfTwo();
  const metadata = { slipway_refund_lines: "none of its lines" };
  const { id } = await world.stripe.refunds.create({ payment_intent, amount: 9_000, metadata });
  await untilQuiet(world, other);
  await wake(world, booked);
  await untilQuiet(world, booked);
  const [refused = {}] = await openlyParked(world, booked);
  await decide(world, refused, "dismiss", { reason: "entered by hand" });
  const before = await documentsOf(world, [id]);

  await world.stripe.refunds.update(id, { metadata: { slipway_refund_lines: "" } });
  await untilQuiet(world, other);
  await wake(world, other);
  await untilQuiet(world, other);

  expect((await documentsOf(world, [id])).length).toBe(before.length);
});

test("of two invoices with one payment one parks while the other still books it", async () => {
  const { invoices, payment } = await tiedInvoices();
  const fill = { service: "paymentApplication", operation: "editScreen", actionType: "UPDATE" };
  await world.slAdmin("/faults", { match: fill, effect: { kind: "drop", commit: "never" } });

  await world.stripe.paymentIntents.confirm(payment, { payment_method: "pm_card_visa" });

  const lanes = () => Promise.all(invoices.map((id) => openlyParked(world, id)));
  const [parked] = await until("one of them to be parked", async () => {
    const cases = (await lanes()).flat();
    return cases.length > 0 && cases;
  });
  expect(parked).toMatchObject({ code: "conflict.draft_changed" });
  expect(parked?.reason).toMatch(/is payment \w+ of invoice \w+, and it pays in_\w+ too/);
});
