import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { memosInBooks, openlyParked, untilQuiet } from "./books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import { anOpenInvoice } from "./orders.ts";

let world: World;
const { at } = daysAgo(() => world);

/** A sale of eight days ago, four days before the pair's start. */
let invoice: string;

beforeAll(async () => {
  world = await openWorld({
    ...{ start: dayAgo(4), "stripe.events-since": dayAgo(10) },
    "credit-note.wait": 600,
  });
  await at(8);
  invoice = await anOpenInvoice(world, 10_000);
  await world.stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
  const { nowMs } = await world.stripeAdmin<{ nowMs: number }>("/clock");
  await world.stripeAdmin("/clock", { advanceMs: Date.now() - nowMs });
});

afterAll(() => world.close());

const untilMemos = (id: string) =>
  until(`both memos of ${id}`, async () => {
    const memos = await memosInBooks(world, id);
    return memos.length === 2 ? memos : undefined;
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
