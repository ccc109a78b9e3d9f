import { HubError } from "../base/errors.ts";
import type { Sale } from "../canonical/sale.ts";
import type { ClaimedLane, DueIn } from "../lanes/index.ts";
import { dayOfLane, dayOfSummary, payoutOfLane } from "../ledger/index.ts";
import { OPENING_OBJECT, withOverrides } from "../mapping/index.ts";
import { bookSale, bookWentBack } from "./charges/book-sale.ts";
import { NOTHING_NEW } from "./charges/charge-run.ts";
import { bookPending, settlePending } from "./charges/in-transit.ts";
import { bookReturns, returnWords } from "./charges/returns.ts";
import { readTakenBack } from "./charges/taken-back.ts";
import type { RunContext } from "./context.ts";
import { runCustomer } from "./customers/customer-run.ts";
import { runDay } from "./days/day-run.ts";
import type { RowsBooked } from "./days/fees-awaited.ts";
import { runFees } from "./days/fees-run.ts";
import type { RowsPerson } from "./days/left-parts.ts";
import {
  type Dismissal,
  decisionOf,
  leftAlone,
  leftAloneFor,
  moneyOf,
  readGone,
  readMoneyByRow,
  type SaleMoney,
  wordsOf,
} from "./dismissal.ts";
import { type Ending, endRun } from "./end-run.ts";
import { otherMode } from "./event-mode.ts";
import { runOpening } from "./golive/opening-run.ts";
import { followCalls, type LastCall } from "./last-call.ts";
import { type LaneRun, openContext } from "./open-context.ts";
import { otherLanesOf, wakeOthers } from "./other-lane.ts";
import { isPayoutLane, moneyLeftAlone, moneyOfPayout, runPayout } from "./payouts/payout-run.ts";
import type { Reversal } from "./reverse/reversal.ts";
import { runReversal } from "./reverse/reverse-run.ts";
import type { RunDeps } from "./run-deps.ts";
import { done, endingAfter, type Seen, waiting } from "./run-ending.ts";
import { type RunStart, readRunStart } from "./run-start.ts";
import { StepLog, TAKEN_OVER } from "./step-log.ts";
import { runSummary } from "./summary/summary-run.ts";

/**
 * Works one claimed lane: reads what the money looks like at Stripe now, does what is still
 * missing, and ends the lane's events. May be started again at any time; a crash, a retry, a
 * replay and a sweep are all the same thing. Returns when the lane is due again.
 */
export async function runLane(
  deps: RunDeps,
  lane: ClaimedLane,
  signal: AbortSignal,
): Promise<DueIn> {
  const startedAt = deps.clock.now();
  const steps = new StepLog(deps.clock);
  if (lane.takenOverFrom !== undefined) {
    const from = lane.takenOverFrom;
    steps.note(TAKEN_OVER, `taken over from hub ${from}: its lease had run out`, { from });
  }
  const start = await readRunStart(deps.pool, lane);
  const seen: Seen = {};
  const lastCall: LastCall = { isAnswered: false };
  let ending: Ending;
  try {
    const work = () => workOn(deps, lane, { start, signal, steps, seen });
    ending = await followCalls(lastCall, work);
  } catch (thrown) {
    ending = await endingAfter(deps, lane, { thrown, signal, seen });
  }
  const hasSlAnswered = lastCall.isAnswered;
  const run = { worker: deps.worker, start, startedAt, ending, steps, hasSlAnswered };
  const dueIn = await endRun(deps.pool, lane, run);
  deps.onRun(lane.pair, ending.outcome);
  return dueIn;
}

async function workOn(
  deps: RunDeps,
  lane: ClaimedLane,
  run: { start: RunStart; signal: AbortSignal; steps: StepLog; seen: Seen },
): Promise<Ending> {
  const pair = deps.pair(lane.pair);
  if (pair === undefined) {
    throw new HubError("config.pair_unknown", `No pair "${lane.pair}" is configured`);
  }
  const laneRun: LaneRun = { deps, lane, pair, ...run };
  if (lane.key.startsWith("thin:")) {
    throw new HubError("config.thin_event", "Stripe sent a thin event, which carries no object");
  }
  const asked = run.start.reversals.find(({ state }) => state === "asked");
  if (asked !== undefined && !isDismissed(asked, run.start)) return reverse(laneRun, asked);
  const other = otherMode(pair.settings, run.start.livemodes);
  if (other !== undefined) return { ...done("not_applicable", other.reason), held: other.held };
  const reversed = run.start.reversals.findLast(({ state }) => state === "reversed");
  if (reversed !== undefined) return leftReversed(reversed);
  if (lane.key.startsWith("cus_")) return updateCustomer(laneRun);
  const day = dayOfLane(lane.key);
  if (day !== undefined) {
    return bookRows(laneRun, (context, person) => runDay(context, day, person));
  }
  const summed = dayOfSummary(lane.key);
  if (summed !== undefined) return bookSummary(laneRun, summed);
  const payoutId = payoutOfLane(lane.key);
  if (payoutId !== undefined) {
    return bookRows(laneRun, (context, person) => runFees(context, payoutId, person));
  }
  if (isPayoutLane(lane.key)) return bookPayout(laneRun);
  if (lane.key === OPENING_OBJECT) return bookOpening(laneRun);
  const reading = await pair.stripe.readLane(lane.key, run.signal);
  switch (reading.kind) {
    case "elsewhere":
      return {
        ...done("handed_over", `This money is worked on with ${reading.laneKey}`),
        handOverTo: reading.laneKey,
      };
    case "nothing": {
      const back = await bookReturned(laneRun, reading.takenBack);
      const transit = await bookTransit(laneRun, back);
      if (transit !== undefined) return transit;
      return {
        ...done("not_applicable", reading.reason),
        ...(reading.leftBy === undefined
          ? {}
          : { held: { kind: reading.leftBy, rule: "zero-invoice: skip" } }),
      };
    }
    case "waiting": {
      await bookReturned(laneRun);
      const transit = await bookTransit(laneRun);
      if (transit !== undefined && reading.lookAgainMs === undefined) return transit;
      // A capture or a success brings an event of its own; only a known delay is looked at again.
      return reading.lookAgainMs === undefined
        ? done("not_applicable", reading.reason)
        : { ...waiting(reading.reason, reading.lookAgainMs, lane.tries) };
    }
    case "sale": {
      const sale = withOverrides(reading.sale, run.start.overrides);
      run.seen.money = moneyOf(sale);
      return bookReadSale(laneRun, sale);
    }
  }
}

async function bookReadSale(run: LaneRun, sale: Sale): Promise<Ending> {
  const { pair, start, seen, signal } = run;
  if (start.dismissal !== undefined) {
    return done("not_applicable", await leftAloneNow(run, start.dismissal, { sale }));
  }
  seen.readMoney = async () => wordsOf(await readMoneyByRow(pair.stripe, sale, signal));
  const context = openContext(run);
  const result = await bookSale(context, sale);
  throwByHand(context);
  const { held, next, isLater = false } = result;
  const ending = { ...done(result.outcome, result.reason), isLater };
  if (held !== undefined) return { ...ending, held, money: moneyOf(sale) };
  // Its events have their end; what is left is awaited without anybody waking the lane.
  return next === undefined ? ending : { ...ending, ...next };
}

/**
 * Why a dismissed sale is left alone as Stripe shows its money now, or what moved it alone.
 *
 * @throws HubError `conflict.dismissed`; the case names the money that was read
 */
async function leftAloneNow(
  run: LaneRun,
  dismissal: Dismissal,
  of: Readonly<{ sale: Sale; isMoved?: boolean }>,
): Promise<string> {
  const { pair, seen, signal } = run;
  const standing = of.sale.payments.map(({ chargeId }) => chargeId);
  const { money, words } = await ofThisLane(run, standing, [
    ...(await readMoneyByRow(pair.stripe, of.sale, signal)),
    ...(await readGone(pair.stripe, { dismissal, standing }, signal)),
  ]);
  seen.money = wordsOf(money);
  const asked = money.filter(({ movedAt }) => of.isMoved !== true || movedAt !== undefined);
  return [leftAlone(dismissal, asked), ...words].join("; ");
}

/**
 * Without what went back of charges that another lane has booked: that lane is woken, and asks a
 * person itself where it has to. Two that ask would have it booked by hand and by the hub.
 */
async function ofThisLane(
  { deps, pair, lane, signal }: LaneRun,
  standing: readonly string[],
  all: readonly SaleMoney[],
) {
  const asking = { pool: deps.pool, pair, lane, signal };
  const moved = all.filter(({ movedAt }) => movedAt !== undefined);
  const charges = [...new Set(moved.map(({ chargeId }) => chargeId))];
  const others = await otherLanesOf(asking, { charges, standing });
  await wakeOthers(asking, others.values());
  return {
    money: all.filter(({ movedAt, chargeId }) => movedAt === undefined || !others.has(chargeId)),
    words: [...others].map(([id, key]) => `what went back of ${id} is worked on with ${key}`),
  };
}

/** All else is booked: now the run waits for the first application that a person has to make. */
function throwByHand({ byHand: [first] }: RunContext): void {
  if (first !== undefined) throw first;
}

/**
 * Takes back what a person has asked for, and nothing else: its events are the next run's, which
 * begins at once and books the fact again where that was asked for too.
 */
async function reverse(run: LaneRun, asked: Reversal): Promise<Ending> {
  run.seen.money = "";
  run.seen.readMoney = () => readMoneyOfLane(run);
  const reason = await runReversal(openContext(run), asked);
  return { ...done("booked", reason), isLater: true, dueInMs: 0, leavesEvents: true };
}

/** Whether a person has left its case alone: what they wanted taken back is by hand now. */
function isDismissed({ askedAt }: Reversal, { dismissal }: RunStart): boolean {
  return dismissal !== undefined && dismissal.at > askedAt;
}

/** What a dismissal of a reversal's case covers: all that its sale or payout has moved by then. */
async function readMoneyOfLane({ lane, pair, signal }: LaneRun): Promise<string> {
  if (isPayoutLane(lane.key)) return moneyOfPayout(await pair.stripe.readPayout(lane.key, signal));
  if (!/^(in|pi|ch|py)_/.test(lane.key)) return "";
  const reading = await pair.stripe.readLane(lane.key, signal);
  if (reading.kind !== "sale") return "";
  return wordsOf(await readMoneyByRow(pair.stripe, reading.sale, signal));
}

/** What was taken back stays so until a person has it booked again. */
function leftReversed({ id, by, dated, reason }: Reversal): Ending {
  const cure = "`slipway reverse --rebook` books it again";
  const words = `Reversed by ${by} on ${dated}: ${reason}; ${cure}`;
  return {
    ...done("not_applicable", words),
    held: { kind: "reversed", rule: `reversal ${id}` },
  };
}

/** Journals that are made of rows; a dismissal covers the parts that its case has named. */
async function bookRows(
  run: LaneRun,
  work: (context: RunContext, person: RowsPerson) => Promise<RowsBooked>,
): Promise<Ending> {
  const { dismissal } = run.start;
  const { outcome, reason, next } = await work(openContext(run), {
    dismissal,
    leftAlone: new Set(dismissal?.money.split(", ")),
    onRefused: (parts) => {
      run.seen.money = parts.join(", ");
    },
  });
  return { ...done(outcome, reason), isLater: true, ...next };
}

/** The lane of a day's summary. */
async function bookSummary(run: LaneRun, day: string): Promise<Ending> {
  const context = openContext(run);
  const { outcome, reason } = await runSummary(context, day);
  throwByHand(context);
  return { ...done(outcome, reason), isLater: true };
}

/** The lane of the pair's opening entries. */
async function bookOpening(run: LaneRun): Promise<Ending> {
  const { dismissal } = run.start;
  if (dismissal !== undefined) {
    return done("not_applicable", decisionOf(dismissal));
  }
  const { reason } = await runOpening(openContext(run));
  return { ...done("booked", reason), isLater: true };
}

/** A lane that is named after a payout or a top-up. */
async function bookPayout(run: LaneRun): Promise<Ending> {
  const { lane, pair, start, seen, signal } = run;
  const payout = await pair.stripe.readPayout(lane.key, signal);
  const money = moneyOfPayout(payout);
  seen.money = money;
  const context = openContext(run);
  if (start.dismissal !== undefined) {
    const left = await moneyLeftAlone(context, payout);
    return done("not_applicable", leftAloneFor(start.dismissal, left));
  }
  const { outcome, reason, isLater = false, next } = await runPayout(context, payout);
  return { ...done(outcome, reason), isLater, ...next };
}

/** A lane that is named after a Stripe customer: what has changed of it goes to SL. */
async function updateCustomer(run: LaneRun & Readonly<{ seen: Seen }>): Promise<Ending> {
  const { lane, start, seen } = run;
  const result = await runCustomer(openContext(run), {
    stripeId: lane.key,
    dismissal: start.dismissal,
    isTold: start.events.length > 0,
    onConflict: (words) => {
      seen.money = words;
    },
  });
  return done(result.outcome, result.reason);
}

/**
 * Money that is no more: payments of this lane which their banks took back. What a person has
 * decided to leave alone stays so.
 */
async function bookReturned(
  run: LaneRun,
  takenBack: readonly string[] = [],
): Promise<Ending | undefined> {
  const money = `what banks took back of ${run.lane.key}`;
  if (run.start.dismissal?.money === money) return undefined;
  run.seen.money = money;
  const context = openContext(run);
  const returned = await bookReturns(context, { takenBack });
  const words = returnWords(returned);
  if (words === undefined) {
    await leftAloneGone(run);
    return undefined;
  }
  const sale = await readTakenBack(context);
  const wentBack = sale === undefined ? undefined : await bookBeside(run, context, sale);
  const isNews = returned.some(({ isNew, memo }) => isNew || memo === undefined);
  const all = [words, wentBack?.words ?? ""].filter((one) => one !== "").join("; ");
  const reason = isNews || wentBack?.isNew === true ? all : `${NOTHING_NEW}: ${all}`;
  // The order itself was booked, and told of, long ago.
  return { ...done("booked", reason), isLater: true, ...wentBack?.next };
}

/**
 * The same where nothing of the sale is booked by the hub, or is to be.
 *
 * @throws HubError `conflict.dismissed` for a charge that a person has left alone, and its bank not
 */
async function leftAloneGone(run: LaneRun): Promise<void> {
  const { pair, seen, signal } = run;
  const { dismissal } = run.start;
  if (dismissal === undefined) return;
  const all = await readGone(pair.stripe, { dismissal, standing: [] }, signal);
  const { money: gone } = await ofThisLane(run, [], all);
  if (gone.length === 0) return;
  seen.money = wordsOf(gone);
  leftAlone(dismissal, gone);
}

/** What went back of such payments beside; what a person has seen of it and left alone stays so. */
async function bookBeside(run: LaneRun, context: RunContext, sale: Sale) {
  const { pair, start, seen, signal } = run;
  if (start.dismissal !== undefined) {
    // That the bank took the charge itself back is told by other words, which it may cover.
    await leftAloneNow(run, start.dismissal, { sale, isMoved: true });
    return undefined;
  }
  seen.readMoney = async () => wordsOf(await readMoneyByRow(pair.stripe, sale, signal));
  const wentBack = await bookWentBack(context, sale, true);
  throwByHand(context);
  delete seen.readMoney;
  return wentBack;
}

/** How often a debit in transit is looked at whose failure has no balance row yet. */
const FAILURE_LOOK_MS = 60 * 60_000;

/**
 * Debits in transit of a lane that has nothing to sell yet, or no more: they are booked, or taken
 * back. The end that the lane would have without them is kept beside their words.
 */
async function bookTransit(run: LaneRun, before?: Ending): Promise<Ending | undefined> {
  const money = `what is in transit of ${run.lane.key}`;
  if (run.start.dismissal?.money === money) return before;
  run.seen.money = money;
  const context = openContext(run);
  await context.door.store.loadLane(run.lane.key);
  const settled = await settlePending(context, []);
  const pending = await bookPending(context);
  // A failure without its row yet: no event may tell of that row.
  if (settled.isOpen && !pending.isOpen) {
    return waiting("the balance row of a failed bank debit", FAILURE_LOOK_MS, run.lane.tries);
  }
  const words = [...settled.words, ...pending.words].join("; ");
  if (words === "") return before;
  const isNew = settled.isNew || pending.isNew;
  const reasons = [before?.reason, isNew ? words : `${NOTHING_NEW}: ${words}`];
  const reason = reasons.filter((one) => one !== undefined).join("; ");
  return { ...done("booked", reason), isLater: true };
}
