import type { PairSettings } from "../config/index.ts";
import { bookableAt } from "../ledger/index.ts";
import { addDays } from "../mapping/index.ts";
import { keepDayProofs, listDayProofs } from "./day-proofs.ts";
import { countTry, noteProved } from "./proof-rounds.ts";
import type { Proof } from "./prove.ts";
import { type ProofDeps, type ProofWanted, runProof } from "./run-proof.ts";
import { lastDayOver, todayOf } from "./span.ts";

/** So long after its journals a day is proved: what SL or Stripe did late has come by then. */
const AFTER_JOURNALS_MS = 4 * 60 * 60_000;
/** A hub that was off for longer goes no further back. */
const DAYS_BACK = 35;
/** So many looks ten minutes apart pass before a day is taken to differ. */
const LOOKS = 3;

/** The last day whose proof is due. */
export function lastDayDue(settings: PairSettings, now: Date): string {
  let day = lastDayOver(settings, now);
  while (bookableAt(day, settings).getTime() + AFTER_JOURNALS_MS > now.getTime()) {
    day = addDays(day, -1);
  }
  return day;
}

/** All days that are due are proved, or the last one differs, or one is to be looked at again. */
export type DaysEnd = "done" | "differs" | "again";

/**
 * Proves each day that is due and comes after `provedUntil`. In one that does not hold something is
 * under way mostly: it is looked at again, and only the third time SL is asked for all that lies
 * before it. Where no day is due, the last one is looked at again for as long as it differs.
 *
 * @throws HubError those of `runProof`: the days before stay proved
 */
export async function proveDays(
  deps: ProofDeps,
  of: Readonly<{ provedUntil: string; now: Date; signal: AbortSignal }>,
): Promise<DaysEnd> {
  const { pool, pair } = deps;
  const { now, signal } = of;
  const last = lastDayDue(pair.settings, now);
  let until = await passedOver(deps, { until: of.provedUntil, last });
  for (const day of daysBetween(later(addDays(until, 1), addDays(last, 1 - DAYS_BACK)), last)) {
    signal.throwIfAborted();
    if (!(await proveDay(deps, { day, signal }))) return "again";
    await noteProved(pool, pair.id, { from: until, day });
    until = day;
  }
  const kept = await listDayProofs(pool, { pair: pair.id, from: until, to: until });
  if (!kept.some(isDiffering)) return "done";
  if (until !== of.provedUntil) return "differs";
  const proofs = await runProof(deps, { when: { day: until }, isBrief: true, signal });
  if (proofs.some(isDiffering)) return "differs";
  await keepDayProofs(pool, { pair: pair.id, day: until }, proofs);
  return "done";
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

/** @returns false where it does not hold yet, and nothing is kept of it */
async function proveDay(
  deps: ProofDeps,
  { day, signal }: Readonly<{ day: string; signal: AbortSignal }>,
): Promise<boolean> {
  const { pool, pair } = deps;
  const brief = await runProof(deps, { when: { day }, isBrief: true, signal });
  const holds = !brief.some(isDiffering);
  if (!holds && (await countTry(pool, pair.id)) < LOOKS) return false;
  const proofs = holds ? brief : await runProof(deps, { when: { day }, signal });
  await keepDayProofs(pool, { pair: pair.id, day }, proofs);
  return true;
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
function isDiffering({ kind, isProven }: Pick<Proof, "kind" | "isProven">): boolean {
  return kind === "proof" && !isProven;
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

function daysBetween(first: string, last: string): readonly string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}
