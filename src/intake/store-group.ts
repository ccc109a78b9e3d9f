import type { Pool, PoolClient } from "pg";
import type { EventWay } from "../events/index.ts";

/** An event that has passed every check and is to be stored. */
export type ArrivedEvent = Readonly<{
  pair: string;
  id: string;
  type: string;
  apiVersion: string | null;
  livemode: boolean;
  objectId: string | null;
  /** The lane to wake; null for an event that ends as not applicable, for `endReason`. */
  laneKey: string | null;
  endReason: string | null;
  createdAt: Date;
  /** What is stored: the signed bytes, without card data. */
  body: Buffer;
  /** SHA-256 of the signed bytes in hex, where they are not the body. */
  signedSha256: string | null;
  via: EventWay;
}>;

/** How long a lane row that somebody else has locked is waited for. */
const LOCK_WAIT_MS = 500;

/**
 * Stores a group of events and wakes their lanes in one statement, so that neither can exist
 * without the other. All events of the group travel as columns; the bodies as one value, from which
 * each row cuts its own: PostgreSQL's text form of a bytea array would double their size.
 *
 * Rows are written in the order of their ids and lanes in the order of their keys, here as
 * everywhere, so that two groups that meet wait for each other instead of dying in a deadlock. An
 * event that is there already, or in the group twice, wakes nothing.
 *
 * Durable before 2xx: a server that is set to commit before its disk has the rows is told otherwise
 * for this transaction. PostgreSQL looks at the setting at the commit.
 *
 * A lane row that somebody holds locked, a process that stood still inside a transaction for
 * instance, must not hold up the whole intake, so the wait for a lock is bounded ($13).
 */
const STORE_SQL = `
with settings as materialized (
  select set_config('lock_timeout', $13, true) as lock_timeout,
    case when current_setting('synchronous_commit') = 'off'
      then set_config('synchronous_commit', 'on', true) end as synchronous_commit
), stored as (
  insert into event (pair, stripe_event_id, type, api_version, livemode, object_id, lane_key,
    created_at, body, signed_sha256, via, end_state, end_reason, ended_at)
  select a.pair, a.id, a.type, a.api_version, a.livemode, a.object_id, a.lane_key,
    to_timestamp(a.created_s), substring($11::bytea from a.body_start for a.body_length),
    decode(a.signed_sha256, 'hex'), a.via,
    case when a.lane_key is null then 'not_applicable' end, a.end_reason,
    case when a.lane_key is null then clock_timestamp() end
  from settings, unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[],
    $6::text[], $7::text[], $8::text[], $9::float8[], $10::int[], $12::int[], $14::text[],
    $15::text[])
    as a (pair, id, type, api_version, livemode, object_id, lane_key, end_reason, created_s,
      body_start, body_length, signed_sha256, via)
  order by a.pair, a.id
  on conflict (pair, stripe_event_id) do nothing
  returning pair, stripe_event_id, lane_key
), woken as (
  insert into lane (pair, key, wake, due_at, woken_at)
  select pair, lane_key, count(*), now(), now() from stored
  where lane_key is not null
  group by pair, lane_key order by pair, lane_key
  on conflict (pair, key) do update
    set wake = lane.wake + excluded.wake, due_at = least(lane.due_at, excluded.due_at),
        woken_at = excluded.woken_at, updated_at = now()
  returning pair, owner
), told as (
  select pg_notify('slipway_lane', pair)
  from (select distinct pair from woken where owner is null) as free
)
select pair, stripe_event_id as id from stored
where (select count(*) from told) >= 0`;

/**
 * Stores events in one statement, on disk when it resolves; inside of a transaction of the caller's
 * with its commit.
 *
 * @returns those that are new, as `pair⏎id`
 */
export async function storeGroup(
  tx: Pool | PoolClient,
  events: readonly ArrivedEvent[],
  withinMs: number,
): Promise<Set<string>> {
  let start = 1;
  const starts = events.map((event) => {
    start += event.body.length;
    return start - event.body.length;
  });
  const query = {
    name: "slipway_store_events",
    text: STORE_SQL,
    values: [
      events.map((event) => event.pair),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map((event) => event.apiVersion),
      events.map((event) => event.livemode),
      events.map((event) => event.objectId),
      events.map((event) => event.laneKey),
      events.map((event) => event.endReason),
      events.map((event) => event.createdAt.getTime() / 1_000),
      starts,
      Buffer.concat(events.map((event) => event.body)),
      events.map((event) => event.body.length),
      String(LOCK_WAIT_MS),
      events.map((event) => event.signedSha256),
      events.map((event) => event.via),
    ],
    // A connection that went dead without a word is given up, or it would hold its place for ever.
    query_timeout: withinMs,
  };
  const result = await tx.query<{ pair: string; id: string }>(query);
  return new Set(result.rows.map((row) => `${row.pair}\n${row.id}`));
}
