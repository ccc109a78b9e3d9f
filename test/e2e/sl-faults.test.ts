import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, expectParkedUnbooked, resume, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, letMinutesPass } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ "outcome-horizon": 330 });
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  await world.slAdmin("/faults", undefined, "DELETE");
});

/** Every write of an order, in its order. */
const WRITES = {
  "the customer's creation": { service: "customerMaintenance", actionType: "ADD" },
  "the invoice's reservation": { service: "invoiceAndMemo", operation: "editBatch" },
  "the invoice's fill": { service: "invoiceAndMemo", actionType: "UPDATE" },
  "the invoice's release": { service: "invoiceAndMemo", actionType: "RELEASENOW" },
  "the payment's reservation": { service: "paymentApplication", actionType: "ADD" },
  "the payment's fill": { service: "paymentApplication", actionType: "UPDATE" },
  "the payment's release": { service: "paymentApplication", actionType: "RELEASENOW" },
} as const;
type WriteName = keyof typeof WRITES;
const WRITE_NAMES = Object.keys(WRITES) as WriteName[];

async function fault(name: WriteName, effect: Readonly<Record<string, unknown>>): Promise<void> {
  await world.slAdmin("/faults", { match: WRITES[name], effect });
}

/** Pays, lets time pass as often as the order waits for it, and holds it to being booked once. */
async function payThroughTrouble(amountMinor: number): Promise<Order> {
  const order = await pay(world, amountMinor);
  await letMinutesPass(world, order, () => hasEnded(world, order));
  await expectBookedOnce(world, order);
  await expectFaultsMet();
  return order;
}

async function expectFaultsMet(): Promise<void> {
  const faults = await world.slAdmin<Row[]>("/faults");
  expect(faults.map(({ hits, times }) => hits === times)).toEqual(faults.map(() => true));
}

async function customersOf(order: Order): Promise<Row[]> {
  const { customer } = await world.stripe.paymentIntents.retrieve(order.id);
  const rows = await world.slRows("Customer");
  return rows.filter((row) => trimmed(row.User1) === String(customer));
}

/** Nothing of the order stands in SL beside its two released documents. */
async function expectNoOrphans(order: Order): Promise<void> {
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
  expect(await customersOf(order)).toHaveLength(1);
}

test.each(WRITE_NAMES)(
  "%s whose answer is lost before the commit is sent once more",
  async (name) => {
    await fault(name, { kind: "drop", commit: "never" });

    const order = await payThroughTrouble(1_001);

    await expectNoOrphans(order);
  },
);

test.each(WRITE_NAMES)(
  "%s whose answer is lost after the commit is not sent again",
  async (name) => {
    await fault(name, { kind: "drop", commit: "first" });

    const order = await payThroughTrouble(1_002);

    await expectNoOrphans(order);
  },
);

test.each(WRITE_NAMES)("%s answered with HTTP 500 after the commit counts once", async (name) => {
  await fault(name, { kind: "http", status: 500, commit: true });

  const order = await payThroughTrouble(1_003);

  await expectNoOrphans(order);
});

test.each(WRITE_NAMES)("%s that is a deadlock's victim is tried again by itself", async (name) => {
  await fault(name, { kind: "deadlock", as: "errorMessage" });

  const order = await payThroughTrouble(1_004);

  await expectNoOrphans(order);
});

test.each(WRITE_NAMES)("%s refused in a 200 parks with SL's words and goes on", async (name) => {
  const words = "Message 6900: the subaccount has been locked for the audit";
  await fault(name, { kind: "refuse", message: words, messageNbr: 6900 });
  const order = await pay(world, 1_005);

  const parked = await until("the order to park", async () => {
    const { rows } = await world.api<{ rows: Row[] }>(`/api/parked?state=open&lane=${order.id}`);
    return rows[0];
  });
  await resume(world, order);

  await expectFaultsMet();
  expect(parked).toMatchObject({ code: "erp.refused", category: "erp" });
  expect(String(parked.reason)).toContain("locked for the audit");
  await expectBookedOnce(world, order);
  await expectNoOrphans(order);
});

test.each(["the invoice's fill", "the payment's fill"] as const)(
  "%s that commits late is found and released once",
  async (name) => {
    await fault(name, { kind: "drop", commit: "later", afterMs: 200_000 });
    const order = await pay(world, 1_006);
    await until("the outcome to be open", () => waitsForAnswer(order));

    await world.slAdmin("/clock", { action: "advance", ms: 200_000 });
    await letMinutesPass(world, order, () => hasEnded(world, order));

    await expectBookedOnce(world, order);
    await expectNoOrphans(order);
  },
);

test("a fill that commits after the horizon is never released beside its second try", async () => {
  await fault("the invoice's fill", { kind: "drop", commit: "later", afterMs: 600_000 });
  const order = await pay(world, 1_007);
  await until("the outcome to be open", () => waitsForAnswer(order));
  await fault("the invoice's fill", { kind: "drop", commit: "first" });
  await letMinutesPass(world, order, () => hasTwoFills(order));
  await world.slAdmin("/clock", { action: "advance", ms: 600_000 });
  await letMinutesPass(world, order, () => hasEnded(world, order));

  const parked = await expectParkedUnbooked(world, order, "conflict.batch_content");
  const held = await documentsOf(world, [order.id]);
  await voidBatchOf(held);
  await resume(world, order);

  expect(held).toHaveLength(2);
  expect(String(parked.cure)).toContain("void it");
  await expectBookedOnce(world, order);
});

test.each(["drop", "answer"] as const)(
  "a half-saved batch is never released (the call ends with: %s)",
  async (end) => {
    await fault("the invoice's fill", { kind: "half-save", lines: 0, end });
    const order = await pay(world, 1_008);
    await letMinutesPass(world, order, () => hasEnded(world, order));

    await expectParkedUnbooked(world, order, "conflict.batch_content");
    await voidBatchOf(await documentsOf(world, [order.id]));
    await resume(world, order);

    const { invoice } = await expectBookedOnce(world, order);
    expect(trimmed(invoice.DocType)).toBe("IN");
  },
);

test("a release that crashed and locks its batch is done once the lock is gone", async () => {
  await fault("the payment's release", { kind: "stuck-release", lockMs: 60_000, end: "drop" });
  const order = await pay(world, 1_009);
  await until("the outcome to be open", () => waitsForAnswer(order));

  await world.slAdmin("/clock", { action: "advance", ms: 60_000 });
  await letMinutesPass(world, order, () => hasEnded(world, order));

  await expectBookedOnce(world, order);
  await expectNoOrphans(order);
});

async function waitsForAnswer(order: Order): Promise<boolean> {
  const rows = await world.sql(
    `select 1 from lane where key = $1 and owner is null and due_at > now()
       and waits_for like '%had no answer%'`,
    [order.id],
  );
  return rows.length === 1;
}

async function hasTwoFills(order: Order): Promise<boolean> {
  const rows = await world.sql(
    `select 1 from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.lane_key = $1 and a.step = 'fill'`,
    [order.id],
  );
  return rows.length === 2;
}

async function voidBatchOf(documents: readonly Row[]): Promise<void> {
  const numbers = new Set(documents.map((row) => trimmed(row.BatNbr)));
  for (const batNbr of numbers) await world.slAdmin(`/batches/AR/${batNbr}/void`, {});
}
