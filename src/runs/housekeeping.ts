import type { Pool } from "pg";
import { type HubError, toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
import {
  PAUSED_FOR_SETTINGS,
  pauseOf,
  pausePair,
  resumePair,
  sweepStrays,
} from "../lanes/index.ts";
import { holdToBooks } from "../ledger/index.ts";
import { lookAtUnapplied } from "./charges/unapplied.ts";
import type { PairRuntime } from "./pair-runtime.ts";
import { wakeStrayAttempts } from "./stray-attempts.ts";
import {
  compareLineage,
  describeGap,
  needsRebuild,
  readLineage,
  saveLineage,
} from "./write/lineage.ts";
import { tryWithLineageLock } from "./write/lineage-lock.ts";

/** How often hub and SL are compared; also at each start of a hub. */
const LINEAGE_EVERY_MS = 60 * 60_000;
/** How often strays are looked for, and a pair that waits for credentials tries them. */
const ROUND_EVERY_MS = 60_000;
const LOCK_ID = 725_411_003;

/** What housekeeping works on; `pairs` is read anew each round, `onStray` counts what it woke. */
export type HousekeepingDeps = Readonly<{
  pool: Pool;
  log: Log;
  pairs: () => readonly PairRuntime[];
  onStray: (kind: string, count: number) => void;
  /** Default: a minute. */
  roundEveryMs?: number;
}>;

/** Housekeeping at work; `lookNow` does a round now, or right after the one under way. */
export type Housekeeping = RepeatedWork;

/**
 * What nobody wakes: strays, credentials that work again, and the comparison of hub and SL. One
 * process of all does a round; the others find the lock taken and leave it.
 */
export function startHousekeeping(deps: HousekeepingDeps): Housekeeping {
  return repeatWork({
    everyMs: deps.roundEveryMs ?? ROUND_EVERY_MS,
    log: deps.log,
    later: "Housekeeping goes on in a minute",
    work: (signal) => doRound(deps, signal),
  });
}

/** Before anything runs: a pair whose settings are not those that its books stand on is paused. */
export async function holdAllToBooks({
  pool,
  log,
  pairs,
}: Pick<HousekeepingDeps, "pool" | "log" | "pairs">): Promise<void> {
  for (const { id, settings } of pairs()) {
    const reason = await holdToBooks(pool, settings);
    if (reason !== undefined) log.error({ pair: id, code: PAUSED_FOR_SETTINGS }, reason);
  }
}

/** From now on first writes look SL up by key, until the comparison says that it is not needed. */
export async function distrustLineage(deps: HousekeepingDeps): Promise<void> {
  for (const pair of deps.pairs()) {
    const reason = "hub and SL were not compared since this hub met its database";
    await saveLineage(deps.pool, pair.id, { isGreen: false, reason });
  }
}

async function doRound(deps: HousekeepingDeps, signal: AbortSignal): Promise<void> {
  const client = await deps.pool.connect();
  try {
    const lock = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1) as got", [
      LOCK_ID,
    ]);
    if (lock.rows[0]?.got !== true) return;
    try {
      const { wokenLanes, overdueLanes } = await sweepStrays(deps.pool);
      deps.onStray("event", wokenLanes);
      deps.onStray("lane", overdueLanes);
      deps.onStray("attempt", await wakeStrayAttempts(deps.pool, deps.pairs()));
      for (const pair of deps.pairs()) await lookAfter(deps, pair, signal);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [LOCK_ID]);
    }
  } finally {
    client.release();
  }
}

async function lookAfter(
  deps: HousekeepingDeps,
  pair: PairRuntime,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  await holdToBooks(deps.pool, pair.settings);
  const pause = await pauseOf(deps.pool, pair.id);
  if (pause?.code.endsWith(".auth") === true)
    await tryCredentials(deps, pair, { code: pause.code, signal });
  if (pause === undefined) await lookAtMoneyLeft(deps, pair, signal);
  if (signal.aborted || !(await isLineageDue(deps, pair))) return;
  try {
    // While a rebuild is under way there is nothing to compare.
    await tryWithLineageLock(deps.pool, pair.id, () => checkLineage(deps, pair, signal));
  } catch (thrown) {
    if (!signal.aborted)
      tellTrouble(deps.log, pair, { thrown, what: "Hub and SL could not be compared" });
  }
}

/** What people have applied or refunded in SL leaves the list of unapplied money. */
async function lookAtMoneyLeft(
  { pool, log }: HousekeepingDeps,
  pair: PairRuntime,
  signal: AbortSignal,
): Promise<void> {
  try {
    await lookAtUnapplied(pool, pair, signal);
  } catch (thrown) {
    if (!signal.aborted)
      tellTrouble(log, pair, { thrown, what: "Unapplied money could not be looked at" });
  }
}

function tellTrouble(
  log: Log,
  { id }: PairRuntime,
  trouble: Readonly<{ thrown: unknown; what: string }>,
): void {
  const { code, message } = toHubError(trouble.thrown);
  log.warn({ pair: id, code, error: message }, trouble.what);
}

/** The pair resumes by itself when both sides accept its credentials again. */
async function tryCredentials(
  deps: HousekeepingDeps,
  pair: PairRuntime,
  { code, signal }: Readonly<{ code: string; signal: AbortSignal }>,
): Promise<void> {
  const refused = await Promise.all([
    refusal(pair.erp.check(signal)),
    refusal(pair.stripe.checkAccess(signal)),
  ]);
  if (refused.some((error) => error !== undefined)) return;
  await resumePair(deps.pool, pair.id, code);
  deps.log.info({ pair: pair.id }, "The credentials work again: the pair goes on");
}

function refusal(attempt: Promise<unknown>): Promise<HubError | undefined> {
  return attempt.then(
    () => undefined,
    (thrown: unknown) => toHubError(thrown),
  );
}

async function isLineageDue(deps: HousekeepingDeps, pair: PairRuntime): Promise<boolean> {
  const { isGreen, checkedAt } = await readLineage(deps.pool, pair.id);
  return !isGreen || Date.now() - checkedAt.getTime() > LINEAGE_EVERY_MS;
}

async function checkLineage(
  deps: HousekeepingDeps,
  pair: PairRuntime,
  signal: AbortSignal,
): Promise<void> {
  if (pair.erp.capabilities["find-by-key"] === "probe") await pair.erp.check(signal);
  if (pair.erp.capabilities["find-by-key"] === "no") {
    const reason = "SL lacks the views of site/sql, so nobody can tell after a restore";
    await saveLineage(deps.pool, pair.id, { isGreen: false, reason });
    return;
  }
  const gap = await compareLineage(deps.pool, pair, signal);
  const words = describeGap(gap);
  await saveLineage(deps.pool, pair.id, { isGreen: words === undefined, reason: words ?? "" });
  if (words === undefined) return;
  if (!needsRebuild(gap)) return deps.log.warn({ pair: pair.id }, words);
  deps.log.error({ pair: pair.id }, words);
  await pausePair(deps.pool, pair.id, "conflict.lineage", words);
}
