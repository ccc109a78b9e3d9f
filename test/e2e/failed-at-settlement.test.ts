import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, trimmed, untilQuiet } from "./books.ts";
import { booksIn, proofIn } from "./currency-books.ts";
import { aCustomer, pay } from "./orders.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";
import { reversing } from "./reversing.ts";

// Sales that are booked at what was settled (G49, G50), whose refund fails: its money comes back at
// a rate of its own. 1095 is clearing, 4100 returns, 6910 and 6920 exchange gained and lost.

let world: World;

beforeAll(async () => {
  const now = { "journal-delay": 0, "credit-note.wait": 0, "book-in": "settlement" };
  world = await openWorld(now);
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
});

afterAll(() => world.close());

const { reverse, balancesOf, untilIdle } = reversing(() => world);
const rateIs = (gbp: string) => world.stripeAdmin("/rates", { gbp });
const booksOf = async (id: string) => (await booksIn(world, id)).sort();

/** A sale at 1.0831 whose whole refund goes out at one rate and comes back at another. */
async function failedRefund(out: string, back: string, documents: number) {
  await rateIs("1.0831");
  const order = await pay(world, 10_000, { currency: "gbp" });
  await world.ended(order.id, ["booked"]);
  await rateIs(out);
  const charge = order.chargeIds[0] ?? "";
  const { id } = await world.stripe.refunds.create({ charge, reason: "requested_by_customer" });
  await until("both legs", async () => (await booksOf(id)).length === 2);
  await untilQuiet(world, order.id);
  const went = await booksOf(id);
  await rateIs(back);
  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed", isAtNewRate: true });
  await until("the way back", async () => (await booksOf(id)).length === documents);
  await untilQuiet(world, order.id);
  const came = [...went].reduce(
    (left, one) => left.toSpliced(left.indexOf(one), 1),
    [...(await booksOf(id))],
  );
  return { order: order.id, charge, id, went, came };
}

/** What is open of each document of a refund, by its type. */
async function openOf(id: string): Promise<Readonly<Record<string, number>>> {
  const open: Record<string, number> = {};
  for (const row of await documentsOf(world, [id])) {
    const type = trimmed(row.DocType);
    open[type] = (open[type] ?? 0) + Number(row.DocBal);
  }
  return open;
}

async function provenOf(): Promise<unknown> {
  const { isProven, difference } = await proofIn(world, "USD");
  return { isProven, difference };
}

const PROVEN = { isProven: true, difference: "0.00" };

test("money that comes back for less takes back what was gained, and loses the rest", async () => {
  const { id, came } = await failedRefund("1.0702", "1.0600", 3);

  expect(came).toEqual([
    "CM USD Cr 1210 108.31=108.31 | Dr 1095 106=106 | Dr 6910 1.29=1.29 | Dr 6920 1.02=1.02",
  ]);
  expect(await openOf(id)).toEqual({ DM: 0, CM: 108.31 });
  expect(await provenOf()).toEqual(PROVEN);
});

test("money that comes back between what left and what was sold keeps a part gained", async () => {
  const { id, came } = await failedRefund("1.0702", "1.0750", 3);

  expect(came).toEqual(["CM USD Cr 1210 108.31=108.31 | Dr 1095 107.5=107.5 | Dr 6910 0.81=0.81"]);
  expect(await openOf(id)).toEqual({ DM: 0, CM: 108.31 });
});

test("money that comes back for more gains by a debit memo, and the credit stays", async () => {
  const { id, came } = await failedRefund("1.0900", "1.0950", 4);

  expect(came).toEqual([
    "CM USD Cr 1210 109.5=109.5 | Dr 1095 109.5=109.5",
    "DM USD Cr 6910 0.5=0.5 | Dr 1210 0.5=0.5",
  ]);
  expect(await openOf(id)).toEqual({ DM: 0, CM: 109 });
  expect(await provenOf()).toEqual(PROVEN);
});

test("with reverse the sale stands again, and the exchange is booked beside it", async () => {
  await world.set("refund-failed", "reverse");

  const more = await failedRefund("1.0702", "1.0950", 5);
  const less = await failedRefund("1.0900", "1.0850", 4);

  expect(more.came).toEqual([
    "CM USD Cr 1210 109.5=109.5 | Dr 1095 109.5=109.5",
    "DM USD Cr 4100 108.31=108.31 | Dr 1210 108.31=108.31",
    "DM USD Cr 6910 1.19=1.19 | Dr 1210 1.19=1.19",
  ]);
  expect(less.came).toEqual([
    "CM USD Cr 1210 109=109 | Dr 1095 108.5=108.5 | Dr 6920 0.5=0.5",
    "DM USD Cr 4100 108.31=108.31 | Cr 6920 0.69=0.69 | Dr 1210 109=109",
  ]);
  expect([await openOf(more.id), await openOf(less.id)]).toEqual([
    { DM: 0, CM: 0 },
    { DM: 0, CM: 0 },
  ]);
  expect(await provenOf()).toEqual(PROVEN);
});

test("a hub that lost its database takes the memo of what was gained over", async () => {
  await world.set("refund-failed", "credit");
  const { id, order } = await failedRefund("1.0702", "1.0950", 4);
  const before = await booksOf(id);

  await loseHub(world);
  const report = await rebuild(world);
  await allAsleep(world);
  await wake(world, order);
  await untilQuiet(world, order);

  expect(report.unexplained).toEqual([]);
  expect(await booksOf(id)).toEqual(before);
  expect(await openOf(id)).toEqual({ DM: 0, CM: 108.31 });
  expect(await provenOf()).toEqual(PROVEN);
});

test("a refund of a debit that its bank took back is booked once another charge paid", async () => {
  const { stripe } = world;
  await world.stripeAdmin("/rates", { eur: "1.0831" });
  const { id: product } = await stripe.products.create({
    ...{ name: "Shirt", metadata: { InvtID: "TSHIRT" } },
  });
  const customer = (await aCustomer(world)).id;
  const invoice = (await stripe.invoices.create({ customer, currency: "eur" })).id ?? "";
  const price_data = { currency: "eur", unit_amount: 10_000, product };
  await stripe.invoices.addLines(invoice, { lines: [{ quantity: 1, price_data }] });
  await stripe.invoices.pay(invoice, { payment_method: "pm_sepaDebit" });
  const [paid] = (await stripe.invoicePayments.list({ invoice })).data;
  const intent = String(paid?.payment.payment_intent);
  await world.stripeAdmin(`/payment_intents/${intent}/settle`, { succeeds: true });
  await world.ended(invoice, ["booked"]);
  const charge = String((await stripe.paymentIntents.retrieve(intent)).latest_charge);
  const { id } = await stripe.refunds.create({ charge, amount: 5_000 });
  await until("both legs", async () => (await booksOf(id)).length === 2);
  await world.stripeAdmin(`/payment_intents/${intent}/return`, {});
  await until("the return", async () => (await booksOf(charge)).length === 2);
  await stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
  await untilQuiet(world, invoice);

  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed" });

  await until("the way back", async () => (await booksOf(id)).length === 3);
  expect(await openOf(id)).toEqual({ DM: 0, CM: 54.16 });
  expect(await provenOf()).toEqual(PROVEN);
});

test("what was gained goes back with the sale, and is booked again with it", async () => {
  const { id, order, charge } = await failedRefund("1.0702", "1.0950", 4);
  const ids = [order, charge, id];
  const before = await balancesOf(ids);

  const done = await reverse(order, "--all");
  await untilIdle(order);
  const reversed = await balancesOf(ids);
  await reverse(order, "--rebook");
  await untilIdle(order);

  expect(done.code).toBe(0);
  expect(Object.values(reversed).filter((cents) => cents !== 0)).toEqual([]);
  expect(await balancesOf(ids)).toEqual(before);
  expect(await provenOf()).toEqual(PROVEN);
});
