import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { leftOnBridge, payInvoice, sweepUntil } from "./currency-books.ts";
import { currencyReversing, NOON, OVER, openCurrencyWorld } from "./currency-reversing.ts";
import { pay } from "./orders.ts";
import { addRows } from "./stripe-rows.ts";

// What is valued at a rate of exchange goes back at that rate.

let world: World;

const { reverse, slipway, untilIdle, countOf, untilBooked, ...books } = currencyReversing(
  () => world,
);
const { movedSince, expectProven, accountsNow, booksOf, stripeKeeps, booked, backAndAgain } = books;

beforeAll(async () => {
  world = await openCurrencyWorld();
  await stripeKeeps(["usd", "eur"], { chf: "1.0831", jpy: "0.006568", kwd: "3.2362" });
});

afterAll(() => world.close());

test("a sale that Stripe converted goes back with its refund at their rates", async () => {
  const before = await accountsNow();
  const order = await payInvoice(world, { amount: 10_000, currency: "chf", effective_at: NOON });
  await booked(order);
  const charge = order.chargeIds[0] ?? "";
  await world.stripeAdmin("/rates", { chf: "1.0702" });
  const refund = await world.stripe.refunds.create({ charge, amount: 3_333 });
  const all = [order.id, charge, refund.id];
  await untilBooked(order.id, all, 4);
  const [first, moved] = [await booksOf(all), await movedSince(before)];

  const { between, after } = await backAndAgain(order.id, all, { before, counts: [9, 13] });

  expect(first[0]).toEqual(["IN CHF Cr 4020 100=110 | Dr 1210 100=110"]);
  expect(moved.filter((line) => / base /.test(line))).toEqual([
    "1095 base 72.64",
    "4020 base -110",
    "4100 base 36.66",
    "6910 base -0.99",
    "6920 base 1.69",
  ]);
  expect(between).toEqual([]);
  // At the rate of the invoice's day, although it is dated today: 1.1, not 1.14.
  expect(after).toEqual(moved);
});

test("a refund that Stripe converted goes back alone, and its sale stands", async () => {
  await world.stripeAdmin("/rates", { chf: "1.0831" });
  const order = await pay(world, 10_000, { currency: "chf" });
  await booked(order);
  await world.stripeAdmin("/rates", { chf: "1.0702" });
  const before = await accountsNow();
  const charge = order.chargeIds[0] ?? "";
  const { id } = await world.stripe.refunds.create({ charge, amount: 4_000 });
  await untilBooked(order.id, [id], 2);
  const moved = await movedSince(before);

  const refused = await reverse(order.id);
  await reverse(id);
  await untilBooked(order.id, [id], 5);
  const between = await movedSince(before);
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, [id], 7);

  expect(refused.err).toContain(`of ${id}`);
  expect(between).toEqual([]);
  expect(await movedSince(before)).toEqual(moved);
  await expectProven();
});

test("yen and dinar go back to the last unit", async () => {
  for (const [currency, amount, decimals] of [
    ["jpy", 5_000, 0],
    ["kwd", 10_510, 3],
  ] as const) {
    const before = await accountsNow();
    const order = await pay(world, amount, { currency, decimals });
    await booked(order);
    const moved = await movedSince(before);
    const all = [order.id, ...order.chargeIds];

    const { between, after } = await backAndAgain(order.id, all, { before, counts: [5, 7] });

    expect(between).toEqual([]);
    expect(after).toEqual(moved);
  }
});

test("what crossed the bridge goes back with its journal, whatever names it", async () => {
  await stripeKeeps(["eur", "usd"], { gbp: "1.15125", eur: "1" });
  const before = await accountsNow();
  const order = await pay(world, 8_000, { currency: "gbp" });
  await booked(order);
  const charge = order.chargeIds[0] ?? "";
  await world.stripeAdmin("/rates", { gbp: "1.1" });
  const { id } = await world.stripe.refunds.create({ charge, amount: 2_000 });
  const all = [order.id, charge, id];
  await untilBooked(order.id, all, 6);
  const moved = await movedSince(before);
  const [journal] = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === charge,
  );

  const shown = await slipway("reverse", trimmed(journal?.BatNbr), "--all");
  const { between, after } = await backAndAgain(order.id, all, { before, counts: [13, 19] });

  expect(shown.out).toMatch(/journal \d+ over 92\.10 EUR \(105\.92 USD\) of ch_\w+: a journal/);
  expect(shown.out).toMatch(/PA \S+ over 80\.00 GBP \(105\.92 USD\)/);
  expect(shown.out).toContain("leaves both accounts by a journal");
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
});

test("a payout, fees and a conversion of EUR go back at the rates of their days", async () => {
  const before = await accountsNow();
  const day = `day:${OVER}`;
  const fee = (amount: number) => ({
    ...{ amount, currency: "eur", type: "stripe_fee", reporting_category: "fee" },
    ...{ description: "Radar", created: NOON },
  });
  const side = (currency: string, amount: number) => ({
    ...{ amount, currency, type: "adjustment", reporting_category: "other_adjustment" },
    ...{ description: "Conversion", source: "conv_1", created: NOON },
  });
  const rows = [fee(-150), fee(-333), side("usd", 108_500), side("eur", -100_001)];
  const [, , into = "", out = ""] = await addRows(world, rows);
  const payout = await world.stripeAdmin<{ id: string }>("/payouts", {
    ...{ currency: "eur", amount: 4_850 },
  });
  const areBooked = async () => (await countOf([into, out, day, payout.id])) === 4;
  await sweepUntil(world, "all of them to be booked", areBooked);
  await untilIdle(day);
  const first = await booksOf([into, out, day, payout.id]);
  const moved = await movedSince(before);

  await reverse(payout.id);
  await untilBooked(payout.id, [payout.id], 2);
  await reverse(out);
  await untilBooked(day, [into, out], 4);
  const fees = await booksOf([day]);
  await expectProven();
  await reverse(day, "--all");
  await untilBooked(day, [day], 2);
  const between = await movedSince(before);
  await expectProven();
  await reverse(payout.id, "--rebook");
  await untilBooked(payout.id, [payout.id], 3);
  await reverse(day, "--rebook");
  await untilBooked(day, [into, out, day], 9);

  expect(first.flat()).toEqual([
    "GJ USD Cr 1290 1120.01=1120.01 | Dr 1095 1085=1085 | Dr 6920 35.01=35.01",
    "GJ EUR Cr 1096 1000.01=1120.01 | Dr 1290 1000.01=1120.01",
    "GJ EUR Cr 1096 4.83=5.41 | Dr 6100 4.83=5.41",
    "GJ EUR Cr 1096 48.5=55.78 | Dr 1091 48.5=55.78",
  ]);
  expect(fees).toHaveLength(1);
  expect(between).toEqual([]);
  expect(await movedSince(before)).toEqual(moved);
  await expectProven();
});

test("what a bank took back goes back alone, with its own journals of the bridge", async () => {
  await stripeKeeps(["eur"], { usd: "0.9" });
  const order = await pay(world, 20_000, { payment_method: "pm_usBankAccount_success" });
  await world.stripeAdmin(`/payment_intents/${order.id}/settle`, { succeeds: true });
  await booked(order);
  const [charge = ""] = order.chargeIds;
  const paid = await booksOf([charge]);
  const before = await accountsNow();
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  await untilBooked(order.id, [charge], paid.flat().length * 2);
  const moved = await movedSince(before);
  await expectProven();

  const memo = (await documentsOf(world, [charge])).find((row) => trimmed(row.DocType) === "DM");
  await reverse(trimmed(memo?.RefNbr));
  await untilBooked(order.id, [charge], paid.flat().length * 3);
  const between = await movedSince(before);
  await expectProven();
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, [charge], paid.flat().length * 4);

  expect(paid.flat()).toHaveLength(3);
  expect(between).toEqual([]);
  expect(await movedSince(before)).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
  await expectProven();
});

test("a site that keeps no rate takes a document back at its rate of the day alone", async () => {
  await stripeKeeps(["usd", "eur"], { chf: "1.0831" });
  await world.slAdmin("/switches", { suppliedRateKept: false });
  await world.sql("update site_probe set answer = 'no' where name = 'supplied-rate'");
  await world.restartHub();
  const early = await payInvoice(world, { amount: 5_000, currency: "chf", effective_at: NOON });
  await booked(early);
  const before = await accountsNow();
  const late = await pay(world, 10_000, { currency: "chf" });
  await booked(late);
  const all = [late.id, ...late.chargeIds];
  const moved = await movedSince(before);

  const refused = await reverse(early.id);
  const { between, after } = await backAndAgain(late.id, all, { before, counts: [6, 9] });

  expect(refused.err).toContain("valued at 1.1, and SL's rate");
  expect(refused.err).toContain("by hand in SL");
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
});
