import type { Pool } from "pg";
import { counted } from "../../base/counted.ts";
import { HubError, toHubError } from "../../base/errors.ts";
import { add, isSameAmount, type Money, subtract, zero } from "../../base/money.ts";
import type { HeldBalance, MoneyRow } from "../../canonical/balance.ts";
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
} from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { refuseOwnBookings } from "./own-bookings.ts";

const DAY_MS = 24 * 60 * 60_000;
/** How far back payouts may have been made that arrive after the start: banks take days. */
const PAYOUT_LOOK_BACK_MS = 40 * DAY_MS;
/** What was to arrive so long before the start is under way no more. */
const LATE_ARRIVAL_MS = 10 * DAY_MS;
/** Disputes go on for months, with an appeal for most of a year. */
const DISPUTE_LOOK_BACK_MS = 400 * DAY_MS;
/** Stripe tells of verdicts for so long. */
const VERDICTS_KEPT_MS = 30 * DAY_MS;
/** Rows that come while they are listed make the balance move: so often it is asked again. */
const ASKED_MAX = 5;

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
 * @throws HubError `golive.no_start`, `golive.own_bookings`, `golive.not_yet`, those of the calls
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
  const since = await readSince(pair, { startsAt, onProgress, signal: how.signal });
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
  return {
    ...{ start, startsAt, entries, later: since.later, rowsSince: since.rowCount },
    balances: since.balances,
  };
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
  try {
    const calendar = await reference.calendar();
    const { period } = choosePeriod(settings.start ?? "", calendar, settings.closedPeriod);
    const slDecimals = await reference.decimals(entry.amount.currency);
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

type Since = Readonly<{
  balances: readonly Money[];
  later: readonly LaterFact[];
  rowCount: number;
}>;

/** Stripe's balance at the start: the one of now, less all rows since; asked until both fit. */
async function readSince(
  pair: PairRuntime,
  of: Readonly<{
    startsAt: Date;
    onProgress: (words: string) => void;
    signal: AbortSignal | undefined;
  }>,
): Promise<Since> {
  const { stripe } = pair;
  let held = await stripe.readBalance(of.signal);
  for (let asked = 1; ; asked += 1) {
    const rows = await readRows(pair, of);
    const again = await stripe.readBalance(of.signal);
    if (isSame(held, again) || asked === ASKED_MAX) {
      return { ...rows, balances: balancesBefore(again, rows.moved) };
    }
    held = again;
  }
}

function isSame(a: readonly HeldBalance[], b: readonly HeldBalance[]): boolean {
  const total = ({ available, pending }: HeldBalance) => add(available, pending);
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index];
      return other !== undefined && isSameAmount(total(one), total(other));
    })
  );
}

function balancesBefore(
  held: readonly HeldBalance[],
  moved: ReadonlyMap<string, Money>,
): readonly Money[] {
  const currencies = new Set([...held.map(({ currency }) => currency), ...moved.keys()]);
  return [...currencies].sort().map((currency) => {
    const one = held.find((balance) => balance.currency === currency);
    const now = one === undefined ? zero(currency) : add(one.available, one.pending);
    return subtract(now, moved.get(currency) ?? zero(currency));
  });
}

/**
 * The rows since the start, newest first: what they moved, and those about a charge or payout whose
 * own row is not among them. It stands further back in the list, so nothing else has to be kept.
 */
async function readRows(
  pair: PairRuntime,
  of: Readonly<{
    startsAt: Date;
    onProgress: (words: string) => void;
    signal: AbortSignal | undefined;
  }>,
) {
  const moved = new Map<string, Money>();
  const later = new Map<string, MoneyRow[]>();
  let rowCount = 0;
  for await (const { rows } of pair.stripe.listMoneyRows({ from: of.startsAt }, of.signal)) {
    for (const one of rows.filter(({ row }) => row.balanceType === "payments")) {
      const { net } = one.row;
      moved.set(net.currency, add(moved.get(net.currency) ?? zero(net.currency), net));
      follow(one, later);
      rowCount += 1;
    }
    of.onProgress(`${counted(rowCount, "balance transaction")} since the start read`);
  }
  const facts = [...later.values()].flat().map((one) => laterFact(pair, one));
  const inOrder = facts.sort((a, b) => (a.day + a.rowId < b.day + b.rowId ? -1 : 1));
  return { moved, later: inOrder, rowCount };
}

const FIRST = new Set(["charge", "payout", "topup"]);

/** Keeps rows about something until the row comes by which that something began. */
function follow(one: MoneyRow, later: Map<string, MoneyRow[]>): void {
  const about = one.chargeId ?? one.laneKey;
  if (about === undefined) return;
  const { category, type } = one.row;
  const isFirst =
    FIRST.has(category) || (category === "" && /^(charge|payment|payout)$/.test(type));
  if (isFirst) later.delete(about);
  else later.set(about, [...(later.get(about) ?? []), one]);
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
