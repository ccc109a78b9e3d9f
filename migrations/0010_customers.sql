-- What is not booked because a rule or a word says so: one row for each lane, gone once it is
-- booked.
create table held (
  pair text not null,
  lane_key text not null,
  kind text not null check (kind in (
    'hold', 'skip', 'filter', 'not-allowed', 'min-age', 'mode', 'zero')),
  -- The rule or the word that holds it back, and the reason that its events ended with.
  rule text not null,
  reason text not null,
  -- What was paid, each charge in words; empty where the money was not read.
  money text not null,
  since timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  -- Orders the list.
  nr bigint generated always as identity,
  primary key (pair, lane_key)
);
create index held_newest on held (nr desc);
