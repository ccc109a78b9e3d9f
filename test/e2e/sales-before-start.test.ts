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
let untouched: Order;

beforeAll(async () => {
  world = await openWorld({
    ...{ start: dayAgo(4), "stripe.events-since": dayAgo(10) },
    ...{ "dispute.policy": "reverse-sale", "credit-note.wait": 600 },
  });
  await at(8);
  invoice = await anOpenInvoice(world, 10_000);
  await world.stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
  order = await pay(world, 10_000);
  untouched = await pay(world, 5_000);
  const { nowMs } = await world.stripeAdmin<{ nowMs: number }>("/clock");
  await world.stripeAdmin("/clock", { advanceMs: Date.now() - nowMs });
});

afterAll(() => world.close());

type Entry = Readonly<{ account: string; debit?: string; credit?: string }>;
type Foreseen = Readonly<{
  object: string;
  documents: readonly Readonly<{ purpose: string; entries: readonly Entry[] }>[];
  problem: Readonly<{ message: string }> | null;
}>;

/** As a ledger is read, without receivables. */
function entriesOf(entries: readonly Entry[]): string {
  return entries
    .filter(({ account }) => !["1200", "1210"].includes(account))
    .map(({ account, debit = 0, credit = 0 }) => `${account} ${Number(debit) - Number(credit)}`)
    .sort()
    .join(", ");
}

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

test("a dry run of a sale from before the start shows what its run books", async () => {
  const foreseen = async (object: string) => {
    const body = { from: dayAgo(9), beforeStart: true, dryRun: true, show: 100, by: "test" };
    const path = `/api/pairs/${world.pair}/backfill`;
    const asked = { method: "POST", body };
    const { plan } = await world.api<{ plan: { previews: Foreseen[] } }>(path, asked);
    return plan.previews.find((one) => one.object === object);
  };
  const { documents = [], problem } = (await foreseen(order.id)) ?? {};
  const left = await foreseen(untouched.id);
  const memos = documents.map(({ purpose, entries }) => `${purpose} ${entriesOf(entries)}`);

  expect(left?.documents).toEqual([]);
  expect(left?.problem?.message).toContain("came in before the pair's start");
  expect(problem).toBeNull();
  expect(memos).toEqual([
    "refund-cash 1095 -40",
    "refund-cause 4105 40",
    "fee 1095 -15, 6110 15",
    "dispute-open 1095 -100",
    "dispute-open 4104 60, 6120 40",
  ]);
});
