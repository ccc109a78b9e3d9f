import type { PairFile } from "../../torture/pair-file.ts";
import type { KillWorld } from "./kill-world.ts";

type Act = (world: KillWorld) => Promise<void>;

/** Something that happens after a sale, and the effects that a hub dies at, in their order. */
export type Story = Readonly<{
  settings: PairFile;
  effects: readonly Readonly<{ purpose: string; writes: readonly string[] }>[];
  /** Brings it about; returns the lane that books it, whose earlier documents stand. */
  make: (world: KillWorld) => Promise<string>;
  /** What happens at Stripe before the effect of this number, once all before it were died at. */
  before?: Readonly<Record<number, Act>>;
  /** Ids of what SL has valued by a rate of its own. */
  slRated?: (world: KillWorld) => Promise<readonly string[]>;
  /** Ids that the oracle has no rules for, and by what else their money is judged, in words. */
  unruled?: (world: KillWorld) => Promise<readonly string[]>;
  /** The oracle takes what a bank takes back for two rows that cancel: `wrong` judges alone. */
  isBeyondOracle?: true;
  /** The oracle refuses the settings: `wrong` judges alone. */
  hasNoOracle?: true;
  wrong?: (world: KillWorld) => Promise<readonly string[]>;
}>;

export type Made = Omit<Story, "effects">;

const DAY_MS = 86_400_000;
/** Noon in New York of a day that is over. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
export const ON_CARD = {
  payment_method: "pm_card_visa",
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
} as const;

/** Today where the books are kept. */
export function today(): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
}

/** Events and rows of one second have no order. */
export async function secondsLater({ act }: KillWorld): Promise<void> {
  await act("/clock", { advanceMs: 2_000 });
}

export async function lastOf(world: KillWorld, table: string): Promise<string> {
  const rows = await world.act<{ id: string }[]>(`/rows?table=${table}`);
  return rows.at(-1)?.id ?? "";
}

/** A sale over 100.00, booked. */
async function sell(world: KillWorld): Promise<{ lane: string; charge: string }> {
  const { stripe } = world;
  const customer = await stripe.customers.create({
    name: "Ada Lovelace",
    email: "ada@example.com",
  });
  const { id, latest_charge } = await stripe.paymentIntents.create({
    ...{ amount: 10_000, currency: "usd", confirm: true, customer: customer.id, ...ON_CARD },
  });
  await world.settle(id);
  await secondsLater(world);
  return { lane: id, charge: String(latest_charge) };
}

/** An invoice over 100.00 of which 110.00 were paid, 50.00 of them by the charge that is named. */
async function sellOverpaid(world: KillWorld): Promise<{ lane: string; charge: string }> {
  const { stripe } = world;
  const { id: customer } = await stripe.customers.create({ name: "Grace", email: "g@example.com" });
  const { id = "" } = await stripe.invoices.create({ customer, currency: "usd" });
  const metadata = { InvtID: "TSHIRT" };
  const product = (await stripe.products.create({ name: "Thing", metadata })).id;
  const price_data = { currency: "usd", product, unit_amount: 10_000 };
  await stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await stripe.invoices.finalizeInvoice(id);
  let charge = "";
  for (const amount of [6_000, 5_000]) {
    const made = { amount, currency: "usd", customer, ...ON_CARD };
    const intent = await stripe.paymentIntents.create(made);
    await stripe.invoices.attachPayment(id, { payment_intent: intent.id });
    charge = String((await stripe.paymentIntents.confirm(intent.id)).latest_charge);
    await world.settle(id);
    await secondsLater(world);
  }
  return { lane: id, charge };
}

/** Given back in part, out of what was paid too much and what was sold; then the bank refuses. */
export const aRefundThatFails: Made = {
  settings: { "refund-failed": "reverse", "credit-note": { wait: 0 } },
  make: async (world) => {
    const { lane, charge } = await sellOverpaid(world);
    await world.stripe.refunds.create({ charge, amount: 3_000, reason: "requested_by_customer" });
    return lane;
  },
  before: {
    4: async (world) => {
      await secondsLater(world);
      await world.act(`/refunds/${await lastOf(world, "refund")}/move`, { status: "failed" });
    },
  },
};

async function disputed(world: KillWorld): Promise<string> {
  const { lane, charge } = await sell(world);
  await world.act(`/charges/${charge}/dispute`, { amount: 3_000 });
  await secondsLater(world);
  return lane;
}

const dispute = (what: string, body: object): Act => {
  return async (world) => {
    await world.act(`/disputes/${await lastOf(world, "dispute")}/${what}`, body);
    await secondsLater(world);
  };
};

/** Withdrawn, paid back in part, lost. */
export const aLostDispute: Made = {
  settings: {},
  make: disputed,
  before: {
    1: dispute("reinstate", { amount: 1_000 }),
    2: dispute("close", { outcome: "lost" }),
  },
};

/** Withdrawn and won. */
export const aWonDispute: Made = {
  settings: { dispute: { policy: "reverse-sale" } },
  make: disputed,
  before: { 4: dispute("close", { outcome: "won" }) },
};

/** The customer owes what is paid back only in part, until it is lost. */
export const aDebtWrittenOff: Made = {
  settings: { dispute: { policy: "customer", lost: "bad-debt" } },
  make: disputed,
  before: {
    2: dispute("reinstate", { amount: 1_000 }),
    4: dispute("close", { outcome: "lost" }),
  },
};

/** Sent, arrived, and given back by the bank. */
export const aPayoutThatFails: Made = {
  settings: {},
  make: async (world) => {
    const { id } = await world.act<{ id: string }>("/payouts", { amount: 50_000, currency: "usd" });
    for (let steps = 0; steps < 2; steps += 1) await world.act(`/payouts/${id}/step`, {});
    return id;
  },
  before: {
    2: async (world) => {
      await secondsLater(world);
      await world.act(`/payouts/${await lastOf(world, "payout")}/fail`, {});
    },
  },
};

async function happenOnThatDay(world: KillWorld, row: object): Promise<void> {
  const of = { currency: "usd", description: "Billing - Usage Fee", created: NOON };
  await world.act("/balance_transactions", { ...of, ...row });
  await world.readRows();
}

/** A fee and a row of a kind that nobody knows, and another fee once their journals stand. */
export const aDayWithALateRow: Made = {
  settings: { "journal-delay": 0 },
  make: async (world) => {
    const fee = { type: "stripe_fee", reporting_category: "fee", amount: -500 };
    await happenOnThatDay(world, fee);
    await happenOnThatDay(world, { type: "new", reporting_category: "brand_new", amount: -1_234 });
    return `day:${dayOf(NOON)}`;
  },
  before: {
    2: (world) =>
      happenOnThatDay(world, { type: "stripe_fee", reporting_category: "fee", amount: -700 }),
  },
};

/**
 * Fees of two periods, which a payout takes along after their days have run: the young one with
 * what nobody knows, the old one known by the list of the payout alone.
 */
export const feesOfAPayout: Made = {
  settings: { "journal-delay": 0, fees: "per-payout", "fees-wait": 60 },
  make: async (world) => {
    const fee = { type: "stripe_fee", reporting_category: "fee" };
    const old = NOON - (33 * DAY_MS) / 1_000;
    const unknown = { type: "new", reporting_category: "brand_new", amount: 90_000 };
    await happenOnThatDay(world, { ...unknown, available_on: NOON });
    await happenOnThatDay(world, { ...fee, amount: -500, available_on: NOON });
    await happenOnThatDay(world, { ...fee, amount: -700, created: old, available_on: old });
    await world.settle(`day:${dayOf(NOON)}`);
    await world.act("/payouts/now", { currency: "usd" });
    const payout = await lastOf(world, "payout");
    await world.settle(payout);
    return `fees:${payout}`;
  },
};

const dayOf = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(0, 10);
