import type { Pool, PoolClient } from "pg";
import { present } from "../base/assert.ts";
import type { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { CAN_STILL_END, endEvents, handOverEvents } from "../events/index.ts";
import { TELL } from "../hub-events/index.ts";
import {
  CIRCUIT_CLOSED,
  type ClaimedLane,
  type DueIn,
  FINISH_CTE,
  fenced,
  finishLane,
  finishValues,
  LANE_CHANNEL,
  type LaneFinish,
  lockLanes,
  recordAnswer,
  TELL_REACHABLE,
  wakeLanes,
} from "../lanes/index.ts";
import { dayOfLane, payoutOfLane } from "../ledger/index.ts";
import { OPENING_OBJECT } from "../mapping/index.ts";
import { NOTHING_NEW } from "./charges/charge-run.ts";
import { dropHeld, type Held, keepHeld } from "./held.ts";
import { parkLane, resolveParked } from "./park.ts";
import { isPayoutLane } from "./payouts/payout-run.ts";
import type { RunStart } from "./run-start.ts";
import type { StepLog } from "./step-log.ts";

/** How a run ended. */
export type RunOutcome =
  | "booked"
  | "not_applicable"
  | "parked"
  | "waiting"
  | "retry"
  | "handed_over";

/** How a run ends; every way is one transaction with the end of its events. */
export type Ending = Readonly<{
  outcome: RunOutcome;
  reason: string;
  dueInMs: DueIn;
  tries: number;
  waitsFor?: string;
  error?: HubError;
  /** With an error: the money that the run knew of, as `moneyOf` words it. */
  money?: string;
  handOverTo?: string;
  /** All of its money stood in SL before: what came since is told document by document. */
  isLater?: boolean;
  /** What holds the sale back, where something does. */
  held?: Held;
  /** Its events are the next run's, which follows at once. */
  leavesEvents?: boolean;
}>;

type EndedRun = Readonly<{
  worker: string;
  start: RunStart;
  startedAt: Date;
  ending: Ending;
  steps: StepLog;
  /** Of its last call to SL; false where it made none. */
  hasSlAnswered: boolean;
}>;

const INSERT_RUN =
  "insert into run (pair, lane_key, kind, started_at, worker, outcome, reason, steps)";

// An order that was booked before tells nothing again: its run has found nothing to do.
const TELL_BOOKED = `${TELL}
  select noted.pair, noted.lane_key, 'order.booked', jsonb_build_object(
    'object', noted.lane_key, 'summary', noted.reason, 'runId', noted.id::text,
    'documents', coalesce((
      select jsonb_agg(i.receipt || jsonb_build_object('object', i.object, 'purpose', i.purpose)
        order by i.created_at, i.key)
      from intent i
      where i.lane_key = noted.lane_key and i.pair = noted.pair and i.stage = 'done'
        and i.reversed_by is null and not (i.purpose = 'reverse' and i.part like '%#%')
        and i.receipt ? 'refNbr'), '[]'))
  from noted`;

/**
 * `$9` outcome, `$10` reason, `$11` events, `$12` kind, `$13` start, `$14` worker, `$15` steps,
 * `$16` whether something new was booked, `$17` whether SL has answered.
 */
const END_SQL = `
with ${FINISH_CTE}, ended as (
  update event e set end_state = $9, end_reason = $10, ended_at = clock_timestamp()
  from finished where e.seq = any ($11::bigint[]) and ${CAN_STILL_END}
), closed as (
  update pair_state s set ${CIRCUIT_CLOSED}
  from finished, pair_state before
  where s.pair = finished.pair and before.pair = s.pair and s.circuit_failures > 0
    and $17::boolean
  returning s.pair, before.circuit_opened_at as since
), noted as (
  ${INSERT_RUN}
  select pair, key, $12, $13::timestamptz, $14, $9, $10, $15::jsonb from finished
  returning id, pair, lane_key, reason
), told as (
  ${TELL_BOOKED} where $16::boolean
), told_reachable as (
  ${TELL_REACHABLE} from closed where since is not null
)
select was_woken, (select pg_notify('${LANE_CHANNEL}', pair) from closed) from finished`;

/** `$1` the run, for an end that takes more than one statement. */
const TELL_BOOKED_LATER_SQL = `
with noted as (select id, pair, lane_key, reason from run where id = $1::bigint)
${TELL_BOOKED}`;

/**
 * Saves what a run came to: the end of its events, the run itself, and the end of its lane. An
 * answer of SL closes a circuit that other runs have opened, whatever the run has made of it.
 *
 * @returns when the lane is due again
 * @throws HubError `lane.fenced` when another worker has the lane; then nothing is saved
 */
export async function endRun(pool: Pool, lane: ClaimedLane, ended: EndedRun): Promise<DueIn> {
  const isLeft = ended.ending.leavesEvents === true;
  const run = isLeft ? { ...ended, start: { ...ended.start, events: [] } } : ended;
  const wasWoken = isPlain(run)
    ? await endAtOnce(pool, lane, run)
    : await withTransaction(pool, async (tx) => {
        await saveEnding(tx, lane, { ...run, runId: await saveRun(tx, lane, run) });
        const finished = await finishLane(tx, lane, finishOf(run.ending));
        if (run.hasSlAnswered) await recordAnswer(tx, lane.pair, true);
        return finished.wasWoken;
      });
  return wasWoken ? 0 : run.ending.dueInMs;
}

/**
 * Whether only the rows of this run change. A parked row is locked before its lane, as a person's
 * command does, or the two could wait for each other: that takes more than one statement.
 */
function isPlain({ ending, start }: EndedRun): boolean {
  const isEnd = ending.outcome === "booked" || ending.outcome === "not_applicable";
  return isEnd && !start.isParked && !start.isHeld && ending.held === undefined;
}

/** The usual end, in one statement: six would make a third of all that an order sends. */
async function endAtOnce(pool: Pool, lane: ClaimedLane, run: EndedRun): Promise<boolean> {
  const { ending, start, startedAt, worker, steps, hasSlAnswered } = run;
  const result = await pool.query<{ was_woken: boolean }>({
    name: "slipway_end_run",
    text: END_SQL,
    values: [
      ...finishValues(lane, finishOf(ending)),
      ...[ending.outcome, ending.reason, start.events.map(String)],
      ...[kindOf(lane), startedAt, worker, steps.toJson(), isNewlyBooked(ending)],
      hasSlAnswered,
    ],
  });
  const row = result.rows[0];
  if (row === undefined) throw fenced(lane);
  return row.was_woken;
}

async function saveEnding(
  tx: PoolClient,
  lane: ClaimedLane,
  run: EndedRun & { runId: string },
): Promise<void> {
  const { runId } = run;
  const { outcome, reason, error, money, handOverTo, held } = run.ending;
  const { events } = run.start;
  if (handOverTo !== undefined) {
    // Its money is that lane's, and so is what a person has to do about it.
    await resolveParked(tx, lane);
    await lockLanes(tx, [lane, { pair: lane.pair, key: handOverTo }]);
    await handOverEvents(tx, { pair: lane.pair, from: lane.key, to: handOverTo });
    await wakeLanes(tx, [{ pair: lane.pair, key: handOverTo }]);
  }
  if (held !== undefined) await keepHeld(tx, lane, { held, reason, money: money ?? "" });
  else if (run.start.isHeld && outcome !== "retry") await dropHeld(tx, lane);
  if (error !== undefined) {
    await parkLane(tx, lane, { error, runId, ...(money === undefined ? {} : { money }) });
    await endEvents(tx, events, { state: "parked", reason: `${error.code}: ${reason}` });
  }
  if (outcome === "booked" || outcome === "not_applicable") {
    await endEvents(tx, events, { state: outcome, reason });
    await resolveParked(tx, lane);
  }
  if (isNewlyBooked(run.ending)) await tx.query(TELL_BOOKED_LATER_SQL, [runId]);
}

/** @returns the number of the run */
async function saveRun(tx: PoolClient, lane: ClaimedLane, run: EndedRun): Promise<string> {
  const { ending, startedAt, worker, steps } = run;
  const { outcome, reason } = ending;
  const values = [lane.pair, lane.key, kindOf(lane), startedAt, worker, outcome, reason];
  const saved = await tx.query<{ id: string }>(
    `${INSERT_RUN} values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb) returning id::text as id`,
    [...values, steps.toJson()],
  );
  return present(saved.rows[0], "The number of the run").id;
}

/** Whether the run has booked something, or only found what was booked before. */
function isNewlyBooked({ outcome, reason, isLater = false }: Ending): boolean {
  return outcome === "booked" && !isLater && !reason.startsWith(NOTHING_NEW);
}

function finishOf({ dueInMs, tries, waitsFor }: Ending): LaneFinish {
  return { dueInMs, tries, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

function kindOf(lane: ClaimedLane): string {
  if (lane.key.startsWith("cus_")) return "customer";
  if (dayOfLane(lane.key) !== undefined) return "day";
  if (payoutOfLane(lane.key) !== undefined) return "fees";
  if (isPayoutLane(lane.key)) return "payout";
  if (lane.key === OPENING_OBJECT) return "opening";
  return lane.key.startsWith("thin:") ? "thin" : "charge";
}
