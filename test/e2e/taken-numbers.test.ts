import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { chosenNumber, intentKey } from "../../src/base/ids.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { type Books, documentsOf, expectBookedOnce, expectParked, trimmed } from "./books.ts";
import { aCustomer, type Order, pay } from "./orders.ts";
import { holdComparisons, trustLineage } from "./restores.ts";
import { hasEnded, letMinutesPass } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
});

afterEach(async () => {
  await world.slAdmin("/faults", undefined, "DELETE");
});

const ON_C300 = { metadata: { DynamicsSL_CustomerID: "C300" } };
const FILL = { service: "paymentApplication", operation: "editScreen", actionType: "UPDATE" };

/** The key that the order's payment will have, whose numbers follow from it. */
function keyOf(order: Order, generation = 0): string {
  const object = order.chargeIds[0] ?? "";
  return intentKey({ pair: world.pair, object, purpose: "payment", part: "", generation });
}

/** A released payment of C300 that has this number, as if a person had typed it. */
async function aForeignPayment(refNbr: string, key = ""): Promise<void> {
  const where = { CustId: "C300", DocType: "PA", RefNbr: refNbr, BatNbr: "900001" };
  const amounts = { CuryOrigDocAmt: 5, OrigDocAmt: 5, CuryDocBal: 0, DocBal: 0 };
  const set = {
    Rlsed: 1,
    CpnyID: "0060",
    CuryId: "USD",
    User2: key,
    PerPost: "202603",
    ...amounts,
  };
  await world.slAdmin("/rows", { table: "ARDoc", where, set, create: true });
}

async function letItRun(): Promise<void> {
  await world.stripeAdmin("/webhooks", { pause: false });
}

async function paymentIntent(order: Order): Promise<Row> {
  const [row = {}] = await world.sql(
    `select generation, draft ->> 'refNbr' as number, stage,
       (select count(*)::int from attempt a where a.key = i.key and step = 'reserve') as reserves
     from intent i where object = $1 and purpose = 'payment' order by generation desc`,
    [order.chargeIds[0]],
  );
  return row;
}

const numberOf = ({ payments }: Books) => trimmed(payments[0]?.RefNbr);

test("a payment whose number another one has takes the next in the same batch", async () => {
  const order = await pay(world, 2_100, ON_C300);
  await aForeignPayment(chosenNumber(keyOf(order), 0));

  await letItRun();
  const books = await expectBookedOnce(world, order);

  const number = chosenNumber(keyOf(order), 1);
  expect(numberOf(books)).toBe(number);
  expect(trimmed(books.payments[0]?.User2)).toBe(keyOf(order));
  expect(await paymentIntent(order)).toEqual({ generation: 0, number, stage: "done", reserves: 1 });
});

test("numbers that are taken one after the other are passed over", async () => {
  const order = await pay(world, 2_200, ON_C300);
  await aForeignPayment(chosenNumber(keyOf(order), 0));
  await aForeignPayment(chosenNumber(keyOf(order), 1));

  await letItRun();

  expect(numberOf(await expectBookedOnce(world, order))).toBe(chosenNumber(keyOf(order), 2));
});

test("the next number is kept when the run that chose it is cut short", async () => {
  const order = await pay(world, 2_300, ON_C300);
  await aForeignPayment(chosenNumber(keyOf(order), 0));
  await world.slAdmin("/faults", { match: FILL, effect: { kind: "deadlock" }, skip: 1 });

  await letItRun();
  await letMinutesPass(world, order, () => hasEnded(world, order));

  const books = await expectBookedOnce(world, order);
  const number = chosenNumber(keyOf(order), 1);
  expect(numberOf(books)).toBe(number);
  expect(await paymentIntent(order)).toEqual({ generation: 0, number, stage: "done", reserves: 1 });
});

test("a single ADD whose number is taken goes on under another key and number", async () => {
  await world.slAdmin("/switches", { emptyPaymentBatches: false });
  await world.api("/api/doctor", { method: "POST", body: { pair: world.pair, probe: true } });
  const order = await pay(world, 2_350, ON_C300);
  await aForeignPayment(chosenNumber(keyOf(order), 0));

  await letItRun();
  const books = await expectBookedOnce(world, order);

  const number = chosenNumber(keyOf(order, 1), 0);
  expect(numberOf(books)).toBe(number);
  expect(trimmed(books.payments[0]?.User2)).toBe(keyOf(order, 1));
  expect(await paymentIntent(order)).toEqual({ generation: 1, number, stage: "done", reserves: 0 });
  await world.slAdmin("/switches", { emptyPaymentBatches: true });
  await world.api("/api/doctor", { method: "POST", body: { pair: world.pair, probe: true } });
});

test("a number that SL holds under our own key parks, and no second payment is made", async () => {
  // A comparison that came upon the foreign payment first would pause the pair for it.
  const compare = await holdComparisons(world);
  try {
    // A hub that doubts finds the payment before it writes; this one has no reason to look.
    await trustLineage(world);
    const order = await pay(world, 2_400, ON_C300);
    await aForeignPayment(chosenNumber(keyOf(order), 0), keyOf(order));

    await letItRun();
    const parked = await expectParked(world, order, "conflict.key_taken");

    expect(String(parked.cure)).toContain("rebuild");
    expect(await documentsOf(world, order.chargeIds)).toEqual([]);
  } finally {
    await compare();
  }
});

test("a refusal for another reason parks with SL's words", async () => {
  const order = await pay(world, 2_500, ON_C300);
  const effect = { kind: "refuse", message: "Invoice is on hold" };
  await world.slAdmin("/faults", { match: FILL, effect, times: null });

  await letItRun();
  const parked = await expectParked(world, order, "erp.refused");

  expect(String(parked.reason)).toContain("Invoice is on hold");
  const first = chosenNumber(keyOf(order), 0);
  expect(await paymentIntent(order)).toMatchObject({ generation: 0, number: first });
});

test("a customer id that somebody else's customer has gives way to another", async () => {
  const customer = await aCustomer(world);
  const order = await pay(world, 2_600, { customer: customer.id });
  const identity = { pair: world.pair, object: customer.id, part: "", generation: 0 };
  const key = intentKey({ ...identity, purpose: "customer" });
  const taken = `ST${chosenNumber(key, 0, 13)}`;
  const set = { Name: "Somebody Else", Status: "A", ClassId: "RETAIL" };
  const where = { CustId: taken };
  await world.slAdmin("/rows", { table: "Customer", where, set, create: true });

  await letItRun();
  const { customerId } = await expectBookedOnce(world, order);

  expect(customerId).toMatch(/^ST[A-Z2-7]{13}$/);
  expect(customerId).not.toBe(taken);
  const customers = await world.slRows("Customer");
  const ours = customers.filter((row) => trimmed(row.User1) === customer.id);
  expect(ours.map((row) => trimmed(row.CustId))).toEqual([customerId]);
  expect(customers.find((row) => trimmed(row.CustId) === taken)).toMatchObject(set);
});
