import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, memosInBooks, trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { daysAgo } from "./days-ago.ts";
import { aPrice, checkOut, type Order, pay } from "./orders.ts";
import {
  entriesIn,
  openSummedUp,
  SUMMED_DAY,
  sumUp,
  untilAllBooked,
  untilCollected,
} from "./summed-up.ts";

const DAY = SUMMED_DAY;
/** A product whose sales have an account of their own. */
const GIFT = { item: "TSHIRT", sales: "4020/000000000000" };

let world: World;
const { at } = daysAgo(() => world);

/** Sales of the day by what they are for. */
const made: Record<"first" | "refunded" | "last", Order> = {
  first: { id: "", chargeIds: [], total: 0 },
  refunded: { id: "", chargeIds: [], total: 0 },
  last: { id: "", chargeIds: [], total: 0 },
};

beforeAll(async () => {
  world = await openSummedUp({ items: { prod_gift: GIFT } });
});

afterAll(() => world.close());

const isWaiting = async ({ id }: Order) => {
  const [lane] = await world.sql("select waits_for from lane where key = $1", [id]);
  return lane?.waits_for === `the summary of ${DAY}`;
};

test("sales and refunds of a day wait for its summary, in line 4 of the proof", async () => {
  made.first = await pay(world, 2_000);
  made.refunded = await pay(world, 3_550);
  made.last = await pay(world, 4_450);
  await untilCollected(world, 6);
  await world.stripe.refunds.create({ payment_intent: made.refunded.id });
  await untilCollected(world, 8);
  await until("a sale to wait", () => isWaiting(made.first));

  expect(await documentsOf(world, [`day:${DAY}`])).toEqual([]);
  const proof = await proofIn(world, "USD");
  expect(proof).toMatchObject({ difference: "0.00", findings: [], isProven: true });
  const open = proof.lines[3]?.entries.filter(({ part }) => part === "gross") ?? [];
  expect(open.map(({ amount, why }) => `${amount} ${why}`).sort()).toEqual([
    `-35.50 journal of ${DAY} is open: the summary of its sales`,
    `20.00 journal of ${DAY} is open: the summary of its sales`,
    `35.50 journal of ${DAY} is open: the summary of its sales`,
    `44.50 journal of ${DAY} is open: the summary of its sales`,
  ]);
});

test("G54 daily summary: 20.00 + 35.50 + 44.50 sold, 35.50 refunded the same day", async () => {
  await sumUp(world, Object.values(made));

  expect(await entriesIn(world)).toEqual([
    ...["IN Cr 4010 100.00", "IN Dr 1200 100.00"],
    ...["PA Dr 1095 100.00", "PA Cr 1200 100.00"],
    ...["DM Cr 1095 35.50", "DM Dr 1200 35.50"],
    ...["CM Dr 4100 35.50", "CM Cr 1200 35.50"],
  ]);
  const documents = await documentsOf(world, [`day:${DAY}`]);
  const told = documents.map(({ CustId, DocType, DocDate, DocBal }) => {
    return [trimmed(CustId), trimmed(DocType), String(DocDate).slice(0, 10), Number(DocBal)];
  });
  expect(told).toEqual(["IN", "PA", "DM", "CM"].map((type) => ["C300", type, DAY, 0]));
  const keyed = await world.sql(
    "select purpose, part from intent where object = $1 and purpose <> 'fee' order by created_at",
    [`day:${DAY}`],
  );
  const part = "USD:C300:1";
  expect(keyed).toEqual([
    ...[
      { purpose: "summary", part },
      { purpose: "payment", part },
    ],
    ...[
      { purpose: "refund-cash", part },
      { purpose: "refund-cause", part },
    ],
    { purpose: "apply", part: [3, 2].map((at) => trimmed(documents[at]?.RefNbr)).join("/") },
  ]);
  await untilAllBooked(world);
});

test("each sale of it is told SL's numbers at Stripe, and found by its own id", async () => {
  const [invoice, payment] = await documentsOf(world, [`day:${DAY}`]);
  const intent = await world.stripe.paymentIntents.retrieve(made.first.id);

  expect(intent.metadata).toMatchObject({
    DynamicsSL_InvoiceNbr: trimmed(invoice?.RefNbr),
    DynamicsSL_PaymentNbr: trimmed(payment?.RefNbr),
  });
  const trace = await world.api<object>(`/api/trace/${made.last.chargeIds[0]}`);
  expect(JSON.stringify(trace)).toContain(trimmed(payment?.RefNbr));
});

test("a sale of the day that comes late makes documents of the next number", async () => {
  const late = await pay(world, 700);
  await untilCollected(world, 10);
  await sumUp(world, [late]);

  const added = (await documentsOf(world, [`day:${DAY}`])).slice(4);
  expect(added.map(({ DocType, OrigDocAmt }) => [trimmed(DocType), Number(OrigDocAmt)])).toEqual([
    ["IN", 7],
    ["PA", 7],
  ]);
  const [known] = await world.sql(
    "select part from intent where object = $1 and purpose = 'summary' order by part desc limit 1",
    [`day:${DAY}`],
  );
  expect(known).toEqual({ part: "USD:C300:2" });
});

test("sales that hit other accounts have documents of their own", async () => {
  const bare = await pay(world, 900);
  const price = await aPrice(world, 1_200, { id: "prod_gift", name: "Gift" });
  const cart = await checkOut(world, { line_items: [{ price, quantity: 1 }] });
  await untilCollected(world, 14);
  await sumUp(world, [bare, cart]);

  const added = (await documentsOf(world, [`day:${DAY}`])).slice(6);
  const invoices = added.filter(({ DocType }) => trimmed(DocType) === "IN");
  expect(invoices.map(({ OrigDocAmt }) => Number(OrigDocAmt)).sort()).toEqual([12, 9]);
});

test("a sale that names its customer is booked by itself, at once", async () => {
  const order = await pay(world, 1_300, { metadata: { DynamicsSL_CustomerID: "C301" } });

  expect((await expectBookedOnce(world, order)).customerId).toBe("C301");
});

test("a later refund is the customer's by itself", async () => {
  await at(2);
  const refund = await world.stripe.refunds.create({
    ...{ payment_intent: made.last.id, amount: 1_000 },
  });
  await until("the refund to be booked", async () => {
    const memos = await memosInBooks(world, refund.id);
    return memos.length === 2 && memos.every((memo) => memo.includes("open 0"));
  });

  expect(await memosInBooks(world, refund.id)).toEqual([
    "DM 10 open 0: 1095 -10",
    "CM 10 open 0: 4100 10",
  ]);
});

test("after all of it the clearing account is Stripe's balance", async () => {
  await untilAllBooked(world);
});
