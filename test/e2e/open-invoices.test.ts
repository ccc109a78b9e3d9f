import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { anOpenInvoice, payPart } from "./orders.ts";
import { allAsleep, loseHub, rebuild } from "./restores.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ "invoice.when": "finalized" });
});

afterAll(() => world.close());

/** An invoice that is finalised at Stripe and booked in SL, with nothing of it paid. */
async function booked(amount: number): Promise<string> {
  const id = await anOpenInvoice(world, amount);
  await world.ended(id, ["booked"]);
  expect(await inSl(id)).toEqual([["IN", amount / 100, amount / 100]]);
  return id;
}

/** Type, amount and balance of each document of these Stripe ids. */
async function inSl(...stripeIds: string[]): Promise<unknown[]> {
  const rows = await documentsOf(world, stripeIds);
  return rows.map((row) => [trimmed(row.DocType), row.OrigDocAmt, row.DocBal]);
}

/** The charge that has paid an invoice in one. */
async function chargeOf(invoice: string): Promise<string> {
  const expand = ["data.payment.payment_intent"];
  const [payment] = (await world.stripe.invoicePayments.list({ invoice, expand })).data;
  const intent = payment?.payment.payment_intent;
  return typeof intent === "object" ? String(intent.latest_charge) : "";
}

async function untilCame(id: string, type: string): Promise<void> {
  await world.ended(id, ["booked"]);
  await untilEvent(id, type);
  await untilQuiet(world, id);
}

async function untilEvent(id: string, type: string): Promise<void> {
  await until(`the end of ${type}`, async () => {
    const rows = await world.sql(
      "select 1 from event where object_id = $1 and type = $2 and end_state is not null",
      [id, type],
    );
    return rows.length > 0;
  });
}

test("an invoice is booked when it is finalised, and its payment when it comes", async () => {
  const id = await booked(12_000);

  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  await untilCame(id, "invoice.paid");

  expect(await inSl(id, await chargeOf(id))).toEqual([
    ["IN", 120, 0],
    ["PA", 120, 0],
  ]);
});

test("a void invoice is closed by a credit memo over its lines", async () => {
  const id = await booked(8_000);

  await world.stripe.invoices.voidInvoice(id);
  await untilCame(id, "invoice.voided");

  expect(await inSl(id)).toEqual([
    ["IN", 80, 0],
    ["CM", 80, 0],
  ]);
  const [invoice, memo] = await documentsOf(world, [id]);
  expect(trimmed(memo?.OrigDocNbr)).toBe(trimmed(invoice?.RefNbr));
  expect(await sidesOf(memo)).toEqual(["4010 D 80"]);
  expect(await openlyParked(world, id)).toEqual([]);
});

test("an uncollectible invoice stays open, or is written off where the pair says so", async () => {
  const left = await booked(3_000);
  await world.stripe.invoices.markUncollectible(left);
  await untilCame(left, "invoice.marked_uncollectible");
  expect(await inSl(left)).toEqual([["IN", 30, 30]]);

  await world.set("accounts.bad-debt", "6200/000000000000");
  await world.set("uncollectible", "bad-debt");
  const id = await booked(5_000);
  await world.stripe.invoices.markUncollectible(id);
  await untilCame(id, "invoice.marked_uncollectible");

  expect(await inSl(id)).toEqual([
    ["IN", 50, 0],
    ["CM", 50, 0],
  ]);
  const [, memo] = await documentsOf(world, [id]);
  expect(await sidesOf(memo)).toEqual(["6200 D 50"]);
});

test("a rebuild takes the memos of ended invoices over from SL", async () => {
  const before = (await world.slRows("ARDoc")).length;
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world);
  await allAsleep(world);

  expect(report.unexplained).toEqual([]);
  const memos = await world.sql("select part from intent where purpose = 'reverse' order by part");
  expect(memos.map(({ part }) => part)).toEqual(["uncollectible", "void"]);
  expect(await world.slRows("ARDoc")).toHaveLength(before);
});

test("an invoice whose credit note was voided before it was paid is paid in full", async () => {
  const id = await booked(12_500);
  const note = await world.stripe.creditNotes.create({ invoice: id, amount: 2_500 });
  await until("the note's memo", async () => (await inSl(note.id)).length === 1);
  await world.stripe.creditNotes.voidCreditNote(note.id);
  await until("the note to be taken back", async () => (await inSl(note.id)).length === 2);
  await untilQuiet(world, id);
  expect(await inSl(id, note.id)).toEqual([
    ["IN", 125, 100],
    ["CM", 25, 0],
    ["DM", 25, 25],
  ]);

  const charge = await payPart(world, id, 12_500);

  await until("the payment", async () => (await inSl(charge)).length === 1);
  await untilQuiet(world, id);
  expect(await inSl(id, note.id, charge)).toEqual([
    ["IN", 125, 0],
    ["CM", 25, 0],
    ["DM", 25, 0],
    ["PA", 125, 0],
  ]);
  expect(await openlyParked(world, id)).toEqual([]);
});

test("money for an invoice that was written off is booked, and listed as open", async () => {
  const id = await booked(7_500);
  await world.stripe.invoices.markUncollectible(id);
  await untilCame(id, "invoice.marked_uncollectible");

  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });

  const charge = await chargeOf(id);
  await until("the payment", async () => (await inSl(charge)).length === 1);
  await untilQuiet(world, id);
  expect(await inSl(id, charge)).toEqual([
    ["IN", 75, 0],
    ["CM", 75, 0],
    ["PA", 75, 75],
  ]);
  expect(await openlyParked(world, id)).toEqual([]);
  const listed = "select minor::int from unapplied where object = $1 and cleared_at is null";
  expect(await world.sql(listed, [charge])).toEqual([{ minor: 7_500 }]);

  // As a hub leaves it that dies between the payment and its place on the list.
  await world.sql("delete from unapplied where object = $1", [charge]);
  await world.stripe.charges.update(charge, { metadata: { touched: "yes" } });
  await until("the payment to be listed again", async () => {
    return (await world.sql(listed, [charge])).length === 1;
  });
});

/** The lines that were entered with a document: account, side, amount. */
async function sidesOf(document: Row | undefined): Promise<string[]> {
  const rows = await world.slRows("ARTran");
  return rows
    .filter((row) => trimmed(row.BatNbr) === trimmed(document?.BatNbr))
    .filter((row) => !["1200", "1210"].includes(trimmed(row.Acct)))
    .map((row) => `${trimmed(row.Acct)} ${trimmed(row.DrCr)} ${String(row.TranAmt)}`);
}
