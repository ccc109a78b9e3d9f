import { HubError } from "../base/errors.ts";
import { type Money, negate, toDecimal } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { Payout } from "../canonical/payout.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount } from "../erp/port.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { clearingOf } from "./payment.ts";
import { isBeforeStart } from "./start.ts";

/** What of a payout a journal books: the balance's side, the bank's, or the way back. */
export type LegPurpose = "payout-out" | "payout-in" | "payout-back";

/** What an account of a payout stands for. */
type LegRole = "clearing" | "transit" | "bank";
type LegAccount = GlAccount & Readonly<{ role: LegRole }>;

/** One amount that moves from the credited account to the debited one. */
export type Leg = Readonly<{
  purpose: LegPurpose;
  debit: LegAccount;
  credit: LegAccount;
  amount: Money;
  /** Calendar date `YYYY-MM-DD` in the pair's zone. */
  date: string;
  /** The balance row whose gross the journal owns; the bank's side owns none. */
  row: LedgerRow | undefined;
}>;

/** The accounts across from clearing that journals of the payout have hit already. */
export type BookedLegs = Readonly<{
  /**
   * Of the balance's side: transit, or the bank. A journal from before it kept which of them has no
   * role: then the settings tell.
   */
  out?: (GlAccount & Readonly<{ role?: string | undefined }>) | undefined;
  /** Of the bank's side: the bank. */
  in?: GlAccount | undefined;
  /** Whether an opening entry has put it in transit: it is from before the pair's start. */
  isOpened?: boolean;
}>;

/**
 * The journals of a payout as it stands now, in order; all that were booked before stay among them.
 * Nothing before it has moved the balance. What came back takes the way of the legs that exist, so
 * a payout whose arrival was never booked comes back from transit. A top-up is the mirror: its row
 * has the other sign, and every side is swapped with it.
 *
 * Of one from before the pair's start only what came after it is booked: its arrival where an
 * opening entry has put it in transit, no earlier than that entry, and its failure, from wherever
 * its money was at the start. What was opened was in transit, also where it was late by then.
 *
 * @throws HubError `mapping.account_missing`, `mapping.amount_out_of_range`
 */
export function planLegs(
  payout: Payout,
  context: Readonly<{ settings: PairSettings; booked: BookedLegs }>,
): readonly Leg[] {
  const { settings, booked } = context;
  const { row, undone } = payout;
  if (row === undefined) return [];
  checkRows(payout, row);
  const { currency } = row.gross;
  const zone = bookingZone(settings);
  const date = documentDate(row.created, zone);
  const clearing = roleOf("clearing", clearingOf(currency, settings));
  const across = acrossFrom(booked.out, currency, settings);
  const isAtBank = across.role === "bank";
  const isEarly = isBeforeStart(row.created, settings);
  const legs: Leg[] = [];
  if (!isEarly) {
    legs.push({
      ...between(row.gross, clearing, across),
      ...{ purpose: "payout-out", date, row },
    });
  }
  const mayArrive = !isEarly || booked.isOpened === true;
  const arrives = booked.in !== undefined || (mayArrive && payout.state === "arrived" && !isAtBank);
  const bank = () => roleOf("bank", booked.in ?? accountOf("bank", currency, settings));
  if (arrives) {
    const named = later(arrivalDate(payout, zone) ?? date, date);
    legs.push({
      ...between(negate(row.gross), bank(), across),
      ...{ purpose: "payout-in", date: later(named, settings.start ?? named), row: undefined },
    });
  }
  if (undone === undefined || isBeforeStart(undone.created, settings)) return legs;
  const wasAtBank = isEarly && booked.isOpened !== true && hadArrived(payout, settings);
  const from = booked.in !== undefined || wasAtBank ? bank() : across;
  legs.push({
    ...between(undone.gross, clearing, from),
    ...{ purpose: "payout-back", date: documentDate(undone.created, zone), row: undone },
  });
  return legs;
}

/**
 * The account that the balance's side has hit, or is to hit. Only what a journal was booked with
 * tells whether that is the bank: an account may stand for something else by now.
 */
function acrossFrom(
  booked: BookedLegs["out"],
  currency: string,
  settings: PairSettings,
): LegAccount {
  const isDirect = settings.payout.transit === "off";
  const account = booked ?? accountOf(isDirect ? "bank" : "transit", currency, settings);
  if (booked?.role === "bank" || booked?.role === "transit") return roleOf(booked.role, booked);
  const { bank, transit } = settings.accounts;
  const isNoTransit = isDirect && !isSame(account, transit[currency]);
  const isBank = isNoTransit || isSame(account, bank[currency]);
  return roleOf(isBank ? "bank" : "transit", account);
}

function roleOf(role: LegRole, { account, subaccount }: GlAccount): LegAccount {
  return { account, subaccount, role };
}

/**
 * The day on which the bank has the money, or is to. Stripe gives a date as midnight UTC, which is
 * the evening before in America: only an instant is a day of the pair's zone.
 */
export function arrivalDate(
  { arrivesAt }: Pick<Payout, "arrivesAt">,
  zone: string,
): string | undefined {
  if (arrivesAt === undefined) return undefined;
  const isDate = arrivesAt.getTime() % DAY_MS === 0;
  return isDate ? arrivesAt.toISOString().slice(0, 10) : documentDate(arrivesAt, zone);
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Whether the bank had the money before the pair's start. Stripe takes back what failed days after
 * it had arrived; what was cancelled never got there. Where Stripe names no arrival of what has
 * succeeded, as of top-ups, it is the day on which the balance moved.
 */
export function hadArrived(payout: Payout, settings: PairSettings): boolean {
  const { state, status, row } = payout;
  if (settings.start === undefined || state === "under-way" || status === "canceled") return false;
  const zone = bookingZone(settings);
  // A top-up that was reversed had succeeded before.
  const hasSucceeded = state === "arrived" || status === "reversed";
  const rowDay = row === undefined || !hasSucceeded ? undefined : documentDate(row.created, zone);
  const arrival = arrivalDate(payout, zone) ?? rowDay;
  return arrival !== undefined && arrival < settings.start;
}

function between(change: Money, account: LegAccount, other: LegAccount) {
  return change.minor > 0n
    ? { debit: account, credit: other, amount: change }
    : { debit: other, credit: account, amount: negate(change) };
}

function accountOf(role: "transit" | "bank", currency: string, settings: PairSettings): GlAccount {
  const account = settings.accounts[role][currency];
  if (account !== undefined) return account;
  const setting = `accounts.${role}.${currency}`;
  throw new HubError("mapping.account_missing", `${setting} is not set`, { facts: { setting } });
}

function isSame(a: GlAccount, b: GlAccount | undefined): boolean {
  return a.account === b?.account && a.subaccount === b.subaccount;
}

/** Its rows move exactly what it says, there and back: anything else is not understood. */
function checkRows({ kind, id, amount, undone }: Payout, row: LedgerRow): void {
  const expected = kind === "payout" ? negate(amount) : amount;
  checkRow(id, row, expected);
  if (undone !== undefined) checkRow(id, undone, negate(row.gross));
}

function checkRow(id: string, { id: rowId, gross }: LedgerRow, expected: Money): void {
  const isAsExpected = gross.currency === expected.currency && gross.minor === expected.minor;
  if (isAsExpected && gross.minor !== 0n) return;
  throw new HubError(
    "mapping.amount_out_of_range",
    `${id} is to move ${toDecimal(expected)} ${expected.currency}, and its row ${rowId} moves ` +
      `${toDecimal(gross)} ${gross.currency}`,
    { facts: { row: rowId, expected: toDecimal(expected), moved: toDecimal(gross) } },
  );
}

function later(a: string, b: string): string {
  return a < b ? b : a;
}
