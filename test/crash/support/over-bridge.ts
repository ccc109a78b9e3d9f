import { numberOf, type Row, textOf } from "../../oracle/rows.ts";
import { lastOf, type Made, ON_CARD, type Story, secondsLater } from "./after-sale.ts";
import type { KillWorld } from "./kill-world.ts";

// Pounds that Stripe settles in euros, at a site that keeps no rate but its own in dollars: the
// document hits the bridge, a journal takes it from there, and a second one takes what is left.

const account = (number: string) => `${number}/000000000000`;
const RELEASE = ["release"];
const SL_WRITES = ["reserve", "fill", "release"];
/** What follows each document that moves money; each is one batch of SL's. */
const CROSSING = [
  { purpose: "bridge", writes: SL_WRITES },
  { purpose: "bridge", writes: SL_WRITES },
];

/** The money of a sale, of its refund, and of the refund that came back. */
export const OVER_THE_BRIDGE: Story["effects"] = [
  { purpose: "invoice", writes: RELEASE },
  ...["payment", "refund-cash", "refund-back-cash"].flatMap((purpose) => [
    { purpose, writes: RELEASE },
    ...CROSSING,
  ]),
];

/** The money of a debit that the bank takes back once it had succeeded. */
export const A_RETURN_OVER_THE_BRIDGE: Story["effects"] = [
  { purpose: "return", writes: RELEASE },
  ...CROSSING,
];

const SETTINGS: Story["settings"] = {
  ...{ "refund-failed": "reverse", "credit-note": { wait: 0 } },
  accounts: {
    clearing: { USD: account("1095"), EUR: account("1096") },
    transit: { USD: account("1090"), EUR: account("1091") },
    bank: { USD: account("1010"), EUR: account("1030") },
    bridge: account("1290"),
  },
};

/** @returns the lane of a sale over GBP 80.00, which Stripe settles as EUR 92.10 */
async function payInPounds(world: KillWorld, method: object): Promise<string> {
  const { stripe, act, sl } = world;
  await act("/settings", { settlementCurrencies: ["eur", "usd"] });
  await act("/rates", { gbp: "1.15125", eur: "1" });
  await sl("/switches", { suppliedRateKept: false });
  await world.probed({ "foreign-currency": "yes", "supplied-rate": "no" });
  const of = { name: "Ada Lovelace", email: "ada@example.com" };
  const customer = (await stripe.customers.create(of)).id;
  const paid = { amount: 8_000, currency: "gbp", confirm: true, customer, ...method };
  return (await stripe.paymentIntents.create(paid)).id;
}

/** What the bridge, receivables and clearing hold other than they should; in minor units. */
async function wrongIn(
  world: KillWorld,
  wanted: Readonly<{ owed: number; rows: number }>,
): Promise<readonly string[]> {
  const lines = (await world.sl<Row[]>("/rows?table=GLTran")).filter(({ Rlsed }) => Rlsed === 1);
  const moved = await world.act<Row[]>("/rows?table=balance_transaction");
  const inEuro = moved.filter((row) => textOf(row, "currency") === "eur");
  const atStripe = inEuro.reduce((so, row) => so + numberOf(row, "amount"), 0);
  const left = (acct: string, prefix: "" | "Cury") =>
    lines
      .filter((line) => textOf(line, "Acct") === acct)
      .map((line) => numberOf(line, `${prefix}DrAmt`) - numberOf(line, `${prefix}CrAmt`))
      .reduce((so, amount) => so + Math.round(amount * 100), 0);
  const found = [left("1290", ""), left("1210", ""), left("1096", "Cury"), inEuro.length].join(" ");
  const should = [0, wanted.owed, atStripe, wanted.rows].join(" ");
  return found === should ? [] : [`bridge, owed, clearing, rows: ${found}, not ${should}`];
}

/** Paid, given back, and the bank refuses. */
export const aRefundOverTheBridge: Made = {
  settings: SETTINGS,
  make: (world) => payInPounds(world, ON_CARD),
  before: {
    4: async (world) => {
      const lane = await lastOf(world, "payment_intent");
      await world.settle(lane);
      await secondsLater(world);
      await world.act("/rates", { gbp: "1.1", eur: "1" });
      await world.stripe.refunds.create({ payment_intent: lane });
    },
    7: async (world) => {
      await world.settle(await lastOf(world, "payment_intent"));
      await secondsLater(world);
      await world.act(`/refunds/${await lastOf(world, "refund")}/move`, { status: "failed" });
    },
  },
  slRated: async (world) => [await lastOf(world, "charge"), await lastOf(world, "refund")],
  unruled: async (world) => [await lastOf(world, "refund")],
  wrong: (world) => wrongIn(world, { owed: 0, rows: 3 }),
};

/** Debited, succeeded, taken back: the customer owes GBP 80.00 again, at SL's 1.32. */
export const aReturnOverTheBridge: Made = {
  settings: SETTINGS,
  make: async (world) => {
    const debit = { payment_method_types: ["us_bank_account"] };
    const lane = await payInPounds(world, { ...debit, payment_method: "pm_usBankAccount_success" });
    await world.act(`/payment_intents/${lane}/settle`, { succeeds: true });
    await world.settle(lane);
    await secondsLater(world);
    await world.act("/rates", { gbp: "1.1", eur: "1" });
    await world.act(`/payment_intents/${lane}/return`, {});
    return lane;
  },
  slRated: async (world) => [await lastOf(world, "charge")],
  unruled: async (world) => [await lastOf(world, "charge")],
  isBeyondOracle: true,
  wrong: (world) => wrongIn(world, { owed: 10_560, rows: 2 }),
};
