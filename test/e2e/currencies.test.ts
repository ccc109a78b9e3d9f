import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeBooks } from "../oracle/judge-books.ts";
import { adminOf } from "../oracle/rows.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectParkedUnbooked, trimmed, untilQuiet } from "./books.ts";
import {
  booksIn,
  journalsIn,
  leftOnBridge,
  lineText,
  payInvoice,
  probed,
  proofIn,
  sweepUntil,
} from "./currency-books.ts";
import { type Order, pay } from "./orders.ts";
import { addRows } from "./stripe-rows.ts";

// The examples of the booking rules, section 17, in currencies. 1095 is clearing, 1096 that of EUR,
// 1210 receivables, 4010 sales, 6910 and 6920 exchange gained and lost.

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day that is over, in seconds. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
const OVER = new Date(NOON * 1_000).toISOString().slice(0, 10);

let world: World;
/** Sales that no person has seen to: the first test's. */
const leftToPeople: string[] = [];
/** How disputes are booked now. */
let disputes: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  const since = new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10);
  const now = { "journal-delay": 0, "credit-note.wait": 0 };
  world = await openWorld({ ...now, "stripe.events-since": since });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  await stripeKeeps(["usd"], { eur: "1.0831", jpy: "0.006568", kwd: "3.2362" });
});

afterAll(() => world.close());

async function stripeKeeps(
  settlementCurrencies: readonly string[],
  rates: Readonly<Record<string, string>>,
): Promise<void> {
  await world.stripeAdmin("/settings", { settlementCurrencies });
  await world.stripeAdmin("/rates", rates);
}

async function disputesAre(now: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(now)) await world.set(`dispute.${name}`, value);
  disputes = now;
}

/** SL's rates of yesterday and from then on. */
async function slRates(rates: Readonly<Record<string, number>>): Promise<void> {
  const date = new Date(NOON * 1_000 + 2 * DAY_MS).toISOString().slice(0, 10);
  for (const [from, rate] of Object.entries(rates)) {
    await world.slAdmin("/rates", { from, rate, date });
  }
  // A hub believes for a while what it has read of them a moment ago.
  await world.restartHub();
}

/** The whole order goes back, with all of its documents. */
async function refunded(order: Order): Promise<string> {
  const charge = order.chargeIds[0] ?? "";
  const { id } = await world.stripe.refunds.create({ charge, reason: "requested_by_customer" });
  await until("both legs and the journal", async () => {
    return (await booksOf(id)).length === 2 && (await journalsOf(id)).length === 1;
  });
  await untilQuiet(world, order.id);
  return id;
}

const account = (number: string) => `${number}/000000000000`;
const BRIDGE = account("1290");
const IN_EUR_TOO = {
  clearing: { USD: account("1095"), EUR: account("1096") },
  transit: { USD: account("1090"), EUR: account("1091") },
  bank: { USD: account("1010"), EUR: account("1030") },
};

/** What the oracle, which knows nothing of the hub, finds to differ. */
async function judged(slRated: readonly string[] = []): Promise<readonly string[]> {
  const own = world.pairFile.accounts as Readonly<Record<string, unknown>>;
  const accounts = { ...own, ...IN_EUR_TOO, bridge: BRIDGE };
  const { differences, unjudged } = await judgeBooks({
    stripe: adminOf(world.stripeUrl),
    sl: adminOf(new URL(world.slUrl).origin),
    pairFile: { ...world.pairFile, accounts, dispute: disputes },
    leftOut: leftToPeople,
    slRated,
  });
  return [...differences, ...unjudged];
}

/** The same of some objects and of clearing, where SL's rate of the day was another one before. */
async function judgedOf(ids: readonly string[], slRated: readonly string[] = []) {
  const all = await judged(slRated);
  return all.filter((words) => ids.some((id) => words.includes(id)) || /clearing/.test(words));
}

const booksOf = (stripeId: string) => booksIn(world, stripeId);
const journalsOf = (stripeId: string) => journalsIn(world, stripeId);
const proofOf = (currency: string) => proofIn(world, currency);

const booked = async (order: Order): Promise<void> => {
  await world.ended(order.id, ["booked"]);
  await untilQuiet(world, order.id);
};

test("money in another currency parks until a probe has said that SL keeps its rate", async () => {
  const order = await pay(world, 2_000, { currency: "eur" });
  leftToPeople.push(order.id);

  const parked = await expectParkedUnbooked(world, order, "mapping.currency_unsupported");

  expect(String(parked.cure)).toContain("doctor --probe");
});

test("G46: EUR settled in USD has the derived rate, and SL makes the exchange", async () => {
  await probed(world);

  const order = await pay(world, 10_000, { currency: "eur" });
  await booked(order);

  expect(await booksOf(order.id)).toEqual(["IN EUR Cr 4010 100=110 | Dr 1210 100=110"]);
  expect(await booksOf(order.chargeIds[0] ?? "")).toEqual([
    "PA EUR Cr 1210 100=110 | Dr 1095 100=108.31 | Dr 6920 0=1.69",
  ]);

  await stripeKeeps(["usd"], { eur: "1.0702", jpy: "0.006568", kwd: "3.2362" });
  const refund = await world.stripe.refunds.create({
    charge: order.chargeIds[0] ?? "",
    reason: "requested_by_customer",
  });
  await until("both legs of the refund", async () => (await booksOf(refund.id)).length === 2);
  await untilQuiet(world, order.id);

  expect((await booksOf(refund.id)).sort()).toEqual([
    "CM EUR Cr 1210 100=110 | Dr 4100 100=110",
    "DM EUR Cr 1095 100=107.02 | Dr 1210 100=107.02",
  ]);
  const lines = await world.slRows("GLTran");
  const gained = lines.filter((line) => trimmed(line.Acct) === "6910").map(lineText);
  expect(gained).toEqual(["Cr 6910 0=2.98"]);
});

test("another zone of the days is refused once money was booked by them", async () => {
  await expect(world.set("cutoff.zone", "Asia/Tokyo")).rejects.toThrow("America/New_York");
});

test("yen and dinar end to end", async () => {
  const yen = await pay(world, 5_000, { currency: "jpy", decimals: 0 });
  const dinar = await pay(world, 10_500, { currency: "kwd", decimals: 3 });
  await booked(yen);
  await booked(dinar);

  expect(await booksOf(yen.id)).toEqual(["IN JPY Cr 4010 5000=33 | Dr 1210 5000=33"]);
  expect(await booksOf(yen.chargeIds[0] ?? "")).toEqual([
    "PA JPY Cr 1210 5000=33 | Dr 1095 5000=32.84 | Dr 6920 0=0.16",
  ]);
  expect(await booksOf(dinar.id)).toEqual(["IN KWD Cr 4010 10.5=34.13 | Dr 1210 10.5=34.13"]);
  expect(await booksOf(dinar.chargeIds[0] ?? "")).toEqual([
    "PA KWD Cr 1210 10.5=34.13 | Dr 1095 10.5=33.98 | Dr 6920 0=0.15",
  ]);
});

test("G45: EUR that is settled as itself has SL's rate, and is proved in EUR", async () => {
  for (const [role, accounts] of Object.entries(IN_EUR_TOO)) {
    await world.set(`accounts.${role}`, accounts);
  }
  await world.stripeAdmin("/settings", { settlementCurrencies: ["usd", "eur"] });
  await world.slAdmin("/rates", { from: "EUR", rate: 1.12, date: OVER });
  const today = new Date(NOON * 1_000 + DAY_MS).toISOString().slice(0, 10);
  await world.slAdmin("/rates", { from: "EUR", rate: 1.1, date: today });
  await world.stripeAdmin("/balance_transactions", {
    ...{ amount: -150, currency: "eur", type: "stripe_fee", reporting_category: "fee" },
    ...{ description: "Stripe fee", created: NOON },
  });

  const order = await pay(world, 5_000, { currency: "eur" });
  await booked(order);
  const payout = await world.stripeAdmin<Row>("/payouts", { currency: "eur", amount: 4_850 });
  await until("the payout", async () => (await journalsOf(String(payout.id))).length === 1);
  const fees = () => journalsOf(`day:${OVER}`);
  await sweepUntil(world, "the fee", async () => (await fees()).length === 1);

  expect(await booksOf(order.id)).toEqual(["IN EUR Cr 4010 50=55 | Dr 1210 50=55"]);
  expect(await booksOf(order.chargeIds[0] ?? "")).toEqual(["PA EUR Cr 1210 50=55 | Dr 1096 50=55"]);
  expect(await fees()).toEqual(["GJ EUR Cr 1096 1.5=1.68 | Dr 6100 1.5=1.68"]);
  expect(await journalsOf(String(payout.id))).toEqual([
    "GJ EUR Cr 1096 48.5=53.35 | Dr 1091 48.5=53.35",
  ]);
  const proof = await proofOf("EUR");
  expect([proof.stripe.closing, proof.ledger.released]).toEqual(["0.00", "0.00"]);
  expect([proof.ledger.base, proof.ledger.baseCurrency]).toEqual(["-0.03", "USD"]);
  expect(proof).toMatchObject({ difference: "0.00", findings: [], isProven: true });
});

test("what was settled in the base currency is proved in it", async () => {
  const proof = await proofOf("USD");

  // 108.31 - 107.02 + 32.84 + 33.98, and what the first test has left parked.
  expect([proof.stripe.closing, proof.ledger.released]).toEqual(["89.77", "68.11"]);
  expect(proof.lines.map(({ amount }) => amount)).toEqual(["21.66", "0.00", "0.00", "0.00"]);
  expect(proof).toMatchObject({ difference: "0.00", findings: [], isProven: true });
});

test("G51: what Stripe converts goes over the bridge, and nothing stays there", async () => {
  await world.set("accounts.bridge", BRIDGE);
  const side = (currency: string, amount: number) => ({
    ...{ amount, currency, type: "adjustment", reporting_category: "other_adjustment" },
    ...{ description: "Conversion", source: "conv_1", created: NOON },
  });
  const [into = "", out = ""] = await addRows(world, [side("usd", 108_500), side("eur", -100_000)]);
  await sweepUntil(world, "both sides", async () => (await journalsOf(into)).length === 1);

  expect(await journalsOf(out)).toEqual(["GJ EUR Cr 1096 1000=1120 | Dr 1290 1000=1120"]);
  expect(await journalsOf(into)).toEqual([
    "GJ USD Cr 1290 1120=1120 | Dr 1095 1085=1085 | Dr 6920 35=35",
  ]);
  expect((await proofOf("EUR")).isProven).toBe(true);
});

test("a dispute of a converted charge takes the sale back and gives it back", async () => {
  await disputesAre({ policy: "reverse-sale" });
  await stripeKeeps(["usd", "eur"], { chf: "1.0831", usd: "1" });
  const order = await pay(world, 10_000, { currency: "chf" });
  await booked(order);

  await stripeKeeps(["usd", "eur"], { chf: "1.08" });
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, {});
  await until("both memos", async () => (await booksOf(id)).length === 2);
  await stripeKeeps(["usd", "eur"], { chf: "1.071" });
  await world.stripeAdmin(`/disputes/${id}/close`, { outcome: "won" });
  await until("both memos back", async () => (await booksOf(id)).length === 4);
  await untilQuiet(world, order.id);

  // SL's rate of CHF is 1.12: what is taken of the sale has its invoice's rate.
  expect((await booksOf(id)).sort()).toEqual([
    "CM CHF Cr 1210 100=107.1 | Dr 1095 100=107.1",
    "CM CHF Cr 1210 100=112 | Dr 4104 100=112",
    "DM CHF Cr 1095 100=108 | Dr 1210 100=108",
    "DM CHF Cr 4104 100=112 | Dr 1210 100=112",
  ]);
  expect((await proofOf("USD")).isProven).toBe(true);
  // All that the tests before have booked, too.
  expect(await judged()).toEqual([]);
});

test("a lost dispute over the bridge stays with the customer until it is written off", async () => {
  await disputesAre({ policy: "customer", lost: "bad-debt" });
  await stripeKeeps(["eur", "usd"], { gbp: "1.15", eur: "1" });
  const order = await pay(world, 8_000, { currency: "gbp" });
  await booked(order);

  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, {});
  await world.stripeAdmin(`/disputes/${id}/close`, { outcome: "lost" });
  await until("the debt and its end", async () => (await booksOf(id)).length === 2);
  await untilQuiet(world, order.id);

  // 80.00 at 1.15 are EUR 92.00, which are worth 101.20 at SL's 1.10.
  expect((await booksOf(id)).sort()).toEqual([
    "CM GBP Cr 1210 80=101.2 | Dr 6200 80=101.2",
    "DM GBP Cr 1290 80=101.2 | Dr 1210 80=101.2",
  ]);
  expect((await journalsOf(id)).sort()).toEqual([
    "GJ EUR Cr 1096 15=16.5 | Dr 6110 15=16.5",
    "GJ EUR Cr 1096 92=101.2 | Dr 1290 92=101.2",
  ]);
  expect(await judgedOf([order.id, ...order.chargeIds, id])).toEqual([]);
  expect(await leftOnBridge(world)).toEqual({});
});

test("G47: GBP settled in EUR goes over the bridge, which is at nothing after it", async () => {
  await stripeKeeps(["eur", "usd"], { gbp: "1.15125", eur: "1" });
  await slRates({ GBP: 1.32, EUR: 1.15 });

  const order = await pay(world, 8_000, { currency: "gbp" });
  await booked(order);
  const chargeId = order.chargeIds[0] ?? "";

  expect(await booksOf(order.id)).toEqual(["IN GBP Cr 4010 80=105.6 | Dr 1210 80=105.6"]);
  expect(await booksOf(chargeId)).toEqual([
    "PA GBP Cr 1210 80=105.6 | Cr 6910 0=0.32 | Dr 1290 80=105.92",
  ]);
  expect(await journalsOf(chargeId)).toEqual(["GJ EUR Cr 1290 92.1=105.92 | Dr 1096 92.1=105.92"]);

  await stripeKeeps(["eur", "usd"], { gbp: "1.1", eur: "1" });
  const refund = await refunded(order);

  expect((await booksOf(refund)).sort()).toEqual([
    "CM GBP Cr 1210 80=105.6 | Dr 4100 80=105.6",
    "DM GBP Cr 1290 80=101.2 | Dr 1210 80=101.2",
  ]);
  expect(await journalsOf(refund)).toEqual(["GJ EUR Cr 1096 88=101.2 | Dr 1290 88=101.2"]);
  expect(await leftOnBridge(world)).toEqual({});
  const proof = await proofOf("EUR");
  // What is left of it, of the dispute's fee and of the conversion: 4.10 - 15.00 - 1000.00.
  expect([proof.stripe.closing, proof.ledger.released]).toEqual(["-1010.90", "-1010.90"]);
  expect(proof).toMatchObject({ difference: "0.00", findings: [], isProven: true });
  expect(await judgedOf([order.id, chargeId, refund])).toEqual([]);
});

test("G48: a rate that is not kept gives way to SL's, a journal clears the bridge", async () => {
  await world.slAdmin("/switches", { suppliedRateKept: false });
  await world.sql("update site_probe set answer = 'no' where name = 'supplied-rate'");
  await stripeKeeps(["usd"], { chf: "1.0831" });
  await world.slAdmin("/rates", { from: "CHF", rate: 1.1, date: OVER });
  await slRates({ CHF: 1.09 });

  const order = await payInvoice(world, { amount: 10_000, currency: "chf", effective_at: NOON });
  await booked(order);
  const chargeId = order.chargeIds[0] ?? "";

  expect(await booksOf(order.id)).toEqual(["IN CHF Cr 4020 100=110 | Dr 1210 100=110"]);
  expect(await booksOf(chargeId)).toEqual([
    "PA CHF Cr 1210 100=110 | Dr 1290 100=109 | Dr 6920 0=1",
  ]);
  expect(await journalsOf(chargeId)).toEqual([
    "GJ USD Cr 1290 109=109 | Dr 1095 108.31=108.31 | Dr 6920 0.69=0.69",
  ]);

  await stripeKeeps(["usd"], { chf: "1.0702" });
  const refund = await refunded(order);

  expect((await booksOf(refund)).sort()).toEqual([
    "CM CHF Cr 1210 100=109 | Dr 4100 100=109",
    "DM CHF Cr 1290 100=109 | Dr 1210 100=109",
  ]);
  expect(await journalsOf(refund)).toEqual([
    "GJ USD Cr 1095 107.02=107.02 | Cr 6910 1.98=1.98 | Dr 1290 109=109",
  ]);
  expect(await leftOnBridge(world)).toEqual({});
  expect((await proofOf("USD")).isProven).toBe(true);
  expect(await judgedOf([order.id, chargeId, refund], [chargeId, refund])).toEqual([]);
});

test("G49, G50: at settlement, a refund for less gains and one for more loses", async () => {
  await world.set("book-in", "settlement");
  await stripeKeeps(["usd"], { gbp: "1.0831" });
  const first = await pay(world, 10_000, { currency: "gbp" });
  const second = await pay(world, 10_000, { currency: "gbp" });
  await booked(first);
  await booked(second);

  const refunds: string[] = [];
  for (const [order, gbp] of [
    [first, "1.0702"],
    [second, "1.0900"],
  ] as const) {
    await stripeKeeps(["usd"], { gbp });
    const charge = order.chargeIds[0] ?? "";
    const { id } = await world.stripe.refunds.create({ charge, reason: "requested_by_customer" });
    await until("both legs of the refund", async () => (await booksOf(id)).length === 2);
    await untilQuiet(world, order.id);
    refunds.push(...(await booksOf(id)).sort());
  }

  expect(await booksOf(first.id)).toEqual(["IN USD Cr 4010 108.31=108.31 | Dr 1210 108.31=108.31"]);
  expect(await booksOf(first.chargeIds[0] ?? "")).toEqual([
    "PA USD Cr 1210 108.31=108.31 | Dr 1095 108.31=108.31",
  ]);
  const [invoice] = await documentsOf(world, [first.id]);
  expect(trimmed(invoice?.DocDesc)).toContain("GBP 100.00");
  expect(refunds).toEqual([
    "CM USD Cr 1210 108.31=108.31 | Dr 4100 108.31=108.31",
    "DM USD Cr 1095 107.02=107.02 | Cr 6910 1.29=1.29 | Dr 1210 108.31=108.31",
    "CM USD Cr 1210 109=109 | Dr 4100 108.31=108.31 | Dr 6920 0.69=0.69",
    "DM USD Cr 1095 109=109 | Dr 1210 109=109",
  ]);
});
