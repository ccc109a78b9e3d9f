import type { StoredEvent } from "../events/index.ts";
import type { WalkState } from "../pull/index.ts";
import type { AttemptRow, EventRow, ParkedRow, RunRow, RunStep } from "./contract.ts";
import type { WalkRow } from "./contract-walks.ts";

// Rows as SQL gives them and as the contract says them. Numbers that may outgrow a double are cast
// to text in the statement, so that it does not matter how the pool parses int8.

/** An event as its store knows it, in the words of the contract. */
export function toEventRow(event: StoredEvent): EventRow {
  return {
    seq: String(event.seq),
    pair: event.pair,
    id: event.stripeEventId,
    type: event.type,
    apiVersion: event.apiVersion ?? null,
    isLive: event.livemode,
    objectId: event.objectId ?? null,
    laneKey: event.laneKey ?? null,
    createdAt: event.createdAt.toISOString(),
    receivedAt: event.receivedAt.toISOString(),
    via: event.via,
    end: event.endState ?? "open",
    endReason: event.endReason ?? null,
    endedAt: instantOrNull(event.endedAt ?? null),
  };
}

/** How far Stripe was asked, in the words of the contract. */
export function toWalkRow(walk: WalkState): WalkRow {
  const { pair, kind, progress, found, foundLately } = walk;
  const { troubleCode, trouble, troubleCure, lostFrom, lostTo } = walk;
  return {
    pair,
    kind,
    since: walk.since.toISOString(),
    position: walk.position.toISOString(),
    progress,
    doneAt: instantOrNull(walk.doneAt),
    triedAt: instantOrNull(walk.triedAt),
    behindSeconds: Math.round(walk.behindSeconds),
    trouble:
      troubleCode === null
        ? null
        : { code: troubleCode, message: trouble ?? "", cure: troubleCure ?? "" },
    lost:
      lostFrom === null || lostTo === null
        ? null
        : { from: lostFrom.toISOString(), to: lostTo.toISOString() },
    found,
    foundLately,
  };
}

export const RUN_COLUMNS = `r.id::text as id, r.pair, r.lane_key, r.kind, r.started_at, r.ended_at,
  r.worker, r.outcome, r.reason`;

export type RunSqlRow = {
  id: string;
  pair: string;
  lane_key: string;
  kind: string;
  started_at: Date;
  ended_at: Date;
  worker: string;
  outcome: RunRow["outcome"];
  reason: string;
  steps?: RunStep[];
};

export function toRunRow(row: RunSqlRow): RunRow {
  return {
    id: row.id,
    pair: row.pair,
    laneKey: row.lane_key,
    kind: row.kind,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at.toISOString(),
    worker: row.worker,
    outcome: row.outcome,
    reason: row.reason,
  };
}

export const ATTEMPT_COLUMNS = `a.pair, a.key, i.lane_key, i.purpose, i.object, a.nr, a.step,
  a.worker, a.sent_at, a.answered_at, a.outcome, a.facts`;

/** Beside `ATTEMPT_COLUMNS`, for whoever asks for them: up to 16 KiB for each send. */
export const EXCHANGE_COLUMNS = "a.request, a.answer";

export type AttemptSqlRow = {
  pair: string;
  key: string;
  lane_key: string;
  purpose: string;
  object: string;
  nr: number;
  step: string;
  worker: string;
  sent_at: Date;
  answered_at: Date | null;
  outcome: string | null;
  facts: Record<string, unknown> | null;
  /** Undefined where they were not asked for. */
  request?: string | null;
  answer?: string | null;
};

export function toAttemptRow(row: AttemptSqlRow): AttemptRow {
  const { request, answer = null } = row;
  return {
    ...(request === undefined ? {} : { exchange: request === null ? null : { request, answer } }),
    intentKey: row.key,
    purpose: row.purpose,
    object: row.object,
    nr: row.nr,
    step: row.step,
    worker: row.worker,
    sentAt: row.sent_at.toISOString(),
    answeredAt: instantOrNull(row.answered_at),
    outcome: row.outcome,
    facts: row.facts,
  };
}

export const PARKED_COLUMNS = `p.id::text as id, p.pair, p.lane_key, p.state, p.category, p.code,
  p.reason, p.cure, p.facts, p.version, p.opened_at, p.changed_at, p.closed_at, p.closed_by,
  p.comment, p.assignee, p.run_id::text as run_id, (
    select jsonb_build_object('id', q.id::text, 'by', q.closed_by) from (
      select d.id, d.state, d.closed_by, d.closed_at from parked d
      where d.lane_key = p.lane_key and d.pair = p.pair and d.id < p.id
        and d.state in ('dismissed', 'resumed')
      order by d.id desc limit 1) as q
    where q.state = 'resumed' and not exists (
      select from run r where r.pair = p.pair and r.lane_key = p.lane_key
        and r.outcome in ('booked', 'not_applicable')
        and r.ended_at between q.closed_at and p.opened_at)
  ) as again_after`;

export type ParkedSqlRow = {
  id: string;
  pair: string;
  lane_key: string;
  state: ParkedRow["state"];
  category: string;
  code: string;
  reason: string;
  cure: string;
  facts: Record<string, unknown>;
  version: number;
  opened_at: Date;
  changed_at: Date;
  closed_at: Date | null;
  closed_by: string | null;
  comment: string | null;
  assignee: string | null;
  run_id: string | null;
  again_after: { id: string; by: string | null } | null;
};

export function toParkedRow(row: ParkedSqlRow): ParkedRow {
  return {
    id: row.id,
    pair: row.pair,
    laneKey: row.lane_key,
    state: row.state,
    category: row.category,
    code: row.code,
    reason: row.reason,
    cure: row.cure,
    facts: row.facts,
    version: row.version,
    openedAt: row.opened_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    closedAt: instantOrNull(row.closed_at),
    closedBy: row.closed_by,
    comment: row.comment,
    assignee: row.assignee,
    runId: row.run_id,
    againAfter: row.again_after,
  };
}

export function instantOrNull(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
