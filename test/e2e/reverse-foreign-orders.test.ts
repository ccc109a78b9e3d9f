import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { leftOnBridge } from "./currency-books.ts";
import { currencyReversing, NOON, openCurrencyWorld } from "./currency-reversing.ts";
import { checkOut, type Order } from "./orders.ts";
import { allIdle, loseAll, rebuild } from "./restores.ts";

// A sales order of which nothing has shipped goes back in whatever currency it is, and its money at
// the rates at which it was booked. 1095 is clearing, 1096 that of EUR, 1290 the bridge, 2100
// prepayments, 4010 sales, 1300 and 5000 what the goods cost, 6910 and 6920 exchange.

let world: World;

const books = currencyReversing(() => world);
const { reverse, untilIdle, untilBooked, movedSince, accountsNow, booksOf, watched } = books;
const { openOrderOf, cancelledBack } = books;
const { expectProven, stripeKeeps } = books;

beforeAll(async () => {
  world = await openCurrencyWorld();
  await world.set("mode", "sales-order");
});

afterAll(() => world.close());

type Bought = Order & Readonly<{ number: string; charge: string }>;
type Accounts = Awaited<ReturnType<typeof accountsNow>>;

/** Buys a widget in this currency, and waits for its order to be let go in SL. */
async function buy(currency: string, unit_amount: number): Promise<Bought> {
  const product_data = { name: "Widget", metadata: { InvtID: "WIDGET" } };
  const price_data = { currency, unit_amount, product_data };
  const sale = await checkOut(world, { line_items: [{ price_data, quantity: 1 }] });
  const number = await openOrderOf(sale.id);
  await untilIdle(sale.id);
  return { ...sale, charge: sale.chargeIds[0] ?? "", number };
}

/** The orders of a sale in SL, as `open EUR 50 at 1.12=56`, oldest first. */
async function ordersOf({ id }: Order): Promise<string[]> {
  const rows = (await world.slRows("SOHeader")).filter((row) => trimmed(row.User1) === id);
  return rows.map((row) => {
    const state = row.Cancelled === 1 ? "cancelled" : "open";
    const worth = `${row.CuryTotOrd} at ${row.CuryRate}=${row.TotOrd}`;
    return `${state} ${trimmed(row.CuryID)} ${worth}`;
  });
}

/** Asks for the reversal, and cancels the order as a person does. */
async function takeBack(bought: Bought): Promise<void> {
  const asked = await reverse(bought.id, "--all");
  expect(asked.out).toContain(`waits for you: Cancel order ${bought.number}`);
  await cancelledBack(bought);
}

/** Takes it back and has it placed again: what is left in between, and what then. */
async function backAndAgain(
  bought: Bought,
  ids: readonly string[],
  how: Readonly<{ before: Accounts; counts: readonly [back: number, again: number] }>,
) {
  const { before, counts } = how;
  await takeBack(bought);
  await untilBooked(bought.id, ids, counts[0]);
  const between = await movedSince(before);
  await expectProven();
  await reverse(bought.id, "--rebook");
  const number = await openOrderOf(bought.id);
  await untilBooked(bought.id, ids, counts[1]);
  await expectProven();
  return { between, after: await movedSince(before), number };
}

/** Ships an order, whose invoice takes the money that stands for it. */
async function ship(number: string): Promise<Row> {
  await world.slAdmin(`/orders/${number}/ship`, {});
  await world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });
  return until(`order ${number} to be paid`, async () => {
    const order = await world.api<Row>(`/api/orders/${number}`);
    return order.state === "closed" ? order : undefined;
  });
}

async function refund({ charge, id }: Bought, amount: number, count: number): Promise<string[]> {
  const made = await world.stripe.refunds.create({ charge, amount });
  const all = [id, charge, made.id];
  await untilBooked(id, all, count);
  return all;
}

test("an order whose money stays in its currency goes back at the rates of its day", async () => {
  await stripeKeeps(["usd", "eur"], {});
  await world.stripeAdmin("/clock", { shiftMs: NOON * 1_000 - Date.now() });
  const before = await accountsNow();
  const bought = await buy("eur", 5_000);
  await world.stripeAdmin("/clock", { advanceMs: Date.now() - NOON * 1_000 });
  const all = [bought.id, bought.charge];
  const moved = await movedSince(before);

  const { between, after, number } = await backAndAgain(bought, all, { before, counts: [2, 3] });
  const placed = await ordersOf(bought);
  const shipped = await ship(number);

  // SL's rate is 1.12 on that day, and 1.15 on the day of the reversal.
  expect(moved).toEqual(["1096 EUR 50", "1096 base 56", "2100 EUR -50", "2100 base -56"]);
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
  expect((await booksOf(all)).flat()).toEqual([
    "PP EUR Cr 2100 50=56 | Dr 1096 50=56",
    "DM EUR Cr 1096 50=56 | Dr 1210 50=56",
    "PP EUR Cr 2100 50=56 | Dr 1096 50=56",
  ]);
  expect(placed).toEqual(["cancelled EUR 50 at 1.12=56", "open EUR 50 at 1.12=56"]);
  expect(shipped).toMatchObject({ paid: "50.00", applied: "50.00", left: "0.00" });
  expect(await movedSince(before)).toEqual([
    ...["1096 EUR 50", "1096 base 56", "1300 base -20"],
    ...["4010 EUR -50", "4010 base -56", "5000 base 20"],
  ]);
  expect(await watched()).toEqual([]);
  await expectProven();
});

test("an order that Stripe converted goes back with its refund, at the rate of each", async () => {
  await stripeKeeps(["usd", "eur"], { chf: "1.0831" });
  const before = await accountsNow();
  const bought = await buy("chf", 10_000);
  await world.stripeAdmin("/rates", { chf: "1.0702" });
  const all = await refund(bought, 3_333, 2);
  const moved = await movedSince(before);

  const refused = await reverse(bought.id);
  const { between, after, number } = await backAndAgain(bought, all, { before, counts: [5, 7] });
  const ledger = await until("its refund", async () => {
    const order = await world.api<Row>(`/api/orders/${number}`);
    return order.refunded === "0.00" ? undefined : order;
  });

  expect(moved).toEqual([
    ...["1095 CHF 66.67", "1095 base 72.64", "2100 CHF -66.67", "2100 base -72.21"],
    "6910 base -0.43",
  ]);
  expect(refused.err).toMatch(new RegExp(`On this sale stand DM \\S+ of ${all[2]}`));
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
  expect((await booksOf(all)).flat()).toContain("GJ USD Cr 6920 0.43=0.43 | Dr 6910 0.43=0.43");
  expect(await ordersOf(bought)).toEqual([
    "cancelled CHF 100 at 1.14=114",
    "open CHF 100 at 1.14=114",
  ]);
  expect(ledger).toMatchObject({ paid: "100.00", refunded: "33.33", left: "66.67" });
  expect(await watched()).toEqual([]);
});

test("an order whose money crossed the bridge goes back with the journals of it", async () => {
  await stripeKeeps(["eur", "usd"], { gbp: "1.15125", eur: "1" });
  const before = await accountsNow();
  const bought = await buy("gbp", 8_000);
  await world.stripeAdmin("/rates", { gbp: "1.1" });
  const all = await refund(bought, 2_000, 4);
  const moved = await movedSince(before);

  await books.loseAnswers();
  const { between, after } = await backAndAgain(bought, all, { before, counts: [9, 13] });
  await world.slAdmin("/faults", undefined, "DELETE");

  expect(moved).toEqual([
    ...["1096 EUR 70.1", "1096 base 80.62", "1290 EUR -70.1", "1290 GBP 60"],
    ...["2100 GBP -60", "2100 base -79.44", "6910 base -1.18"],
  ]);
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
  expect(await watched()).toEqual([]);
});

test("an order of dinar goes back to the last unit", async () => {
  await stripeKeeps(["usd", "eur"], { kwd: "3.2362" });
  const before = await accountsNow();
  const bought = await buy("kwd", 10_510);
  const all = [bought.id, bought.charge];
  const moved = await movedSince(before);

  const { between, after } = await backAndAgain(bought, all, { before, counts: [2, 3] });

  expect(moved).toEqual([
    ...["1095 KWD 10.51", "1095 base 34.01", "2100 KWD -10.51", "2100 base -34.01"],
  ]);
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
});

test("an order in another currency that a rebuild found again goes back to the cent", async () => {
  await stripeKeeps(["eur", "usd"], { gbp: "1.15125", eur: "1" });
  const before = await accountsNow();
  const bought = await buy("gbp", 6_001);
  const all = [bought.id, bought.charge];
  const moved = await movedSince(before);
  await allIdle(world);
  await loseAll(world);
  await rebuild(world);
  await allIdle(world);

  const { between, after } = await backAndAgain(bought, all, { before, counts: [4, 6] });

  expect(between).toEqual([]);
  expect(after).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
});

test("a site that keeps no rate refuses once its rate is gone, and no order is held", async () => {
  await stripeKeeps(["usd", "eur"], {});
  const bought = await buy("eur", 3_000);
  await world.slAdmin("/switches", { suppliedRateKept: false });
  await world.sql("update site_probe set answer = 'no' where name = 'supplied-rate'");
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
  await world.slAdmin("/rates", { from: "EUR", rate: 1.17, date: day });
  await world.restartHub();

  const refused = await reverse(bought.id);

  expect(refused.code).toBe(1);
  expect(refused.err).toContain("is valued at 1.15, and SL's rate");
  expect(refused.err).toContain("Enter the reversing documents by hand in SL");
  expect(await ordersOf(bought)).toEqual(["open EUR 30 at 1.15=34.5"]);
  const [held] = (await world.slRows("SOHeader")).filter((row) => trimmed(row.User1) === bought.id);
  expect(held?.AdminHold).not.toBe(1);
});
