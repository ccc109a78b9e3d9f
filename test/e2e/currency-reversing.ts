import { expect } from "vitest";
import type { ProofAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { trimmed, untilQuiet } from "./books.ts";
import { booksIn, journalsIn, probed, sweepUntil } from "./currency-books.ts";
import type { Order } from "./orders.ts";
import { reversing } from "./reversing.ts";

// Accounts: 1095 is clearing, 1096 that of EUR, 1210 receivables, 1290 the bridge, 6910 and 6920
// exchange gained and lost.

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day that is over, in seconds. */
export const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
export const OVER = new Date(NOON * 1_000).toISOString().slice(0, 10);

const dayOf = (at: Date) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(at);

const account = (number: string) => `${number}/000000000000`;
const ACCOUNTS = {
  clearing: { USD: account("1095"), EUR: account("1096") },
  transit: { USD: account("1090"), EUR: account("1091") },
  bank: { USD: account("1010"), EUR: account("1030") },
  bridge: account("1290"),
};

/** A world whose pair settles in USD, its base currency, and in EUR, at a site that keeps rates. */
export async function openCurrencyWorld(): Promise<World> {
  const since = new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10);
  const now = { "journal-delay": 0, "credit-note.wait": 0 };
  const world = await openWorld({ ...now, "stripe.events-since": since });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  for (const [role, value] of Object.entries(ACCOUNTS)) {
    await world.set(`accounts.${role}`, value);
  }
  for (const [date, rates] of [
    [OVER, { CHF: 1.1, EUR: 1.12, GBP: 1.3 }],
    [dayOf(new Date()), { CHF: 1.14, EUR: 1.15, GBP: 1.32 }],
  ] as const) {
    for (const [from, rate] of Object.entries(rates)) {
      await world.slAdmin("/rates", { from, rate, date });
    }
  }
  await world.restartHub();
  await probed(world);
  return world;
}

type Accounts = ReadonlyMap<string, number>;

/** What a test of reversals in several currencies does and looks at, of the world it opens. */
export function currencyReversing(open: () => World) {
  const reversal = reversing(open);
  const { reverse, untilIdle } = reversal;
  const countOf = async (ids: readonly string[]) => (await booksOf(open(), ids)).flat().length;
  /** The documents and journals have become so many, and nothing works on them. */
  const untilBooked = async (lane: string, ids: readonly string[], count: number) => {
    await until(`${count} of ${ids.join(", ")}`, async () => (await countOf(ids)) === count);
    await untilIdle(lane);
  };
  const movedSince = (before: Accounts) => movedIn(open(), before);
  const expectProven = () => expectProvenIn(open());
  return {
    ...reversal,
    ...{ countOf, untilBooked, movedSince },
    ...{ expectProven, accountsNow: () => accountsIn(open()) },
    booksOf: (ids: readonly string[]) => booksOf(open(), ids),
    stripeKeeps: (currencies: readonly string[], rates: Readonly<Record<string, string>>) =>
      stripeKeeps(open(), currencies, rates),
    booked: async (order: Order) => {
      await open().ended(order.id, ["booked"]);
      await untilQuiet(open(), order.id);
    },
    /** Reverses it, and has it booked again: what is left in between, and what then. */
    backAndAgain: async (
      lane: string,
      ids: readonly string[],
      how: Readonly<{ before: Accounts; counts: readonly [back: number, again: number] }>,
    ) => {
      const { before, counts } = how;
      const done = await reverse(lane, "--all");
      expect([done.code, done.err]).toEqual([0, expect.not.stringContaining("stopped")]);
      await untilBooked(lane, ids, counts[0]);
      const between = await movedSince(before);
      await expectProven();
      await reverse(lane, "--rebook");
      await untilBooked(lane, ids, counts[1]);
      await expectProven();
      return { between, after: await movedSince(before) };
    },
  };
}

async function stripeKeeps(
  world: World,
  settlementCurrencies: readonly string[],
  rates: Readonly<Record<string, string>>,
): Promise<void> {
  await world.stripeAdmin("/settings", { settlementCurrencies });
  await world.stripeAdmin("/rates", rates);
}

/** What the accounts of SL hold, in thousandths: of each foreign currency, and in base currency. */
async function accountsIn(world: World): Promise<Accounts> {
  const sums = new Map<string, number>();
  const add = (at: string, debit: unknown, credit: unknown) => {
    const moved = Math.round((Number(debit) - Number(credit)) * 1_000);
    sums.set(at, (sums.get(at) ?? 0) + moved);
  };
  for (const line of (await world.slRows("GLTran")).filter(({ Rlsed }) => Rlsed === 1)) {
    const [acct, currency] = [trimmed(line.Acct), trimmed(line.CuryId)];
    add(`${acct} base`, line.DrAmt, line.CrAmt);
    if (currency !== "USD") add(`${acct} ${currency}`, line.CuryDrAmt, line.CuryCrAmt);
  }
  return sums;
}

/** What they hold more or less than they did. */
async function movedIn(world: World, before: Accounts): Promise<string[]> {
  const now = [...(await accountsIn(world))];
  const moved = now.map(([at, sum]) => [at, (sum - (before.get(at) ?? 0)) / 1_000] as const);
  return moved.flatMap(([at, sum]) => (sum === 0 ? [] : [`${at} ${sum}`])).sort();
}

/** The documents and journals of each object, in the order in which they were booked. */
async function booksOf(world: World, ids: readonly string[]): Promise<string[][]> {
  const books: string[][] = [];
  for (const id of ids) {
    books.push([...(await booksIn(world, id)), ...(await journalsIn(world, id))]);
  }
  return books;
}

/** The day that is over and today, each in both currencies. */
async function expectProvenIn(world: World): Promise<void> {
  await sweepUntil(world, "every row to be read", async () => {
    const [known] = await world.sql("select count(*)::int as rows from balance_row");
    return known?.rows === (await world.stripeRows("balance_transaction")).length;
  });
  for (const date of [OVER, dayOf(new Date())]) {
    const path = `/api/pairs/${world.pair}/proof?date=${date}`;
    const { proofs } = await world.api<ProofAnswer>(path);
    expect(proofs.map(({ currency, difference }) => `${currency} ${difference}`).sort()).toEqual([
      "EUR 0.00",
      "USD 0.00",
    ]);
    expect(proofs.map(({ findings }) => findings)).toEqual([[], []]);
  }
}
