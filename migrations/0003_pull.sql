-- How far the hub has asked Stripe for its events, for each pair: one row for the pull that takes
-- the place of webhooks or stands beside them, one for the check of what was never delivered, one
-- for the list of balance transactions, and one for what changed without an event.
create table event_walk (
  pair text not null,
  kind text not null check (kind in ('pull', 'gap', 'rows', 'sweep')),
  -- Events before it are nobody's business: the hub did not know the pair yet.
  since timestamptz not null,
  -- By Stripe's clock: what was created before it is stored, but for what becomes visible late.
  position timestamptz not null,
  -- While a walk has a way to go: where it began and where it ends.
  walk_from timestamptz,
  walk_to timestamptz,
  -- How much of the way one list of events covers.
  span_ms bigint not null default 3600000,
  -- The process at work and its round: the fence that every move of the position has to pass.
  owner text,
  round bigint not null default 0,
  started_at timestamptz,
  due_at timestamptz not null default clock_timestamp(),
  -- When the last round began that came to its end, and the last one that looked far back.
  done_at timestamptz,
  deep_at timestamptz,
  tries int not null default 0,
  trouble_code text,
  trouble text,
  trouble_cure text,
  -- Events of this time can be asked for no more: Stripe keeps them for 30 days.
  lost_from timestamptz,
  lost_to timestamptz,
  primary key (pair, kind),
  check ((walk_from is null) = (walk_to is null)),
  check ((lost_from is null) = (lost_to is null)),
  check ((trouble_code is null) = (trouble is null))
);
