import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { type HubError, toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { ListedEvent, StripePort } from "../canonical/port.ts";
import { toDbError } from "../db/index.ts";
import { WORKED_TYPES } from "../events/index.ts";
import { pausePair } from "../lanes/index.ts";
import { type LedgerPair, wakeDays } from "../ledger/index.ts";
import { type ClaimedWalk, endRound, noteLost, type RoundEnd, type Trouble } from "./claim.ts";
import { rowsRound } from "./rows-round.ts";
import {
  GAP_EVERY_MS,
  PULL_EVERY_MS,
  PULL_RETRY_MS,
  ROWS_EVERY_MS,
  SWEEP_EVERY_MS,
} from "./span.ts";
import { sweepRound } from "./sweep-round.ts";
import { gapRound, lostTime, pullRound, type WalkKind, type Way } from "./walk.ts";
import { type Taken, WalkStore } from "./walk-store.ts";

/** A round stops by itself after this time; its marks are kept, and the next goes on at once. */
const ROUND_WITHIN_MS = 5 * 60_000;
/** How often each kind of walk is gone on with. */
const EVERY_MS: Readonly<Record<WalkKind, number>> = {
  pull: PULL_EVERY_MS,
  gap: GAP_EVERY_MS,
  rows: ROWS_EVERY_MS,
  sweep: SWEEP_EVERY_MS,
};
/** Stripe takes at most so many types in a call. */
const TYPES_PER_CALL = 20;

/** What of Stripe a round needs: the pair's own port, so that its calls share the pair's budget. */
export type EventSource = Pick<
  StripePort,
  "listEvents" | "listRows" | "listSwept" | "sweptInEvent" | "checkAccess"
>;

/** What a round needs of its process. */
export type RoundDeps = Readonly<{
  pool: Pool;
  log: Log;
  /** The process stops: calls are given up. */
  signal: AbortSignal;
  /** Whether a pair books invoices before they are paid; default none. */
  booksOpenInvoices?: (pair: string) => boolean;
  /** The pair whose balance transactions a round keeps; without it no such walk is made. */
  ledger?: (pair: string) => LedgerPair | undefined;
  /** What became of events that were not there: for the metrics. */
  onTaken: (taken: { pair: string; kind: WalkKind; stored: number; refused: number }) => void;
}>;

/** Goes on with a claimed walk for one round, and gives it back whatever happens. */
export async function goRound(
  deps: RoundDeps,
  walk: ClaimedWalk,
  stripe: EventSource,
): Promise<void> {
  const { pool, log } = deps;
  const days = new Set<string>();
  let end: RoundEnd;
  try {
    end = await endOfWork(deps, walk, { stripe, days });
  } catch (thrown) {
    end = await endOfTrouble(deps, walk, { stripe, thrown });
  }
  await endRound(pool, walk, end)
    .then(() => wakeStored(deps, walk, days))
    .catch((thrown: unknown) => {
      // The row keeps this process as its owner, which takes it again.
      log.warn({ pair: walk.pair, error: String(thrown) }, "The end of a round was not saved");
    });
}

/** A day that was woken before would find its rows not read to the end. */
async function wakeStored(
  deps: RoundDeps,
  walk: ClaimedWalk,
  days: ReadonlySet<string>,
): Promise<void> {
  const pair = deps.ledger?.(walk.pair);
  // A crash before it costs nothing: the rows are found without an owner.
  if (pair !== undefined) await wakeDays(deps.pool, pair, days);
}

async function endOfWork(
  deps: RoundDeps,
  walk: ClaimedWalk,
  { stripe, days }: Readonly<{ stripe: EventSource; days: Set<string> }>,
): Promise<RoundEnd> {
  const startedMs = performance.now();
  const mayGoOn = () => performance.now() - startedMs < ROUND_WITHIN_MS && !deps.signal.aborted;
  const isDone = await goOn(deps, walk, { stripe, mayGoOn, days });
  const leftMs = Math.max(EVERY_MS[walk.kind] - (performance.now() - startedMs), 0);
  return { dueInMs: isDone ? leftMs : 0, isDone, tries: 0 };
}

async function goOn(
  deps: RoundDeps,
  walk: ClaimedWalk,
  how: Readonly<{ stripe: EventSource; mayGoOn: () => boolean; days: Set<string> }>,
): Promise<boolean> {
  const { pool, signal } = deps;
  const { stripe, mayGoOn, days } = how;
  if (walk.kind === "rows") {
    const pair = deps.ledger?.(walk.pair);
    // A pair that was taken away meanwhile keeps its mark.
    return pair === undefined || rowsRound({ pool, stripe, pair, signal, mayGoOn, days }, walk);
  }
  if (walk.kind === "sweep") {
    const onFound = (ids: readonly string[]) => tellFound(deps, walk, ids);
    return sweepRound({ pool, stripe, signal, mayGoOn, onFound }, walk);
  }
  const store = new WalkStore(pool, walk, deps.booksOpenInvoices?.(walk.pair));
  const way: Way<ListedEvent> = {
    list: (query) => stripe.listEvents(query, signal),
    known: (ids) => store.known(ids),
    setOut: (from, to) => store.setOut(from, to),
    mayGoOn,
    save: async (events, mark) => tell(deps, walk, await store.save(events, mark)),
  };
  return walk.kind === "pull" ? pullRound(walk, way) : checkForGaps(deps, walk, way);
}

async function checkForGaps(
  deps: RoundDeps,
  walk: ClaimedWalk,
  way: Way<ListedEvent>,
): Promise<boolean> {
  const lost = lostTime(walk);
  if (lost !== undefined) {
    await noteLost(deps.pool, walk.pair, lost);
    const facts = { pair: walk.pair, from: lost.from, to: lost.to };
    deps.log.error(facts, "Stripe has forgotten events that the hub never asked for: rebuild");
  }
  const lists = Array.from({ length: Math.ceil(WORKED_TYPES.length / TYPES_PER_CALL) }, (_, at) =>
    WORKED_TYPES.slice(at * TYPES_PER_CALL, (at + 1) * TYPES_PER_CALL),
  );
  return gapRound(walk, way, lists);
}

function tellFound({ log }: RoundDeps, { pair }: ClaimedWalk, ids: readonly string[]): void {
  const what = counted(ids.length, "refund, dispute or payout", "refunds, disputes or payouts");
  log.warn({ pair, objects: ids.slice(0, 5) }, `${what} changed without an event: worked on now`);
}

function tell(deps: RoundDeps, walk: ClaimedWalk, { stored, refused }: Taken): void {
  const { pair, kind } = walk;
  deps.onTaken({ pair, kind, stored: stored.length, refused: refused.length });
  const named = (events: Taken["stored"]) => events.slice(0, 5).map(({ id }) => id);
  if (kind === "gap" && stored.length > 0) {
    const what = counted(stored.length, "event", "events");
    deps.log.warn(
      { pair, events: named(stored) },
      `${what} that Stripe had not delivered: stored, and worked on now`,
    );
  }
  if (refused.length > 0) {
    const what = counted(refused.length, "event", "events");
    deps.log.error({ pair, events: named(refused) }, `${what} of Stripe's list cannot be stored`);
  }
}

async function endOfTrouble(
  deps: RoundDeps,
  walk: ClaimedWalk,
  { stripe, thrown }: { stripe: EventSource; thrown: unknown },
): Promise<RoundEnd> {
  const { log, signal } = deps;
  // A process that stops leaves the round to the next, without a word.
  if (signal.aborted) return { dueInMs: 0, isDone: false, tries: walk.tries };
  const error = toDbError(thrown);
  const facts = { pair: walk.pair, kind: walk.kind, code: error.code, ...error.facts };
  log.warn(facts, error.message);
  const trouble: Trouble = { code: error.code, message: error.message, cure: error.cure };
  const end = { isDone: false, tries: walk.tries + 1 };
  if (error.code === "stripe.auth") {
    const told = await tellRefusal(deps, walk, { stripe, error, trouble });
    return { ...end, dueInMs: GAP_EVERY_MS, ...told };
  }
  const delays = PULL_RETRY_MS;
  const dueInMs = delays[Math.min(walk.tries, delays.length - 1)] ?? PULL_EVERY_MS;
  return { ...end, dueInMs, trouble };
}

/** What a key has to be allowed to read. */
const RIGHTS: Readonly<Record<WalkKind, string>> = {
  pull: "Events",
  gap: "Events",
  rows: "Balance transaction sources",
  sweep: "Charges and Refunds, Disputes, Payouts and Top-ups",
};

/** A refused key stops the pair as everywhere; one that lacks the right to read events does not. */
async function tellRefusal(
  { pool, signal }: RoundDeps,
  walk: ClaimedWalk,
  refusal: { stripe: EventSource; error: RoundError; trouble: Trouble },
): Promise<Partial<RoundEnd>> {
  const { stripe, error, trouble } = refusal;
  const access = await stripe.checkAccess(signal).then(
    () => "works",
    (thrown: unknown) => toHubError(thrown).code,
  );
  if (access === "stripe.auth") {
    await pausePair(pool, walk.pair, error.code, error.message);
    // As soon as the pair goes on: while it is paused nobody takes the walk.
    return { dueInMs: 0, trouble };
  }
  const right = RIGHTS[walk.kind];
  const cure = `Give the pair's key the right to read ${right} in Stripe's dashboard.`;
  const dueInMs = walk.kind === "gap" ? GAP_EVERY_MS : (PULL_RETRY_MS.at(-1) ?? GAP_EVERY_MS);
  return { dueInMs, trouble: { ...trouble, code: "stripe.refused", cure } };
}

type RoundError = Pick<HubError, "code" | "message" | "cure" | "facts">;
