import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { leftOnBridge } from "./currency-books.ts";
import { currencyReversing, NOON, openCurrencyWorld } from "./currency-reversing.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle } from "./restores.ts";

// Disputes of charges that crossed the bridge go back with its journals, under each policy. They
// began on a day that is over, when SL had EUR at 1.12, GBP at 1.3 and JPY at 0.0066; today EUR is
// at 1.15. 1096 is clearing of EUR, 1290 the bridge, 1250 what is held in disputes, 4104 what they
// take of sales, 6110 their fees, 6200 bad debt, 6910 and 6920 exchange.

let world: World;

const books = currencyReversing(() => world);
const { reverse, slipway, untilIdle, untilBooked, movedSince, accountsNow, booksOf } = books;
const { expectProven, stripeKeeps, booked, watched } = books;

type Disputed = Readonly<{ order: Order; id: string }>;
const made: Record<"held" | "taken" | "owed" | "yen" | "won" | "own", Disputed> = {} as never;

const THEN = { gbp: "1.147", jpy: "0.0062", usd: "0.91" };

beforeAll(async () => {
  world = await openCurrencyWorld();
  await world.set("dispute.lost", "bad-debt");
  await world.stripeAdmin("/clock", { shiftMs: NOON * 1_000 - Date.now() });
  const gbp = { currency: "gbp", amount: 8_000, disputed: 6_001 };
  const yen = { currency: "jpy", amount: 5_000, disputed: 3_333 };
  made.held = await disputed("receivable", gbp, 1);
  made.owed = await disputed("customer", gbp, 3);
  made.taken = await disputed("reverse-sale", gbp, 4);
  made.won = await disputed("reverse-sale", gbp, 4);
  made.yen = await disputed("reverse-sale", yen, 4);
  made.own = await disputed("reverse-sale", { currency: "usd", amount: 5_000, disputed: 3_333 }, 5);
  await world.stripeAdmin("/clock", { advanceMs: Date.now() - NOON * 1_000 });
  await stripeKeeps(["eur"], { gbp: "1.13", jpy: "0.006", usd: "0.92" });
  await allIdle(world);
});

afterAll(() => world.close());

/** A card payment that its bank has disputed, as Stripe settles it in EUR. */
async function disputed(
  policy: string,
  of: Readonly<{ currency: string; amount: number; disputed: number }>,
  count: number,
): Promise<Disputed> {
  await world.set("dispute.policy", policy);
  await stripeKeeps(["eur"], { eur: "1", gbp: "1.15125", jpy: "0.0061", usd: "0.9" });
  const order = await pay(world, of.amount, { currency: of.currency });
  await booked(order);
  await world.stripeAdmin("/rates", THEN);
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, { amount: of.disputed });
  await untilBooked(order.id, [id], count);
  return { order, id };
}

async function close({ id, order }: Disputed, outcome: string, count: number): Promise<void> {
  await world.stripeAdmin(`/disputes/${id}/close`, { outcome });
  await untilBooked(order.id, [id], count);
}

/** Reverses what this names, and has it booked again: what is left in between, and what then. */
async function backAndAgain(
  { order, id }: Disputed,
  named: readonly [id: string, ...more: string[]],
  how: Readonly<{
    before: Awaited<ReturnType<typeof accountsNow>>;
    counts: readonly [back: number, again: number];
  }>,
) {
  const { before, counts } = how;
  const done = await reverse(...named);
  expect([done.code, done.err]).toEqual([0, expect.not.stringContaining("stopped")]);
  await untilBooked(order.id, [id], counts[0]);
  const between = await movedSince(before);
  await expectProven();
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, [id], counts[1]);
  await expectProven();
  return { between, after: await movedSince(before) };
}

/** Memos of a dispute with what is open of them, oldest first: `DM 60.01 open 0`. */
async function openOf({ id }: Disputed): Promise<string[]> {
  return (await documentsOf(world, [id])).map((row) => {
    return `${trimmed(row.DocType)} ${Number(row.CuryOrigDocAmt)} open ${Number(row.CuryDocBal)}`;
  });
}

test("money held in a dispute goes back with its verdict, and is held again", async () => {
  await world.set("dispute.policy", "receivable");
  const before = await accountsNow();
  await close(made.held, "won", 3);
  const [first = []] = await booksOf([made.held.id]);
  const moved = await movedSince(before);

  const named = [made.held.id] as const;
  const { between, after } = await backAndAgain(made.held, named, { before, counts: [6, 9] });

  expect(first).toEqual([
    "GJ EUR Cr 1096 83.83=93.89 | Dr 1250 68.83=77.09 | Dr 6110 15=16.8",
    "GJ EUR Cr 1250 67.81=77.98 | Dr 1096 67.81=77.98",
    "GJ EUR Cr 1250 1.02=1.17 | Dr 6920 1.02=1.17",
  ]);
  expect(between).toEqual([
    ...["1096 EUR 83.83", "1096 base 93.89", "1250 EUR -68.83", "1250 base -77.09"],
    ...["6110 EUR -15", "6110 base -16.8"],
  ]);
  expect(after).toEqual(moved);
  // Each has the rate of its own day again, although all are dated today.
  expect((await booksOf([made.held.id]))[0]?.slice(6)).toEqual(first);
  expect(await watched()).toEqual([]);
});

test("a sale goes back and is booked again beside money that is held in its dispute", async () => {
  const { order } = made.held;
  const before = await accountsNow();
  const all = [order.id, ...order.chargeIds];

  await reverse(order.id);
  await untilBooked(order.id, all, 7);
  const between = await movedSince(before);
  await expectProven();
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, all, 10);

  expect(between).toEqual([
    ...["1096 EUR -92.1", "1096 base -103.15", "1290 EUR 92.1", "1290 GBP -80"],
    ...["4010 GBP 80", "4010 base 104", "6920 base -0.85"],
  ]);
  expect(await movedSince(before)).toEqual([]);
  expect(await leftOnBridge(world)).toEqual({});
  await expectProven();
});

test("what a dispute took of a sale goes back with its journals, once", async () => {
  await world.set("dispute.policy", "reverse-sale");
  const before = await accountsNow();
  await close(made.taken, "won", 7);
  const moved = await movedSince(before);
  const journal = (await world.slRows("Batch")).find(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === made.taken.id,
  );

  const refused = await reverse(made.taken.order.id);
  // Whatever names a part of it, all of it goes back.
  const shown = await slipway("reverse", trimmed(journal?.BatNbr));
  await books.loseAnswers();
  const named = [made.taken.id] as const;
  const { between, after } = await backAndAgain(made.taken, named, { before, counts: [15, 22] });
  const hits = await world.slAdmin<{ hits: number }[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");

  expect(refused.err).toMatch(new RegExp(`On this sale stand DM \\S+ of ${made.taken.id}`));
  expect(refused.err).toContain("Reverse these first, or add --all");
  expect(shown.out).toMatch(/DM \S+ over 60\.01 GBP \(77\.09 USD\)/);
  expect(shown.out).toMatch(/CM \S+ over 60\.01 GBP \(78\.01 USD\)/);
  expect(shown.out).toMatch(/journal \d+ over 67\.81 EUR \(77\.98 USD\)/);
  expect(hits.some(({ hits: count }) => count > 0)).toBe(true);
  expect(moved).toEqual([
    ...["1096 EUR 67.81", "1096 base 77.98", "1290 EUR -67.81", "1290 GBP 60.01"],
    ...["4104 GBP -60.01", "4104 base -78.01", "6920 base 0.03"],
  ]);
  expect(between).toEqual([
    ...["1096 EUR 83.83", "1096 base 93.89", "1290 EUR -68.83", "1290 GBP 60.01"],
    ...["4104 GBP -60.01", "4104 base -78.01", "6110 EUR -15", "6110 base -16.8"],
    "6910 base 0.92",
  ]);
  expect(after).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
  expect(await watched()).toEqual([]);
});

test("a debt of a dispute goes back with what wrote it off and what came after", async () => {
  await world.set("dispute.policy", "customer");
  const before = await accountsNow();
  await close(made.owed, "lost", 4);
  await close(made.owed, "won", 6);
  const [moved, open] = [await movedSince(before), await openOf(made.owed)];

  const named = [made.owed.id] as const;
  const { between, after } = await backAndAgain(made.owed, named, { before, counts: [12, 18] });

  expect(moved).toEqual([
    ...["1096 EUR 67.81", "1096 base 77.98", "1210 GBP -120.02", "1210 base -155.07"],
    ...["1290 EUR -67.81", "1290 GBP 60.01", "6200 GBP 60.01", "6200 base 77.09"],
  ]);
  expect(open).toEqual(["DM 60.01 open 0", "CM 60.01 open 0", "CM 60.01 open 60.01"]);
  expect(between).toEqual([
    ...["1096 EUR 83.83", "1096 base 93.89", "1210 GBP -60.01", "1210 base -77.09"],
    ...["1290 EUR -68.83", "1290 GBP 60.01", "6110 EUR -15", "6110 base -16.8"],
  ]);
  expect(after).toEqual(moved);
  const again = (await openOf(made.owed)).slice(6).sort();
  expect(again).toEqual([...open].sort());
  expect(await leftOnBridge(world)).toEqual({});
});

test("a sale of yen goes back with its dispute, and both come again", async () => {
  await world.set("dispute.policy", "reverse-sale");
  const { order, id } = made.yen;
  const before = await accountsNow();

  const named = [order.id, "--all"] as const;
  const { between, after } = await backAndAgain(made.yen, named, { before, counts: [8, 12] });

  expect(between).toEqual([
    ...["1096 EUR 5.16", "1096 base 5.78", "1290 EUR 9.84", "1290 JPY -1667"],
    ...["4010 JPY 5000", "4010 base 33", "4104 JPY -3333", "4104 base -22"],
    ...["6110 EUR -15", "6110 base -16.8", "6910 base 1.16", "6920 base -1.14"],
  ]);
  expect(after).toEqual([]);
  expect((await booksOf([id]))[0]).toContain("DM JPY Cr 1290 3333=23.14 | Dr 1210 3333=23.14");
  expect(await leftOnBridge(world)).toEqual({});
});

test("a dispute that is won while it is taken back is booked whole once it is again", async () => {
  const { order, id } = made.won;
  const before = await accountsNow();
  await reverse(id);
  await untilBooked(order.id, [id], 9);
  const between = await movedSince(before);

  await world.stripeAdmin(`/disputes/${id}/close`, { outcome: "won" });
  await expectProven();
  await untilIdle(order.id);
  const waiting = await movedSince(before);
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, [id], 16);

  expect(waiting).toEqual(between);
  expect(await movedSince(before)).toEqual([
    ...["1096 EUR 67.81", "1096 base 77.98", "1290 EUR -67.81", "1290 GBP 60.01"],
    ...["4104 GBP -60.01", "4104 base -78.01", "6920 base 0.03"],
  ]);
  expect(await leftOnBridge(world)).toEqual({});
  await expectProven();
});

test("a dispute of a charge in SL's own currency leaves nothing on the bridge", async () => {
  const before = await accountsNow();
  await close(made.own, "won", 9);
  const moved = await movedSince(before);

  const named = [made.own.id] as const;
  const { between, after } = await backAndAgain(made.own, named, { before, counts: [18, 27] });

  expect(between).toEqual([
    ...["1096 EUR 45.33", "1096 base 50.77", "1290 EUR -30.33", "4104 base -33.33"],
    ...["6110 EUR -15", "6110 base -16.8", "6920 base -0.64"],
  ]);
  expect(after).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
  expect(await watched()).toEqual([]);
});

test("a site that keeps no rate takes a dispute back at its rate of the day alone", async () => {
  await stripeKeeps(["usd"], { usd: "1", chf: "1.0831" });
  await world.slAdmin("/switches", { suppliedRateKept: false });
  await world.sql("update site_probe set answer = 'no' where name = 'supplied-rate'");
  await world.restartHub();
  const order = await pay(world, 10_000, { currency: "chf" });
  await booked(order);
  const before = await accountsNow();
  await world.stripeAdmin("/rates", { chf: "1.0702" });
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, { amount: 6_001 });
  await untilBooked(order.id, [id], 4);
  const [moved, first] = [await movedSince(before), await booksOf([id])];

  const late = await reverse(made.yen.id);
  const of = { order, id };
  const { between, after } = await backAndAgain(of, [id], { before, counts: [8, 12] });

  expect(first.flat()).toEqual([
    "DM CHF Cr 1290 60.01=68.41 | Dr 1210 60.01=68.41",
    "CM CHF Cr 1210 60.01=68.41 | Dr 4104 60.01=68.41",
    "GJ USD Cr 1095 15=15 | Dr 6110 15=15",
    "GJ USD Cr 1095 64.22=64.22 | Cr 6910 4.19=4.19 | Dr 1290 68.41=68.41",
  ]);
  expect(late.err).toMatch(/is valued at \S+, and SL's rate of \S+ is \S+: the SL site does not/);
  expect(late.err).toContain("Enter the reversing documents by hand in SL");
  expect(between).toEqual([]);
  expect(after).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
});
