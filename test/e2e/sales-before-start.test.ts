import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { memosInBooks, openlyParked, untilQuiet } from "./books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import { anOpenInvoice, type Order, pay } from "./orders.ts";

let world: World;
const { at } = daysAgo(() => world);

/** Sales of eight days ago, four days before the pair's start. */
let invoice: string;
let order: Order;

beforeAll(async () => {
  world = await openWorld({
    ...{ start: dayAgo(4), "stripe.events-since": dayAgo(10) },
    ...{ "dispute.policy": "reverse-sale", "credit-note.wait": 600 },
  });
  await at(8);
  invoice = await anOpenInvoice(world, 10_000);
  await world.stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
  order = await pay(world, 10_000);
  const { nowMs } = await world.stripeAdmin<{ nowMs: number }>("/clock");
  await world.stripeAdmin("/clock", { advanceMs: Date.now() - nowMs });
});

afterAll(() => world.close());

/** The cash leg and the cause leg, once one is applied to the other. */
const untilMemos = (id: string) =>
  until(`both memos of ${id}`, async () => {
    const memos = await memosInBooks(world, id);
    return memos.filter((memo) => memo.includes(" open 0: ")).length === 2;
  });

test("the refund of an invoice from before the start waits for no credit note", async () => {
  const { data } = await world.stripe.invoicePayments.list({ invoice });
  const intent = String(data[0]?.payment.payment_intent);

  const { id } = await world.stripe.refunds.create({ payment_intent: intent, amount: 3_000 });
  await untilMemos(id);
  await untilQuiet(world, invoice);

  expect(await memosInBooks(world, id)).toEqual([
    "DM 30 open 0: 1095 -30",
    "CM 30 open 0: 4105 30",
  ]);
  expect(await openlyParked(world, invoice)).toEqual([]);
});

test("G31: a dispute of a sale from before the start takes what refunds have left", async () => {
  const [charge = ""] = order.chargeIds;
  const refund = await world.stripe.refunds.create({ charge, amount: 4_000 });
  await untilMemos(refund.id);

  const { id } = await world.stripeAdmin<{ id: string }>(`/charges/${charge}/dispute`, {
    amount: 10_000,
  });
  await untilMemos(id);

  expect(await memosInBooks(world, refund.id)).toEqual([
    "DM 40 open 0: 1095 -40",
    "CM 40 open 0: 4105 40",
  ]);
  expect(await memosInBooks(world, id)).toEqual([
    "DM 100 open 0: 1095 -100",
    "CM 100 open 0: 4104 60, 6120 40",
  ]);
});
