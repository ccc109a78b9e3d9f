import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { wake } from "./restores.ts";

// A bank takes a payment back, and `payment-return` says another thing by the time of a later run.

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

/** A bank debit that was booked, and then taken back by its bank. */
async function takenBack(
  amount: number,
  before: () => Promise<unknown> = async () => {},
): Promise<Readonly<{ order: Order; payment: Row }>> {
  const order = await pay(world, amount, { payment_method: "pm_usBankAccount_success" });
  await world.stripeAdmin(`/payment_intents/${order.id}/settle`, { succeeds: true });
  const { payments } = await expectBookedOnce(world, order);
  await before();
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  return { order, payment: payments[0] ?? {} };
}

function parked(order: Order): Promise<Row> {
  return until("a person to be asked", async () => (await openlyParked(world, order.id))[0]);
}

/** The memos of a charge in SL, by whether they are released. */
async function memosOf({ chargeIds }: Order): Promise<unknown[]> {
  const rows = await documentsOf(world, chargeIds);
  return rows.filter((row) => trimmed(row.DocType) === "DM").map((row) => row.Rlsed);
}

async function runAgain(order: Order): Promise<Row> {
  await wake(world, order.id);
  await untilQuiet(world, order.id);
  const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}&limit=1`);
  return rows[0] ?? {};
}

test("a payment that a person has reversed gets no debit memo under another setting", async () => {
  await world.set("payment-return", "person");
  const { order, payment } = await takenBack(7_100);
  expect((await parked(order)).code).toBe("erp.return_by_hand");
  const where = { DocType: "PA", RefNbr: trimmed(payment.RefNbr) };
  await world.slAdmin("/rows", { table: "ARDoc", where, set: { S4Future12: "RP" } });
  await world.set("payment-return", "debit-memo");

  const run = await runAgain(order);

  expect(run.reason).toContain("was returned by its bank: reversed in SL by a person");
  expect(await memosOf(order)).toEqual([]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a debit memo that was begun is finished under another setting too", async () => {
  const match = { service: "invoiceAndMemo", actionType: "RELEASENOW" };
  const effect = { kind: "refuse", message: "Not today" };
  const { order } = await takenBack(7_200, () =>
    world.slAdmin("/faults", { match, effect, times: null }),
  );
  expect((await parked(order)).code).toBe("erp.refused");
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.set("payment-return", "person");

  const run = await runAgain(order);

  expect(run.outcome).toBe("booked");
  expect(await memosOf(order)).toEqual([1]);
});
