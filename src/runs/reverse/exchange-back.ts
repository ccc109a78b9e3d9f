import { present } from "../../base/assert.ts";
import { fromDecimal, isSameAmount, type Money, money, sum } from "../../base/money.ts";
import type { ApplicationRow, GlAccount } from "../../erp/port.ts";
import { choosePeriod, mapExchangeBack } from "../../mapping/index.ts";
import { applicationsOf } from "../apply/apply.ts";
import { canListApplications } from "../apply/apply-route.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { book, withNotes } from "../write/book.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { LOOK_AFTER_LAG_MS, mayLag } from "../write/open-outcome.ts";
import { BACK, exchangePart } from "../write/reversal-parts.ts";
import { type Reversal, type StoredIntent, wordsOf } from "./reversal.ts";

/** A document in another currency, and the one that has taken it back. */
export type WentBack = Readonly<{
  original: StoredIntent;
  numbers: DocumentReceipt;
  reversing: DocumentReceipt;
  total: Money;
}>;

/**
 * Takes off SL's accounts of realised exchange what is left on both of documents that went back.
 * SL books it by itself wherever a payment meets an invoice of another worth: first one way, then,
 * between the two that take them back, the other way and on the other account.
 *
 * @throws Waiting as long as SL's view may lack applications that were just made
 */
export async function takeExchangeBack(
  context: RunContext,
  reversal: Reversal,
  back: readonly WentBack[],
): Promise<void> {
  for (const [currency, own] of Map.groupBy(back, ({ total }) => total.currency)) {
    await takeCurrencyBack(context, reversal, { currency, own });
  }
}

async function takeCurrencyBack(
  context: RunContext,
  reversal: Reversal,
  { currency, own }: Readonly<{ currency: string; own: readonly WentBack[] }>,
): Promise<void> {
  const { pair, door, steps } = context;
  const { settings, reference } = pair;
  const oldest = own.at(-1);
  if (oldest === undefined) return;
  const amount = await realisedBothWays(context, own);
  if (amount === undefined) return;
  const found = await pair.erp.readExchangeAccounts(currency, context.signal);
  const accounts = present(found, `SL's currency ${currency}`);
  if (isSame(accounts.gain, accounts.loss)) return;
  const { object } = oldest.original;
  const chosen = choosePeriod(reversal.dated, await reference.calendar(), settings.closedPeriod);
  const words = wordsOf(reversal);
  const { batNbr } = await book(door, {
    ...{ object, purpose: "reverse", part: exchangePart(oldest.original), owners: [] },
    make: (key) => {
      const at = { key, date: reversal.dated, period: chosen.period };
      return withNotes(chosen, mapExchangeBack({ object, amount, accounts, words }, at));
    },
  });
  steps.note("reverse", `journal ${batNbr}: exchange that SL booked both ways`, { batNbr });
}

/**
 * What SL has gained, and lost again, by applications among these documents; undefined where that
 * is nothing, or cannot be told.
 */
async function realisedBothWays(
  context: RunContext,
  own: readonly WentBack[],
): Promise<Money | undefined> {
  const { door, pair, steps } = context;
  const base = pair.settings.sl.baseCurrency;
  if (!(await canListApplications(door))) {
    steps.note("reverse", "no view of applications: realised exchange stays on both accounts");
    return undefined;
  }
  const rows = await rowsAmong(context, own);
  const realised = rows.map((row) => fromDecimal(row.realised, base));
  const isWhole = own.every((one) => isClosed(one, rows));
  const left = sum(realised, base);
  if (isWhole && left.minor === 0n) {
    const gained = realised.reduce((all, { minor }) => (minor > 0n ? all + minor : all), 0n);
    return gained === 0n ? undefined : money(gained, base);
  }
  if (isFresh(context, own)) throw new Waiting("SL to show what was applied", LOOK_AFTER_LAG_MS);
  steps.note("reverse", "SL shows other applications than were made: look at realised exchange");
  return undefined;
}

async function rowsAmong(
  { door }: RunContext,
  own: readonly WentBack[],
): Promise<readonly ApplicationRow[]> {
  const rows: ApplicationRow[] = [];
  const byCustomer = Map.groupBy(own, ({ numbers }) => numbers.customerId.trim());
  for (const [customerId, ofCustomer] of byCustomer) {
    const listed = await door.erp.listApplications(customerId, bothOf(ofCustomer), door.signal);
    rows.push(...listed.filter((row) => !row.isPending && isAmong(own, row)));
  }
  return rows;
}

function bothOf(own: readonly WentBack[]): readonly DocumentReceipt[] {
  return own.flatMap(({ numbers, reversing }) => [numbers, reversing]);
}

/** What was applied to others was taken back before, and its exchange with it, by SL itself. */
function isAmong(own: readonly WentBack[], { payer, target }: ApplicationRow): boolean {
  const documents = bothOf(own);
  return [payer, target].every((one) => documents.some((document) => isSide(one, document)));
}

function takes({ payer, target }: ApplicationRow, document: DocumentReceipt): boolean {
  return [payer, target].some((one) => isSide(one, document));
}

function isSide(side: ApplicationRow["payer"], { type, refNbr }: DocumentReceipt): boolean {
  return side.type === type && side.refNbr.trim() === refNbr.trim();
}

/** Nothing of either is open, by what the view shows. */
function isClosed(one: WentBack, rows: readonly ApplicationRow[]): boolean {
  const { numbers, reversing, total } = one;
  return [numbers, reversing].every((document) => {
    const amounts = rows.filter((row) => takes(row, document)).map(({ amount }) => amount);
    return isSameAmount(sum(amounts, total.currency), total);
  });
}

function isFresh({ door }: RunContext, own: readonly WentBack[]): boolean {
  const objects = [...new Set(own.map(({ original }) => original.object))];
  return objects
    .flatMap((object) => applicationsOf(door.store, object))
    .filter(({ identity }) => identity.part.startsWith(BACK))
    .some(({ attempts }) => mayLag(door, attempts.at(-1)));
}

function isSame(a: GlAccount, b: GlAccount): boolean {
  const id = ({ account, subaccount }: GlAccount) =>
    `${account.trim()}/${subaccount.trim()}`.toUpperCase();
  return id(a) === id(b);
}
