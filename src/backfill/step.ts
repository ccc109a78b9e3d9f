import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { MoneyRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";
import type { LedgerPair } from "../ledger/index.ts";
import { type Fact, factsOf, isDay } from "./facts.ts";
import {
  type ClaimedBackfill,
  endBackfill,
  nextFacts,
  noteEnded,
  ownedParts,
  readRoom,
  restBackfill,
  saveListed,
  wakeFacts,
} from "./store.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A window with more pages is taken in quarters: a crash in it repeats all of them. */
const WINDOW_PAGES_MAX = 40;
/** Lanes under way for each call that SL takes at once: what waits in line must not be long. */
const LANES_PER_CALL = 4;
/** The delays after a call to Stripe or the database failed; the last one repeats. */
const RETRY_MS: readonly number[] = [5_000, 15_000, 30_000, MINUTE_MS, 5 * MINUTE_MS];

/** What of Stripe a backfill needs. */
export type BackfillSource = Pick<StripePort, "listMoneyRows" | "listInvoicesPaidApart">;

/** A pair as a backfill sees it. */
export type BackfilledPair = LedgerPair & Readonly<{ stripe: BackfillSource; callLimit: number }>;

export type StepDeps = Readonly<{ pool: Pool; log: Log; signal: AbortSignal }>;

/** Does one step of a claimed backfill, and gives it back whatever happens. */
export async function stepBackfill(
  deps: StepDeps,
  backfill: ClaimedBackfill,
  pair: BackfilledPair,
): Promise<void> {
  const { pool, log, signal } = deps;
  try {
    if (backfill.state === "listing") await list(deps, backfill, pair);
    else if (await bookNext(pool, backfill, pair)) return;
    await restBackfill(pool, backfill, { dueInMs: 0 });
  } catch (thrown) {
    const error = toHubError(thrown);
    // A person has paused or cancelled it, or another hub goes on with it.
    if (error.code === "lane.fenced") return;
    if (signal.aborted) return restBackfill(pool, backfill, { dueInMs: 0 });
    const dueInMs = RETRY_MS[Math.min(backfill.tries, RETRY_MS.length - 1)] ?? MINUTE_MS;
    log.warn({ pair: backfill.pair, code: error.code, ...error.facts }, error.message);
    const trouble = { code: error.code, message: error.message };
    await restBackfill(pool, backfill, { dueInMs, trouble });
  }
}

/** Lists one window of time; the last one also what was paid without a charge. */
async function list(
  { pool, signal }: StepDeps,
  backfill: ClaimedBackfill,
  pair: BackfilledPair,
): Promise<void> {
  const { position, until, from } = backfill;
  const window = await readWindow(pair.stripe, { from: position, until }, signal);
  const rows = window.rows.map(({ row }) => row);
  const owned = await ownedParts(
    pool,
    pair.id,
    rows.map(({ id }) => id),
  );
  const apart: Fact[] = [];
  if (window.until >= until) {
    for await (const { laneKey, at } of pair.stripe.listInvoicesPaidApart(
      { madeFrom: from, madeBefore: until },
      signal,
    )) {
      apart.push({ laneKey, at, rowIds: [] });
    }
  }
  const facts = [...factsOf(window.rows, pair, owned), ...apart];
  await saveListed(pool, backfill, { rows, facts, position: window.until });
}

/** A day, or as much of it as has no more pages than a step should hold. */
async function readWindow(
  stripe: BackfillSource,
  span: Readonly<{ from: Date; until: Date }>,
  signal: AbortSignal,
): Promise<Readonly<{ rows: readonly MoneyRow[]; until: Date }>> {
  for (let spanMs = DAY_MS; ; spanMs = Math.max(Math.floor(spanMs / 4), MINUTE_MS)) {
    const end = new Date(Math.min(span.from.getTime() + spanMs, span.until.getTime()));
    const rows: MoneyRow[] = [];
    let pages = 0;
    let isWhole = false;
    for await (const page of stripe.listMoneyRows({ from: span.from, until: end }, signal)) {
      rows.push(...page.rows);
      pages += 1;
      isWhole = page.isLast;
      if (pages >= WINDOW_PAGES_MAX && spanMs > MINUTE_MS) break;
    }
    if (isWhole || spanMs <= MINUTE_MS) return { rows, until: end };
  }
}

/**
 * Wakes as many lanes as there is room for. Those that webhooks have woken come first: while they
 * wait for a place, none is added.
 *
 * @returns whether the backfill has come to its end
 */
async function bookNext(
  pool: Pool,
  backfill: ClaimedBackfill,
  pair: BackfilledPair,
): Promise<boolean> {
  await noteEnded(pool, backfill);
  const { open, due, wokenLastMinute } = await readRoom(pool, backfill);
  const limit = pair.callLimit * LANES_PER_CALL;
  const byRate = (backfill.perMinute ?? Number.POSITIVE_INFINITY) - wokenLastMinute;
  const room = Math.min(limit - Math.max(open, due), byRate);
  const next = await nextFacts(pool, backfill, Math.max(room, 1));
  if (next.length === 0 && open === 0) {
    await endBackfill(pool, backfill);
    return true;
  }
  const taken = room <= 0 ? [] : inTurn(next, open);
  if (taken.length > 0) await wakeFacts(pool, backfill, taken);
  return false;
}

/** All before the next day; a day only once nothing before it is under way. */
function inTurn(next: readonly Fact[], open: number): readonly Fact[] {
  const firstDay = next.findIndex(isDay);
  if (firstDay === -1) return next;
  if (firstDay > 0) return next.slice(0, firstDay);
  const firstOther = next.findIndex((fact) => !isDay(fact));
  return open > 0 ? [] : next.slice(0, firstOther === -1 ? next.length : firstOther);
}
