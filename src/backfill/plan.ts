import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { isCurrency } from "../base/currency.ts";
import { add, type Money, negate, zero } from "../base/money.ts";
import type { MoneyRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";
import type { PairSettings } from "../config/index.ts";
import type { FiscalCalendar } from "../erp/port.ts";
import type { LedgerPair } from "../ledger/index.ts";
import { bookingZone, choosePeriod, documentDate, periodOf } from "../mapping/index.ts";
import { factsOf, isDay } from "./facts.ts";
import { ownedParts } from "./store.ts";

/** Calls to SL for a document, its look-up included: reserve, fill, read, release, read. */
const SL_CALLS_PER_DOCUMENT = 7;
/** Calls to Stripe for a lane: the object, its rows, its customer, write-back. */
const STRIPE_CALLS_PER_FACT = 4;
/** What Stripe takes of an account in a second, with room left for the shop itself. */
const STRIPE_CALLS_PER_SECOND = 25;

/** What rows of one kind come to. */
export type PlannedKind = Readonly<{
  kind: string;
  rows: number;
  documents: number;
  amounts: readonly Money[];
}>;

/** A closed period that facts lie in. */
export type ClosedPeriod = Readonly<{ period: string; rows: number; bookedIn: string | null }>;

/** What a backfill would do. */
export type BackfillPlan = Readonly<{
  from: Date;
  until: Date;
  rows: number;
  /** Rows that have all their documents. */
  ownedRows: number;
  facts: number;
  documents: number;
  kinds: readonly PlannedKind[];
  closed: readonly ClosedPeriod[];
  /** By the calls that SL and Stripe take, and by what a minute is to have at most. */
  estimatedSeconds: number;
  /** The first lanes, oldest first. */
  firstLanes: readonly string[];
}>;

export type PlanDeps = Readonly<{
  pool: Pool;
  pair: LedgerPair;
  stripe: Pick<StripePort, "listMoneyRows" | "listInvoicesPaidApart">;
  calendar: FiscalCalendar;
  /** How long SL takes for one small read, in milliseconds. */
  slCallMs: number;
  /** At most so many facts a minute; undefined as fast as calls allow. */
  perMinute?: number | undefined;
  signal: AbortSignal;
  onProgress: (words: string) => void;
}>;

/** Lanes whose documents a dry run shows. */
const LANES_SHOWN = 100;

/** Walks a span at Stripe and counts what is not booked of it; writes nothing. */
export async function planBackfill(
  deps: PlanDeps,
  { from, until }: Readonly<{ from: Date; until: Date }>,
): Promise<BackfillPlan> {
  const { pool, pair, stripe, signal, onProgress } = deps;
  const sums = new PlanSums(deps);
  for await (const { rows } of stripe.listMoneyRows({ from, until }, signal)) {
    const ids = rows.map(({ row }) => row.id);
    sums.add(rows, await ownedParts(pool, pair.id, ids));
    onProgress(`${counted(sums.rows, "balance transaction")} read`);
  }
  let apart = 0;
  for await (const { laneKey } of stripe.listInvoicesPaidApart(
    { madeFrom: from, madeBefore: until },
    signal,
  )) {
    sums.lanes.add(laneKey);
    apart += 1;
  }
  return sums.plan({ from, until, apart });
}

/** What rows come to, added up page by page: newest first, so the last lanes are the oldest. */
class PlanSums {
  rows = 0;
  readonly lanes = new Set<string>();
  readonly #days = new Set<string>();
  readonly #kinds = new Map<string, { rows: number; amounts: Map<string, Money> }>();
  readonly #periods = new Map<string, ClosedPeriod>();
  readonly #deps: PlanDeps;
  #ownedRows = 0;

  constructor(deps: PlanDeps) {
    this.#deps = deps;
  }

  add(rows: readonly MoneyRow[], owned: ReadonlySet<string>): void {
    const { pair } = this.#deps;
    this.rows += rows.length;
    for (const one of rows) {
      const facts = factsOf([one], pair, owned);
      if (facts.length === 0) this.#ownedRows += 1;
      else this.#count(one, owned.has(`${one.row.id} gross`));
      for (const fact of facts) (isDay(fact) ? this.#days : this.lanes).add(fact.laneKey);
    }
  }

  /** Of a row whose gross has its document, only the fee is to be booked. */
  #count({ row }: MoneyRow, isFeeAlone: boolean): void {
    const name = row.category || row.type;
    const kind = isFeeAlone ? `fee of ${name}` : name;
    const known = this.#kinds.get(kind) ?? { rows: 0, amounts: new Map<string, Money>() };
    const { currency } = row.gross;
    known.rows += 1;
    if (isCurrency(currency)) {
      const amount = isFeeAlone ? negate(row.fee) : row.gross;
      known.amounts.set(currency, add(known.amounts.get(currency) ?? zero(currency), amount));
    }
    this.#kinds.set(kind, known);
    const { pair, calendar } = this.#deps;
    const period = periodOf(documentDate(row.created, bookingZone(pair.settings)), calendar);
    const bookedIn = bookedInstead(row.created, pair.settings, calendar);
    if (bookedIn === period) return;
    const count = this.#periods.get(period)?.rows ?? 0;
    this.#periods.set(period, { period, rows: count + 1, bookedIn });
  }

  plan(of: Readonly<{ from: Date; until: Date; apart: number }>): BackfillPlan {
    const { pair, slCallMs, perMinute = Number.POSITIVE_INFINITY } = this.#deps;
    const { settings } = pair;
    const kinds = [...this.#kinds].sort().map(([kind, { rows, amounts }]) => {
      const documents = rows * documentsOf(kind, settings);
      return { kind, rows, documents, amounts: [...amounts.values()] };
    });
    const documents =
      kinds.reduce((so, one) => so + one.documents, 0) + 2 * this.#days.size + of.apart;
    const facts = this.lanes.size + this.#days.size;
    const calls = documents * SL_CALLS_PER_DOCUMENT;
    const ofSl = (calls * slCallMs) / settings.sl.callLimit / 1_000;
    const ofStripe = (facts * STRIPE_CALLS_PER_FACT) / STRIPE_CALLS_PER_SECOND;
    // Those of the first minute are woken at its beginning, and so those of every other.
    const ofRate = Math.max(Math.ceil(facts / perMinute) - 1, 0) * 60;
    return {
      ...{ from: of.from, until: of.until, rows: this.rows, ownedRows: this.#ownedRows },
      ...{ facts, documents, kinds },
      closed: [...this.#periods.values()].sort((a, b) => (a.period < b.period ? -1 : 1)),
      estimatedSeconds: Math.ceil(Math.max(ofSl, ofStripe, ofRate)),
      firstLanes: [...this.lanes].reverse().slice(0, LANES_SHOWN),
    };
  }
}

/** The period that a row's day is booked in; null where the policy parks it. */
function bookedInstead(
  created: Date,
  settings: PairSettings,
  calendar: FiscalCalendar,
): string | null {
  const date = documentDate(created, bookingZone(settings));
  const own = periodOf(date, calendar);
  const isOpen = own >= calendar.firstOpenReceivables && own >= calendar.firstOpenLedger;
  if (isOpen) return own;
  if (settings.closedPeriod === "park") return null;
  return choosePeriod(date, calendar, "next-open").period;
}

/** Documents that one row of a kind mostly has; what a day's journal takes has none of its own. */
function documentsOf(kind: string, { mode, payout, dispute }: PairSettings): number {
  switch (kind) {
    case "charge":
      return mode === "existing-invoice" ? 1 : 2;
    case "refund":
      return 2;
    case "dispute":
    case "dispute_reversal":
      return dispute.policy === "receivable" ? 1 : 2;
    case "payout":
    case "topup":
      return payout.transit === "on" ? 2 : 1;
    case "refund_failure":
    case "payout_reversal":
    case "topup_reversal":
      return 1;
    default:
      return 0;
  }
}
