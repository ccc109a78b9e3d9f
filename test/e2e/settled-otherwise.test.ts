import { afterAll, beforeAll, expect, test } from "vitest";
import { type CtapiConnector, createCtapiConnector } from "../../src/erp/ctapi/index.ts";
import { aMemo, headOf, usd } from "../../src/erp/testing/contract-drafts.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, openlyParked, resume, trimmed, untilQuiet } from "./books.ts";
import { aCustomer, anOpenInvoice, payPart } from "./orders.ts";
import { allIdle, loseAll, rebuild, trustLineage, wake } from "./restores.ts";

let world: World;
let product: string;
/** A clerk at the same site, whose documents carry no key of the hub. */
let clerk: CtapiConnector;

beforeAll(async () => {
  world = await openWorld({ "zero-invoice": "book" });
  await world.api("/api/doctor", { method: "POST", body: { probe: true } });
  const metadata = { InvtID: "TSHIRT" };
  product = (await world.stripe.products.create({ name: "Shirt", metadata })).id;
  const shown = await world.api<{ settings: { sl: { url: string } } }>(`/api/pairs/${world.pair}`);
  clerk = createCtapiConnector({ baseUrl: shown.settings.sl.url, ...world.slCredentials });
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

/** Types a credit memo in 08.010 and releases it; gives its number. */
async function creditMemo(customerId: string, minor: number): Promise<string> {
  const plain = aMemo(1, "CM", { customerId, key: "", stripeId: "", total: usd(minor) });
  const [line] = plain.lines;
  if (line === undefined) throw new Error("a memo has a line");
  const draft = { ...plain, lines: [{ ...line, amount: usd(minor), unitPrice: "1" }] };
  const { batNbr } = await clerk.reserve(headOf(draft));
  await clerk.fill(batNbr, draft);
  await clerk.release("invoice", batNbr);
  return (await clerk.readBatch("invoice", batNbr))?.documents[0]?.refNbr ?? "";
}

async function balanceOf(refNbr: string | undefined): Promise<unknown> {
  const rows = await world.slRows("ARDoc");
  return rows.find((row) => trimmed(row.RefNbr) === refNbr)?.DocBal;
}

/** A paid invoice of a customer who has so much credit at Stripe. */
async function sellOnCredit(customer: string, amount: number, credit: number): Promise<string> {
  const { stripe } = world;
  await stripe.customers.update(customer, { balance: -credit });
  const invoice = await stripe.invoices.create({ customer });
  const id = invoice.id ?? "";
  const price_data = { currency: "usd", unit_amount: amount, product };
  await stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  return id;
}

/** Type, amount and balance of each document of these Stripe ids. */
async function inSl(...stripeIds: string[]): Promise<unknown[]> {
  const rows = await documentsOf(world, stripeIds);
  return rows.map((row) => [trimmed(row.DocType), row.OrigDocAmt, row.DocBal]);
}

async function customerOf(invoice: string): Promise<string> {
  const [row] = await documentsOf(world, [invoice]);
  return trimmed(row?.CustId);
}

async function chargeOf(invoice: string): Promise<string> {
  const { data } = await world.stripe.invoicePayments.list({
    invoice,
    expand: ["data.payment.payment_intent"],
  });
  const intent = data.find(({ status }) => status === "paid")?.payment.payment_intent;
  return typeof intent === "object" ? String(intent.latest_charge) : "";
}

test("G12 credit at Stripe is the open credit memo in SL, which pays its part", async () => {
  const { id: customer } = await aCustomer(world);
  const first = await sellOnCredit(customer, 5_000, 0);
  await world.ended(first, ["booked"]);
  const customerId = await customerOf(first);
  const memo = await creditMemo(customerId, 3_000);

  const second = await sellOnCredit(customer, 10_000, 3_000);
  await world.ended(second, ["booked"]);

  expect(await inSl(second, await chargeOf(second))).toEqual([
    ["IN", 100, 0],
    ["PA", 70, 0],
  ]);
  expect(await balanceOf(memo)).toBe(0);
});

test("credit without an open document in SL parks, until metadata name one", async () => {
  const { id: customer } = await aCustomer(world);
  const first = await sellOnCredit(customer, 5_000, 0);
  await world.ended(first, ["booked"]);
  const customerId = await customerOf(first);

  const id = await sellOnCredit(customer, 4_000, 4_000);
  await world.ended(id, ["parked"]);
  const [parked] = await openlyParked(world, id);
  expect(parked).toMatchObject({ code: "mapping.credit_unknown" });
  expect(await inSl(id)).toEqual([]);

  const memos = [await creditMemo(customerId, 6_000), await creditMemo(customerId, 4_000)];
  await world.stripe.invoices.update(id, { metadata: { DynamicsSL_CreditNbr: memos[0] ?? "" } });
  await resume(world, { id, chargeIds: [], total: 40 });
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);

  expect(await inSl(id)).toEqual([["IN", 40, 0]]);
  expect([await balanceOf(memos[0]), await balanceOf(memos[1])]).toEqual([20, 40]);
});

test("G13 what was paid outside Stripe stays open, beside what a charge has paid", async () => {
  const id = await anOpenInvoice(world, 25_000);
  const charge = await payPart(world, id, 10_000);
  await world.stripe.invoices.pay(id, { paid_out_of_band: true });
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);

  expect(await inSl(id, charge)).toEqual([
    ["IN", 250, 150],
    ["PA", 100, 0],
  ]);
});

test("G14 an invoice for nothing is booked where the pair says so, and closed", async () => {
  const invoice = await world.stripe.invoices.create({ customer: (await aCustomer(world)).id });
  const id = invoice.id ?? "";
  const price_data = { currency: "usd", unit_amount: 0, product };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await world.stripe.invoices.finalizeInvoice(id);
  await world.ended(id, ["booked"]);

  const [document] = await documentsOf(world, [id]);
  expect(document).toMatchObject({ OrigDocAmt: 0, Rlsed: 1, OpenDoc: 0 });
});

test("credit that was used is taken from no other memo once the database is rebuilt", async () => {
  const { stripe } = world;
  const { id: customer } = await aCustomer(world);
  const first = await sellOnCredit(customer, 5_000, 0);
  await world.ended(first, ["booked"]);
  const customerId = await customerOf(first);
  await creditMemo(customerId, 3_000);
  const whole = await sellOnCredit(customer, 4_000, 1_000);
  await world.ended(whole, ["booked"]);
  await stripe.customers.update(customer, { balance: -2_000 });
  const { id = "" } = await stripe.invoices.create({ customer });
  const price_data = { currency: "usd", unit_amount: 10_000, product };
  await stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await stripe.invoices.finalizeInvoice(id);
  await stripe.invoices.pay(id, { paid_out_of_band: true });
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);
  const later = await creditMemo(customerId, 2_000);
  const before = [await inSl(whole), await inSl(id)];

  await loseAll(world);
  await rebuild(world, { since: new Date(Date.now() + 60_000) });
  await allIdle(world);
  await trustLineage(world);
  for (const invoice of [whole, id]) await wake(world, invoice);
  await allIdle(world);

  expect(before).toEqual([[["IN", 40, 0]], [["IN", 100, 80]]]);
  expect([await inSl(whole), await inSl(id)]).toEqual(before);
  expect(await balanceOf(later)).toBe(20);
  expect([...(await openlyParked(world, whole)), ...(await openlyParked(world, id))]).toEqual([]);
});
