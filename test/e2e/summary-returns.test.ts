import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { askDoctor, CONSENT } from "./ask-doctor.ts";
import { documentsOf, memosInBooks } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { daysAgo } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";
import {
  openSummedUp,
  runSummary,
  SUMMARY_LANE,
  SUMMED_DAY,
  sumUp,
  untilAllBooked,
  untilCollected,
} from "./summed-up.ts";

// What comes to the sales of a day's summary: before it stands, and after.

let world: World;
const { at } = daysAgo(() => world);

beforeEach(async () => {
  world = await openSummedUp();
});

afterEach(() => world.close());

async function dispute(chargeId: string, how: object): Promise<string> {
  const made = await world.stripeAdmin<{ id: string }>(`/charges/${chargeId}/dispute`, how);
  return made.id;
}

/** Its run has looked at all that was told of it. */
const untilWaiting = ({ id }: Order) =>
  until(`${id} to wait for its summary`, async () => {
    const [lane] = await world.sql("select waits_for, owner from lane where key = $1", [id]);
    return lane?.owner === null && lane.waits_for === `the summary of ${SUMMED_DAY}`;
  });

test("what comes to a sale before its summary stands waits with it in line 4", async () => {
  const disputed = await pay(world, 10_000);
  const refunded = await pay(world, 3_000);
  const held = await pay(world, 8_000, { capture_method: "manual" });
  await world.stripe.paymentIntents.capture(held.id, { amount_to_capture: 7_100 });
  await untilCollected(world, 6);
  const id = await dispute(disputed.chargeIds[0] ?? "", { amount: 4_000 });
  const kept = await world.stripe.refunds.create({
    ...{ payment_intent: refunded.id, amount: 500, metadata: { slipway_refund: "payment-only" } },
  });
  await at(2);
  const later = await world.stripe.refunds.create({ payment_intent: refunded.id, amount: 1_000 });
  await until("all of it to be told", async () => {
    const told = await world.sql("select 1 from event where object_id = any ($1)", [
      [id, kept.id, later.id],
    ]);
    return told.length >= 3;
  });

  const { lines, difference, findings, isProven } = await proofIn(world, "USD");
  expect({ difference, findings, isProven }).toEqual({
    ...{ difference: "0.00", findings: [], isProven: true },
  });
  const open = lines[3]?.entries.map(({ amount, why }) => `${amount} ${why}`) ?? [];
  const why = `journal of ${SUMMED_DAY} is open: the summary of its sales`;
  const moved = ["80.00", "-9.00", "-40.00", "-15.00", "-5.00", "-10.00"];
  expect(open).toEqual(expect.arrayContaining(moved.map((one) => `${one} ${why}`)));

  await sumUp(world, [disputed, refunded]);
  await untilAllBooked(world);
  expect(await memosInBooks(world, kept.id)).toEqual(["DM 5 open 5: 1095 -5"]);
  expect(await memosInBooks(world, later.id)).toEqual([
    "DM 10 open 0: 1095 -10",
    "CM 10 open 0: 4100 10",
  ]);
});

test("a sale of a day is told as booked once, also one refunded that day", async () => {
  const orders = [await pay(world, 2_000), await pay(world, 3_000)];
  await untilCollected(world, 4);
  await world.stripe.refunds.create({ payment_intent: orders[0]?.id ?? "" });
  await untilCollected(world, 6);
  await sumUp(world, orders);
  await at(2);
  await world.stripe.refunds.create({ payment_intent: orders[1]?.id ?? "" });
  await untilAllBooked(world);

  const told = await world.sql("select key from domain_event where type = 'order.booked'");
  expect(told).toHaveLength(2);
});

test("memos of a day that only a person can apply are asked for until they are", async () => {
  await world.slAdmin("/switches", { applyMemoToDebitMemo: false });
  await askDoctor(world, { probe: true, ...CONSENT });
  const order = await pay(world, 5_000);
  await untilCollected(world, 2);
  const { id } = await world.stripe.refunds.create({ payment_intent: order.id, amount: 1_000 });
  await untilCollected(world, 4);
  await sumUp(world, [order]);
  const asked = async () => (await world.api<{ rows: Row[] }>("/api/waiting")).rows;
  const wait = await until("the next look at them", async () => {
    const [row] = await asked();
    return row?.nextLookAt ? row : undefined;
  });
  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed" });
  await until("its money to be listed", async () => {
    return (await world.sql("select 1 from unapplied where object = $1", [id])).length > 0;
  });

  expect(wait).toMatchObject({ kind: "apply", laneKey: SUMMARY_LANE });
  expect(await asked()).toHaveLength(1);
  expect(await memosInBooks(world, id)).toEqual(["CM 10 open 10: 1095 10"]);
  await world.slAdmin("/switches", { applyMemoToDebitMemo: true });
  await askDoctor(world, { probe: true, ...CONSENT });
  await runSummary(world);
  await until("the memos to be applied", async () => (await asked()).length === 0);
  expect(await memosInBooks(world, `day:${SUMMED_DAY}`)).toEqual(
    expect.arrayContaining(["DM 10 open 0: 1095 -10", "CM 10 open 0: 4100 10"]),
  );
});

test("what is refunded after a refund that had failed is booked after that", async () => {
  await world.set("refund-failed", "reverse");
  const order = await pay(world, 3_000);
  await untilCollected(world, 2);
  const again = () => world.stripe.refunds.create({ payment_intent: order.id });
  await world.stripeAdmin("/webhooks", { dropProbability: 1 });
  const { id: first } = await again();
  await world.stripeAdmin(`/refunds/${first}/move`, { status: "failed" });
  await world.stripeAdmin("/webhooks", { dropProbability: 0 });
  // What happens within one second has no order.
  await world.stripeAdmin("/clock", { advanceMs: 60_000 });
  const { id: second } = await again();
  await untilWaiting(order);

  await sumUp(world, [order]);
  await untilAllBooked(world);

  const left = ["CM 30 open 0: 4100 30", "DM 30 open 0: 1095 -30"];
  const back = ["CM 30 open 0: 1095 30", "DM 30 open 0: 4100 -30"];
  expect((await memosInBooks(world, first)).sort()).toEqual([...left, ...back].sort());
  expect((await memosInBooks(world, second)).sort()).toEqual(left);
});

test("a debit that comes back before its summary stands is paid by a later charge", async () => {
  await world.set("payment-return", "person");
  const kept = await pay(world, 2_000);
  const debit = await pay(world, 7_000, { payment_method: "pm_usBankAccount_success" });
  await world.stripeAdmin(`/payment_intents/${debit.id}/settle`, { succeeds: true });
  await untilCollected(world, 4);
  await at(2);
  await world.stripeAdmin(`/payment_intents/${debit.id}/return`, {});
  const again = { payment_method: "pm_card_visa" };
  const { latest_charge: later } = await world.stripe.paymentIntents.confirm(debit.id, again);
  await until("the later charge to be told", async () => {
    return (await world.sql("select 1 from event where object_id = $1", [later])).length > 0;
  });
  await untilWaiting(debit);
  expect(await proofIn(world, "USD")).toMatchObject({ difference: "0.00", isProven: true });

  await sumUp(world, [kept, debit]);
  await untilAllBooked(world);

  const [charge = ""] = debit.chargeIds;
  const [invoice] = await documentsOf(world, [`day:${SUMMED_DAY}`]);
  const [memo] = await documentsOf(world, [charge]);
  expect([memo?.OrigDocNbr, memo?.DueDate]).toEqual([invoice?.RefNbr, invoice?.DueDate]);
  expect(await memosInBooks(world, charge)).toEqual(["DM 70 open 0: 1095 -70"]);
  expect(await memosInBooks(world, String(later))).toEqual(["PA 70 open 0: 1095 70"]);
  expect(await world.sql("select key from lane where key like 'summary:%'")).toEqual([
    { key: SUMMARY_LANE },
  ]);
});
