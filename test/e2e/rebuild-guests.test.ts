import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { PAID_AT_ONCE } from "./orders.ts";
import { allAsleep, loseHub, rebuild } from "./restores.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

/** A card payment of somebody without Stripe customer. */
async function aGuestOrder(amount: number, receipt_email?: string): Promise<string> {
  const intent = await world.stripe.paymentIntents.create({
    ...PAID_AT_ONCE,
    amount,
    currency: "usd",
    ...(receipt_email === undefined ? {} : { receipt_email }),
  });
  await world.ended(intent.id, ["booked"]);
  return intent.id;
}

/** The SL customers that the hub has made. */
async function customersMade(): Promise<Row[]> {
  const rows = await world.slRows("Customer");
  return rows.filter((row) => trimmed(row.User2) !== "");
}

async function released(): Promise<Row[]> {
  const rows = await world.slRows("ARDoc");
  return rows.filter((row) => row.Rlsed === 1 && trimmed(row.User2) !== "");
}

test("a guest's customer is taken over, and found by the guest's next order", async () => {
  const email = "Guest.One@example.com";
  await aGuestOrder(1_700, email);
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world);
  await allAsleep(world);
  await aGuestOrder(1_701, email.toLowerCase());

  expect(report).toMatchObject({ adopted: 3, unexplained: [] });
  const links = await world.sql("select sl_key from link where stripe_id like 'guest_%'");
  const [made, ...others] = await customersMade();
  expect(others).toEqual([]);
  expect(links).toEqual([{ sl_key: trimmed(made?.CustId) }]);
});

test.each([
  ["was mended in SL", "guest.two@example.com", { EMailAddr: "somebody.else@example.com" }],
  ["did not fit into SL", `${"g".repeat(70)}@example.com`, {}],
])("a guest's customer whose e-mail %s is taken over as well", async (_name, email, change) => {
  await aGuestOrder(1_800, email);
  const [made] = await customersMade();
  const where = { CustId: trimmed(made?.CustId) };
  await world.slAdmin("/rows", { table: "Customer", where, set: { Name: "A guest", ...change } });
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world);
  await allAsleep(world);
  await aGuestOrder(1_801, email);

  expect(report).toMatchObject({ adopted: 3, unexplained: [] });
  expect(await customersMade()).toHaveLength(1);
});

test("an invoice that was paid without a charge runs again too", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const customer = await world.stripe.customers.create({ name: "By cheque" });
  const invoice = await world.stripe.invoices.create({ customer: customer.id });
  const id = invoice.id ?? "";
  const product = await world.stripe.products.create({
    name: "Shirt",
    metadata: { InvtID: "TSHIRT" },
  });
  const price_data = { currency: "usd", unit_amount: 2_000, product: product.id };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await world.stripe.invoices.pay(id, { paid_out_of_band: true });

  const report = await rebuild(world);
  await world.ended(id, ["booked"]);

  expect(report.woken).toBe(1);
  expect(await released()).toMatchObject([{ OrigDocAmt: 20, DocBal: 20 }]);
});

test("a customer whose key belongs to nobody is listed and left alone", async () => {
  await aGuestOrder(1_900, "guest.three@example.com");
  const [made] = await customersMade();
  const where = { CustId: trimmed(made?.CustId) };
  const key = "A".repeat(26);
  await world.slAdmin("/rows", { table: "Customer", where, set: { User1: "pi_gone", User2: key } });
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world);

  expect(report).toMatchObject({
    adopted: 2,
    unexplained: [`customer ${where.CustId} (${key})`],
  });
});
