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
 */
export const STORE_SQL = `
with stored as (
  insert into event (pair, stripe_event_id, type, api_version, livemode, object_id, lane_key,
    created_at, body, end_state, end_reason, ended_at)
  select a.pair, a.id, a.type, a.api_version, a.livemode, a.object_id, a.lane_key,
    to_timestamp(a.created_s), substring($11::bytea from a.body_start for a.body_length),
    case when a.lane_key is null then 'not_applicable' end, a.end_reason,
    case when a.lane_key is null then clock_timestamp() end
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::text[], $7::text[],
    $8::text[], $9::float8[], $10::int[], $12::int[]) as a (pair, id, type, api_version, livemode,
    object_id, lane_key, end_reason, created_s, body_start, body_length)
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
where (select count(*) from told) >= 0
  and (current_setting('synchronous_commit') <> 'off'
    or set_config('synchronous_commit', 'on', true) is not null)`;
