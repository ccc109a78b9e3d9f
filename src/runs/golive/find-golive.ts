import type { Pool } from "pg";
import { isCurrency } from "../../base/currency.ts";
import { HubError, toHubError } from "../../base/errors.ts";
import type { Money } from "../../base/money.ts";
import type { MoneyRow } from "../../canonical/balance.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import { PAYOUT_NAMES } from "../../canonical/payout.ts";
import type { GlAccount } from "../../erp/port.ts";
import { startOf } from "../../ledger/index.ts";
import {
  bookingZone,
  choosePeriod,
  documentDate,
  isOpenedInSeveral,
  mapOpening,
  type OpeningEntry,
  openingOfBalance,
  openingOfDispute,
  openingOfPayout,
  openOnly,
} from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { refuseOwnBookings } from "./own-bookings.ts";
import { readSince } from "./read-since.ts";

const DAY_MS = 24 * 60 * 60_000;
/** How far back payouts may have been made that arrive after the start: banks take days. */
const PAYOUT_LOOK_BACK_MS = 40 * DAY_MS;
/** What was to arrive so long before the start is under way no more. */
const LATE_ARRIVAL_MS = 10 * DAY_MS;
/** Disputes go on for months, with an appeal for most of a year. */
const DISPUTE_LOOK_BACK_MS = 400 * DAY_MS;
/** Stripe tells of verdicts for so long. */
const VERDICTS_KEPT_MS = 30 * DAY_MS;

/** A side of the journal that an entry would be booked by. */
export type ProposedLine = Readonly<{
  side: "debit" | "credit";
  role: string;
  account: GlAccount;
  amount: Money;
}>;

/** An opening entry with the journal that is proposed for it. */
export type ProposedEntry = OpeningEntry &
  Readonly<{
    /** In words, what stood at the start. */
    words: string;
    period: string;
    lines: readonly ProposedLine[];
    /** Why it cannot be booked as things stand. */
    problem: HubError | undefined;
    /** A person has to say whether it stood open at the start: what Stripe tells does not. */
    isUnclear: boolean;
  }>;

/** Something that moved the balance since the start and is about money from before it. */
export type LaterFact = Readonly<{
  object: string;
  laneKey: string;
  rowId: string;
  day: string;
  amount: Money;
  /** How it is booked, in words. */
  words: string;
}>;

/** What straddles a pair's start. */
export type Straddling = Readonly<{
  start: string;
  startsAt: Date;
  /** Stripe's balance at the start, one for each currency that it had. */
  balances: readonly Money[];
  entries: readonly ProposedEntry[];
  later: readonly LaterFact[];
  /** How many balance transactions there are since the start. */
  rowsSince: number;
}>;

/**
 * What stood at Stripe when the pair started, and what came later to money from before it. Reads
 * Stripe and SL, and writes nothing; the pair that is handed in must be one that may call SL
 * outside of lanes.
 *
 * @throws HubError `golive.no_start`, `golive.own_bookings`, `golive.not_yet`,
 *   `stripe.balance_moves`, those of the calls
 */
export async function findStraddling(
  pair: PairRuntime,
  how: Readonly<{
    pool: Pool;
    now: Date;
    onProgress?: (words: string) => void;
    signal?: AbortSignal;
  }>,
): Promise<Straddling> {
  const { settings } = pair;
  const { now, onProgress = () => {} } = how;
  const startsAt = startOf(settings);
  const { start } = settings;
  if (start === undefined || startsAt === undefined) {
    const words = `Pair ${pair.id} has no start: its first event is where it begins`;
    throw new HubError("golive.no_start", words, { facts: { pair: pair.id, setting: "start" } });
  }
  await refuseOwnBookings(how.pool, pair, start);
  if (startsAt > now) {
    const words = `The start ${start} of pair ${pair.id} has not begun: its balance is not known`;
    throw new HubError("golive.not_yet", words, { facts: { pair: pair.id, start } });
  }
  const since = await readSince(pair.stripe, { startsAt, onProgress, signal: how.signal });
  onProgress("Payouts that were on their way");
  const payouts = await payoutsUnderWay(pair, startsAt, how.signal);
  onProgress("Disputes that were open");
  const disputes = await openDisputes(pair, { startsAt, now, signal: how.signal });
  const standing = [
    ...since.balances.flatMap((amount) => plain(openingOfBalance(amount), amountWords(amount))),
    ...payouts,
    ...disputes,
  ];
  const entries: ProposedEntry[] = [];
  for (const one of standing) entries.push(await propose(pair, one));
  const facts = since.later.map((one) => laterFact(pair, one));
  const later = facts.sort((a, b) => (a.day + a.rowId < b.day + b.rowId ? -1 : 1));
  const { balances, rowCount: rowsSince } = since;
  return { start, startsAt, entries, later, rowsSince, balances };
}

type Standing = Readonly<{ entry: OpeningEntry; words: string; isUnclear: boolean }>;

function plain(entry: OpeningEntry | undefined, words: string, isUnclear = false): Standing[] {
  return entry === undefined ? [] : [{ entry, words, isUnclear }];
}

const amountWords = (amount: Money) => `Stripe's balance, ${amount.currency}`;

/** The journal that an entry comes to, or why it comes to none. */
async function propose(
  { id, settings, reference }: PairRuntime,
  { entry, words, isUnclear }: Standing,
): Promise<ProposedEntry> {
  const head = { ...entry, words, isUnclear };
  const { currency } = entry.amount;
  if (!isCurrency(currency)) {
    return { ...head, period: "", lines: [], problem: unknownCurrency(words) };
  }
  try {
    const calendar = await reference.calendar();
    const { period } = openOnly(
      choosePeriod(settings.start ?? "", calendar, settings.closedPeriod),
    );
    const slDecimals = await reference.decimals(currency);
    const { draft } = mapOpening(entry, { settings, key: id, period, slDecimals });
    const lines = draft.lines.map(({ side, role = "", account, amount }) => {
      return { side, role, account, amount };
    });
    return { ...head, period, lines, problem: undefined };
  } catch (thrown) {
    const error = toHubError(thrown);
    if (error.category !== "mapping" && error.code !== "money.precision") throw thrown;
    return { ...head, period: "", lines: [], problem: error };
  }
}

function unknownCurrency(words: string): HubError {
  const unknown = "a currency that this version does not know, in its smallest units";
  return new HubError("money.currency_unknown", `${words}: ${unknown}`, {
    cure: "Update the hub, and ask again; the periods of such rows stay open until then.",
  });
}

function laterFact({ settings }: PairRuntime, { row, laneKey }: MoneyRow): LaterFact {
  const object = row.sourceId ?? row.id;
  return {
    ...{ object, laneKey: laneKey ?? object, rowId: row.id, amount: row.gross },
    day: documentDate(row.created, bookingZone(settings)),
    words: BOOKED_AS[row.category] ?? "is booked by no rule: a person books it in SL",
  };
}

/** What becomes of what came later to money from before the start. */
const BOOKED_AS: Readonly<Record<string, string>> = {
  refund: "debit memo on clearing, credit memo on returns.before-start",
  refund_failure: "credit memo on clearing",
  dispute: "as `dispute.policy` says, by the row",
  dispute_reversal: "as `dispute.policy` says, by the row",
  payout_reversal: "journal back to clearing, from transit or from the bank",
  topup_reversal: "journal back from clearing",
  partial_capture_reversal: "a part of its charge: a person books it in SL",
};

async function payoutsUnderWay(
  { stripe, settings }: PairRuntime,
  startsAt: Date,
  signal: AbortSignal | undefined,
): Promise<Standing[]> {
  const query = {
    madeFrom: new Date(startsAt.getTime() - PAYOUT_LOOK_BACK_MS),
    madeBefore: startsAt,
    // An arrival is midnight UTC, and one that is late may still be under way.
    arriveFrom: new Date(startsAt.getTime() - LATE_ARRIVAL_MS),
  };
  const found: Standing[] = [];
  for await (const id of stripe.listPayoutsArriving(query, signal)) {
    const payout = await stripe.readPayout(id, signal);
    const entry = openingOfPayout(payout, settings);
    const words = `${PAYOUT_NAMES[payout.kind]} under way, ${payout.status} now`;
    found.push(...plain(entry, words));
  }
  return found;
}

async function openDisputes(
  { stripe, settings }: PairRuntime,
  of: Readonly<{ startsAt: Date; now: Date; signal: AbortSignal | undefined }>,
): Promise<Standing[]> {
  const { startsAt, now, signal } = of;
  const madeFrom = new Date(startsAt.getTime() - DISPUTE_LOOK_BACK_MS);
  const found: Standing[] = [];
  for await (const dispute of stripe.listDisputesMade({ madeFrom, madeBefore: startsAt }, signal)) {
    const closings = await closingsOf(stripe, { dispute, startsAt, now, signal });
    const entry = openingOfDispute(dispute, closings ?? [], settings);
    const words = `Dispute, ${dispute.status} now`;
    const unclear = [
      ...(closings === undefined ? ["its verdict's day is not known"] : []),
      ...(isOpenedInSeveral(dispute, settings) ? ["its rows are of several currencies"] : []),
    ];
    found.push(...plain(entry, [words, ...unclear].join("; "), unclear.length > 0));
  }
  return found;
}

/**
 * The verdicts on a dispute. One that was lost and whose verdict Stripe tells no more fell before
 * the start, where Stripe would tell of all since; else nobody knows.
 */
async function closingsOf(
  stripe: PairRuntime["stripe"],
  of: Readonly<{ dispute: Dispute; startsAt: Date; now: Date; signal: AbortSignal | undefined }>,
): Promise<readonly DisputeClosing[] | undefined> {
  const { dispute, startsAt, now, signal } = of;
  if (dispute.status !== "lost") return [];
  const told = await stripe.readDisputeClosings(dispute, signal);
  if (told.some(({ status }) => status === "lost")) return told;
  const isToldOf = startsAt.getTime() > now.getTime() - VERDICTS_KEPT_MS;
  return isToldOf ? [{ status: "lost", at: new Date(startsAt.getTime() - 1) }] : undefined;
}
