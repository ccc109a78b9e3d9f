-- What people decide while the hub works: who did what, when, and what they changed.

-- One row for each command of a person; never changed and never deleted.
create table operator_act (
  id bigint generated always as identity primary key,
  pair text not null,
  -- Null where it was done to the whole pair.
  lane_key text,
  parked_id bigint,
  done_at timestamptz not null default clock_timestamp(),
  done_by text not null,
  act text not null check (act in (
    'assigned', 'commented', 'edited', 'resumed', 'dismissed', 'replayed', 'paused', 'unpaused',
    'opened', 'backfilled', 'accepted', 'healed', 'reversed', 'rebooked', 'linked')),
  -- What was done, in words.
  words text not null
);
create index operator_act_lane on operator_act (lane_key, pair, id) where lane_key is not null;
create index operator_act_parked on operator_act (parked_id, id) where parked_id is not null;
create index operator_act_pair on operator_act (pair, id desc) where lane_key is null;

-- What a person has decided for one fact: mapping takes it before every rule of its own.
create table fact_override (
  pair text not null,
  lane_key text not null,
  field text not null check (field in ('item', 'customer', 'text', 'metadata')),
  -- What of the fact is meant: a line, price or product, the key of metadata; empty for all of it.
  target text not null default '',
  value text not null,
  set_by text not null,
  reason text not null,
  parked_id bigint not null,
  set_at timestamptz not null default clock_timestamp(),
  primary key (pair, lane_key, field, target)
);
