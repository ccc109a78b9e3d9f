import { HubError } from "../../base/errors.ts";
import {
  type JournalId,
  openPartsOfPayout,
  plannedJournals,
  planParts,
  settleRows,
} from "../../ledger/index.ts";
import { bookingZone, documentDate } from "../../mapping/index.ts";
import { NOTHING_NEW } from "../charges/charge-run.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { bookPlanned } from "./book-planned.ts";
import { bookRows, ownBooked } from "./book-rows.ts";
import { planDay } from "./day-plan.ts";
import { takeOverDay } from "./day-take-over.ts";
import type { RowsBooked } from "./fees-awaited.ts";
import { leftAmong, type RowsPerson } from "./left-parts.ts";
import { readListOf } from "./payout-lists.ts";
import { awaitRebuiltFees, keepRowJournals } from "./rebuilt-fees.ts";

/** What the fees of a payout do outside: a journal for each period and currency of their rows. */
export const FEES_EFFECTS = [
  { purpose: "fee", target: "SL", writes: ["reserve", "fill", "release"] },
] as const;

const HOUR_MS = 3_600_000;
/** How often it is looked whether Stripe has completed a list; an event mostly comes sooner. */
const LIST_LOOK_MS = HOUR_MS;
/** By then the days of its rows have booked them. */
const LIST_WAIT_MS = 30 * 24 * HOUR_MS;

/**
 * Books the fees of the rows that a payout took along in time, a journal for each fiscal period. It
 * reads the list of these rows, fixes which journal each part goes into before anything is sent,
 * and finishes every journal that was begun.
 *
 * @throws HubError for the first part that cannot be booked, once all others are
 */
export async function runFees(
  context: RunContext,
  payoutId: string,
  person: RowsPerson,
): Promise<RowsBooked> {
  const { pool, lane, pair, door, steps, signal } = context;
  const payout = await pair.stripe.readPayout(payoutId, signal);
  const state = await readListOf(context, payout);
  if (state === "none") {
    const reason = `Stripe has no list of what ${payoutId} took along: its fees are booked by day`;
    return { outcome: "not_applicable", reason };
  }
  if (state === "incomplete") {
    const waitsFor = `Stripe to complete the list of rows of ${payoutId}`;
    const isOver = Date.now() - payout.createdAt.getTime() > LIST_WAIT_MS;
    if (!isOver) throw new Waiting(waitsFor, LIST_LOOK_MS);
    const reason = `${waitsFor} was waited for in vain: its fees are booked by day`;
    return { outcome: "not_applicable", reason };
  }
  await settleRows(pool, pair);
  const open = await openPartsOfPayout(pool, pair, payoutId);
  const all = open.filter(({ isWaiting }) => !isWaiting);
  const mine = all.filter(({ laneKey }) => laneKey === lane.key);
  const { left, words } = leftAmong(person, mine);
  if (words !== undefined) return { outcome: "not_applicable", reason: words };
  const begun = await plannedJournals(pool, lane);
  await door.store.loadLane(lane.key);
  await door.store.load([lane.key, ...begun.map(({ object }) => object)]);
  // First what SL holds of its own: others may wait for these rows.
  const takenOver = await takeOverDay(context, { mine, all });
  if (mine.length > 0) {
    const zone = bookingZone(pair.settings);
    await awaitRebuiltFees(
      context,
      mine.map(({ row }) => documentDate(row.created, zone)),
    );
  }
  await keepRowJournals(context, mine);
  const calendar = await pair.reference.calendar();
  const plan = await planDay(context, { parts: mine, left, begun }, calendar);
  await planParts(pool, lane, plan.planned);
  await ownBooked(context, [...new Set([...mine, ...takenOver])]);
  const receipts = await bookPlanned(context, {
    journals: await plannedJournals(pool, lane),
    book: (journal) => bookFees(context, journal),
    refused: plan.refused,
    left,
    person,
  });
  const waiting = open.length - all.length;
  if (waiting > 0) steps.note("rows", `${waiting} fees wait until their payments are booked`);
  const numbers = receipts.map(({ batNbr }) => `journal ${batNbr}`).join(", ");
  if (receipts.length > 0) return { outcome: "booked", reason: numbers };
  const reason = `${NOTHING_NEW}: nothing of the fees of ${payoutId} is left to book`;
  return { outcome: "booked", reason };
}

function bookFees(
  context: RunContext,
  { purpose, ...journal }: JournalId,
): Promise<DocumentReceipt | undefined> {
  if (purpose !== "fee") throw new HubError("bug.assertion", `${purpose} is no journal of fees`);
  return bookRows(context, { ...journal, purpose });
}
