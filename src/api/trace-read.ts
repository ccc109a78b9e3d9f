import type { Pool } from "pg";
import { listEvents, readEvent, type StoredEvent } from "../events/index.ts";
import type { LaneState, TraceDocument } from "./contract.ts";
import { entriesOfDraft } from "./entries.ts";
import {
  ATTEMPT_COLUMNS,
  type AttemptSqlRow,
  EXCHANGE_COLUMNS,
  instantOrNull,
  PARKED_COLUMNS,
  type ParkedSqlRow,
  RUN_COLUMNS,
  type RunSqlRow,
  toAttemptRow,
} from "./rows.ts";
import type { LaneId, TraceScope } from "./trace-find.ts";

/** Rows of each kind in one trace; a lane that was woken thousands of times shows its newest. */
export const TRACE_ROWS_MAX = 300;

const ON_LANES = "join unnest($1::text[], $2::text[]) as w (pair, key)";

export async function readLaneStates(pool: Pool, lanes: readonly LaneId[]): Promise<LaneState[]> {
  type Row = { pair: string; key: string; state: LaneState["state"]; due_at: Date | null };
  const found = await pool.query<Row & { waits_for: string | null; held_back: string | null }>(
    `select l.pair, l.key, l.due_at, l.waits_for,
       case when s.held_by is not null then 'paused by ' || s.held_by || ': ' || s.held_reason
         when s.paused_code is not null then s.paused_code || ': ' || s.paused_reason
         when s.circuit = 'open' then 'SL does not answer' end as held_back,
       case when l.owner is not null and l.lease_until > now() then 'owned'
         when l.due_at is null and l.owner is null then 'asleep'
         when l.due_at > now() then 'waiting' else 'due' end as state
     from lane l ${ON_LANES} on l.pair = w.pair and l.key = w.key
     left join pair_state s on s.pair = l.pair order by l.pair, l.key`,
    columnsOf(lanes),
  );
  return found.rows.map((row) => ({
    pair: row.pair,
    laneKey: row.key,
    state: row.state,
    dueAt: instantOrNull(row.due_at),
    waitsFor: row.waits_for,
    heldBack: row.held_back,
  }));
}

/** The events of the scope, oldest first. */
export async function readScopeEvents(pool: Pool, scope: TraceScope): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (const { pair, key } of scope.lanes) {
    found.push(...(await listEvents(pool, { pair, laneKey: key }, { limit: TRACE_ROWS_MAX })));
  }
  for (const { pair, key } of scope.events) {
    const event = await readEvent(pool, pair, key);
    if (event !== undefined) found.push(event);
  }
  return found.sort((a, b) => (a.seq < b.seq ? -1 : 1)).slice(-TRACE_ROWS_MAX);
}

export async function readRuns(pool: Pool, lanes: readonly LaneId[]): Promise<RunSqlRow[]> {
  const found = await pool.query<RunSqlRow>(
    `select ${RUN_COLUMNS}, r.steps from run r ${ON_LANES}
       on r.pair = w.pair and r.lane_key = w.key order by r.id desc limit ${TRACE_ROWS_MAX}`,
    columnsOf(lanes),
  );
  return found.rows;
}

export async function readParkedOf(pool: Pool, lanes: readonly LaneId[]): Promise<ParkedSqlRow[]> {
  const found = await pool.query<ParkedSqlRow>(
    `select ${PARKED_COLUMNS} from parked p ${ON_LANES}
       on p.pair = w.pair and p.lane_key = w.key order by p.id desc limit ${TRACE_ROWS_MAX}`,
    columnsOf(lanes),
  );
  return found.rows;
}

type IntentSqlRow = {
  pair: string;
  key: string;
  lane_key: string;
  object: string;
  purpose: string;
  part: string;
  generation: number;
  draft: unknown;
  stage: string;
  bat_nbr: string | null;
  receipt: Record<string, unknown> | null;
  mapping_version: number;
  notes: string[];
  created_at: Date;
  since: Date | null;
  looked_at: Date | null;
  looks: number | null;
  batch_state: string | null;
  to_do: string | null;
};

/** The intents of the scope with their sends and the entries they make, oldest first. */
export async function readDocuments(
  pool: Pool,
  scope: TraceScope,
  withExchanges: boolean,
): Promise<TraceDocument[]> {
  const found = await pool.query<IntentSqlRow>(
    `select i.pair, i.key, i.lane_key, i.object, i.purpose, i.part, i.generation, i.draft,
       case when i.reversed_by is null then i.stage else 'reversed' end as stage,
       i.bat_nbr, i.receipt, i.mapping_version, i.notes, i.created_at,
       p.since, p.looked_at, p.looks, p.batch_state, p.to_do
     from (
       select l.pair, l.key from unnest($1::text[], $2::text[]) as w (pair, key)
       join intent l on l.pair = w.pair and l.lane_key = w.key
       union
       select k.pair, k.key from unnest($3::text[], $4::text[]) as k (pair, key)
     ) as wanted join intent i on i.pair = wanted.pair and i.key = wanted.key
     left join person_wait p on p.pair = i.pair and p.intent_key = i.key
     order by i.created_at desc limit ${TRACE_ROWS_MAX}`,
    [...columnsOf(scope.lanes), ...columnsOf(scope.intents)],
  );
  const attempts = await readAttempts(pool, found.rows, withExchanges);
  return found.rows.reverse().map((row) => toDocument(row, attempts));
}

async function readAttempts(
  pool: Pool,
  intents: readonly LaneId[],
  withExchanges: boolean,
): Promise<AttemptSqlRow[]> {
  const columns = withExchanges ? `${ATTEMPT_COLUMNS}, ${EXCHANGE_COLUMNS}` : ATTEMPT_COLUMNS;
  const found = await pool.query<AttemptSqlRow>(
    `select ${columns} from attempt a
     join intent i on i.pair = a.pair and i.key = a.key
     ${ON_LANES} on a.pair = w.pair and a.key = w.key
     order by a.sent_at desc, a.nr desc limit ${TRACE_ROWS_MAX}`,
    columnsOf(intents),
  );
  return found.rows.reverse();
}

function toDocument(row: IntentSqlRow, attempts: readonly AttemptSqlRow[]): TraceDocument {
  const { pair, key, object, purpose, part, generation, stage, receipt, notes } = row;
  const own = attempts.filter((attempt) => attempt.pair === pair && attempt.key === key);
  return {
    pair,
    key,
    laneKey: row.lane_key,
    object,
    purpose,
    part,
    generation,
    stage,
    batNbr: row.bat_nbr,
    receipt,
    mappingVersion: row.mapping_version,
    notes,
    createdAt: row.created_at.toISOString(),
    // Of what was given up, nothing stands in SL: its next generation has the entries.
    entries: stage === "abandoned" ? [] : entriesOfDraft(row.draft, documentName(purpose, receipt)),
    attempts: own.map(toAttemptRow),
    personWait: toWait(row),
  };
}

function toWait(row: IntentSqlRow): TraceDocument["personWait"] {
  const { since, looked_at: lookedAt, looks, batch_state: batchState, to_do: toDo } = row;
  if (since === null || lookedAt === null) return null;
  return {
    since: since.toISOString(),
    lookedAt: lookedAt.toISOString(),
    looks: looks ?? 0,
    batchState: batchState ?? "",
    toDo: toDo ?? "",
  };
}

/** `IN 001234` once SL has numbered it; until then what it is. */
export function documentName(purpose: string, receipt: Record<string, unknown> | null): string {
  const { type, refNbr, customerId, orderNumber } = receipt ?? {};
  if (typeof type === "string" && typeof refNbr === "string") {
    return purpose === "apply" ? `application of ${type} ${refNbr}` : `${type} ${refNbr}`;
  }
  if (typeof orderNumber === "string") return `order ${orderNumber}`;
  if (typeof customerId === "string") return `customer ${customerId}`;
  return purpose;
}

/** Parallel arrays for `unnest`. */
export function columnsOf(ids: readonly LaneId[]): [string[], string[]] {
  return [ids.map((id) => id.pair), ids.map((id) => id.key)];
}
