-- Going live: what stood at a pair's start, and the walks that make good for what came since.

-- Opening entries that a person has confirmed, each booked once by the lane `opening`.
create table opening_entry (
  pair text not null,
  -- The Stripe object; `opening` for a balance, whose part is its currency.
  object text not null,
  part text not null default '',
  kind text not null check (kind in ('balance', 'payout', 'dispute')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- In minor units, a debit above zero.
  amount bigint not null check (amount <> 0),
  -- The pair's start when it was confirmed, YYYY-MM-DD.
  day text not null,
  confirmed_at timestamptz not null default clock_timestamp(),
  confirmed_by text not null,
  primary key (pair, object, part)
);

-- Rows of before a pair's start need no owner; where the start is moved back they need one again.
create index balance_row_before_start on balance_row (pair, created)
  where settled_at = '-infinity';

-- One walk through a span of time at Stripe, of a pair at most one at work.
create table backfill (
  id bigint generated always as identity primary key,
  pair text not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  -- listing > booking > done; a person pauses and cancels.
  state text not null default 'listing' check (state in (
    'listing', 'booking', 'done', 'cancelled')),
  is_paused boolean not null default false,
  -- By Stripe's clock: what was made before it is listed.
  position timestamptz not null,
  -- At most so many facts a minute; null means as fast as calls allow.
  per_minute int,
  started_by text not null,
  started_at timestamptz not null default clock_timestamp(),
  booking_at timestamptz,
  ended_at timestamptz,
  -- The process at work and until when it may go on without a word.
  owner text,
  lease_until timestamptz,
  tries int not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  trouble_code text,
  trouble text,
  check (until_at > from_at)
);
create unique index backfill_at_work on backfill (pair) where state in ('listing', 'booking');

-- A lane that a backfill is to wake, with the rows that led to it.
create table backfill_fact (
  backfill_id bigint not null references backfill (id),
  lane_key text not null,
  -- When the first of its money moved: facts are booked in this order.
  at timestamptz not null,
  row_ids text[] not null,
  woken_at timestamptz,
  ended_at timestamptz,
  -- How its newest run ended, where it did.
  outcome text,
  primary key (backfill_id, lane_key)
);
create index backfill_fact_waiting on backfill_fact (backfill_id, at, lane_key)
  where woken_at is null;
create index backfill_fact_open on backfill_fact (backfill_id)
  where woken_at is not null and ended_at is null;
create index backfill_fact_woken on backfill_fact (backfill_id, woken_at)
  where woken_at is not null;

-- Rows that a backfill has listed and not come to: no other walk wakes their lanes meanwhile.
alter table balance_row add column held_for bigint references backfill (id);
