-- What Stripe told us, and the lanes that this wakes: the only queue of the hub.

-- One row for each Stripe event of a pair, as received. Nothing here is ever deleted by age, and
-- only the end of an event and the lane that works on it change.
create table event (
  seq bigint generated always as identity primary key,
  pair text not null,
  stripe_event_id text not null,
  type text not null,
  api_version text,
  livemode boolean not null,
  -- The object that the event speaks of; null where it names none that we could read.
  object_id text,
  -- Null where there is nothing to do: such an event is stored together with its end.
  lane_key text,
  -- By Stripe's clock.
  created_at timestamptz not null,
  received_at timestamptz not null default clock_timestamp(),
  -- The raw bytes that were signed, with card data made blank in place. Text columns could not hold
  -- a \u0000 that a shopper typed.
  body bytea not null,
  -- SHA-256 of the signed bytes; null where the body is just these.
  signed_sha256 bytea,
  -- How it came: delivered by Stripe, listed by a pull, or found missing by the check for gaps.
  -- Only what was delivered was signed.
  via text not null default 'webhook' check (via in ('webhook', 'pull', 'gap')),
  end_state text check (end_state in ('booked', 'not_applicable', 'parked')),
  end_reason text,
  ended_at timestamptz,
  unique (pair, stripe_event_id),
  check ((end_state is null) = (ended_at is null)),
  check (lane_key is not null or end_state is not null)
);
-- The events that a run of the lane may still give an end to: a parked one can be booked later.
create index event_open on event (pair, lane_key, seq)
  where end_state is null or end_state = 'parked';
create index event_newest on event (pair, seq);
create index event_of_type on event (pair, type, seq);
create index event_of_lane on event (pair, lane_key, seq);
create index event_of_object on event (pair, object_id, seq);
create index event_of_gap on event (pair, seq) where via = 'gap';

-- What must not be worked twice at once. Due and lease times come from this server's clock alone,
-- so that a clock step of a hub machine cannot start, delay or steal work.
create table lane (
  pair text not null,
  key text not null,
  -- Counts the wake-ups: a run that finds it moved when it ends has missed one and goes again.
  wake bigint not null default 0,
  -- Null while the lane sleeps.
  due_at timestamptz,
  -- The process that works on it; null while nobody does.
  owner text,
  -- Counts the claims; together with the owner it is the fence that every write of a run passes.
  attempt bigint not null default 0,
  lease_until timestamptz,
  tries int not null default 0,
  -- What it waits for, in words for the operator.
  waits_for text,
  woken_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (pair, key),
  check ((owner is null) = (lease_until is null))
) with (fillfactor = 70);
-- A claim reads the oldest due lane of a pair at the front of this index, whatever waits behind it.
create index lane_due on lane (pair, due_at) where owner is null and due_at is not null;
-- The lease is left out on purpose: a renewal then touches no index.
create index lane_owned on lane (pair) where owner is not null;

-- Whether a pair may be worked on at all; shared by every hub process.
create table pair_state (
  pair text primary key,
  -- Set while a refused credential or a gap between hub and SL has stopped the pair.
  paused_code text,
  paused_reason text,
  -- Set while a person has stopped the pair: no cure of the hub's own takes that back.
  held_by text,
  held_reason text,
  held_at timestamptz,
  circuit text not null default 'closed' check (circuit in ('closed', 'open')),
  -- Consecutive answers that were none.
  circuit_failures int not null default 0,
  circuit_opened_at timestamptz,
  -- While open: when the next single lane may try.
  probe_at timestamptz,
  probes int not null default 0,
  updated_at timestamptz not null default now(),
  check ((paused_code is null) = (paused_reason is null)),
  check ((held_by is null) = (held_reason is null) and (held_by is null) = (held_at is null)),
  check ((circuit = 'open') = (probe_at is not null))
);

-- The hub processes that work lanes. A row that stays behind belongs to a process that died.
create table hub_process (
  id text primary key,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp()
);

-- The caller outside of all lanes that asks a pair's ERP, or waits to ask it: the comparison, the
-- doctor, a rebuild. One at a time for each pair, and it counts against the pair's call limit.
create table guest_call (
  pair text primary key,
  process text not null,
  ticket text not null,
  since timestamptz not null default clock_timestamp()
);

-- Whether a guest still counts: its process lives, or has only just asked.
create function slipway_is_guest(p_guest guest_call, p_lease_ms int) returns boolean
language sql stable
return p_guest.since > clock_timestamp() - p_lease_ms * interval '1 millisecond'
  or exists (
    select 1 from hub_process h
    where h.id = p_guest.process
      and h.heartbeat_at > clock_timestamp() - p_lease_ms * interval '1 millisecond');

-- Asks for the guest's place of a pair and keeps it: from then on claims leave room for the guest.
-- True once a call more would not pass the limit.
create function slipway_call_as_guest(
  p_pair text, p_limit int, p_process text, p_ticket text, p_lease_ms int
) returns boolean
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(1397512016, hashtext(p_pair));
  insert into guest_call as g (pair, process, ticket) values (p_pair, p_process, p_ticket)
  on conflict (pair) do update
    set process = excluded.process, ticket = excluded.ticket, since = clock_timestamp()
    where not slipway_is_guest(g, p_lease_ms);
  return exists (select 1 from guest_call g where g.pair = p_pair and g.ticket = p_ticket)
    and p_limit > (
      select count(*) from lane l
      where l.pair = p_pair and l.owner is not null and l.lease_until >= clock_timestamp());
end
$$;

-- Claims lanes for one process: for each pair no more than its limit over all processes, oldest due
-- first, lanes of a dead process before all others.
--
-- Claims of one pair are serialised by an advisory lock, and each statement below takes a snapshot
-- of its own, so the count of owned lanes sees what the claim before it has committed. Locks are
-- taken in the order of their numbers, so two processes with different pairs cannot lock each
-- other out.
--
-- The planner is held to the indexes and to nested loops: a plan that was cached while the table
-- was empty would read 100,000 waiting lanes one by one, and one that was made when they were
-- counted joins all of them, since it takes a limit that it does not know for a tenth of the table.
create function slipway_claim(
  p_owner text, p_pairs text[], p_limits int[], p_room int, p_lease_ms int, p_probe_ms int[]
) returns table (
  pair text, key text, wake bigint, attempt bigint, tries int, taken_over_from text
)
language plpgsql volatile
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_names text[];
  v_limits int[];
  v_pair text;
  v_now timestamptz;
  v_state pair_state;
  v_share int;
  v_free int;
  v_count int;
  v_room int := p_room;
begin
  -- A claim that a crash of the server forgets would hand out the same fence twice.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  -- Where more pairs have work than there is room, those that have waited longest come first.
  select
    array_agg(w.name order by hashtext(w.name)),
    array_agg(w.owned_max order by hashtext(w.name))
  into v_names, v_limits
  from (
    select c.name, c.owned_max
    from unnest(p_pairs, p_limits) as c (name, owned_max)
    cross join lateral (
      select least(
        (select l.due_at from lane l
         where l.pair = c.name and l.owner is null and l.due_at is not null
         order by l.due_at limit 1),
        (select min(l.lease_until) from lane l where l.pair = c.name and l.owner is not null)
      ) as since
    ) as oldest
    where oldest.since <= clock_timestamp()
    order by oldest.since
    limit greatest(p_room, 0)
  ) as w;
  v_share := greatest(1, p_room / greatest(1, coalesce(cardinality(v_names), 0)));

  for v_index in 1 .. coalesce(cardinality(v_names), 0) loop
    v_pair := v_names[v_index];
    -- 1397512016 is 'SLWP' in ASCII: the number space of these locks.
    perform pg_advisory_xact_lock(1397512016, hashtext(v_pair));
    v_now := clock_timestamp();

    select s.* into v_state from pair_state s where s.pair = v_pair;
    continue when v_state.paused_code is not null or v_state.held_by is not null;
    continue when v_state.circuit = 'open' and v_state.probe_at > v_now;

    select v_limits[v_index] - count(*) - (
      select count(*) from guest_call g where g.pair = v_pair and slipway_is_guest(g, p_lease_ms))
    into v_free
    from lane l where l.pair = v_pair and l.owner is not null and l.lease_until >= v_now;
    v_free := least(v_free, v_room, v_share);
    if v_state.circuit = 'open' then
      v_free := least(v_free, 1);
    end if;
    continue when v_free <= 0;

    return query
    with orphaned as materialized (
      select l.pair, l.key, l.owner from lane l
      where l.pair = v_pair and l.owner is not null and l.lease_until < v_now
      limit v_free
      for update skip locked
    ), due as materialized (
      select l.pair, l.key, l.owner from lane l
      where l.pair = v_pair and l.owner is null and l.due_at is not null and l.due_at <= v_now
      order by l.due_at
      limit v_free - (select count(*) from orphaned)
      for update skip locked
    ), picked as (
      select * from orphaned union all select * from due
    )
    update lane l
    set owner = p_owner, attempt = l.attempt + 1, updated_at = v_now,
        lease_until = v_now + p_lease_ms * interval '1 millisecond'
    from picked p
    where l.pair = p.pair and l.key = p.key
    returning l.pair, l.key, l.wake, l.attempt, l.tries, p.owner;
    get diagnostics v_count = row_count;
    v_room := v_room - v_count;

    if v_state.circuit = 'open' and v_count > 0 then
      -- The first delay has passed already, from the opening to this first probe.
      update pair_state s
      set probes = s.probes + 1, updated_at = v_now,
          probe_at = v_now + interval '1 millisecond'
            * p_probe_ms[least(s.probes + 2, cardinality(p_probe_ms))]
      where s.pair = v_pair and s.circuit = 'open';
    end if;
    exit when v_room <= 0;
  end loop;
end
$$;
