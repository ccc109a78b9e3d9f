import { afterAll, beforeAll, expect, test } from "vitest";
import { aPayment, usd } from "../../src/erp/testing/contract-drafts.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectParked, leftOn, memosOf, resume, trimmed, untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { anOpenInvoice, type Order, pay, payPart } from "./orders.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";
import { hasEnded, letMinutesPass, skipDelay } from "./time-passes.ts";

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ mode: "existing-invoice" });
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

const KEY = "DynamicsSL_InvoiceNbr";

const anInvoiceInSl = (
  total: number,
  { customer = "C300", isHeld = false }: { customer?: string; isHeld?: boolean } = {},
) => clerk.enterInvoice({ total, customer, isHeld });

function payFor(amountMinor: number, invoices: string): Promise<Order> {
  return pay(world, amountMinor, { metadata: { [KEY]: invoices } });
}

type Document = Readonly<{ type: string; customer: string; refNbr: string; open: number }>;

async function documents(isWanted: (row: Row) => boolean): Promise<Document[]> {
  const rows = await world.slRows("ARDoc");
  return rows.filter(isWanted).map((row) => ({
    type: trimmed(row.DocType),
    customer: trimmed(row.CustId),
    refNbr: trimmed(row.RefNbr),
    open: Number(row.CuryDocBal),
  }));
}

const paymentsOf = (order: Order) =>
  documents((row) => trimmed(row.User1) === order.chargeIds[0] && Number(row.Rlsed) === 1);

async function openOf(refNbr: string): Promise<number | undefined> {
  const [found] = await documents(
    (row) => trimmed(row.DocType) === "IN" && trimmed(row.RefNbr) === refNbr,
  );
  return found?.open;
}

/** What the charge waits for a person to release. */
function invoiceWait(order: Order): Promise<Row> {
  return until("the invoice to be waited for", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find((row) => row.laneKey === order.id);
  });
}

/** The clearing account's share of a charge, and the receivables', in major units. */
async function ledgerOf(order: Order): Promise<Record<string, number>> {
  const payments = await paymentsOf(order);
  const lines = await world.slRows("GLTran");
  const own = lines.filter((row) => payments.some(({ refNbr }) => trimmed(row.RefNbr) === refNbr));
  const sums: Record<string, number> = {};
  for (const row of own) {
    const account = trimmed(row.Acct);
    const cents = Math.round((Number(row.DrAmt) - Number(row.CrAmt)) * 100);
    sums[account] = (sums[account] ?? 0) + cents / 100;
  }
  return sums;
}

test("G9: two invoices are paid, and the rest stays unapplied and is listed", async () => {
  const first = await anInvoiceInSl(300);
  const second = await anInvoiceInSl(150);

  const order = await payFor(50_000, `${first}:300.00, ${second}`);
  await world.ended(order.id, ["booked"]);

  const [payment, ...others] = await paymentsOf(order);
  const { rows } = await world.api<{ rows: Row[] }>("/api/unapplied");
  expect(others).toEqual([]);
  expect(payment).toMatchObject({ type: "PA", customer: "C300", open: 50 });
  expect([await openOf(first), await openOf(second)]).toEqual([0, 0]);
  expect(await ledgerOf(order)).toEqual({ "1095": 500, "1200": -500 });
  expect(rows).toContainEqual(
    expect.objectContaining({ customerId: "C300", refNbr: payment?.refNbr, open: "50.00" }),
  );
});

test("G10: invoices of two customers make a payment each that add up to the charge", async () => {
  const first = await anInvoiceInSl(40, { customer: "C300" });
  const second = await anInvoiceInSl(60, { customer: "C301" });

  const order = await payFor(10_000, `${first}, C301/${second}`);
  await world.ended(order.id, ["booked"]);

  const payments = await paymentsOf(order);
  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  const owners = await world.sql(
    "select 1 from row_owner o join intent i on i.key = o.intent_key " +
      "and i.pair = o.pair where i.object = $1",
    [order.chargeIds[0]],
  );
  expect(payments.map(({ customer, open }) => [customer, open]).sort()).toEqual([
    ["C300", 0],
    ["C301", 0],
  ]);
  expect([await openOf(first), await openOf(second)]).toEqual([0, 0]);
  expect(await ledgerOf(order)).toEqual({ "1095": 100, "1200": -100 });
  expect(metadata.DynamicsSL_PaymentNbr?.split(", ").sort()).toEqual(
    payments.map(({ refNbr }) => refNbr).sort(),
  );
  expect(metadata[KEY]).toBe(`${first}, C301/${second}`);
  expect(owners).toHaveLength(1);
});

const untilMemos = (refund: { id: string }, memos: readonly string[]) =>
  until(`${refund.id} as ${memos.join("; ")}`, async () => {
    return (await memosOf(world, [refund])).join() === memos.join();
  });

test("a refund of a charge that two customers share is booked for each of them", async () => {
  const invoices = [
    await anInvoiceInSl(40, { customer: "C300" }),
    await anInvoiceInSl(60, { customer: "C301" }),
  ];
  const order = await payFor(12_000, `${invoices[0]}, C301/${invoices[1]}`);
  await world.ended(order.id, ["booked"]);
  const [charge = ""] = order.chargeIds;
  const back = (amount: number) =>
    world.stripe.refunds.create({ charge, amount, reason: "requested_by_customer" });

  // C301 has 20.00 that are applied to nothing; the other 30.00 are 2 to 3.
  const first = await back(5_000);
  await untilMemos(first, [
    "C300 CM 12 open 0",
    "C300 DM 12 open 0",
    "C301 CM 18 open 0",
    "C301 DM 38 open 0",
  ]);
  await allAsleep(world);
  await loseHub(world);
  const report = await rebuild(world);
  await allAsleep(world);
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const second = await back(3_333);
  await world.stripeAdmin(`/refunds/${second.id}/move`, { status: "failed" });
  await untilMemos(second, [
    "C300 CM 13.33 open 0",
    "C300 CM 13.33 open 13.33",
    "C300 DM 13.33 open 0",
    "C301 CM 20 open 0",
    "C301 CM 20 open 20",
    "C301 DM 20 open 0",
  ]);
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  // The answers to a write of each customer's memos are lost: what is begun keeps its amount.
  for (const skip of [0, 2]) {
    const match = { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" };
    await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" }, skip });
  }
  const third = await back(7_000);

  await untilMemos(third, [
    "C300 CM 14.67 open 0",
    "C300 DM 28 open 0",
    "C301 CM 22 open 0",
    "C301 DM 42 open 0",
  ]);
  const faults = await world.slAdmin<Row[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");
  expect(faults.every(({ hits }) => Number(hits) > 0)).toBe(true);
  expect(report.unexplained).toEqual([]);
  const all = [first, second, third];
  expect((await memosOf(world, all)).filter((one) => !one.endsWith("open 0"))).toEqual([]);
  expect([await leftOn(world, "1095", all), await leftOn(world, "4100", all)]).toEqual([-120, 100]);
  const owners = await world.sql(
    "select 1 from row_owner o join intent i on i.key = o.intent_key where i.object = any($1)",
    [all.map(({ id }) => id)],
  );
  expect(owners).toHaveLength(4);
  const { metadata } = await until("the batches to stand on the refund", async () => {
    const told = await world.stripe.refunds.retrieve(third.id);
    return told.metadata?.DynamicsSL_BatchNbr === undefined ? undefined : told;
  });
  expect(metadata?.DynamicsSL_BatchNbr?.split(", ")).toHaveLength(4);
});

test("an unreleased invoice is paid now and applied once a person has released it", async () => {
  const refNbr = await anInvoiceInSl(80, { isHeld: true });

  const order = await payFor(8_000, refNbr);
  const waiting = await invoiceWait(order);
  const [before] = await paymentsOf(order);
  await world.slAdmin(`/batches/AR/${String(waiting.batNbr)}/release`, {});
  await until("the order to be booked", async () => {
    await skipDelay(world, order);
    return (await openOf(refNbr)) === 0;
  });

  expect(before).toMatchObject({ open: 80 });
  expect(waiting).toMatchObject({ batchState: "on hold (H)" });
  expect(await paymentsOf(order)).toMatchObject([{ open: 0 }]);
});

test("a refund of money that waits for an invoice is booked at once", async () => {
  const refNbr = await anInvoiceInSl(70, { isHeld: true });
  const order = await payFor(7_000, refNbr);
  await until("the payment in SL", async () => (await paymentsOf(order))[0]);

  const refund = await world.stripe.refunds.create({ payment_intent: order.id, amount: 5_000 });
  const memo = await until("the debit memo of the refund", async () => {
    const [found] = await documents((row) => trimmed(row.User1) === refund.id);
    return found?.open === 0 ? found : undefined;
  });

  expect(memo.type).toBe("DM");
  expect(await paymentsOf(order)).toMatchObject([{ open: 20 }]);
});

test("an unknown invoice parks before anything is written, until it is named", async () => {
  const refNbr = await anInvoiceInSl(25);
  const order = await payFor(2_500, "999999");
  const parked = await expectParked(world, order, "mapping.invoice_unknown");
  const before = await paymentsOf(order);

  const [chargeId = ""] = order.chargeIds;
  await world.stripe.paymentIntents.update(order.id, { metadata: { [KEY]: refNbr } });
  await world.stripe.charges.update(chargeId, { metadata: { [KEY]: refNbr } });
  await resume(world, order);
  await world.ended(order.id, ["booked"]);

  expect(JSON.stringify(parked)).toContain("SL has no invoice 999999");
  expect(before).toEqual([]);
  expect(await openOf(refNbr)).toBe(0);
});

test("a charge that names no invoice, or wrongly, parks with field and example", async () => {
  const none = await pay(world, 1_100);
  const wrong = await payFor(1_200, "000123:free");

  const missing = await expectParked(world, none, "mapping.invoices_missing");
  const invalid = await expectParked(world, wrong, "mapping.invoices_invalid");

  expect(JSON.stringify(missing)).toContain(`No metadata ${KEY}`);
  expect(JSON.stringify(invalid)).toContain("for example 000123:300.00, 000124");
});

test("what others have pending on an invoice is not applied a second time", async () => {
  const refNbr = await anInvoiceInSl(90);
  await pendingInSl(refNbr, 50);

  const order = await payFor(9_000, refNbr);
  await world.ended(order.id, ["booked"]);

  expect(await paymentsOf(order)).toMatchObject([{ open: 50 }]);
  expect(await openOf(refNbr)).toBe(50);
});

/** A payment that somebody holds in SL with an application to the invoice. */
async function pendingInSl(refNbr: string, amount: number): Promise<void> {
  const draft = aPayment(0, [[refNbr, amount * 100]], { amount: usd(amount * 100) });
  await clerk.enter({ ...draft, refNbr: "CLERK1" }, true);
}

test("the same charge by a second event books and applies nothing again", async () => {
  const refNbr = await anInvoiceInSl(70);
  const order = await payFor(3_000, refNbr);
  await world.ended(order.id, ["booked"]);

  await world.stripe.paymentIntents.update(order.id, { metadata: { note: "again" } });
  await world.stripe.charges.update(order.chargeIds[0] ?? "", { metadata: { note: "again" } });
  await until("the run of the second event", async () => {
    const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}&limit=1`);
    return String(rows[0]?.reason).startsWith("nothing new");
  });

  expect(await paymentsOf(order)).toHaveLength(1);
  expect(await openOf(refNbr)).toBe(40);
});

test.each([
  [100, 200],
  [200, 100],
])("a Stripe invoice paid by %i and %i pays the invoice that it names", async (first, second) => {
  const refNbr = await anInvoiceInSl(300);
  const id = await anOpenInvoice(world, 30_000, {});
  await world.stripe.invoices.update(id, { metadata: { [KEY]: refNbr } });

  await payPart(world, id, first * 100);
  await until("the first part", async () => (await openOf(refNbr)) === 300 - first);
  await untilQuiet(world, id);
  const charge = await payPart(world, id, second * 100);
  const paid = await until("the second part", async () => {
    const [one] = await documents((row) => trimmed(row.User1) === charge && row.Rlsed === 1);
    return one;
  });

  expect(paid).toMatchObject({ type: "PA", customer: "C300", open: 0 });
  expect(await openOf(refNbr)).toBe(0);
});

test("a hub that lost its database ends a charge that two customers share", async () => {
  const [first, second] = [await anInvoiceInSl(30), await anInvoiceInSl(45, { customer: "C301" })];
  const held = await anInvoiceInSl(90, { isHeld: true });
  const order = await payFor(8_000, `${first} C301/${second} ${held}`);
  await invoiceWait(order);
  const before = await paymentsOf(order);

  await loseHub(world);
  const report = await rebuild(world);
  await wake(world, order.id);
  const { batNbr } = await invoiceWait(order);
  await world.slAdmin(`/batches/AR/${String(batNbr)}/release`, {});
  await letMinutesPass(world, order, async () => (await openOf(held)) === 85);

  expect(report.unexplained.filter((words) => words.includes("PA"))).toEqual([]);
  expect(before.map(({ open }) => open).sort()).toEqual([0, 5]);
  expect(await paymentsOf(order)).toEqual(before.map((payment) => ({ ...payment, open: 0 })));
  expect([await openOf(first), await openOf(second)]).toEqual([0, 0]);
});

const PAPP = { service: "paymentApplication", operation: "editScreen" };

test.each([
  ["reserve", "ADD", "first"],
  ["reserve", "ADD", "never"],
  ["fill", "UPDATE", "first"],
  ["fill", "UPDATE", "never"],
  ["release", "RELEASENOW", "first"],
  ["release", "RELEASENOW", "never"],
])("a lost answer to a %s (%s, committed %s) pays both customers once", async (...row) => {
  const [, actionType, commit] = row;
  const first = await anInvoiceInSl(20);
  const second = await anInvoiceInSl(10, { customer: "C301" });
  const fault = { match: { ...PAPP, actionType }, effect: { kind: "drop", commit } };
  // The second customer's payment is hit: the first one's stands by then.
  await world.slAdmin("/faults", { ...fault, skip: 1 });

  const order = await payFor(3_500, `${first}, C301/${second}`);
  await letMinutesPass(world, order, () => hasEnded(world, order));
  await world.slAdmin("/faults", undefined, "DELETE");

  const payments = await paymentsOf(order);
  expect(payments.map(({ customer, open }) => [customer, open]).sort()).toEqual([
    ["C300", 0],
    ["C301", 5],
  ]);
  expect([await openOf(first), await openOf(second)]).toEqual([0, 0]);
  // What is not applied stands on the customer's own receivable account.
  expect(await ledgerOf(order)).toEqual({ "1095": 35, "1200": -30, "1210": -5 });
});

test("a preview shows the payments that the charge would become", async () => {
  const first = await anInvoiceInSl(15);
  const second = await anInvoiceInSl(35, { customer: "C301" });
  const order = await payFor(4_000, `${first}, C301/${second} slip`);
  const parked = await expectParked(world, order, "mapping.invoice_unknown");
  const named = { [KEY]: `${first}, C301/${second}` };
  // What Stripe would tell of the change must not book it before it was shown.
  await world.stripeAdmin("/webhooks", { pause: true });
  await world.stripe.paymentIntents.update(order.id, { metadata: named });
  await world.stripe.charges.update(order.chargeIds[0] ?? "", { metadata: named });

  const changes = [{ field: "customer", value: "C300" }];
  const body = { version: parked.version, changes, reason: "a look", by: "maria", dryRun: true };
  const { preview } = await world.api<{ preview: { documents: Row[]; problem: unknown } }>(
    `/api/parked/${String(parked.id)}/edit`,
    { method: "POST", body },
  );
  await world.stripeAdmin("/webhooks", { pause: false });

  expect(preview.problem).toBeNull();
  expect(preview.documents.map(({ purpose }) => purpose)).toEqual(["payment", "payment"]);
  expect([await openOf(first), await openOf(second)]).toEqual([15, 35]);
});

test("a number that two customers have parks until the customer is named", async () => {
  const refNbr = await anInvoiceInSl(12);
  const other = await anInvoiceInSl(12, { customer: "C301" });
  const set = { RefNbr: refNbr };
  await world.slAdmin("/rows", { table: "ARDoc", where: { RefNbr: other }, set });

  const order = await payFor(1_200, refNbr);
  const parked = await expectParked(world, order, "mapping.invoice_ambiguous");
  const named = await payFor(1_200, `C301/${refNbr}`);
  await world.ended(named.id, ["booked"]);

  expect(parked.reason).toContain("C300, C301");
  expect(await paymentsOf(order)).toEqual([]);
  expect(await paymentsOf(named)).toMatchObject([{ customer: "C301", open: 0 }]);
});
