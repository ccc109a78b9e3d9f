import type { Pool } from "pg";
import { type HubError, toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
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

/** Housekeeping at work. */
export type Housekeeping = Readonly<{
  /** Does a round now, or right after the one that is under way. */
  lookNow(): void;
  /** Stops it, after the round that is under way. */
  stop(): Promise<void>;
}>;

/**
 * What nobody wakes: strays, credentials that work again, and the comparison of hub and SL. One
 * process of all does a round; the others find the lock taken and leave it.
 */
export function startHousekeeping(deps: HousekeepingDeps): Housekeeping {
  let round: Promise<void> = Promise.resolve();
  const begin = () => {
    round = round
      .then(() => doRound(deps))
      .catch((thrown: unknown) => {
        const error = toHubError(thrown);
        deps.log.warn({ code: error.code }, `Housekeeping goes on in a minute: ${error.message}`);
      });
  };
  const timer = setInterval(begin, deps.roundEveryMs ?? ROUND_EVERY_MS);
  begin();
  return {
    lookNow: begin,
    stop: async () => {
      clearInterval(timer);
      await round;
    },
  };
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

async function doRound(deps: HousekeepingDeps): Promise<void> {
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
      for (const pair of deps.pairs()) await lookAfter(deps, pair);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [LOCK_ID]);
    }
  } finally {
    client.release();
  }
}

async function lookAfter(deps: HousekeepingDeps, pair: PairRuntime): Promise<void> {
  await holdToBooks(deps.pool, pair.settings);
  const pause = await pauseOf(deps.pool, pair.id);
  if (pause?.code.endsWith(".auth") === true) await tryCredentials(deps, pair, pause.code);
  if (pause === undefined) await lookAtMoneyLeft(deps, pair);
  if (!(await isLineageDue(deps, pair))) return;
  try {
    // While a rebuild is under way there is nothing to compare.
    await tryWithLineageLock(deps.pool, pair.id, () => checkLineage(deps, pair));
  } catch (thrown) {
    const error = toHubError(thrown);
    const facts = { pair: pair.id, code: error.code, error: error.message };
    deps.log.warn(facts, "Hub and SL could not be compared");
  }
}

/** What people have applied or refunded in SL leaves the list of unapplied money. */
async function lookAtMoneyLeft({ pool, log }: HousekeepingDeps, pair: PairRuntime): Promise<void> {
  try {
    await lookAtUnapplied(pool, pair);
  } catch (thrown) {
    const error = toHubError(thrown);
    const facts = { pair: pair.id, code: error.code, error: error.message };
    log.warn(facts, "Unapplied money could not be looked at");
  }
}

/** The pair resumes by itself when both sides accept its credentials again. */
async function tryCredentials(
  deps: HousekeepingDeps,
  pair: PairRuntime,
  code: string,
): Promise<void> {
  const refused = await Promise.all([
    refusal(pair.erp.check()),
    refusal(pair.stripe.checkAccess()),
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

async function checkLineage(deps: HousekeepingDeps, pair: PairRuntime): Promise<void> {
  if (pair.erp.capabilities["find-by-key"] === "probe") await pair.erp.check();
  if (pair.erp.capabilities["find-by-key"] === "no") {
    const reason = "SL lacks the views of site/sql, so nobody can tell after a restore";
    await saveLineage(deps.pool, pair.id, { isGreen: false, reason });
    return;
  }
  const gap = await compareLineage(deps.pool, pair);
  const words = describeGap(gap);
  await saveLineage(deps.pool, pair.id, { isGreen: words === undefined, reason: words ?? "" });
  if (words === undefined) return;
  if (!needsRebuild(gap)) return deps.log.warn({ pair: pair.id }, words);
  deps.log.error({ pair: pair.id }, words);
  await pausePair(deps.pool, pair.id, "conflict.lineage", words);
}
