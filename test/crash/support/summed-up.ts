import { SUMMARY_EFFECTS } from "../../../src/runs/summary/summary-run.ts";
import { ON_CARD, type Story, secondsLater } from "./after-sale.ts";
import { wrongBooks } from "./at-settlement.ts";
import type { KillWorld } from "./kill-world.ts";

const DAY_MS = 86_400_000;
/** Noon in New York of a day that is over. */
const NOON_MS = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * DAY_MS + 17 * 3_600_000;
const DAY = new Date(NOON_MS).toISOString().slice(0, 10);

/** In cents: what was sold, and what of it went back the same day. */
const BOOKS = { "1095": 6_450, "4010": -10_000, "4100": 3_550 };

/** How far Stripe's clock was ahead of this machine's before. */
let aheadMs = 0;

/** Sales of a day with a refund of that day, which are booked as one. */
export const aDayThatIsSummedUp: Story = {
  settings: {
    ...{ summary: "daily", "summary-delay": 0, "credit-note": { wait: 0 } },
    customer: { policy: "one-customer", named: "WEBSHOP" },
  },
  effects: SUMMARY_EFFECTS,
  make: async (world) => {
    const { stripe, act } = world;
    const { nowMs } = await act<{ nowMs: number }>("/clock");
    aheadMs = Math.round(nowMs - Date.now());
    await act("/clock", { shiftMs: NOON_MS - Date.now() });
    for (const amount of [2_000, 3_550, 4_450]) {
      const paid = { amount, currency: "usd", confirm: true, ...ON_CARD };
      const { id } = await stripe.paymentIntents.create(paid);
      await secondsLater(world);
      if (amount === 3_550) await stripe.refunds.create({ payment_intent: id });
      await world.settle(id, ["waiting"]);
    }
    // Nothing has come to the day for an hour.
    await world.pool.query(
      "update collected_document set collected_at = now() - interval '1 hour' where pair = $1",
      [world.pair()],
    );
    return `summary:${DAY}`;
  },
  hasNoOracle: true,
  wrong: async (world) => {
    await settleSales(world);
    // The stories after it go on from where those before it have moved Stripe's clock to.
    await world.act("/clock", { shiftMs: aheadMs });
    return wrongBooks(world, BOOKS);
  },
};

/** The sales of the day end with it, and are told its numbers. */
async function settleSales(world: KillWorld): Promise<void> {
  const sales = await world.act<{ id: string }[]>("/rows?table=payment_intent");
  for (const { id } of sales) await world.settle(id);
}
