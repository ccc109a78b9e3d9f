import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, memosInBooks, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { anOpenInvoice, aPrice, checkOut, type Order, pay } from "./orders.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

/** The bank does not take the money of a refund: it comes back. */
const fail = (refund: Stripe.Refund) =>
  world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });

/** Refunds of an order's first charge, as a clerk makes them at Stripe. */
async function giveBack(
  order: Order,
  refund: Omit<Stripe.RefundCreateParams, "charge"> = {},
): Promise<Stripe.Refund> {
  return world.stripe.refunds.create({
    charge: order.chargeIds[0] ?? "",
    reason: "requested_by_customer",
    ...refund,
  });
}

/** A document as the golden examples write it: `DM 33.33 open 0: 1095 -33.33`. */
const booksOf = (stripeId: string) => memosInBooks(world, stripeId);

/** The ledger of a sales order once this is true of it. */
function ledgerOf(order: Order, isSo: (ledger: Row) => boolean): Promise<Row> {
  return until(`the ledger of ${order.id}`, async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/orders");
    return rows.find((row) => row.object === order.id && isSo(row));
  });
}

async function untilBooked(refund: Stripe.Refund, kinds: readonly string[]): Promise<string[]> {
  return until(`${refund.id} as ${kinds.join(", ")}`, async () => {
    const books = await booksOf(refund.id);
    const released = (await documentsOf(world, [refund.id])).filter(({ Rlsed }) => Rlsed === 1);
    return released.length === kinds.length ? books : undefined;
  });
}

const untilClosed = ({ id }: Stripe.Refund) =>
  until(`the memos of ${id} to have nothing open`, async () => {
    return (await booksOf(id)).every((one) => one.includes(" open 0:"));
  });

test("a refund is a debit memo on clearing and a credit memo that closes it", async () => {
  const order = await pay(world, 10_825);
  const refund = await giveBack(order);

  const books = await untilBooked(refund, ["DM", "CM"]);
  await untilQuiet(world, order.id);

  expect(books.length).toBe(2);
  expect(await booksOf(refund.id)).toEqual([
    "DM 108.25 open 0: 1095 -108.25",
    "CM 108.25 open 0: 4100 108.25",
  ]);
  const written = await world.stripe.refunds.retrieve(refund.id);
  const [cash, cause] = await documentsOf(world, [refund.id]);
  expect(written.metadata).toMatchObject({
    DynamicsSL_DebitMemoNbr: trimmed(cash?.RefNbr),
    DynamicsSL_CreditMemoNbr: trimmed(cause?.RefNbr),
    DynamicsSL_BatchNbr: trimmed(cash?.BatNbr),
  });
});

test("three partial refunds of a booked charge add up to it, each booked once", async () => {
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const refunds: Stripe.Refund[] = [];
  for (const amount of [3_333, 3_333, 3_334]) refunds.push(await giveBack(order, { amount }));

  for (const refund of refunds) await untilBooked(refund, ["DM", "CM"]);
  await untilQuiet(world, order.id);

  const books = await Promise.all(refunds.map(({ id }) => booksOf(id)));
  expect(books).toEqual([
    ["DM 33.33 open 0: 1095 -33.33", "CM 33.33 open 0: 4100 33.33"],
    ["DM 33.33 open 0: 1095 -33.33", "CM 33.33 open 0: 4100 33.33"],
    ["DM 33.34 open 0: 1095 -33.34", "CM 33.34 open 0: 4100 33.34"],
  ]);
});

test("a refund of the payment alone leaves its debit memo open", async () => {
  const order = await pay(world, 6_000);
  const refund = await giveBack(order, { metadata: { slipway_refund: "payment-only" } });

  await untilBooked(refund, ["DM"]);
  await untilQuiet(world, order.id);

  expect(await booksOf(refund.id)).toEqual(["DM 60 open 60: 1095 -60"]);
});

/** SL does what the writes of memos and applications ask for, and an answer of each is lost. */
async function loseAnswers(): Promise<void> {
  const screen = (service: string, actionType: string) => {
    return { service, operation: "editScreen", actionType };
  };
  const calls = [
    ...["UPDATE", "RELEASENOW"].map((action) => screen("invoiceAndMemo", action)),
    ...["UPDATE", "RELEASENOW"].map((action) => screen("paymentApplication", action)),
  ];
  for (const match of calls) {
    await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" } });
  }
}

test("a refund is booked once where the answers to its writes are lost", async () => {
  const order = await pay(world, 8_000);
  await world.ended(order.id, ["booked"]);
  await loseAnswers();
  const refund = await giveBack(order);

  await untilBooked(refund, ["DM", "CM"]);
  await untilQuiet(world, order.id);
  const faults = await world.slAdmin<Row[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");

  expect(faults.every(({ hits }) => Number(hits) > 0)).toBe(true);
  expect(await booksOf(refund.id)).toEqual(["DM 80 open 0: 1095 -80", "CM 80 open 0: 4100 80"]);
  const held = (await documentsOf(world, [refund.id])).filter(({ Rlsed }) => Rlsed !== 1);
  expect(held).toEqual([]);
});

test("a refund that fails is the customer's credit, which the next refund takes", async () => {
  const order = await pay(world, 10_000);
  const first = await giveBack(order);
  await untilBooked(first, ["DM", "CM"]);

  await fail(first);
  await untilBooked(first, ["DM", "CM", "CM"]);
  await untilQuiet(world, order.id);
  const failed = await booksOf(first.id);
  const { rows } = await world.api<{ rows: Row[] }>("/api/unapplied");
  const second = await giveBack(order);
  await untilBooked(second, ["DM"]);
  await untilQuiet(world, order.id);

  expect(failed).toEqual([
    "DM 100 open 0: 1095 -100",
    "CM 100 open 0: 4100 100",
    "CM 100 open 100: 1095 100",
  ]);
  expect(rows.filter(({ object }) => object === first.id)).toMatchObject([
    { type: "CM", open: "100.00", currency: "USD" },
  ]);
  expect((await booksOf(first.id))[2]).toBe("CM 100 open 0: 1095 100");
  expect(await booksOf(second.id)).toEqual(["DM 100 open 0: 1095 -100"]);
});

test("with reverse, what a failed refund had taken back stands again", async () => {
  await world.set("refund-failed", "reverse");
  const order = await pay(world, 10_000);
  const refund = await giveBack(order);
  await untilBooked(refund, ["DM", "CM"]);

  await fail(refund);
  await untilBooked(refund, ["DM", "CM", "CM", "DM"]);
  await untilQuiet(world, order.id);

  expect(await booksOf(refund.id)).toEqual([
    "DM 100 open 0: 1095 -100",
    "CM 100 open 0: 4100 100",
    "CM 100 open 0: 1095 100",
    "DM 100 open 0: 4100 -100",
  ]);
});

/** A refund of all of an order that has failed, as the pair books that by now. */
async function failedRefund(kinds: readonly string[]) {
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const refund = await giveBack(order);
  await untilBooked(refund, ["DM", "CM"]);
  await fail(refund);
  await untilBooked(refund, kinds);
  await untilQuiet(world, order.id);
  return { order, refund };
}

test("a failed refund paid out by hand stays so under reverse", async () => {
  await world.set("refund-failed", "credit");
  const { order, refund } = await failedRefund(["DM", "CM", "CM"]);
  const documents = await documentsOf(world, [refund.id]);
  const { CustId, DocType, RefNbr, BatNbr } = documents.find((row) => row.DocBal === 100) ?? {};
  // A clerk pays the buyer by cheque, and applies the credit to that.
  await world.slAdmin("/rows", {
    table: "ARDoc",
    where: { CustId, DocType, RefNbr, BatNbr },
    set: { DocBal: 0, CuryDocBal: 0, OpenDoc: 0 },
  });

  await world.set("refund-failed", "reverse");
  await wake(world, order.id);
  await untilQuiet(world, order.id);

  expect(await booksOf(refund.id)).toEqual([
    "DM 100 open 0: 1095 -100",
    "CM 100 open 0: 4100 100",
    "CM 100 open 0: 1095 100",
  ]);
});

test("a failed refund begun with reverse is finished so under credit", async () => {
  await world.set("refund-failed", "credit");
  const { order, refund } = await failedRefund(["DM", "CM", "CM"]);
  // As a hub leaves it that was begun with reverse, and dies after the money's memo.
  await world.sql(
    `update intent set draft = jsonb_set(draft, '{isCauseUndone}', 'true')
     where object = $1 and purpose = 'refund-back-cash'`,
    [refund.id],
  );

  await wake(world, order.id);
  await untilBooked(refund, ["DM", "CM", "CM", "DM"]);
  await untilQuiet(world, order.id);

  expect((await booksOf(refund.id)).slice(2)).toEqual([
    "CM 100 open 0: 1095 100",
    "DM 100 open 0: 4100 -100",
  ]);
});

test("a refund whose money has not moved, and one that is cancelled, book nothing", async () => {
  const order = await pay(world, 900_000);
  await world.stripeAdmin("/settings", { refundsNeedBalance: true });
  const refund = await giveBack(order);
  await world.ended(order.id, ["booked"]);
  await untilQuiet(world, order.id);
  const pending = await booksOf(refund.id);

  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "canceled" });
  await world.stripeAdmin("/settings", { refundsNeedBalance: false });
  await untilQuiet(world, order.id);

  expect(refund.status).toBe("pending");
  expect([...pending, ...(await booksOf(refund.id))]).toEqual([]);
});

test("a refund of an order that has not shipped takes its prepayment", async () => {
  await world.set("mode", "sales-order");
  const price = await aPrice(world, 7_500, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const order = await checkOut(world, { line_items: [{ price, quantity: 2 }] });
  await world.ended(order.id, ["booked"]);
  const refund = await giveBack(order, { amount: 9_000 });

  await untilBooked(refund, ["DM"]);
  const shown = await ledgerOf(order, ({ refunded }) => refunded === "90.00");

  expect(await booksOf(refund.id)).toEqual(["DM 90 open 0: 1095 -90"]);
  expect(shown).toMatchObject({
    paid: "150.00",
    applied: "0.00",
    refunded: "90.00",
    left: "60.00",
  });
});

test("G20 a refund above what a shipped order has left is a credit memo for the rest", async () => {
  const price = await aPrice(world, 7_500, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const order = await checkOut(world, { line_items: [{ price, quantity: 2 }] });
  const { orderNumber } = await ledgerOf(order, ({ state }) => state === "open");
  const lines = [{ lineRef: "1", quantity: 1 }];
  await world.slAdmin(`/orders/${String(orderNumber)}/ship`, { lines });
  await world.api(`/api/orders/${String(orderNumber)}/look`, { method: "POST", body: {} });
  await ledgerOf(order, ({ applied }) => applied === "75.00");
  const refund = await giveBack(order, { amount: 10_000 });

  await untilBooked(refund, ["DM", "CM"]);
  const shown = await ledgerOf(order, ({ refunded }) => refunded === "75.00");
  await untilClosed(refund);

  expect(await booksOf(refund.id)).toEqual(["DM 100 open 0: 1095 -100", "CM 25 open 0: 4100 25"]);
  expect(shown).toMatchObject({ paid: "150.00", applied: "75.00", left: "0.00" });
});

/** A paid Stripe invoice of one line over `amount` minor units. */
async function aPaidInvoice(amount: number): Promise<string> {
  const id = await anOpenInvoice(world, amount);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  return id;
}

test("credit notes come off an invoice before payment, off its refunds after it", async () => {
  await world.set("mode", "invoice");
  const id = await anOpenInvoice(world, 12_500);
  const early = await world.stripe.creditNotes.create({ invoice: id, amount: 2_500 });
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  await world.ended(id, ["booked"]);

  const late = await world.stripe.creditNotes.create({
    invoice: id,
    amount: 5_000,
    refund_amount: 3_500,
    credit_amount: 1_500,
  });
  const [part] = late.refunds;
  const refund = { id: String(part?.refund) } as Stripe.Refund;
  await untilBooked(refund, ["DM"]);
  await untilQuiet(world, id);

  const [invoice] = await documentsOf(world, [id]);
  expect([invoice?.OrigDocAmt, invoice?.DocBal]).toEqual([125, 0]);
  expect(await booksOf(early.id)).toEqual(["CM 25 open 0: 4103 25"]);
  expect(await booksOf(late.id)).toEqual(["CM 50 open 15: 4103 50"]);
  expect(await booksOf(refund.id)).toEqual(["DM 35 open 0: 1095 -35"]);
});

test("a refund that was booked without its credit note covers it", async () => {
  await world.set("credit-note.wait", 0);
  const id = await aPaidInvoice(4_000);
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(payments.data[0]?.payment.payment_intent);
  await world.ended(id, ["booked"]);
  const refund = await world.stripe.refunds.create({ payment_intent: intent, amount: 1_000 });
  await untilBooked(refund, ["DM", "CM"]);

  const note = await world.stripe.creditNotes.create({
    invoice: id,
    amount: 1_000,
    refunds: [{ refund: refund.id, amount_refunded: 1_000 }],
  });
  await untilQuiet(world, id);

  const run = await world.ended(id, ["booked"]);
  expect(run.reason).toContain(`credit note ${note.number}: covered by CM`);
  expect(await booksOf(note.id)).toEqual([]);
});

test.each([
  ["a part of it", [3_500], ["CM 15 open 0: 4100 15"]],
  ["all of it in two parts", [2_000, 3_000], []],
])("credit notes are the cause of their refund over %s", async (_what, amounts, own) => {
  await world.set("credit-note.wait", 60);
  const id = await aPaidInvoice(10_000);
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(payments.data[0]?.payment.payment_intent);
  const refund = await world.stripe.refunds.create({ payment_intent: intent, amount: 5_000 });
  const notes: string[] = [];
  for (const amount of amounts) {
    const refunds = [{ refund: refund.id, amount_refunded: amount }];
    notes.push((await world.stripe.creditNotes.create({ invoice: id, amount, refunds })).id);
  }
  await untilBooked(refund, ["DM", ...own]);
  // What stands is read again with the next news of the sale.
  await wake(world, id);
  await untilQuiet(world, id);

  expect(await openlyParked(world, id)).toEqual([]);
  expect(await booksOf(refund.id)).toEqual(["DM 50 open 0: 1095 -50", ...own]);
  const ofNotes = amounts.map((amount) => `CM ${amount / 100} open 0: 4103 ${amount / 100}`);
  expect(await Promise.all(notes.map(booksOf))).toEqual(ofNotes.map((one) => [one]));
});

test("a hub that lost its database takes the memos of refunds over", async () => {
  await world.set("mode", "invoice");
  const order = await pay(world, 10_000);
  const first = await giveBack(order, { amount: 3_333 });
  await untilBooked(first, ["DM", "CM"]);
  await untilQuiet(world, order.id);

  await loseHub(world);
  const report = await rebuild(world);
  await allAsleep(world);
  const second = await giveBack(order);
  await untilBooked(second, ["DM", "CM"]);
  await untilQuiet(world, order.id);

  expect(report.unexplained).toEqual([]);
  expect(await booksOf(first.id)).toEqual([
    "DM 33.33 open 0: 1095 -33.33",
    "CM 33.33 open 0: 4100 33.33",
  ]);
  expect(await booksOf(second.id)).toEqual([
    "DM 66.67 open 0: 1095 -66.67",
    "CM 66.67 open 0: 4100 66.67",
  ]);
  const owners = await world.sql("select intent_key from row_owner where row_id = $1", [
    String(first.balance_transaction),
  ]);
  expect(owners).toHaveLength(1);
});
