import type { Pool } from "pg";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import { type ClaimedLane, FENCE_CTE, fenced } from "../../lanes/index.ts";
import type { DisputeState } from "../../mapping/index.ts";

/** A dispute as a run leaves it. */
export type SeenDispute = Readonly<{
  dispute: Dispute;
  state: DisputeState;
  closings: readonly DisputeClosing[];
  /** Refunds and disputes together take more of the charge than it brought. */
  isOver: boolean;
  /** In words; empty where it waits for nothing. */
  waitsFor: string;
}>;

const SAVE_SQL = `
with ${FENCE_CTE}
insert into dispute as d (pair, lane_key, dispute_id, charge_id, status, reason,
  network_reason_code, currency, amount, settled_in, withdrawn, reinstated, fees, lost, recovered,
  stage, is_over, opened_at, evidence_due_at, has_evidence, closings, waits_for)
select $1, $2, $5, $6, $7, $8, $9, $10, $11::bigint, $12, $13::bigint, $14::bigint, $15::bigint,
  $16::bigint, $17::bigint, $18, $19::boolean, $20::timestamptz, $21::timestamptz, $22::boolean,
  $23::jsonb, $24
from fence
on conflict (pair, dispute_id) do update
  set lane_key = excluded.lane_key, status = excluded.status, reason = excluded.reason,
    network_reason_code = excluded.network_reason_code, amount = excluded.amount,
    settled_in = excluded.settled_in, withdrawn = excluded.withdrawn,
    reinstated = excluded.reinstated, fees = excluded.fees, lost = excluded.lost,
    recovered = excluded.recovered, stage = excluded.stage, is_over = excluded.is_over,
    evidence_due_at = excluded.evidence_due_at, has_evidence = excluded.has_evidence,
    closings = excluded.closings, waits_for = excluded.waits_for, looked_at = clock_timestamp(),
    changed_at = case when d.status = excluded.status and d.withdrawn = excluded.withdrawn
      and d.reinstated = excluded.reinstated and d.fees = excluded.fees
      and d.stage = excluded.stage and d.is_over = excluded.is_over
      then d.changed_at else clock_timestamp() end`;

/**
 * Saves how a dispute stands.
 *
 * @throws HubError `lane.fenced` when another worker has the lane
 */
export async function saveDispute(
  pool: Pool,
  lane: ClaimedLane,
  { dispute, state, closings, isOver, waitsFor }: SeenDispute,
): Promise<void> {
  const { amount } = dispute;
  const { withdrawn, reinstated, fees, lost, recovered } = state;
  const { rowCount } = await pool.query(SAVE_SQL, [
    ...[lane.pair, lane.key, lane.owner, lane.attempt],
    ...[dispute.disputeId, dispute.chargeId, dispute.status, dispute.reason],
    ...[dispute.networkReasonCode, amount.currency, String(amount.minor), state.currency],
    ...[withdrawn, reinstated, fees, lost, recovered].map(({ minor }) => String(minor)),
    ...[state.stage, isOver, dispute.openedAt, dispute.evidenceDueAt ?? null],
    ...[dispute.hasEvidence, JSON.stringify(closings), waitsFor],
  ]);
  if (rowCount === 0) throw fenced(lane);
}

/**
 * The verdicts that the hub knows of a dispute: those it has kept, by when it had asked Stripe for
 * all, and those of its own events, of which an older one may still be on its way.
 */
export async function knownClosings(
  pool: Pool,
  pair: string,
  disputeId: string,
): Promise<Readonly<{ kept: readonly DisputeClosing[]; all: readonly DisputeClosing[] }>> {
  const kept = await pool.query<{ closings: { status: string; at: string }[] }>(
    "select closings from dispute where pair = $1 and dispute_id = $2",
    [pair, disputeId],
  );
  const told = await pool.query<{ body: Buffer; created_at: Date }>(
    `select body, created_at from event
     where pair = $1 and object_id = $2 and type = 'charge.dispute.closed' order by seq`,
    [pair, disputeId],
  );
  const before = kept.rows[0]?.closings ?? [];
  const asKept = before.map(({ status, at }) => ({ status, at: new Date(at) }));
  const heard = told.rows.flatMap(({ body, created_at: at }) => {
    const status = verdictOf(body);
    return status === undefined ? [] : [{ status, at }];
  });
  return { kept: asKept, all: withoutDoubles([...asKept, ...heard]) };
}

/** Each verdict once, oldest first. */
export function withoutDoubles(closings: readonly DisputeClosing[]): readonly DisputeClosing[] {
  const byName = new Map(closings.map((one) => [`${one.status} ${one.at.getTime()}`, one]));
  return [...byName.values()].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** Only verdicts count: an inquiry is closed too. */
function verdictOf(body: Buffer): string | undefined {
  const event = JSON.parse(body.toString("utf8")) as {
    data?: { object?: { status?: unknown } };
  };
  const status = event.data?.object?.status;
  return status === "won" || status === "lost" ? status : undefined;
}
