-- What the hub tells: its domain events, who wants to hear them, and what they have not heard yet.

-- One row for each thing that happened, written in the statement that made it happen. Nothing here
-- is ever changed but the position, once.
create table domain_event (
  -- Counts as rows are written: transactions that run at once may show theirs in another order.
  id bigint generated always as identity primary key,
  -- The number that readers go on by, without holes; null until the row's transaction is seen as
  -- committed and slipway_number_events has given it out.
  position bigint,
  uid uuid not null default gen_random_uuid(),
  -- Null where it is of the hub itself and of no pair.
  pair text,
  -- What its order is kept for: the lane, the customer, or the state of the pair.
  key text not null,
  type text not null,
  data jsonb not null,
  occurred_at timestamptz not null default clock_timestamp()
) with (fillfactor = 85);
create unique index domain_event_position on domain_event (position) where position is not null;
create index domain_event_fresh on domain_event (id) where position is null;
create index domain_event_time on domain_event (occurred_at);

-- Whom the hub tells by webhook.
create table subscriber (
  id text primary key,
  url text not null,
  -- Empty: all of them.
  types text[] not null default '{}',
  pairs text[] not null default '{}',
  state text not null default 'enabled' check (state in ('enabled', 'disabled')),
  disabled_reason text,
  -- Sealed, as secrets in the settings file are.
  secret text not null,
  -- After a roll the old one signs beside the new one until then.
  previous_secret text,
  previous_until timestamptz,
  -- What stands up to here was wanted and has its delivery, or was not wanted.
  position bigint not null,
  -- The process that delivers to it; nobody else does until the lease runs out.
  owner text,
  lease_until timestamptz,
  -- Tries in a row that failed, and since when nothing came through.
  failures int not null default 0,
  failing_since timestamptz,
  -- While nothing comes through: when the next single delivery may try.
  hold_until timestamptz,
  delivered bigint not null default 0,
  last_delivered_at timestamptz,
  last_error text,
  last_failed_at timestamptz,
  created_at timestamptz not null default now(),
  check ((state = 'disabled') = (disabled_reason is not null)),
  check ((previous_secret is null) = (previous_until is null)),
  check ((owner is null) = (lease_until is null))
);

-- What a subscriber wants and has not taken yet: at most a thousand rows for each of them.
create table delivery (
  subscriber text not null references subscriber (id) on delete cascade,
  position bigint not null,
  -- Pair and key: of those with the same one only the oldest is sent.
  key text not null,
  tries int not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  last_error text,
  primary key (subscriber, position)
);
create index delivery_key on delivery (subscriber, key, position);

-- Gives the events that were committed since the last call their positions, oldest first, at most
-- p_max of them, and returns the newest position.
--
-- Only one call numbers at a time, and its statements see what the one before it has committed. An
-- event that commits late gets a late number, so a reader that goes on by position meets each one.
-- Events of one key are written one after the other, under the lock of what they tell of: whoever
-- sees the second sees the first, so their order is that of their ids.
--
-- The planner is held to the indexes: a plan that was cached while the table was empty would read
-- all events there ever were.
create function slipway_number_events(p_max int) returns bigint
language plpgsql volatile
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_last bigint;
  v_newest bigint;
begin
  -- 1397507414 is 'SLEV' in ASCII.
  if not pg_try_advisory_xact_lock(1397507414) then
    return coalesce((select max(e.position) from domain_event e), 0);
  end if;
  select coalesce(max(e.position), 0) into v_last from domain_event e;
  with fresh as materialized (
    select e.id from domain_event e where e.position is null order by e.id limit p_max
  ), numbered as (
    update domain_event e set position = v_last + f.nr
    from (select id, row_number() over (order by id) as nr from fresh) as f
    where e.id = f.id
    returning e.position
  )
  select max(n.position) into v_newest from numbered n;
  return coalesce(v_newest, v_last);
end
$$;
