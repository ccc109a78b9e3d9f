import type Stripe from "stripe";
import type { Later } from "./orders.ts";
import type { RunPlan } from "./plan.ts";
import { Chance } from "./random.ts";
import type { Site } from "./site.ts";

/** A sale with what has become of it so far. */
type Sale = Readonly<{ charge: Stripe.Charge; refunds: Stripe.Refund[]; disputes: string[] }>;
type Deed = (at: Sale, site: Site) => Promise<void>;

/** Events and rows of one second have no order at Stripe. */
const APART_MS = 1_000;

const refundOf =
  (share: number): Deed =>
  async ({ charge, refunds }, { stripe }) => {
    const amount = Math.max(1, Math.round(charge.amount * share));
    const params = { charge: charge.id, amount, reason: "requested_by_customer" as const };
    refunds.push(await stripe.refunds.create(params));
  };

/** What no refund has given back yet. */
const refundRest: Deed = async ({ charge, refunds }, { stripe }) => {
  refunds.push(await stripe.refunds.create({ charge: charge.id }));
};

const refundLater =
  (status: "succeeded" | "canceled"): Deed =>
  async ({ charge, refunds }, { stripe, stripeAdmin }) => {
    await stripeAdmin("/settings", { refundsNeedBalance: true });
    const refund = await stripe.refunds.create({
      ...{ charge: charge.id, amount: 1_234, reason: "requested_by_customer" },
    });
    await stripeAdmin("/settings", { refundsNeedBalance: false });
    refunds.push(refund);
    if (refund.status === "pending") await stripeAdmin(`/refunds/${refund.id}/move`, { status });
  };

const failRefund =
  (nth: number): Deed =>
  async ({ refunds }, { stripeAdmin }) => {
    await stripeAdmin(`/refunds/${refunds[nth]?.id}/move`, { status: "failed" });
  };

const dispute =
  (share: number, how: object = {}): Deed =>
  async ({ charge, disputes }, { stripeAdmin }) => {
    const amount = Math.round(charge.amount * share);
    const made = await stripeAdmin<{ id: string }>(`/charges/${charge.id}/dispute`, {
      ...{ amount, ...how },
    });
    disputes.push(made.id);
  };

const act =
  (what: string, body: object = {}): Deed =>
  async ({ disputes }, { stripeAdmin }) => {
    await stripeAdmin(`/disputes/${disputes.at(-1)}/${what}`, body);
  };

const close = (outcome: string, more: object = {}) => act("close", { outcome, ...more });

/** What becomes of a sale; each leaves nothing open that only days could end. */
const WAYS: readonly (readonly Deed[])[] = [
  [refundOf(1)],
  [refundOf(0.3), refundOf(0.3), refundRest],
  [refundOf(0.333), failRefund(0), refundOf(0.5)],
  [refundOf(0.25), refundOf(0.5), failRefund(0)],
  [refundOf(0.3), refundOf(0.4), failRefund(0), refundOf(0.2)],
  [refundOf(0.4), failRefund(0), refundOf(0.7)],
  [refundOf(0.5), failRefund(0)],
  [refundLater("succeeded")],
  [refundLater("canceled"), refundOf(0.2)],
  [dispute(1), close("lost")],
  [dispute(1), close("won")],
  [dispute(0.6), close("lost"), close("won", { fee: -1_500 })],
  [dispute(0.5, { inquiry: true }), close("warning_closed")],
  [dispute(0.5, { inquiry: true }), act("withdraw", { amount: 1_500 }), close("lost")],
  [refundOf(0.3), dispute(0.5), close("won")],
  [refundOf(0.4), failRefund(0), dispute(0.8), close("lost")],
  [dispute(0.4), act("reinstate", { amount: 700 }), close("lost")],
  [refundOf(0.3), dispute(0.9), failRefund(0), act("reinstate", { amount: 300 }), close("lost")],
  [dispute(0.6), close("won"), refundOf(0.5), dispute(0.8), close("lost")],
];

/** What becomes of money between balance and bank. */
const PAYOUT_WAYS = [["step", "step"], ["step", "step", "fail"], ["cancel"], ["step", "fail"]];

/**
 * What happens once the sales are made, deed by deed: refunds and disputes of each of them in turn,
 * a payout, and rows of a day that is over, one of them late. Now and then some come at once.
 */
export function planAftermath(site: Site, plan: RunPlan): Later[] {
  const chance = new Chance(plan.seed ^ 0xdeed5);
  const sales: Sale[] = [];
  const ways = plan.orders.map(() => chance.whole(0, WAYS.length - 1));
  const ofSales = ways.map((way, at) =>
    (WAYS[way] ?? []).map((deed) => () => deed(saleAt(sales, at), site)),
  );
  const queues = [...ofSales, payoutDeeds(site, chance), dayDeeds(site, chance)];
  const deeds = inTurn(queues, chance);
  const later: Later[] = [
    async () => {
      site.script.note(`the sales go the ways ${ways.join(", ")}`);
      const { data } = await site.stripe.charges.list({ limit: 100 });
      const paid = data.filter(({ paid: isPaid }) => isPaid).toReversed();
      sales.push(...paid.map((charge) => ({ charge, refunds: [], disputes: [] })));
    },
  ];
  while (deeds.length > 0) {
    const some = deeds.splice(0, chance.pick([1, 1, 2, 4]));
    later.push(async () => {
      for (const deed of some) {
        await deed();
        await site.stripeAdmin("/clock", { advanceMs: APART_MS });
      }
    });
  }
  return later;
}

function saleAt(sales: readonly Sale[], at: number): Sale {
  const sale = sales[at];
  if (sale === undefined) throw new Error(`sale ${at} of the run was not paid`);
  return sale;
}

type Act = () => Promise<unknown>;

/** Takes the next of one queue after the other, in any order that keeps each queue's own. */
function inTurn(queues: readonly (readonly Act[])[], chance: Chance): Act[] {
  const left = queues.map((queue) => [...queue]).filter((queue) => queue.length > 0);
  const all: Act[] = [];
  while (left.length > 0) {
    const at = chance.whole(0, left.length - 1);
    const next = left[at]?.shift();
    if (next !== undefined) all.push(next);
    if (left[at]?.length === 0) left.splice(at, 1);
  }
  return all;
}

function payoutDeeds({ stripe, stripeAdmin }: Site, chance: Chance): Act[] {
  if (chance.happens(0.3)) return [];
  const amount = chance.whole(1_000, 90_000) * chance.pick([1, 1, -1]);
  let id = "";
  const steps = amount < 0 ? ["step", "step"] : chance.pick(PAYOUT_WAYS);
  return [
    async () => {
      const body = { amount, currency: "usd" };
      id = (await stripeAdmin<{ id: string }>("/payouts", body)).id;
    },
    ...steps.map((step) => () => {
      return step === "cancel"
        ? stripe.payouts.cancel(id)
        : stripeAdmin(`/payouts/${id}/${step}`, {});
    }),
  ];
}

/** The last second of yesterday: of a day that is over, and in the last 24 hours. */
function endOfYesterday({ pairFile }: Site): number {
  const now = new Date();
  const timeZone = String(pairFile["time-zone"]);
  const clock = { timeZone, hourCycle: "h23", timeStyle: "medium" } as const;
  const [hours = 0, minutes = 0, seconds = 0] = new Intl.DateTimeFormat("en-GB", clock)
    .format(now)
    .split(":")
    .map(Number);
  return Math.floor(now.getTime() / 1_000) - (hours * 60 + minutes) * 60 - seconds - 1;
}

/** Rows without an object behind them, as Stripe makes them without an event. */
function dayDeeds(site: Site, chance: Chance): Act[] {
  if (chance.happens(0.3)) return [];
  const kinds = [
    { type: "stripe_fee", reporting_category: "fee" },
    { type: "stripe_fee", reporting_category: "fee" },
    { type: "new", reporting_category: "brand_new" },
  ] as const;
  return Array.from({ length: chance.whole(1, 4) }, () => {
    const amount = chance.whole(-5_000, -1);
    const kind = chance.pick(kinds);
    const row = { ...kind, amount, currency: "usd", description: "Billing - Usage" };
    return async () => {
      await site.stripeAdmin("/balance_transactions", { ...row, created: endOfYesterday(site) });
      site.hasNewRows = true;
    };
  });
}
