import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { askDoctor, CONSENT } from "./ask-doctor.ts";
import { memosInBooks, openlyParked, resume, untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { journalsIn } from "./currency-books.ts";
import { anOpenInvoice, aPrice, checkOut, type Order, pay, payPart } from "./orders.ts";

// Money that went back has left the balance: its documents wait for nothing that the sale itself,
// or a refund before it, still waits for. But a payment that is an invoice's is no refund's.

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ "credit-note.wait": 0, "journal-delay": 0 });
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

async function expectInBooks(refund: string, memos: readonly string[]): Promise<void> {
  const wanted = memos.join();
  await until(`${wanted} for ${refund}`, async () => {
    return (await memosInBooks(world, refund)).join() === wanted;
  });
}

const waits = async () => (await world.api<{ rows: Row[] }>("/api/waiting")).rows;

/** A sale whose order is open in SL. */
async function anOrder(): Promise<Readonly<{ order: Order; orderNumber: string }>> {
  await world.set("mode", "sales-order");
  const price = await aPrice(world, 7_500, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const order = await checkOut(world, { line_items: [{ price, quantity: 1 }] });
  const open = await until("the order in SL", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/orders");
    return rows.find((row) => row.object === order.id && row.state === "open");
  });
  return { order, orderNumber: String(open.orderNumber) };
}

test("a dispute is booked while its money waits for an invoice of a clerk", async () => {
  await world.set("mode", "existing-invoice");
  const refNbr = await clerk.enterInvoice({ total: 80, customer: "C300", isHeld: true });
  const metadata = { DynamicsSL_InvoiceNbr: refNbr };
  const order = await pay(world, 8_000, { metadata });
  await until("the charge to wait", async () => (await waits()).length > 0);

  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, {});

  const [held] = await until("its journal", async () => {
    const found = await journalsIn(world, id);
    return found.length === 1 ? found : undefined;
  });
  expect(held).toBe("GJ USD Cr 1095 95=95 | Dr 1250 80=80 | Dr 6110 15=15");
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a refund is booked while its order is parked for a rest of the invoice", async () => {
  const { order, orderNumber } = await anOrder();
  const lines = [{ lineRef: "1", quantity: 1, price: 80 }];
  await world.slAdmin(`/orders/${orderNumber}/ship`, { lines });
  await world.api(`/api/orders/${orderNumber}/look`, { method: "POST", body: {} });
  const parked = await until("it to park", async () => (await openlyParked(world, order.id))[0]);

  const charge = order.chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 2_000 });

  expect(parked.code).toBe("erp.order_left_open");
  await expectInBooks(refund.id, ["DM 20 open 0: 1095 -20", "CM 20 open 0: 4100 20"]);
});

test("a refund comes after the invoice of its order also where SL fails for a moment", async () => {
  const { order, orderNumber } = await anOrder();
  await world.slAdmin(`/orders/${orderNumber}/ship`, {});
  const match = { service: "orders", operation: "getShipHead" };
  await world.slAdmin("/faults", { match, effect: { kind: "http", status: 503 } });

  const charge = order.chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 2_000 });

  await expectInBooks(refund.id, ["DM 20 open 0: 1095 -20", "CM 20 open 0: 4100 20"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("where only a person applies memos, each refund has both of its legs at once", async () => {
  await world.set("mode", "invoice");
  await world.slAdmin("/switches", { applyMemoToDebitMemo: false });
  await askDoctor(world, { probe: true, ...CONSENT });
  const answers = await world.sql("select answer from site_probe where name = 'apply-memo'");
  const { id, chargeIds } = await pay(world, 10_000);
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);
  const charge = chargeIds[0] ?? "";

  expect(answers).toEqual([{ answer: "no" }]);
  for (const amount of [30, 40]) {
    const refund = await world.stripe.refunds.create({ charge, amount: amount * 100 });
    const legs = [`DM ${amount} open ${amount}: 1095 -${amount}`];
    await expectInBooks(refund.id, [...legs, `CM ${amount} open ${amount}: 4100 ${amount}`]);
  }
  const asked = await until("both applications to be asked for", async () => {
    const found = (await waits()).filter((row) => row.laneKey === id);
    return found.length === 2 ? found : undefined;
  });
  expect(asked.map(({ kind }) => kind)).toEqual(["apply", "apply"]);
  expect(await openlyParked(world, id)).toEqual([]);
});

test("the money of a refund that failed closes no debit memo that is to be closed", async () => {
  const { id, chargeIds } = await pay(world, 10_000);
  await world.ended(id, ["booked"]);
  const { id: refund } = await world.stripe.refunds.create({
    charge: chargeIds[0] ?? "",
    amount: 4_000,
  });
  const legs = ["DM 40 open 40: 1095 -40", "CM 40 open 40: 4100 40"];
  await expectInBooks(refund, legs);

  await world.stripeAdmin(`/refunds/${refund}/move`, { status: "failed" });

  await expectInBooks(refund, [...legs, "CM 40 open 40: 1095 40"]);
  await until("the customer's credit to be listed", async () => {
    const rows = await world.sql("select 1 from unapplied where object = $1", [refund]);
    return rows.length > 0;
  });
  expect((await waits()).filter(({ laneKey }) => laneKey === id)).toHaveLength(1);
});

test("a voided credit note that a person is to apply holds up no refund", async () => {
  await world.set("invoice.when", "finalized");
  const id = await anOpenInvoice(world, 10_000);
  await world.ended(id, ["booked"]);
  const charge = await payPart(world, id, 4_000);
  await expectInBooks(charge, ["PA 40 open 0: 1095 40"]);
  await untilQuiet(world, id);
  const match = { service: "paymentApplication", actionType: "UPDATE" };
  const effect = { kind: "refuse", message: "Not now" };
  await world.slAdmin("/faults", { match, effect, times: 1 });
  const note = await world.stripe.creditNotes.create({ invoice: id, amount: 2_500 });
  await until("it to park", async () => (await openlyParked(world, id)).length > 0);
  await world.stripe.creditNotes.voidCreditNote(note.id);
  const taken = ["CM 25 open 25: 4103 25", "DM 25 open 25: 4103 -25"];
  await expectInBooks(note.id, taken);

  const refund = await world.stripe.refunds.create({ charge, amount: 2_000 });

  await expectInBooks(refund.id, ["DM 20 open 20: 1095 -20", "CM 20 open 20: 4100 20"]);
  expect(await memosInBooks(world, note.id)).toEqual(taken);
  const own = async () => (await waits()).filter(({ laneKey }) => laneKey === id);
  await until("both applications to be asked for", async () => (await own()).length === 2);
});

test("a refund of a debit taken back is booked while its invoice is parked", async () => {
  const { stripe, stripeAdmin } = world;
  const id = await anOpenInvoice(world, 10_000);
  const { id: intent } = await stripe.paymentIntents.create({ amount: 4_000, currency: "usd" });
  await stripe.invoices.attachPayment(id, { payment_intent: intent });
  const payment_method = "pm_usBankAccount_success";
  const debit = await stripe.paymentIntents.confirm(intent, { payment_method });
  await stripeAdmin(`/payment_intents/${intent}/settle`, { succeeds: true });
  const charge = String(debit.latest_charge);
  await expectInBooks(charge, ["PA 40 open 0: 1095 40"]);
  await expectInBooks(await payPart(world, id, 3_000), ["PA 30 open 0: 1095 30"]);
  const { id: refund } = await stripe.refunds.create({ charge, amount: 1_000 });
  const legs = ["DM 10 open 10: 1095 -10", "CM 10 open 10: 4100 10"];
  await expectInBooks(refund, legs);
  const match = { service: "paymentApplication", actionType: "UPDATE" };
  const effect = { kind: "refuse", message: "Not now" };
  await world.slAdmin("/faults", { match, effect, times: null });
  await stripe.creditNotes.create({ invoice: id, amount: 500 });
  await until("it to park", async () => (await openlyParked(world, id)).length > 0);
  await stripeAdmin(`/payment_intents/${intent}/return`, {});
  await expectInBooks(charge, ["PA 40 open 0: 1095 40", "DM 40 open 40: 1095 -40"]);

  await stripeAdmin(`/refunds/${refund}/move`, { status: "failed" });

  await expectInBooks(refund, [...legs, "CM 10 open 10: 1095 10"]);
  await world.slAdmin("/faults", undefined, "DELETE");
});

test("a payment that SL does not let be applied to its invoice pays no refund", async () => {
  await world.set("mode", "invoice");
  await world.slAdmin("/switches", { applyMemoToDebitMemo: true, paymentsApplyAtEntry: false });
  await askDoctor(world, { probe: true, ...CONSENT });
  const match = { service: "paymentApplication", actionType: "UPDATE" };
  const effect = { kind: "refuse", message: "Not now" };
  await world.slAdmin("/faults", { match, effect, skip: 1, times: 2 });
  const order = await pay(world, 10_000);
  await until("it to park", async () => (await openlyParked(world, order.id)).length > 0);

  const charge = order.chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 2_000 });
  await until("the run that is told of it", async () => {
    const runs = await world.sql(
      `select 1 from run r join event e on e.pair = r.pair and e.lane_key = r.lane_key
       where r.lane_key = $1 and e.type = 'refund.created' and r.started_at > e.received_at`,
      [order.id],
    );
    return runs.length > 0;
  });
  await resume(world, order);

  await expectInBooks(refund.id, ["DM 20 open 0: 1095 -20", "CM 20 open 0: 4100 20"]);
});
