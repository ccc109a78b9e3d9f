import { wakeLanes } from "../../lanes/index.ts";
import { feesLane, noteAwaited, type OpenPart } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";
import { readListsMade } from "./payout-lists.ts";
import { awaitRebuiltFees } from "./rebuilt-fees.ts";

const HOUR_MS = 3_600_000;
/** How soon a list is looked for again that Stripe has not completed. */
const LIST_LOOK_MS = HOUR_MS;
/** Stripe completes a list within hours: a fee waits so much longer for one, and no more. */
const LIST_WAIT_MS = 3 * 24 * HOUR_MS;

/** What a day waits for, and when it is looked at again. */
export type Awaited = Readonly<{ dueInMs: number; waitsFor: string }>;

/** What a lane of journals that are made of rows has come to. */
export type RowsBooked = Readonly<{
  outcome: "booked" | "not_applicable";
  reason: string;
  next?: Awaited | undefined;
}>;

/** The parts of a day that its lane books now. */
export type DueParts = Readonly<{
  mine: readonly OpenPart[];
  /** All that is open of the day and waits for no payment, whoever is to book it. */
  all: readonly OpenPart[];
  /** Fees that wait for their own payments. */
  waiting: number;
  next: Awaited | undefined;
}>;

/**
 * The open parts that the day's lane is to book now. A fee that may go with a payout is none of
 * them before its wait is over; then every payout that was made meanwhile is read at Stripe first,
 * so that neither a lost event nor a hub that stood still makes another journal of it.
 */
export async function partsDueByDay(
  context: RunContext,
  day: string,
  read: () => Promise<readonly OpenPart[]>,
): Promise<DueParts> {
  const { pool, pair, lane, door } = context;
  const open = await read();
  const first = sorted(open, lane.key);
  if (first.all.some(({ owner }) => owner === "fee")) await awaitRebuiltFees(context, [day]);
  const until = first.awaiting[0]?.awaitsUntil;
  if (until === undefined) return { ...first, next: undefined };
  const { awaiting } = first;
  const leftMs = until.getTime() - door.clock.now().getTime();
  if (leftMs > 0) {
    await noteAwaited(pool, pair.id, { rowIds: idsOf(awaiting), until });
    const waitsFor = `payouts of ${awaiting.length} fees, until ${until.toISOString()}`;
    return { ...first, next: { dueInMs: leftMs, waitsFor } };
  }
  const from = awaiting[0]?.row.created ?? until;
  const { fresh, incomplete } = await readListsMade(context, { from, until });
  await wakeLanes(
    pool,
    fresh.map((id) => ({ pair: pair.id, key: feesLane(id) })),
  );
  // What was read just now may have told some of them their payout.
  const again = fresh.length === 0 ? first : sorted(await read(), lane.key);
  if (incomplete.length > 0 && leftMs > -LIST_WAIT_MS && again.awaiting.length > 0) {
    const waitsFor = `Stripe to complete the list of rows of ${incomplete.join(", ")}`;
    return { ...again, next: { dueInMs: LIST_LOOK_MS, waitsFor } };
  }
  return { ...again, mine: [...again.mine, ...again.awaiting], next: undefined };
}

function sorted(open: readonly OpenPart[], laneKey: string) {
  const all = open.filter(({ isWaiting }) => !isWaiting);
  const own = all.filter((one) => one.laneKey === laneKey);
  return {
    all,
    mine: own.filter(({ awaitsUntil }) => awaitsUntil === undefined),
    awaiting: own.filter(({ awaitsUntil }) => awaitsUntil !== undefined),
    waiting: open.length - all.length,
  };
}

function idsOf(parts: readonly OpenPart[]): readonly string[] {
  return [...new Set(parts.map(({ row }) => row.id))];
}
