import { EVENT_COLUMNS, isWantedSql } from "./read-events.ts";

/**
 * $1 process, $2 newest position, $3 at most so many, $4 lease in milliseconds: takes subscribers
 * that have something to be told and that no process tells at the moment.
 */
export const CLAIM_SQL = `
update subscriber s
set owner = $1, lease_until = clock_timestamp() + $4 * interval '1 millisecond'
where s.id in (
  select c.id from subscriber c
  where c.state = 'enabled'
    and (c.owner is null or c.lease_until < clock_timestamp())
    and (c.hold_until is null or c.hold_until <= clock_timestamp())
    and (c.position < $2::bigint
      or exists (select from delivery d
        where d.subscriber = c.id and d.due_at <= clock_timestamp()))
  order by c.last_delivered_at nulls first
  limit $3 for update skip locked)
returning s.id, s.url`;

/**
 * $1 subscriber, $2 process, $3 deliveries that may wait at most: what is wanted of the next events
 * becomes deliveries, as far as there is room. Returns whether it went on.
 */
export const FAN_OUT_SQL = `
with held as materialized (
  select s.id, s.types, s.pairs, s.position, least(
    (select coalesce(max(e.position), 0) from domain_event e),
    s.position + $3::bigint - (select count(*) from delivery d where d.subscriber = s.id)) as up_to
  from subscriber s where s.id = $1 and s.owner = $2 for update
), added as (
  insert into delivery (subscriber, position, key)
  select held.id, e.position, coalesce(e.pair, '') || ' ' || e.key
  from held join domain_event e on e.position > held.position and e.position <= held.up_to
  where ${isWantedSql("held.types", "held.pairs")}
  on conflict do nothing
)
update subscriber s set position = held.up_to
from held where s.id = held.id and held.up_to > s.position`;

/**
 * $1 subscriber, $2 process, $3 lease in milliseconds, $4 most at once, $5 failures that make it
 * one at a time: the due deliveries that are the oldest of their keys, with the secrets that sign.
 */
export const PICK_SQL = `
with held as (
  update subscriber s set lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  where s.id = $1 and s.owner = $2 and s.state = 'enabled'
    and (s.hold_until is null or s.hold_until <= clock_timestamp())
  returning s.id, s.secret, s.failures, case
    when s.previous_until > clock_timestamp() then s.previous_secret end as previous_secret
), due as (
  select d.position, d.tries from delivery d
  where d.subscriber = $1 and d.due_at <= clock_timestamp()
    and not exists (
      select from delivery b
      where b.subscriber = d.subscriber and b.key = d.key and b.position < d.position)
  order by d.position limit $4
)
select ${EVENT_COLUMNS}, due.tries, held.failures, held.secret, held.previous_secret
from held join (select *, row_number() over (order by position) as nr from due) as due
  on held.failures < $5 or due.nr = 1
join domain_event e on e.position = due.position
order by e.position`;

/**
 * $1 subscriber, $2 process, $3 positions that were taken, $4 positions that were not, $5 their
 * delays, $6 their errors, $7 how long the subscriber is held if it is, $8 failures that hold it:
 * saves what became of tries. When one that was held takes something, all that waits is due again.
 */
export const SETTLE_SQL = `
with held as materialized (
  select s.id, s.failures from subscriber s where s.id = $1 and s.owner = $2 for update
), taken as (
  delete from delivery d using held
  where d.subscriber = held.id and d.position = any ($3::bigint[])
), put_off as (
  update delivery d set tries = d.tries + 1, last_error = f.error,
    due_at = clock_timestamp() + f.delay_ms * interval '1 millisecond'
  from held, unnest($4::bigint[], $5::float8[], $6::text[]) as f (position, delay_ms, error)
  where d.subscriber = held.id and d.position = f.position
), due_again as (
  update delivery d set due_at = clock_timestamp() from held
  where d.subscriber = held.id and d.due_at > clock_timestamp() and held.failures >= $8
    and cardinality($3::bigint[]) > 0 and d.position <> all ($4::bigint[])
)
update subscriber s set
  delivered = s.delivered + cardinality($3::bigint[]),
  last_delivered_at = case when cardinality($3::bigint[]) > 0
    then clock_timestamp() else s.last_delivered_at end,
  last_error = coalesce(($6::text[])[1], s.last_error),
  last_failed_at = case when cardinality($4::bigint[]) > 0
    then clock_timestamp() else s.last_failed_at end,
  failures = case when cardinality($3::bigint[]) > 0 then 0
    when s.failures >= $8 then s.failures + 1
    else least(s.failures + cardinality($4::bigint[]), $8) end,
  failing_since = case when cardinality($3::bigint[]) > 0 then null
    else coalesce(s.failing_since, clock_timestamp()) end,
  hold_until = case when cardinality($3::bigint[]) = 0
    and s.failures + cardinality($4::bigint[]) >= $8
    then clock_timestamp() + $7 * interval '1 millisecond' end
from held where s.id = held.id
returning (extract(epoch from clock_timestamp() - s.failing_since) * 1000)::float8 as "failingMs"`;

/** $1 subscriber, $2 process: whoever has something to tell may take it. */
export const LET_GO_SQL = `
update subscriber set owner = null, lease_until = null where id = $1 and owner = $2`;
