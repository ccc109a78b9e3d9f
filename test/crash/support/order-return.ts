import { numberOf, type Row, textOf } from "../../oracle/rows.ts";
import { type Made, ON_CARD, secondsLater } from "./after-sale.ts";
import type { KillWorld } from "./kill-world.ts";

// A shipped order of which goods come back: a clerk enters the return in SL, and its credit memo is
// what the refund at Stripe is for.

const charges = { tax: "TAX", shipping: "SHIPPING", rounding: "ROUNDING" };
const LINES = [{ lineRef: "1", price: 30 }];

async function orderOf(world: KillWorld, lane: string): Promise<string> {
  const orders = await world.sl<Row[]>("/rows?table=SOHeader");
  return textOf(orders.find((row) => textOf(row, "User1") === lane) ?? {}, "OrdNbr");
}

/** What receivables hold then: type, amount, what is open of it. */
export const DOCUMENTS_WITH_RETURN = ["CM 30 0", "DM 30 0", "IN 100 0", "PP 100 0"];

export async function releasedDocuments(world: KillWorld): Promise<readonly string[]> {
  const documents = await world.sl<Row[]>("/rows?table=ARDoc");
  const money = (row: Row) => ["OrigDocAmt", "DocBal"].map((column) => numberOf(row, column));
  return documents
    .filter(({ Rlsed }) => Rlsed === 1)
    .map((row) => [textOf(row, "DocType"), ...money(row)].join(" "))
    .sort();
}

/** Shipped, given back in part, and a return over the same amount in SL. */
export const aRefundWithItsReturn: Made = {
  settings: { mode: "sales-order", order: { charges, refund: "order" } },
  make: async (world) => {
    const { stripe, sl } = world;
    const of = { name: "Ada Lovelace", email: "ada@example.com" };
    const customer = (await stripe.customers.create(of)).id;
    const paid = { amount: 10_000, currency: "usd", confirm: true, customer, ...ON_CARD };
    const intent = await stripe.paymentIntents.create(paid);
    await world.settle(intent.id);
    const order = await orderOf(world, intent.id);
    await sl(`/orders/${order}/ship`, {});
    await world.settle(intent.id);
    await secondsLater(world);
    await sl(`/orders/${order}/return`, { lines: LINES });
    await stripe.refunds.create({ payment_intent: intent.id, amount: 3_000 });
    return intent.id;
  },
};
