import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  decide,
  documentsOf,
  expectBookedOnce,
  memosInBooks,
  openlyParked,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aCustomer, type Order, pay } from "./orders.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";
import { skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

const DEBIT = { payment_method: "pm_usBankAccount_success" } as const;

/** A bank debit that was submitted; what becomes of it the bank says days later. */
async function debit(amount: number): Promise<Order> {
  return pay(world, amount, DEBIT);
}

async function settle(order: Order, succeeds: boolean): Promise<void> {
  await world.stripeAdmin(`/payment_intents/${order.id}/settle`, { succeeds });
}

async function takeBack(intent: string): Promise<void> {
  await world.stripeAdmin(`/payment_intents/${intent}/return`, {});
}

/** Type, amount, balance of each document of these Stripe ids. */
async function inSl(...stripeIds: string[]): Promise<unknown[]> {
  const rows = await documentsOf(world, stripeIds);
  return rows.map((row) => [trimmed(row.DocType), row.Rlsed, row.OrigDocAmt, row.DocBal]);
}

async function memoOf(chargeId: string): Promise<Row> {
  return until(`a released memo of ${chargeId}`, async () => {
    const rows = await documentsOf(world, [chargeId]);
    return rows.find((row) => trimmed(row.DocType) === "DM" && row.Rlsed === 1);
  });
}

/** Its run is parked, and the hub looks again all the same. */
function untilDueAgain(laneKey: string): Promise<unknown> {
  return until("the hub to look again by itself", async () => {
    const due = await world.sql(
      "select 1 from lane where key = $1 and owner is null and due_at > now()",
      [laneKey],
    );
    return due[0];
  });
}

test("G7 a debit that fails before success leaves nothing in SL", async () => {
  const order = await debit(20_000);
  await settle(order, false);
  await world.ended(order.id, ["not_applicable"]);
  await untilQuiet(world, order.id);

  expect(await inSl(order.id, ...order.chargeIds)).toEqual([]);
});

test("a debit is booked when it succeeds, and not before", async () => {
  const order = await debit(20_000);
  expect(await inSl(order.id, ...order.chargeIds)).toEqual([]);

  await settle(order, true);

  await expectBookedOnce(world, order);
});

test("a bank-debit return after success is a debit memo, and owed", async () => {
  const order = await debit(20_000);
  await settle(order, true);
  const { invoice } = await expectBookedOnce(world, order);

  await takeBack(order.id);
  const memo = await memoOf(order.chargeIds[0] ?? "");
  await untilQuiet(world, order.id);

  const refNbr = trimmed(invoice.RefNbr);
  expect(memo).toMatchObject({ OrigDocAmt: 200, DocBal: 200, DueDate: invoice.DueDate });
  expect(trimmed(memo.OrigDocNbr)).toBe(refNbr);
  expect(trimmed(memo.DocDesc)).toBe(`Returned pmt for IN ${refNbr}`);
  const lines = await world.slRows("ARTran");
  const [line] = lines.filter((row) => trimmed(row.RefNbr) === trimmed(memo.RefNbr));
  expect([trimmed(line?.Acct), trimmed(line?.DrCr), line?.TranAmt]).toEqual(["1095", "C", 200]);
  const [owner] = await world.sql(
    `select i.purpose from row_owner o join intent i on i.key = o.intent_key and i.pair = o.pair
     where i.purpose = 'return' and i.object = $1`,
    [order.chargeIds[0]],
  );
  expect(owner?.purpose).toBe("return");
});

test("G56 a later charge of the same invoice pays the memo, without a second invoice", async () => {
  const { stripe } = world;
  const { id, intent, chargeOf, chargeId: first } = await debitedInvoice(9_000);
  await world.stripeAdmin(`/payment_intents/${intent}/settle`, { succeeds: true });
  await world.ended(id, ["booked"]);

  await takeBack(intent);
  await memoOf(first);
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const second = await chargeOf();
  await until("the second payment", async () => (await documentsOf(world, [second])).length > 0);
  await untilQuiet(world, id);

  expect(second).not.toBe(first);
  expect(await inSl(id, first, second)).toEqual([
    ["IN", 1, 90, 0],
    ["PA", 1, 90, 0],
    ["DM", 1, 90, 0],
    ["PA", 1, 90, 0],
  ]);
  expect(await openlyParked(world, id)).toEqual([]);
});

/** Waits until these memos, in this order, are all that stands in SL of a Stripe id. */
async function untilMemos(stripeId: string, memos: readonly string[]): Promise<void> {
  const wanted = memos.join("; ");
  await until(`${wanted} for ${stripeId}`, async () => {
    return (await memosInBooks(world, stripeId)).join("; ") === wanted;
  });
}

/** A debit of 200.00 that its bank has paid. */
async function paidDebit() {
  const order = await debit(20_000);
  await settle(order, true);
  await expectBookedOnce(world, order);
  return { id: order.id, charge: order.chargeIds[0] ?? "" };
}

const refundOf = (charge: string) => world.stripe.refunds.create({ charge, amount: 5_000 });
const BOTH_LEGS = ["DM 50 open 0: 1095 -50", "CM 50 open 0: 4100 50"];

test("a refund that fails after the return of its debit is the customer's credit", async () => {
  const { id, charge } = await paidDebit();
  const refund = await refundOf(charge);
  await untilMemos(refund.id, BOTH_LEGS);
  await takeBack(id);
  await memoOf(charge);

  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });

  await untilMemos(refund.id, [...BOTH_LEGS, "CM 50 open 50: 1095 50"]);
  await untilQuiet(world, id);
  expect(await openlyParked(world, id)).toEqual([]);
});

test("a refund that is heard of after the return of its debit is booked all the same", async () => {
  const { id, charge } = await paidDebit();
  await world.stripeAdmin("/webhooks", { pause: true });
  const refund = await refundOf(charge);
  await takeBack(id);

  await world.stripeAdmin("/webhooks", { pause: false });

  await memoOf(charge);
  await untilMemos(refund.id, BOTH_LEGS);
  await untilQuiet(world, id);
  expect(await openlyParked(world, id)).toEqual([]);
});

test("a refund that a person has booked stays theirs when its debit is returned", async () => {
  const { id, charge } = await paidDebit();
  const match = { service: "invoiceAndMemo", actionType: "UPDATE" };
  const effect = { kind: "refuse", message: "Not now" };
  await world.slAdmin("/faults", { match, effect, times: null });
  const refund = await refundOf(charge);
  const parked = await until("it to park", async () => (await openlyParked(world, id))[0]);
  await untilQuiet(world, id);
  await decide(world, parked, "dismiss", { reason: "booked by hand" });
  await world.slAdmin("/faults", undefined, "DELETE");

  await takeBack(id);

  await memoOf(charge);
  await untilQuiet(world, id);
  expect(await openlyParked(world, id)).toEqual([]);
  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });
  const again = await until("what is new to park", async () => (await openlyParked(world, id))[0]);
  const { unseen } = again.facts as Row;
  expect(String(unseen)).toMatch(new RegExp(`^${refund.id} 50.00 USD by txn_\\w+$`));
  expect(await memosInBooks(world, refund.id)).toEqual([]);
});

test("a refund of a returned debit is booked also where its invoice was paid again", async () => {
  const { id, intent, chargeId } = await debitedInvoice(9_000);
  await world.stripeAdmin(`/payment_intents/${intent}/settle`, { succeeds: true });
  await world.ended(id, ["booked"]);
  await world.set("credit-note.wait", 0);
  const refund = await refundOf(chargeId);
  await untilMemos(refund.id, BOTH_LEGS);
  await takeBack(intent);
  await memoOf(chargeId);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });

  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });

  await untilMemos(refund.id, [...BOTH_LEGS, "CM 50 open 50: 1095 50"]);
  await untilQuiet(world, id);
  expect(await openlyParked(world, id)).toEqual([]);
});

/** Released entries of these Stripe ids: type, then account and amount, credits below zero. */
async function entries(...stripeIds: string[]): Promise<string[]> {
  const documents = (await documentsOf(world, stripeIds)).map((row) => ({
    ...{ type: trimmed(row.DocType), module: "AR", batNbr: trimmed(row.BatNbr) },
  }));
  const batches = await world.slRows("Batch");
  const journals = batches
    .filter((row) => trimmed(row.Module) === "GL" && stripeIds.includes(trimmed(row.User1)))
    .map((row) => ({ type: "GJ", module: "GL", batNbr: trimmed(row.BatNbr) }));
  const lines = await world.slRows("GLTran");
  return [...documents, ...journals].map(({ type, module, batNbr }) => {
    const own = lines.filter(
      (row) => trimmed(row.Module) === module && trimmed(row.BatNbr) === batNbr && row.Rlsed === 1,
    );
    const amounts = own.map(
      (row) => `${trimmed(row.Acct)} ${Number(row.DrAmt) - Number(row.CrAmt)}`,
    );
    return `${type} ${amounts.sort().join(" | ")}`;
  });
}

type Traced = { documents: { batNbr: string; receipt: Row | null; entries: Row[] }[] };

async function untilInTransit(chargeId: string): Promise<void> {
  await until("the debit's journal", async () => {
    const [entry = ""] = await entries(chargeId);
    return entry.includes("2050");
  });
}

/** A Stripe invoice whose bank debit was submitted: its id, its PaymentIntent and its charge. */
async function debitedInvoice(amount: number) {
  const { stripe } = world;
  const customer = (await aCustomer(world)).id;
  const product = await stripe.products.create({ name: "Shirt", metadata: { InvtID: "TSHIRT" } });
  const invoice = await stripe.invoices.create({ customer });
  const id = invoice.id ?? "";
  const price_data = { currency: "usd", unit_amount: amount, product: product.id };
  await stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await stripe.invoices.pay(id, DEBIT);
  const [payment] = (await stripe.invoicePayments.list({ invoice: id })).data;
  const intent = String(payment?.payment.payment_intent);
  const chargeOf = async () => String((await stripe.paymentIntents.retrieve(intent)).latest_charge);
  return { id, intent, chargeOf, chargeId: await chargeOf() };
}

test("G8 a pending debit is in transit, then paid from there, then returned", async () => {
  await world.set("accounts.in-process", "2050/000000000000");
  await world.set("pending-payments", "in-transit");
  const order = await debit(20_000);
  const [chargeId = ""] = order.chargeIds;
  await untilInTransit(chargeId);
  await settle(order, true);
  await world.ended(order.id, ["booked"]);
  await until("the payment", async () => (await documentsOf(world, [chargeId])).length > 0);
  await untilQuiet(world, order.id);

  await takeBack(order.id);
  await memoOf(chargeId);
  await untilQuiet(world, order.id);

  expect((await entries(order.id, chargeId)).sort()).toEqual([
    "DM 1095 -200 | 1210 200",
    "GJ 1095 200 | 2050 -200",
    "IN 1210 200 | 4010 -200",
    "PA 1210 -200 | 2050 200",
  ]);
  const owners = await world.sql(
    `select i.purpose from row_owner o join intent i on i.key = o.intent_key and i.pair = o.pair
     where i.object = $1 order by 1`,
    [chargeId],
  );
  expect(owners.map(({ purpose }) => purpose)).toEqual(["pending", "return"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("G7 a debit in transit that fails before success is taken back by a journal", async () => {
  const { id, intent, chargeId } = await debitedInvoice(20_000);
  await untilInTransit(chargeId);
  const before = await until("the hub to know of its journal", async () => {
    const traced = await world.api<Traced>(`/api/trace/${chargeId}`);
    return traced.documents[0]?.receipt === null ? undefined : traced;
  });

  await world.stripeAdmin(`/payment_intents/${intent}/settle`, { succeeds: false });
  await until("both journals", async () => (await entries(chargeId)).length === 2);
  await untilQuiet(world, id);
  await wake(world, id);
  await untilQuiet(world, id);

  expect((await entries(id, chargeId)).sort()).toEqual([
    "GJ 1095 -200 | 2050 200",
    "GJ 1095 200 | 2050 -200",
  ]);
  const [journal] = before.documents;
  expect(journal?.receipt).toMatchObject({ type: "GJ", refNbr: journal?.batNbr });
  expect(journal?.entries).toMatchObject([
    { account: "1095", debit: "200.00" },
    { account: "2050", credit: "200.00" },
  ]);
});

test("debits leave the account that they are in process on, whatever is set by then", async () => {
  const paid = await debit(20_000);
  const failed = await debit(7_000);
  const charges = [...paid.chargeIds, ...failed.chargeIds];
  for (const charge of charges) await untilInTransit(charge);
  await untilQuiet(world, failed.id);

  await world.set("accounts.in-process", "2360/000000000000");
  await settle(paid, true);
  await settle(failed, false);
  await until("payment and journal", async () => (await entries(...charges)).length === 4);
  await untilQuiet(world, paid.id);
  await untilQuiet(world, failed.id);

  expect((await entries(...charges)).sort()).toEqual([
    "GJ 1095 -70 | 2050 70",
    "GJ 1095 200 | 2050 -200",
    "GJ 1095 70 | 2050 -70",
    "PA 1210 -200 | 2050 200",
  ]);
  await world.set("pending-payments", "off");
});

test("a payment that a person reverses in SL instead is seen there by the hub itself", async () => {
  await world.set("payment-return", "person");
  const order = await debit(7_000);
  await settle(order, true);
  const { payments } = await expectBookedOnce(world, order);
  await takeBack(order.id);

  const parked = await until("a person to be asked", async () => {
    return (await openlyParked(world, order.id))[0];
  });
  expect(parked.code).toBe("erp.return_by_hand");
  const [payment] = payments;
  const where = { DocType: "PA", RefNbr: trimmed(payment?.RefNbr) };
  await world.slAdmin("/rows", { table: "ARDoc", where, set: { S4Future12: "RP" } });
  await untilDueAgain(order.id);
  await skipDelay(world, order);

  const returned = `70.00 of ${order.chargeIds[0]} was returned by its bank`;
  const reason = `${returned}: reversed in SL by a person`;
  await until("the run to see the reversal", async () => {
    const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}&limit=1`);
    return rows[0]?.reason === reason;
  });
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a memo that a rebuild takes over from SL is not written again", async () => {
  const order = await debit(6_000);
  await settle(order, true);
  await expectBookedOnce(world, order);
  await world.set("payment-return", "debit-memo");
  await takeBack(order.id);
  const memo = await memoOf(order.chargeIds[0] ?? "");
  await untilQuiet(world, order.id);
  const before = await inSl(order.id, ...order.chargeIds);
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world);
  await wake(world, order.id);
  await allAsleep(world);

  expect(report.unexplained).toEqual([]);
  expect(await inSl(order.id, ...order.chargeIds)).toEqual(before);
  const links = await world.sql("select kind from link where sl_key = $1", [trimmed(memo.RefNbr)]);
  expect(links.map(({ kind }) => kind)).toEqual(["return"]);
});
