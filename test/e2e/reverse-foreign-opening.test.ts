import { afterAll, beforeAll, expect, test } from "vitest";
import type { GoliveAnswer, ProofAnswer } from "../../src/api/contract.ts";
import { openWorld, type World } from "../support/world.ts";
import { untilQuiet } from "./books.ts";
import { journalsIn, probed, sweepUntil } from "./currency-books.ts";
import { currencyReversing } from "./currency-reversing.ts";
import { DAY_MS, dayAgo, daysAgo, NOON } from "./days-ago.ts";
import { pay } from "./orders.ts";

// A pair that settles in EUR too, at an SL whose base currency is USD, opens its books in both. SL
// has EUR at 1.1 on the start, 1.12 a day later and 1.15 today. 1095 and 1096 are clearing of USD
// and EUR, 1091 and 1030 transit and bank of EUR, 1250 what is held in disputes, 3100 the opening.

const START = dayAgo(4);
const DAYS = [4, 3, 2, 1, 0].map(dayAgo);

let world: World;
let dispute: string;
/** A payout that arrives the day after the start, and one that has not arrived yet. */
let arrived: string;
let onItsWay: string;
let opened: string[];

const books = currencyReversing(() => world);
const { reverse, movedSince, booksOf, untilBooked, watched } = books;

const { at, payout } = daysAgo(() => world);

const account = (number: string) => `${number}/000000000000`;
const ACCOUNTS = {
  clearing: { USD: account("1095"), EUR: account("1096") },
  transit: { USD: account("1090"), EUR: account("1091") },
  bank: { USD: account("1010"), EUR: account("1030") },
};

beforeAll(async () => {
  world = await openWorld({
    ...{ start: START, "journal-delay": 0, "stripe.events-since": dayAgo(10) },
    ...{ "payout.transit": "on", "dispute.policy": "receivable" },
  });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  await world.stripeAdmin("/settings", { settlementCurrencies: ["usd", "eur"] });
  for (const [role, value] of Object.entries(ACCOUNTS)) {
    await world.set(`accounts.${role}`, value);
  }
  const rates = [
    [8, 1.08],
    [4, 1.1],
    [3, 1.12],
    [0, 1.15],
  ] as const;
  for (const [days, rate] of rates) {
    await world.slAdmin("/rates", { from: "EUR", rate, date: dayAgo(days) });
  }
  await world.restartHub();
  await probed(world);
  await standingAtStart();
  await books.slipway("golive", "--book", "--yes", "--by", "maria");
  await at(0);
  await untilQuiet(world, "opening");
  await untilBooked(arrived, [arrived], 2);
  opened = await movedSince(new Map());
});

afterAll(() => world.close());

/** Sales, a dispute and two payouts of before the start. */
async function standingAtStart(): Promise<void> {
  await at(8);
  await pay(world, 10_000);
  await pay(world, 33_333, { currency: "eur" });
  const disputed = await pay(world, 7_777, { currency: "eur" });
  await at(6);
  const path = `/charges/${disputed.chargeIds[0]}/dispute`;
  dispute = (await world.stripeAdmin<{ id: string }>(path, {})).id;
  await at(5);
  arrived = await payout(4_321, 3, "eur");
  onItsWay = await payout(1_234, -2, "eur");
  await at(3.9);
}

/** Each day since the start, in each currency: `EUR 0.00 of 262.78`, and what is found. */
async function proofs(): Promise<string[][]> {
  const since = NOON - 4.5 * DAY_MS;
  const all = await world.stripeRows("balance_transaction");
  const rows = all.filter(({ created }) => Number(created) * 1_000 >= since);
  await sweepUntil(world, "every row since the start to be read", async () => {
    const known = await world.sql("select from balance_row where created >= $1", [new Date(since)]);
    return known.length === rows.length;
  });
  const answers: ProofAnswer[] = [];
  for (const day of DAYS) {
    answers.push(await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?date=${day}`));
  }
  return answers.map((answer) =>
    answer.proofs.map(({ currency, difference, stripe, findings }) => {
      const kinds = findings.map(({ kind }) => ` ${kind}`).join("");
      return `${currency} ${difference} of ${stripe.opening}${kinds}`;
    }),
  );
}

const OPENED = ["EUR 0.00 of 262.78", "USD 0.00 of 100.00"];
const NOT_OPENED = ["EUR 0.00 of 0.00 stripe-sides", "USD 0.00 of 0.00 stripe-sides"];

async function entries(): Promise<string[]> {
  const golive = await world.api<GoliveAnswer>(`/api/pairs/${world.pair}/golive`);
  return golive.entries.map(({ kind, part, amount, state }) => {
    return `${kind} ${amount}${part === "" ? "" : ` ${part}`} ${state}`;
  });
}

const ids = () => ["opening", dispute, arrived, onItsWay];

async function keepsRates(answer: "yes" | "no"): Promise<void> {
  await world.slAdmin("/switches", { suppliedRateKept: answer === "yes" });
  await world.sql("update site_probe set answer = $1 where name = 'supplied-rate'", [answer]);
  await world.restartHub();
}

async function opening(args: readonly string[], count: number): Promise<void> {
  const done = await reverse("opening", ...args);
  expect([done.code, done.err]).toEqual([0, expect.not.stringContaining("stopped")]);
  await untilBooked("opening", ids(), count);
}

test("balances in two currencies open the books at the rate of the start", async () => {
  expect(await booksOf(["opening", dispute, onItsWay])).toEqual([
    [
      "GJ EUR Cr 3100 262.78=289.06 | Dr 1096 262.78=289.06",
      "GJ USD Cr 3100 100=100 | Dr 1095 100=100",
    ],
    ["GJ EUR Cr 3100 77.77=85.55 | Dr 1250 77.77=85.55"],
    ["GJ EUR Cr 3100 12.34=13.57 | Dr 1091 12.34=13.57"],
  ]);
  expect(opened).toEqual([
    ...["1030 EUR 43.21", "1030 base 48.4", "1091 EUR 12.34", "1091 base 12.7"],
    ...["1095 base 100", "1096 EUR 262.78", "1096 base 289.06", "1250 EUR 77.77"],
    ...["1250 base 85.55", "3100 EUR -396.1", "3100 base -535.71"],
  ]);
  expect(await proofs()).toEqual(DAYS.map(() => OPENED));
});

test("a site that keeps no rate takes an opening back on its own day alone", async () => {
  await keepsRates("no");

  const refused = await reverse("opening");
  await opening(["--date", START], 8);
  await opening(["--rebook"], 10);
  await keepsRates("yes");

  expect(refused.err).toMatch(/journal \d+ is valued at 1\.1, and SL's rate of \S+ is 1\.15/);
  expect(refused.err).toContain("Enter the reversing documents by hand in SL");
  expect(await movedSince(new Map())).toEqual(opened);
  expect(await proofs()).toEqual(DAYS.map(() => OPENED));
});

test("both balances go back on a later day at the rate of the start, and come again", async () => {
  await opening(["--date", dayAgo(1)], 12);
  const [between, states] = [await movedSince(new Map()), await entries()];
  const proved = await proofs();
  await opening(["--rebook"], 14);

  expect(between).toEqual([
    ...["1030 EUR 43.21", "1030 base 48.4", "1091 EUR 12.34", "1091 base 12.7"],
    ...["1250 EUR 77.77", "1250 base 85.55", "3100 EUR -133.32", "3100 base -146.65"],
  ]);
  expect(states.slice(0, 2)).toEqual([
    "balance 262.78 EUR confirmed",
    "balance 100.00 USD confirmed",
  ]);
  expect(proved).toEqual([OPENED, OPENED, OPENED, NOT_OPENED, NOT_OPENED]);
  expect(await movedSince(new Map())).toEqual(opened);
  expect(await proofs()).toEqual(DAYS.map(() => OPENED));
  expect(await watched()).toEqual([]);
});

test("a dispute of before the start goes back alone, and is written off after it", async () => {
  await reverse(dispute);
  await untilBooked("opening", ids(), 15);
  const between = await movedSince(new Map());
  const proved = await proofs();
  await opening(["--rebook"], 16);
  const again = await movedSince(new Map());
  await world.stripeAdmin(`/disputes/${dispute}/close`, { outcome: "lost" });
  await untilBooked("opening", ids(), 17);

  expect(between.filter((line) => /^(1250|3100)/.test(line))).toEqual([
    ...["3100 EUR -318.33", "3100 base -450.16"],
  ]);
  expect(proved).toEqual(DAYS.map(() => OPENED));
  expect(again).toEqual(opened);
  expect((await journalsIn(world, dispute)).at(-1)).toBe(
    "GJ EUR Cr 1250 77.77=89.44 | Dr 6200 77.77=89.44",
  );
});

test("a payout that has arrived is named by its key, and all entries come again", async () => {
  const before = await movedSince(new Map());
  const refused = await reverse(arrived);
  const [batch] = await world.sql(
    "select bat_nbr as number, key from intent where object = $1 and purpose = 'opening'",
    [arrived],
  );
  const [number, key] = [String(batch?.number), String(batch?.key)];

  const shown = await books.slipway("reverse", key);
  await opening(["--all"], 22);
  const between = await movedSince(new Map());
  const states = await entries();
  await opening(["--rebook"], 27);

  expect([refused.code, refused.err]).toEqual([
    2,
    expect.stringContaining(`journal ${number}, the opening of ${arrived} (demo, key ${key})`),
  ]);
  expect(refused.err).not.toContain("writeback");
  expect(shown.out).toMatch(new RegExp(`journal ${number} over 43.21 EUR \\(47.53 USD\\)`));
  expect(between.filter((line) => !/^(1250|6200)/.test(line))).toEqual([
    ...["1030 EUR 43.21", "1030 base 48.4", "1091 EUR -43.21", "1091 base -48.4"],
  ]);
  expect(states.every((state) => state.endsWith("confirmed"))).toBe(true);
  expect(await movedSince(new Map())).toEqual(before);
  expect(await proofs()).toEqual(DAYS.map(() => OPENED));
  expect((await entries()).every((state) => state.endsWith("booked"))).toBe(true);
  expect(await watched()).toEqual([]);
});
