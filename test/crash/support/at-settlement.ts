import { numberOf, type Row, textOf } from "../../oracle/rows.ts";
import { lastOf, ON_CARD, type Story, secondsLater } from "./after-sale.ts";
import type { KillWorld } from "./kill-world.ts";

// Pounds that Stripe settles in dollars, of a pair that books what was settled.

const SL_WRITES = ["reserve", "fill", "release"];

/** In cents: clearing has Stripe's balance, sales the sale, and exchange gained what is left. */
const BOOKS = { "1095": 11_079, "4010": -10_831, "6910": -248 };

/** What the accounts of the ledger hold other than they should, in cents. */
export async function wrongBooks(
  world: KillWorld,
  books: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  const lines = await world.sl<Row[]>("/rows?table=GLTran&Rlsed=1");
  const left: Record<string, number> = {};
  for (const line of lines) {
    const cents = Math.round((numberOf(line, "DrAmt") - numberOf(line, "CrAmt")) * 100);
    const account = textOf(line, "Acct");
    left[account] = (left[account] ?? 0) + cents;
  }
  const found = Object.entries(left).filter(([, cents]) => cents !== 0);
  const [is, should] = [found, Object.entries(books)].map((all) => JSON.stringify(all.sort()));
  return is === should ? [] : [`the books are ${is}, not ${should}`];
}

/**
 * Sold for 108.31, given back for 107.02, and come back for 109.50: the sale stands again, and 1.19
 * are gained by a memo of their own. Each of both debit memos is applied to what came back.
 */
export const aRefundThatGains: Story = {
  settings: {
    ...{ "book-in": "settlement", "refund-failed": "reverse", "credit-note": { wait: 0 } },
  },
  effects: ["refund-back-cash", "refund-back-cause", "apply", "refund-back-cause", "apply"].map(
    (purpose) => ({ purpose, writes: SL_WRITES }),
  ),
  hasNoOracle: true,
  wrong: (world) => wrongBooks(world, BOOKS),
  make: async (world) => {
    const { stripe, act } = world;
    await act("/rates", { gbp: "1.0831" });
    const of = { name: "Ada Lovelace", email: "ada@example.com" };
    const customer = (await stripe.customers.create(of)).id;
    const paid = { amount: 10_000, currency: "gbp", confirm: true, customer, ...ON_CARD };
    const { id } = await stripe.paymentIntents.create(paid);
    await world.settle(id);
    await secondsLater(world);
    await act("/rates", { gbp: "1.0702" });
    await stripe.refunds.create({ payment_intent: id, reason: "requested_by_customer" });
    await world.settle(id);
    await secondsLater(world);
    await act("/rates", { gbp: "1.095" });
    const back = { status: "failed", isAtNewRate: true };
    await act(`/refunds/${await lastOf(world, "refund")}/move`, back);
    return id;
  },
};
