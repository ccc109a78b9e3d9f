import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { add, type Money, money, negate, zero } from "../base/money.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount } from "../erp/port.ts";
import { dayLane, feesLane, spanOfDay, startOf, takesFee } from "../ledger/index.ts";
import { addDays, bookingZone, dashboardSearch, documentDate, rowParts } from "../mapping/index.ts";
import { isLivePair, type PairRuntime } from "../runs/index.ts";
import type { FindingKind, OwnDocument } from "./documents.ts";
import { readLostDocuments, readLostOpening } from "./lost-drafts.ts";
import { readMatches } from "./match-store.ts";
import { type Proof, type ProofInput, prove } from "./prove.ts";
import { readDocuments, readDocumentsByKey, readOpening } from "./read-documents.ts";
import { hasLedger, lookForLedger, readLedger } from "./read-ledger.ts";
import { type BareRow, type RowSums, readStoredRows, readUnowned } from "./read-rows.ts";
import { readStandings } from "./read-standings.ts";
import { readStripeNow, type StripeNow } from "./read-stripe.ts";
import { withWatch } from "./read-watch.ts";
import { type DayReport, readReport } from "./report-store.ts";
import { daySpan, monthSpan, periodSpan, type Span } from "./span.ts";
import { onTrueDays, type TrueDays } from "./true-days.ts";

/** What a proof is made with; the pair's calls to SL take a guest's place. */
export type ProofDeps = Readonly<{ pool: Pool; pair: PairRuntime }>;

export type When =
  | Readonly<{ day: string }>
  | Readonly<{ month: string }>
  /** `YYYYPP` */
  | Readonly<{ fiscalPeriod: string }>
  | Span;

/** What is to be proved: the end of a day, or of the fiscal period that a month ends in. */
export type ProofWanted = Readonly<{
  when: When;
  /** All that the pair settles in, where none is named. */
  currency?: string | undefined;
  /** What begins after this day is refused; nothing is where it is absent. */
  today?: string | undefined;
  /** Holds every row of all days against its owner, whether it has to or not. */
  isThorough?: boolean | undefined;
  /** Looks once, and at the days that are asked for alone: what lies before them has no ids. */
  isBrief?: boolean | undefined;
  onProgress?: ((words: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}>;

/**
 * Holds Stripe, the hub and SL against each other, for each settlement currency of the pair. It
 * reads all three and changes none of them.
 *
 * @throws HubError `api.invalid` for what has not begun or is no period, and of the calls to Stripe
 *   and SL
 */
export async function runProof(deps: ProofDeps, wanted: ProofWanted): Promise<readonly Proof[]> {
  const proofs = await proveOnce(deps, wanted);
  // What was stored or released between two questions looks like this, and is gone the next time.
  const isMoved = proofs.some(({ findings }) => findings.some(({ kind }) => MOVED.has(kind)));
  const last = isMoved && wanted.isBrief !== true ? await proveOnce(deps, wanted) : proofs;
  return withWatch(deps.pool, deps.pair.id, last);
}

const MOVED = new Set<FindingKind>(["stripe-sides", "row-not-read", "unexplained"]);

async function proveOnce(deps: ProofDeps, wanted: ProofWanted): Promise<readonly Proof[]> {
  const { pool, pair } = deps;
  const { when, isThorough = false, isBrief = false, onProgress = () => {} } = wanted;
  const zone = bookingZone(pair.settings);
  const span = await spanOf(when, pair);
  const { until } = spanOfDay(span.day, zone);
  checkStart(span.day, pair);
  checkBegun(span, { when, today: wanted.today });
  const start = startOf(pair.settings);
  onProgress(`Adding up the rows, to prove ${span.day}`);
  const stored = await readStoredRows(pool, pair.id, { until, start });
  const sums = new Map(stored.sums.map((one) => [one.currency, one]));
  onProgress("Asking Stripe for its balance");
  const stripe = await readStripeNow(pair.stripe, stored, { until, start });
  const ofDay = { pair: pair.id, day: span.day, until, start };
  const isReported = pair.settings.stripe.reports === "on";
  const report = isReported ? await readReport(pool, ofDay) : undefined;
  await lookForLedger(pair.erp, wanted.signal);
  const currencies = currenciesOf(pair.settings, { wanted: wanted.currency, sums, stripe });
  const proofs: Proof[] = [];
  for (const currency of currencies) {
    const how = { isThorough, isBrief, signal: wanted.signal };
    const world = { ...deps, currency, zone, until, ...how };
    const rows = sums.get(currency) ?? noRows(currency);
    proofs.push(
      await proveCurrency(world, { span, rows, stripe: stripe.get(currency), report, onProgress }),
    );
  }
  return proofs;
}

/** What came before the pair's start is nothing that the hub could prove. */
function checkStart(day: string, { id, settings }: PairRuntime): void {
  const { start } = settings;
  if (start === undefined || day >= start) return;
  throw new HubError("api.invalid", `Pair ${id} starts on ${start}: ${day} is before it`, {
    cure: `Prove ${start} or a later day.`,
  });
}

/** A paper that proves days to come would say of them what nobody knows. */
function checkBegun(
  { from, period }: Span,
  { when, today }: Readonly<{ when: When; today: string | undefined }>,
): void {
  if (today === undefined || from <= today) return;
  const what = period === undefined ? from : `Period ${period}`;
  throw new HubError("api.invalid", `${what} has not begun: it is ${today} in the pair's zone`, {
    cure: "Prove a day that is over.",
    facts: "fiscalPeriod" in when ? { field: "period" } : begunBefore(today, period),
  });
}

function begunBefore(today: string, period: string | undefined) {
  if (period === undefined) return { field: "date", example: addDays(today, -1) };
  // The period in which this month ends may begin after today; that of the month before has begun.
  return { field: "month", example: addDays(`${today.slice(0, 7)}-01`, -1).slice(0, 7) };
}

async function spanOf(when: When, { reference }: PairRuntime): Promise<Span> {
  if ("month" in when) return monthSpan(when.month, await reference.calendar());
  if ("fiscalPeriod" in when) return periodSpan(when.fiscalPeriod, await reference.calendar());
  return "period" in when ? when : daySpan(when.day);
}

type CurrencyWorld = ProofDeps &
  Readonly<{
    currency: string;
    zone: string;
    until: Date;
    isThorough: boolean;
    isBrief: boolean;
    signal: AbortSignal | undefined;
  }>;

type Known = Readonly<{
  span: Span;
  rows: RowSums;
  stripe: StripeNow | undefined;
  report: DayReport | undefined;
  onProgress: (words: string) => void;
}>;

/** A currency is proved where anything of it is known, or where it has its account. */
function currenciesOf(
  settings: PairSettings,
  of: Readonly<{
    wanted: string | undefined;
    sums: ReadonlyMap<string, RowSums>;
    stripe: ReadonlyMap<string, StripeNow>;
  }>,
): readonly string[] {
  if (of.wanted !== undefined) return [of.wanted];
  const held = [...of.stripe]
    .filter(([, { now }]) => now.minor !== 0n)
    .map(([currency]) => currency);
  const all = [...of.sums.keys(), ...held, ...Object.keys(settings.accounts.clearing)];
  return [...new Set(all)].sort();
}

async function proveCurrency(world: CurrencyWorld, known: Known): Promise<Proof> {
  const { pool, pair, currency, zone, until } = world;
  const { span, rows, stripe, report, onProgress } = known;
  const clearing = pair.settings.accounts.clearing[currency];
  const of = { pair: pair.id, currency, until, day: span.day };
  const opening = clearing === undefined ? zero(currency) : await openingOf(world, of, clearing);
  const matches = await readMatches(pool, of);
  const proveFrom = async (from: string | undefined) => {
    onProgress(`${currency}: rows and documents from ${from ?? "the first day"} to ${span.day}`);
    const isAll = world.isThorough || from === undefined;
    const first = isAll ? undefined : spanOfDay(from, zone).from;
    const start = startOf(pair.settings);
    const bare = await readUnowned(pool, { ...of, from: first, start });
    const base = {
      ...{ pair: pair.id, currency, zone, until, day: span.day, period: span.period },
      ...whoseBooks(pair),
      matches,
      unowned: await readStandings(standingDeps(world), bare),
      stripe: {
        start: pair.settings.start,
        ...{ opening, before: rows.before, rowCount: rows.rowCount, since: rows.since },
        ...{ now: stripe?.now ?? zero(currency), unread: stripe?.unread ?? [] },
        report: report?.(currency),
      },
    };
    if (clearing === undefined || !hasLedger(pair.erp)) {
      const hasAccount = clearing !== undefined;
      return prove({ ...base, documents: [], ledger: undefined, hasAccount });
    }
    return prove({ ...base, ...(await readBooks(world, { clearing, from, span })) });
  };
  const proof = await proveFrom(span.from);
  // What lies before the days that were asked for is told by looking at all of them.
  const isUnexplained = proof.findings.some(({ kind }) => kind === "unexplained");
  return isUnexplained && !world.isBrief ? proveFrom(undefined) : proof;
}

/** What the hub began with; an entry that a rebuild took over is told by SL alone. */
async function openingOf(
  { pool, pair: { erp }, signal }: CurrencyWorld,
  of: Readonly<{ pair: string; currency: string; day: string }>,
  clearing: GlAccount,
): Promise<Money> {
  const known = await readOpening(pool, { ...of, clearing });
  if (!hasLedger(erp)) return known;
  return add(known, await readLostOpening({ pool, erp }, { ...of, account: clearing }, signal));
}

function whoseBooks({ settings }: PairRuntime): Pick<Proof, "company" | "dashboard"> {
  const livemode = isLivePair(settings) ?? true;
  return { company: settings.sl.companyId, dashboard: dashboardSearch({ livemode }, settings) };
}

/** SL's lines and the hub's own documents of the same days, with those that the lines name. */
async function readBooks(
  world: CurrencyWorld,
  of: Readonly<{ clearing: GlAccount; from: string | undefined; span: Span }>,
): Promise<Pick<ProofInput, "documents" | "ledger">> {
  const { pool, pair, currency, until, signal } = world;
  const { clearing, span } = of;
  const { start } = pair.settings;
  const from = start !== undefined && (of.from ?? "") < start ? start : of.from;
  const wanted = { pair: pair.id, currency, clearing, from, day: span.day, until };
  const { period } = span;
  const shown = await readLedger(pair.erp, { ...wanted, period, start }, signal);
  const ledger = await onDays(world, { ...wanted, period }, shown);
  const dated = await readDocuments(pool, wanted);
  const known = new Set(dated.map(({ key }) => key));
  const others = ledger.lines.filter(({ key }) => key !== "" && !known.has(key));
  const keys = others.map(({ key }) => key);
  const documents = [
    ...dated,
    ...(await readDocumentsByKey(pool, wanted, keys)),
    ...(await readLostDocuments(pool, wanted, others)),
  ];
  const shownElsewhere = await findElsewhere(world, { documents, ledger });
  return { documents, ledger: { ...ledger, shownElsewhere } };
}

/** Where memos go over a wash account, Cash Manager decides on which days journals stand. */
async function onDays<L extends Parameters<typeof onTrueDays>[1]>(
  { pool, pair, signal }: CurrencyWorld,
  of: Omit<TrueDays, "pool" | "erp" | "calendar">,
  ledger: L,
): Promise<L> {
  if (pair.settings.accounts.wash === undefined) return ledger;
  const calendar = await pair.reference.calendar();
  return onTrueDays({ ...of, pool, erp: pair.erp, calendar, signal }, ledger);
}

/** Of documents without a line on clearing, those that SL still has: few, so each is looked up. */
async function findElsewhere(
  { pair, signal }: CurrencyWorld,
  {
    documents,
    ledger,
  }: Readonly<{
    documents: readonly OwnDocument[];
    ledger: Readonly<{ lines: readonly Readonly<{ key: string }>[] }>;
  }>,
): Promise<ReadonlySet<string>> {
  const shown = new Set(ledger.lines.map(({ key }) => key));
  const absent = documents.filter(
    ({ key, isChecked, effect }) => isChecked && effect.minor !== 0n && !shown.has(key),
  );
  const found = new Set<string>();
  for (const { key } of absent.slice(0, LOOKED_UP_MAX)) {
    const documentsOfKey = await pair.erp.findByKey(key, signal);
    if (documentsOfKey.length > 0) found.add(key);
  }
  return found;
}

/** Where more than this are gone, SL was restored or the account changed, and one page tells it. */
const LOOKED_UP_MAX = 50;

function standingDeps({ pool, pair, zone, signal }: CurrencyWorld) {
  return {
    pool,
    pair: pair.id,
    dayOf: (instant: Date) => documentDate(instant, zone),
    collectedBy: (row: BareRow) => collectorOf(row, pair.settings),
    readCharge: (id: string) => pair.stripe.readChargeStanding(id, signal),
  };
}

/** Fees and rows of plain categories are booked by a journal of their day, or of their payout. */
function collectorOf(row: BareRow, settings: PairSettings): string | undefined {
  const none = zero(row.amount.currency);
  const isGross = row.part === "gross";
  const [gross, fee] = isGross ? [row.amount, none] : [none, negate(row.amount)];
  const parts = rowParts(
    {
      ...{ id: row.rowId, created: row.created, category: row.category, type: row.type },
      ...{ sourceId: row.sourceId, description: row.description, gross, fee, feeDetails: [] },
      ...{ net: row.amount, balanceType: "payments", status: "available" },
      ...{ availableOn: undefined, exchangeRate: undefined },
    },
    settings,
  );
  const owner = parts.find((one) => one.owner === "fee" || one.owner === "category")?.owner;
  if (owner === undefined) return undefined;
  const { payout, created } = row;
  const isTaken = owner === "fee" && payout && takesFee(payout.madeAt, created, settings);
  const own = isTaken ? feesLane(payout.id) : dayLane(documentDate(created, bookingZone(settings)));
  return row.pinned?.lane ?? own;
}

function noRows(currency: string): RowSums {
  return {
    currency,
    before: money(0n, currency),
    since: money(0n, currency),
    rowCount: 0,
  };
}
