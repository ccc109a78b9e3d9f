import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { askDoctor, CONSENT } from "./ask-doctor.ts";
import { expectParked, resume, trimmed } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { type Order, pay } from "./orders.ts";
import { skipDelay } from "./time-passes.ts";

/** SL applies the money of this customer by itself as soon as it is released. */
const CUSTOMER = "C305";
const PARKED = "mapping.customer_auto_apply";

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ mode: "existing-invoice" });
  clerk = openClerk(world);
});

beforeEach(() => letSlApply(true));

afterAll(async () => {
  clerk.close();
  await world.close();
});

const letSlApply = (isOn: boolean) =>
  world.slAdmin("/customers", { custId: CUSTOMER, autoApply: isOn });

const anInvoice = (total: number, isHeld = false) =>
  clerk.enterInvoice({ total, customer: CUSTOMER, isHeld });

const payFor = (minor: number, invoices: string) =>
  pay(world, minor, { metadata: { DynamicsSL_InvoiceNbr: invoices } });

async function paymentsOf(order: Order): Promise<number[]> {
  const rows = await world.slRows("ARDoc");
  const own = rows.filter((row) => trimmed(row.User1) === order.chargeIds[0]);
  return own.map((row) => Number(row.CuryDocBal));
}

async function openOf(refNbr: string): Promise<number | undefined> {
  const invoices = (await world.slRows("ARDoc")).filter((row) => trimmed(row.DocType) === "IN");
  const found = invoices.find((row) => trimmed(row.RefNbr) === refNbr);
  return found === undefined ? undefined : Number(found.CuryDocBal);
}

test("money for an unreleased invoice parks where SL would apply it to another", async () => {
  const other = await anInvoice(80);
  const held = await anInvoice(80, true);

  const order = await payFor(8_000, held);
  const parked = await expectParked(world, order, PARKED);
  const before = [await paymentsOf(order), await openOf(other)];
  await letSlApply(false);
  await resume(world, order);
  const { rows } = await until("it to wait for its invoice", async () => {
    const found = await world.api<{ rows: { laneKey: string; batNbr: string }[] }>("/api/waiting");
    return found.rows.some(({ laneKey }) => laneKey === order.id) ? found : undefined;
  });
  const batNbr = rows.find(({ laneKey }) => laneKey === order.id)?.batNbr ?? "";
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
  await until("the invoice to be paid", async () => {
    await skipDelay(world, order);
    return (await openOf(held)) === 0;
  });

  expect(JSON.stringify(parked)).toContain(`before invoice ${held}, which it is for, is released`);
  expect(before).toEqual([[], 80]);
  expect(await openOf(other)).toBe(80);
});

test("money for released invoices is booked on a customer whose money SL applies", async () => {
  const refNbr = await anInvoice(30);

  const order = await payFor(3_000, refNbr);
  await world.ended(order.id, ["booked"]);

  expect([await paymentsOf(order), await openOf(refNbr)]).toEqual([[0], 0]);
});

test("an order of such a customer is not placed where its money is a payment", async () => {
  await world.set("mode", "sales-order");
  await world.set("order.money", "pa");
  const before = (await world.slRows("SOHeader")).length;

  const order = await pay(world, 4_000, { metadata: { DynamicsSL_CustomerID: CUSTOMER } });
  await expectParked(world, order, PARKED);

  expect(await paymentsOf(order)).toEqual([]);
  expect(await world.slRows("SOHeader")).toHaveLength(before);
});

test("a site that applies in a second step books no sale of such a customer", async () => {
  await world.set("mode", "invoice");
  await world.slAdmin("/switches", { paymentsApplyAtEntry: false });
  await askDoctor(world, { probe: true, ...CONSENT });
  const other = await anInvoice(55);

  const order = await pay(world, 5_500, { metadata: { DynamicsSL_CustomerID: CUSTOMER } });
  const parked = await expectParked(world, order, PARKED);

  expect(JSON.stringify(parked)).toContain("before it is applied to its own invoice");
  expect([await paymentsOf(order), await openOf(other)]).toEqual([[], 55]);
});
