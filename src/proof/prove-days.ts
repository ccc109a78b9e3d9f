import type { Pool } from "pg";
import type { PairSettings } from "../config/index.ts";
import { bookableAt } from "../ledger/index.ts";
import { addDays } from "../mapping/index.ts";
import { keepDayProofs, listDayProofs } from "./day-proofs.ts";
import { noteProved } from "./proof-rounds.ts";
import type { Proof } from "./prove.ts";
import { type ProofDeps, type ProofWanted, runProof } from "./run-proof.ts";
import { lastDayOver, todayOf } from "./span.ts";

/** So long after its journals a day is proved: what SL or Stripe did late has come by then. */
const AFTER_JOURNALS_MS = 4 * 60 * 60_000;
/** A hub that was off for longer goes no further back. */
const DAYS_BACK = 35;

/** The last day whose proof is due. */
export function lastDayDue(settings: PairSettings, now: Date): string {
  let day = lastDayOver(settings, now);
  while (bookableAt(day, settings).getTime() + AFTER_JOURNALS_MS > now.getTime()) {
    day = addDays(day, -1);
  }
  return day;
}

/**
 * Proves each day that is due and comes after `provedUntil`; where there is none, the last one
 * again for as long as it differs.
 *
 * @returns whether the last one differs
 * @throws HubError those of `runProof`: the days before stay proved
 */
export async function proveDays(
  deps: ProofDeps,
  of: Readonly<{ provedUntil: string; now: Date; signal: AbortSignal }>,
): Promise<boolean> {
  const { pool, pair } = deps;
  const { now, signal } = of;
  const last = lastDayDue(pair.settings, now);
  let until = await passedOver(deps, { until: of.provedUntil, last });
  for (const day of daysBetween(later(addDays(until, 1), addDays(last, 1 - DAYS_BACK)), last)) {
    signal.throwIfAborted();
    await proveDay(deps, { day, signal });
    await noteProved(pool, pair.id, { from: until, day });
    until = day;
  }
  const differs = () => isDiffering(pool, pair.id, until);
  if (until !== of.provedUntil || !(await differs())) return differs();
  await proveDay(deps, { day: until, signal });
  return differs();
}

/** Of days before the pair's start there is nothing to prove: none of them is behind. */
async function passedOver(
  { pool, pair }: ProofDeps,
  { until, last }: Readonly<{ until: string; last: string }>,
): Promise<string> {
  const { start } = pair.settings;
  if (start === undefined) return until;
  const before = addDays(start, -1);
  const day = before < last ? before : last;
  if (day <= until) return until;
  await noteProved(pool, pair.id, { from: until, day });
  return day;
}

async function proveDay(
  deps: ProofDeps,
  { day, signal }: Readonly<{ day: string; signal: AbortSignal }>,
): Promise<void> {
  const proofs = await runProof(deps, { when: { day }, signal });
  await keepDayProofs(deps.pool, { pair: deps.pair.id, day }, proofs);
}

/**
 * A proof that somebody asks for. It is kept where it is one of a whole day that is over, so that a
 * day that was mended differs no more.
 */
export async function proveAsAsked(
  deps: ProofDeps,
  wanted: ProofWanted,
  now: Date,
): Promise<readonly Proof[]> {
  const { pool, pair } = deps;
  const { when, currency } = wanted;
  const { settings, id } = pair;
  const proofs = await runProof(deps, { ...wanted, today: todayOf(settings, now) });
  if (!("day" in when) || "period" in when || currency !== undefined) return proofs;
  const { day } = when;
  if (day > lastDayOver(settings, now)) return proofs;
  await keepDayProofs(pool, { pair: id, day }, proofs);
  if (day <= lastDayDue(settings, now)) await noteProved(pool, id, { from: addDays(day, -1), day });
  return proofs;
}

/** Without SL's views nothing is proved, and nothing that was would differ. */
async function isDiffering(pool: Pool, pair: string, day: string): Promise<boolean> {
  const kept = await listDayProofs(pool, { pair, from: day, to: day });
  return kept.some(({ kind, isProven }) => kind === "proof" && !isProven);
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

function daysBetween(first: string, last: string): readonly string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}
