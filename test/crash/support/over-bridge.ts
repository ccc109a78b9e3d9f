import { numberOf, type Row, textOf } from "../../oracle/rows.ts";
import { lastOf, type Made, ON_CARD, type Story, secondsLater } from "./after-sale.ts";

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

export const aRefundOverTheBridge: Made = {
  settings: {
    ...{ "refund-failed": "reverse", "credit-note": { wait: 0 } },
    accounts: {
      clearing: { USD: account("1095"), EUR: account("1096") },
      transit: { USD: account("1090"), EUR: account("1091") },
      bank: { USD: account("1010"), EUR: account("1030") },
      bridge: account("1290"),
    },
  },
  make: async (world) => {
    const { stripe, act, sl } = world;
    await act("/settings", { settlementCurrencies: ["eur", "usd"] });
    await act("/rates", { gbp: "1.15125", eur: "1" });
    await sl("/switches", { suppliedRateKept: false });
    await world.probed({ "foreign-currency": "yes", "supplied-rate": "no" });
    const of = { name: "Ada Lovelace", email: "ada@example.com" };
    const customer = (await stripe.customers.create(of)).id;
    const paid = { amount: 8_000, currency: "gbp", confirm: true, customer, ...ON_CARD };
    return (await stripe.paymentIntents.create(paid)).id;
  },
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
  wrong: async (world) => {
    const lines = (await world.sl<Row[]>("/rows?table=GLTran")).filter(({ Rlsed }) => Rlsed === 1);
    const moved = await world.act<Row[]>("/rows?table=balance_transaction");
    const inEuro = moved.filter((row) => textOf(row, "currency") === "eur");
    const atStripe = inEuro.reduce((so, row) => so + numberOf(row, "amount"), 0);
    const left = (acct: string, prefix: "" | "Cury") =>
      lines
        .filter((line) => textOf(line, "Acct") === acct)
        .map((line) => numberOf(line, `${prefix}DrAmt`) - numberOf(line, `${prefix}CrAmt`))
        .reduce((so, amount) => so + Math.round(amount * 100), 0);
    const found = { bridge: left("1290", ""), owed: left("1210", ""), euro: left("1096", "Cury") };
    const wanted = { bridge: 0, owed: 0, euro: atStripe };
    const same = JSON.stringify(found) === JSON.stringify(wanted);
    return same && inEuro.length === 3 ? [] : [JSON.stringify({ found, wanted })];
  },
};
