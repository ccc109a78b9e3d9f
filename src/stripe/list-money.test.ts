import { afterEach, beforeEach, expect, test } from "vitest";
import { openShop, type Shop } from "./testing/shop.ts";

const DAY_MS = 24 * 3_600_000;

let shop: Shop;

// Each test has a shop of its own: one of them moves its clock by months.
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop.close());

async function listed(since: Date): Promise<string[]> {
  const keys: string[] = [];
  for await (const laneKey of shop.port.listMoneyInSince(since)) keys.push(laneKey);
  return keys;
}

async function anInvoice(amount: number): Promise<string> {
  const customer = await shop.stripe.customers.create({ name: "Acme" });
  const invoice = await shop.stripe.invoices.create({ customer: customer.id });
  const id = invoice.id ?? "";
  const product = await shop.stripe.products.create({ name: "Plan" });
  const price_data = { currency: "usd", unit_amount: amount, product: product.id };
  await shop.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await shop.stripe.invoices.finalizeInvoice(id);
  return id;
}

async function markAsPaid(id: string): Promise<void> {
  await shop.stripe.invoices.pay(id, { paid_out_of_band: true });
}

const aMinuteAgo = () => new Date(Date.now() - 60_000);

test("charges come oldest first, over pages, each once, without what is no money", async () => {
  const ids: string[] = [];
  for (let at = 0; at < 105; at += 1) ids.push((await shop.pay({ amount: 100 + at })).id);
  await shop.pay({ capture_method: "manual" });

  const keys = await listed(aMinuteAgo());

  expect(new Set(keys)).toEqual(new Set(ids));
  expect(keys).toHaveLength(105);
  expect(keys[0]).toBe(ids[0]);
});

test("cards that were booked before are left out", async () => {
  await shop.pay();

  expect(await listed(new Date(Date.now() + 60_000))).toEqual([]);
});

test("an invoice paid without a charge is there, one with a charge by that charge", async () => {
  const byHand = await anInvoice(5_000);
  const byCard = await anInvoice(6_000);
  await anInvoice(7_000);
  await markAsPaid(byHand);
  await shop.stripe.invoices.pay(byCard, { payment_method: "pm_card_visa" });
  const { data } = await shop.stripe.invoicePayments.list({ invoice: byCard });

  const keys = await listed(aMinuteAgo());

  expect(keys.toSorted()).toEqual([byHand, String(data[0]?.payment.payment_intent)].toSorted());
});

test("an invoice for nothing is not there, nor one that was paid before", async () => {
  await anInvoice(0);
  const early = await anInvoice(5_000);
  await markAsPaid(early);

  expect(await listed(new Date(Date.now() + 60_000))).toEqual([]);
  expect(await listed(aMinuteAgo())).toEqual([early]);
});

test("an invoice is found for half a year after it was made", async () => {
  const older = await anInvoice(5_000);
  await shop.admin("clock", { advanceMs: 100 * DAY_MS });
  const newer = await anInvoice(6_000);
  await shop.admin("clock", { advanceMs: 100 * DAY_MS });
  await markAsPaid(older);
  await markAsPaid(newer);

  const keys = await listed(new Date(Date.now() + 200 * DAY_MS - 60_000));

  expect(keys).toEqual([newer]);
});

test("invoices are found over pages, and come among the charges by their time", async () => {
  const ids: string[] = [];
  for (let at = 0; at < 101; at += 1) ids.push(await anInvoice(1_000 + at));
  const first = (await shop.pay()).id;
  await shop.admin("clock", { advanceMs: 5_000 });
  for (const id of ids) await markAsPaid(id);
  await shop.admin("clock", { advanceMs: 5_000 });
  const last = (await shop.pay()).id;

  const keys = await listed(aMinuteAgo());

  expect(new Set(keys.slice(1, -1))).toEqual(new Set(ids));
  expect([keys[0], keys.at(-1)]).toEqual([first, last]);
  expect(shop.calls.filter((call) => call.operation === "invoices.list")).toHaveLength(2);
});
