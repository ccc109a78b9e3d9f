import type { Pool } from "pg";
import type { Override } from "../canonical/sale.ts";
import { CAN_STILL_END } from "../events/index.ts";
import type { ClaimedLane } from "../lanes/index.ts";
import type { Dismissal } from "./dismissal.ts";
import { OVERRIDES_SQL } from "./overrides.ts";
import {
  REVERSALS_SQL,
  type Reversal,
  type StoredReversal,
  toReversal,
} from "./reverse/reversal.ts";
import { ANSWERS_SQL, type SiteAnswer } from "./write/site-answers.ts";

/** What a run must know about its lane before it does anything. */
export type RunStart = Readonly<{
  /** The events that this run may give an end to: those that were there before it read Stripe. */
  events: readonly bigint[];
  /**
   * Hub and SL agreed when they were last compared, and this database is the one that they agreed
   * about: it knows this process's last heartbeat. Then first writes need no look-up by key.
   */
  isLineageGreen: boolean;
  /**
   * A backfill is at work, or has had this lane: what it comes upon may have been booked by
   * somebody else, also when an event or a person wakes it long after the backfill.
   */
  mayBeForeign: boolean;
  /** What probes found out about the site of the pair. */
  answers: readonly SiteAnswer[];
  /** A person is to look at this lane. Nobody but its own runs can begin or end that meanwhile. */
  isParked: boolean;
  /** It is listed as held back by a rule or a word. */
  isHeld: boolean;
  /** Of its events: whether they are of live mode; none where a person or a sweep woke it. */
  livemodes: readonly boolean[];
  /**
   * Set while the newest decision of a person on this lane is to leave it alone. What parks after
   * it, or is resolved by itself, is no decision: a resume takes it back, and so does whoever has
   * the fact booked again after a reversal.
   */
  dismissal: Dismissal | undefined;
  /** One of its events tells of a refund or a credit note. */
  tellsRefunds: boolean;
  /** One of its events tells of a dispute, or an earlier run has seen one. */
  tellsDisputes: boolean;
  /**
   * The newest run came to no end. Whoever had woken it without an event, a sweep or a rebuild, is
   * still to be answered, whatever events have come since.
   */
  isUnfinished: boolean;
  /** A person wants put right what somebody changed in SL of this lane's documents. */
  isHealing: boolean;
  /** What people have decided for the fact of this lane. */
  overrides: readonly Override[];
  /** What people have asked to be taken back of it, oldest first. */
  reversals: readonly Reversal[];
}>;

type StartRow = {
  seqs: string[];
  answers: SiteAnswer[] | null;
  overrides: Override[] | null;
  reversals: StoredReversal[] | null;
  is_green: boolean | null;
  may_be_foreign: boolean;
  is_parked: boolean;
  is_held: boolean;
  livemodes: boolean[];
  tells_refunds: boolean;
  tells_disputes: boolean;
  is_unfinished: boolean;
  is_healing: boolean;
  decision: string | null;
  closed_by: string | null;
  closed_at: Date | null;
  comment: string | null;
  money: string | null;
};

const START_SQL = `
select l.is_green and exists (
    select from hub_process h where h.id = $3 and h.heartbeat_at >= $4::timestamptz) as is_green,
  exists (
    select from backfill b
    where b.pair = $1 and (b.state = 'booking' or exists (
      select from backfill_fact f where f.backfill_id = b.id and f.lane_key = $2))
  ) as may_be_foreign,
  d.state as decision, d.closed_by, d.closed_at, d.comment, d.facts ->> 'money' as money,
  exists (
    select from parked where pair = $1 and lane_key = $2 and state = 'open') as is_parked,
  exists (select from held where pair = $1 and lane_key = $2) as is_held,
  array(
    select distinct e.livemode from event e
    where e.pair = $1 and e.lane_key = $2 and ${CAN_STILL_END}) as livemodes,
  exists (
    select from event e
    where e.pair = $1 and e.lane_key = $2 and ${CAN_STILL_END}
      and e.type ~ '^(refund\\.|charge\\.refund|credit_note\\.)') as tells_refunds,
  exists (select from dispute where pair = $1 and lane_key = $2) or exists (
    select from event e
    where e.pair = $1 and e.lane_key = $2 and ${CAN_STILL_END}
      and e.type like 'charge.dispute.%') as tells_disputes,
  coalesce((
    select r.outcome in ('waiting', 'retry', 'parked') from run r
    where r.pair = $1 and r.lane_key = $2 order by r.id desc limit 1), false) as is_unfinished,
  exists (
    select from watch_finding
    where pair = $1 and lane_key = $2 and state = 'healing') as is_healing,
  array(
    select e.seq::text from event e
    where e.pair = $1 and e.lane_key = $2 and ${CAN_STILL_END} order by e.seq) as seqs,
  (${ANSWERS_SQL}) as answers,
  (${OVERRIDES_SQL}) as overrides,
  (${REVERSALS_SQL}) as reversals
from (select 1) as one
left join lineage l on l.pair = $1
left join lateral (
  select state, closed_by, closed_at, comment, facts from parked
  where pair = $1 and lane_key = $2 and state in ('dismissed', 'resumed')
    and closed_at > coalesce((
      select max(v.rebooked_at) from reversal v where v.pair = $1 and v.lane_key = $2), '-infinity')
  order by id desc limit 1) as d on true`;

/** Reads it in one statement. */
export async function readRunStart(
  pool: Pool,
  lane: Pick<ClaimedLane, "pair" | "key" | "owner" | "heartbeat">,
): Promise<RunStart> {
  const { rows } = await pool.query<StartRow>({
    name: "slipway_run_start",
    text: START_SQL,
    values: [lane.pair, lane.key, lane.owner, lane.heartbeat ?? null],
  });
  const row = rows[0];
  return {
    events: row?.seqs.map(BigInt) ?? [],
    answers: row?.answers ?? [],
    overrides: row?.overrides ?? [],
    reversals: (row?.reversals ?? []).map(toReversal),
    isLineageGreen: row?.is_green === true,
    mayBeForeign: row?.may_be_foreign === true,
    isParked: row?.is_parked === true,
    isHeld: row?.is_held === true,
    livemodes: row?.livemodes ?? [],
    tellsRefunds: row?.tells_refunds === true,
    tellsDisputes: row?.tells_disputes === true,
    isUnfinished: row?.is_unfinished === true,
    isHealing: row?.is_healing === true,
    dismissal: row?.decision === "dismissed" ? dismissalOf(row) : undefined,
  };
}

function dismissalOf({
  closed_by: by,
  closed_at: at,
  comment: reason,
  money,
}: StartRow): Dismissal {
  return { by: by ?? "", reason: reason ?? "", at: at ?? new Date(0), money: money ?? "" };
}
