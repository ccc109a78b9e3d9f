import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { untilQuiet } from "./books.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

const PAID = {
  currency: "usd",
  payment_method: "pm_card_visa",
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  confirm: true,
} as const;

async function aCustomer(fields: Stripe.CustomerCreateParams = {}): Promise<Stripe.Customer> {
  return world.stripe.customers.create({
    name: "Grace Hopper",
    email: `${randomUUID()}@example.com`,
    address: { line1: "1 Navy Yard", city: "Arlington", state: "VA", postal_code: "22201" },
    ...fields,
  });
}

function text(value: unknown): string {
  return String(value).trim();
}

async function documentsOf(stripeIds: readonly string[]): Promise<Row[]> {
  const rows = await world.slRows("ARDoc");
  return rows.filter((row) => stripeIds.includes(text(row.User1)));
}

test("a paid charge becomes one customer, one invoice and one payment", async () => {
  const customer = await aCustomer();
  const intent = await world.stripe.paymentIntents.create({
    ...PAID,
    amount: 10_825,
    customer: customer.id,
  });
  const chargeId = String(intent.latest_charge);

  const run = await world.ended(intent.id);

  expect(run.outcome).toBe("booked");
  const documents = await documentsOf([intent.id, chargeId]);
  expect(
    documents.map((row) => [text(row.DocType), row.Rlsed, row.OrigDocAmt, row.DocBal]),
  ).toEqual([
    ["IN", 1, 108.25, 0],
    ["PA", 1, 108.25, 0],
  ]);
  const customers = (await world.slRows("Customer")).filter(
    (row) => text(row.User1) === customer.id,
  );
  expect(customers).toHaveLength(1);
  const written = await world.stripe.paymentIntents.retrieve(intent.id);
  expect(written.metadata).toMatchObject({
    DynamicsSL_CustomerID: text(customers[0]?.CustId),
    DynamicsSL_InvoiceNbr: text(documents[0]?.RefNbr),
    DynamicsSL_PaymentNbr: text(documents[1]?.RefNbr),
    DynamicsSL_BatchNbr: text(documents[1]?.BatNbr),
  });
});

test("the GL of a charge is clearing against sales, with AR back at zero", async () => {
  const customer = await aCustomer();
  const intent = await world.stripe.paymentIntents.create({
    ...PAID,
    amount: 5_000,
    customer: customer.id,
  });
  await world.ended(intent.id, ["booked"]);
  const batches = new Set(
    (await documentsOf([intent.id, String(intent.latest_charge)])).map((row) => text(row.BatNbr)),
  );

  const lines = (await world.slRows("GLTran")).filter(
    (row) => text(row.Module) === "AR" && batches.has(text(row.BatNbr)),
  );

  const balances = new Map<string, number>();
  for (const { Acct, DrAmt, CrAmt } of lines) {
    const account = text(Acct);
    balances.set(account, (balances.get(account) ?? 0) + Number(DrAmt) - Number(CrAmt));
  }
  expect(Object.fromEntries(balances)).toEqual({ "1095": 50, "1210": 0, "4010": -50 });
});

test("five payments at once of one new customer make one customer", async () => {
  const customer = await aCustomer();

  const intents = await Promise.all(
    [1_000, 1_001, 1_002, 1_003, 1_004].map((amount) =>
      world.stripe.paymentIntents.create({ ...PAID, amount, customer: customer.id }),
    ),
  );
  for (const intent of intents) await world.ended(intent.id, ["booked"]);

  const email = customer.email?.toLowerCase();
  const made = (await world.slRows("Customer")).filter(
    (row) => text(row.EMailAddr).toLowerCase() === email,
  );
  expect(made).toHaveLength(1);
  const documents = await documentsOf(intents.map((intent) => intent.id));
  expect(documents).toHaveLength(5);
  expect(new Set(documents.map((row) => text(row.CustId))).size).toBe(1);
});

test("an authorised charge books nothing until it is captured", async () => {
  const customer = await aCustomer();
  const intent = await world.stripe.paymentIntents.create({
    ...PAID,
    amount: 12_000,
    customer: customer.id,
    capture_method: "manual",
  });
  const chargeId = String(intent.latest_charge);
  const before = await world.ended(intent.id, ["not_applicable"]);

  await world.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 8_000 });
  await world.ended(intent.id, ["booked"]);

  expect(before.outcome).toBe("not_applicable");
  const documents = await documentsOf([intent.id, chargeId]);
  expect(documents.map((row) => [text(row.DocType), row.OrigDocAmt])).toEqual([
    ["IN", 80],
    ["PA", 80],
  ]);
});

test("the hub that starts again finds nothing left to do and books nothing twice", async () => {
  const customer = await aCustomer();
  const intent = await world.stripe.paymentIntents.create({
    ...PAID,
    amount: 700,
    customer: customer.id,
  });
  await world.ended(intent.id, ["booked"]);

  const chargeId = String(intent.latest_charge);
  await untilQuiet(world, intent.id);
  const before = await runsOf(intent.id);

  await world.restartHub();
  await world.stripe.charges.update(chargeId, { description: "touched" });
  await until("the next run", async () => (await runsOf(intent.id)).length > before.length);
  await untilQuiet(world, intent.id);

  const after = await runsOf(intent.id);
  expect(new Set(after.map((row) => row.outcome))).toEqual(new Set(["booked"]));
  const documents = await documentsOf([intent.id, chargeId]);
  expect(documents.map((row) => text(row.DocType))).toEqual(["IN", "PA"]);
});

async function runsOf(laneKey: string): Promise<Row[]> {
  return (await world.api<{ rows: Row[] }>(`/api/runs?lane=${laneKey}`)).rows;
}
