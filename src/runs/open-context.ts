import type { ClaimedLane } from "../lanes/index.ts";
import { datedForCash, MAPPING_VERSION } from "../mapping/index.ts";
import type { RunContext } from "./context.ts";
import type { PairRuntime } from "./pair-runtime.ts";
import { rebookedOn } from "./reverse/rebooked-on.ts";
import { daysRebooked } from "./reverse/reversal.ts";
import type { RunDeps } from "./run-deps.ts";
import type { Seen } from "./run-ending.ts";
import type { RunStart } from "./run-start.ts";
import type { StepLog } from "./step-log.ts";
import { type Door, openDoor } from "./write/door.ts";
import { IntentStore } from "./write/intent-store.ts";
import { noteWait } from "./write/person-wait.ts";
import { releaseTurnsOf } from "./write/release-turns.ts";
import { sendWithinMs } from "./write/send-within.ts";
import { learnAnswers } from "./write/site-answers.ts";
import { valuerOf } from "./write/value.ts";

const DAY_MS = 24 * 60 * 60_000;

/** One run of a claimed lane. */
export type LaneRun = Readonly<{
  deps: RunDeps;
  lane: ClaimedLane;
  pair: PairRuntime;
  start: RunStart;
  seen: Seen;
  signal: AbortSignal;
  steps: StepLog;
}>;

/** What the steps of a run share, made anew for each part of its work. */
export function openContext(run: LaneRun): RunContext {
  const { deps, lane, start, signal, steps } = run;
  const { pool, clock, onAttempt } = deps;
  const again = daysRebooked(start.reversals);
  const pair = again.size === 0 ? run.pair : bookedAgain(run.pair);
  learnAnswers(pair.erp, start.answers);
  const store = new IntentStore({ pool, lane, clock, mappingVersion: MAPPING_VERSION, onAttempt });
  const door = openDoor({
    store,
    erp: pair.erp,
    signal,
    clock,
    horizonMs: pair.settings.outcomeHorizon * 1000,
    sendWithinMs: sendWithinMs(pair.settings),
    mustLookUp: !start.isLineageGreen || start.mayBeForeign,
    mayBeForeign: start.mayBeForeign,
    releasedBy: pair.settings.release,
    personWaitMaxMs: pair.settings.releaseWait * DAY_MS,
    value: valuerOf(pair),
    ...(pair.settings.clearing.cashAccount === "yes" ? { dated: inPeriodsOf(pair) } : {}),
    noteWait: ({ key }, wait) => noteWait(pool, lane, { intentKey: key, wait }),
    rebookedOn: rebookedOn(pool, run.pair, again),
    inReleaseTurn: (release) => releaseTurnsOf(pool).take(lane.pair, release),
  });
  const isAsked = start.events.length === 0 || start.isUnfinished;
  const mayHaveRefunds = start.tellsRefunds || isAsked;
  const mayHaveDisputes = start.tellsDisputes || isAsked;
  const { isHealing } = start;
  const asked = { mayHaveRefunds, mayHaveDisputes, isHealing, byHand: [] };
  return { pool, lane, pair, door, signal, steps, ...asked };
}

/** Cash Manager takes a line on clearing inside its period alone. */
function inPeriodsOf({ reference, settings }: PairRuntime): NonNullable<Door["dated"]> {
  return async (mapped) => datedForCash(mapped, { settings, calendar: await reference.calendar() });
}

/** What is booked again is dated on the day of its reversal: its own may be closed. */
function bookedAgain(pair: PairRuntime): PairRuntime {
  return { ...pair, settings: { ...pair.settings, closedPeriod: "next-open" } };
}
