import { HubError } from "../base/errors.ts";
import { spanOfDay } from "../ledger/index.ts";
import { addDays, bookingZone } from "../mapping/index.ts";
import { keepDayProofs } from "./day-proofs.ts";
import {
  daysToProveAgain,
  daysWithoutReport,
  keepAsked,
  keepFailed,
  keepReport,
  listPendingReports,
} from "./report-store.ts";
import { type ProofDeps, runProof } from "./run-proof.ts";
import { lastDayOver } from "./span.ts";

/** A hub that was off for longer asks for no report of what lies further back. */
const DAYS_BACK = 35;
const ASKED_AT_ONCE = 5;

/**
 * Asks Stripe for its report on each day that was proved, once Stripe has the day's data, and takes
 * in those that are there: their days are proved again beside them.
 *
 * @throws HubError those of `StripePort` and of `runProof`; `stripe.auth` and `stripe.refused` from
 *   a key that may run no reports
 */
export async function followReports(
  deps: ProofDeps,
  { now, signal }: Readonly<{ now: Date; signal: AbortSignal }>,
): Promise<void> {
  const { pool, pair } = deps;
  const { settings } = pair;
  if (settings.stripe.reports === "off") return;
  for (const { day, runId } of await listPendingReports(pool, pair.id)) {
    await takeIn(deps, { day, runId, signal });
  }
  for (const day of await daysToProveAgain(pool, pair.id)) {
    const proofs = await runProof(deps, { when: { day }, signal });
    await keepDayProofs(pool, { pair: pair.id, day }, proofs);
  }
  const from = addDays(lastDayOver(settings, now), 1 - DAYS_BACK);
  const days = await daysWithoutReport(pool, { pair: pair.id, from });
  if (days.length === 0) return;
  const known = await pair.stripe.reportedSpan(signal);
  const zone = bookingZone(settings);
  const askable = days
    .map((day) => ({ day, span: spanOfDay(day, zone) }))
    .filter(({ span }) => known.from < span.until && span.until <= known.until);
  for (const { day, span } of askable.slice(0, ASKED_AT_ONCE)) {
    const { until } = span;
    // What a day ends with is told of an account that is younger than its beginning, too.
    const isYounger = known.from > span.from;
    const begin = isYounger ? known.from : span.from;
    const runId = await pair.stripe.askBalanceReport({ from: begin, until, zone }, signal);
    await keepAsked(pool, { pair: pair.id, day }, runId);
  }
}

async function takeIn(
  deps: ProofDeps,
  { day, runId, signal }: Readonly<{ day: string; runId: string; signal: AbortSignal }>,
): Promise<void> {
  const { pool, pair } = deps;
  const of = { pair: pair.id, day };
  const report = await read(deps, runId, signal);
  if (report.state === "pending") return;
  if (report.state === "failed") return keepFailed(pool, of, report.why);
  const { until } = spanOfDay(day, bookingZone(pair.settings));
  const underWay = await pair.stripe.listPayoutsUnderWay(until, signal);
  await keepReport(pool, of, { endings: report.endings, underWay });
}

/** A report that Stripe has no more is asked for again one day. */
async function read({ pair }: ProofDeps, runId: string, signal: AbortSignal) {
  try {
    return await pair.stripe.readBalanceReport(runId, signal);
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.code !== "stripe.object_missing") throw thrown;
    return { state: "failed", why: thrown.message } as const;
  }
}
