import type { Pool, PoolClient } from "pg";

/** Where a statement may be sent: alone on the pool, or inside somebody's transaction. */
export type Queryable = Pool | PoolClient;

/** How an event ended. `parked` may still become one of the others, those are final. */
export type EndState = "booked" | "not_applicable" | "parked";

/** How an event came: delivered, pulled, or found missing and then pulled. */
export type EventWay = "webhook" | "pull" | "gap";

/** An event as it is stored, without its body. */
export type StoredEvent = Readonly<{
  /** The order of arrival over all pairs. */
  seq: bigint;
  pair: string;
  stripeEventId: string;
  type: string;
  apiVersion: string | undefined;
  livemode: boolean;
  objectId: string | undefined;
  laneKey: string | undefined;
  /** By Stripe's clock. */
  createdAt: Date;
  receivedAt: Date;
  via: EventWay;
  endState: EndState | undefined;
  endReason: string | undefined;
  endedAt: Date | undefined;
}>;

/** Which events a list shows: those that meet every part that is given. */
export type EventFilter = Readonly<{
  pair?: string;
  type?: string;
  /** `open` are those without an end. */
  end?: EndState | "open";
  laneKey?: string;
  objectId?: string;
  via?: EventWay;
}>;

/** A page of a list: what came before `before`, newest first. */
export type EventPage = Readonly<{ before?: bigint; limit: number }>;

type EventRow = {
  seq: bigint;
  pair: string;
  stripe_event_id: string;
  type: string;
  api_version: string | null;
  livemode: boolean;
  object_id: string | null;
  lane_key: string | null;
  created_at: Date;
  received_at: Date;
  via: EventWay;
  end_state: EndState | null;
  end_reason: string | null;
  ended_at: Date | null;
};

const COLUMNS = `e.seq, e.pair, e.stripe_event_id, e.type, e.api_version, e.livemode, e.object_id,
  e.lane_key, e.created_at, e.received_at, e.via, e.end_state, e.end_reason, e.ended_at`;

/**
 * Which events `e` a run may still give an end to, for statements that do it beside other things:
 * the condition of the partial index `event_open`, word for word.
 */
export const CAN_STILL_END = "(e.end_state is null or e.end_state = 'parked')";

const OPEN_SQL = `
select ${COLUMNS} from event e
where e.pair = $1 and e.lane_key = $2 and ${CAN_STILL_END}
order by e.seq`;

const END_SQL = `
update event e set end_state = $2, end_reason = $3, ended_at = clock_timestamp()
where e.seq = any ($1::bigint[]) and ${CAN_STILL_END}`;

const REOPEN_SQL = `
update event e set end_state = null, end_reason = null, ended_at = null
from unnest($1::text[], $2::text[], $3::text[]) as left_alone (pair, lane_key, reason)
where e.pair = left_alone.pair and e.lane_key = left_alone.lane_key
  and e.end_state = 'not_applicable' and e.end_reason = left_alone.reason`;

const HAND_OVER_SQL = `
update event e set lane_key = $3
where e.pair = $1 and e.lane_key = $2 and ${CAN_STILL_END}`;

/**
 * The events of a lane that a run may give an end to, oldest first: those without one, and the
 * parked ones, whose trouble may be over now.
 */
export async function openEventsOfLane(
  tx: Queryable,
  pair: string,
  laneKey: string,
): Promise<StoredEvent[]> {
  const result = await tx.query<EventRow>(OPEN_SQL, [pair, laneKey]);
  return result.rows.map(fromRow);
}

/** Gives events their end; one that is booked or not applicable already keeps the end it has. */
export async function endEvents(
  tx: Queryable,
  seqs: readonly bigint[],
  end: { state: EndState; reason: string },
): Promise<void> {
  if (seqs.length === 0) return;
  await tx.query(END_SQL, [seqs.map(String), end.state, end.reason]);
}

/**
 * Takes back the end of events that a rule or a word of the merchant has ended, for a run that is
 * to decide anew: only those of the lane whose end is for exactly that reason.
 */
export async function reopenEvents(
  tx: Queryable,
  left: readonly Readonly<{ pair: string; laneKey: string; reason: string }>[],
): Promise<void> {
  const columns = [left.map((one) => one.pair), left.map((one) => one.laneKey)];
  await tx.query(REOPEN_SQL, [...columns, left.map((one) => one.reason)]);
}

/** Moves the events that still need an end to another lane of the pair, which the caller wakes. */
export async function handOverEvents(
  tx: Queryable,
  move: { pair: string; from: string; to: string },
): Promise<void> {
  await tx.query(HAND_OVER_SQL, [move.pair, move.from, move.to]);
}

/** One page of events, newest first. */
export async function listEvents(
  tx: Queryable,
  filter: EventFilter,
  page: EventPage,
): Promise<StoredEvent[]> {
  const values: unknown[] = [page.limit];
  const conditions: string[] = [];
  const equal = (column: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(`e.${column} = $${values.push(value)}`);
  };
  equal("pair", filter.pair);
  equal("type", filter.type);
  equal("lane_key", filter.laneKey);
  equal("object_id", filter.objectId);
  // Literal, so that the planner can take the partial index of what was found missing.
  if (filter.via !== undefined) conditions.push(`e.via = '${filter.via}'`);
  if (filter.end === "open") conditions.push("e.end_state is null");
  else equal("end_state", filter.end);
  if (page.before !== undefined) conditions.push(`e.seq < $${values.push(String(page.before))}`);
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  const sql = `select ${COLUMNS} from event e ${where} order by e.seq desc limit $1`;
  const result = await tx.query<EventRow>(sql, values);
  return result.rows.map(fromRow);
}

/** One event with the raw bytes that Stripe signed; undefined when the pair has no such event. */
export async function readEvent(
  tx: Queryable,
  pair: string,
  stripeEventId: string,
): Promise<(StoredEvent & { body: Buffer }) | undefined> {
  const result = await tx.query<EventRow & { body: Buffer }>(
    `select ${COLUMNS}, e.body from event e where e.pair = $1 and e.stripe_event_id = $2`,
    [pair, stripeEventId],
  );
  const row = result.rows[0];
  return row === undefined ? undefined : { ...fromRow(row), body: row.body };
}

/** Which of these ids the pair has had already; one probe of the unique index for each. */
export async function knownEvents(
  tx: Queryable,
  pair: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const result = await tx.query<{ id: string }>(
    `select stripe_event_id as id from event where pair = $1 and stripe_event_id = any ($2)`,
    [pair, ids],
  );
  return new Set(result.rows.map(({ id }) => id));
}

function fromRow(row: EventRow): StoredEvent {
  return {
    seq: row.seq,
    pair: row.pair,
    stripeEventId: row.stripe_event_id,
    type: row.type,
    apiVersion: row.api_version ?? undefined,
    livemode: row.livemode,
    objectId: row.object_id ?? undefined,
    laneKey: row.lane_key ?? undefined,
    createdAt: row.created_at,
    receivedAt: row.received_at,
    via: row.via,
    endState: row.end_state ?? undefined,
    endReason: row.end_reason ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
