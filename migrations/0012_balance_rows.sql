-- Stripe's balance transactions: what moved the balance, as the hub has read it.

-- One row for each balance transaction of a pair. Nothing that Stripe said of it changes later, but
-- its status and the payout that took it along.
create table balance_row (
  pair text not null,
  row_id text not null,
  -- By Stripe's clock: the day of it in the pair's zone is the day that it is booked on.
  created timestamptz not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- Stripe's reporting category; empty where it gave none.
  category text not null,
  type text not null,
  -- In minor units: net = gross - fee.
  gross bigint not null,
  fee bigint not null,
  net bigint not null,
  fee_details jsonb not null default '[]',
  -- Which of Stripe's balances moved; only "payments" is booked.
  balance_type text not null default 'payments',
  status text not null,
  available_on timestamptz,
  source_id text,
  description text not null default '',
  payout_id text,
  -- As Stripe wrote it: a rate is never computed with.
  exchange_rate text,
  read_at timestamptz not null default clock_timestamp(),
  -- When the lane that is to own it was last woken for it.
  woken_at timestamptz,
  -- When all parts of it were seen to have their owner, or to need none.
  settled_at timestamptz,
  primary key (pair, row_id),
  check (net = gross - fee)
);
create index balance_row_day on balance_row (pair, currency, created, row_id);
-- What may still lack an owner: all else is never looked at again.
create index balance_row_open on balance_row (pair, created, row_id) where settled_at is null;
create index balance_row_source on balance_row (pair, source_id) where source_id is not null;

-- Which journal a part of a row goes into, fixed before anything of that journal is sent: rows that
-- come later get another one.
create table journal_row (
  pair text not null,
  row_id text not null,
  part text not null check (part in ('gross', 'fee')),
  lane_key text not null,
  -- The identity of the journal: `day:2026-03-10`, or the row itself where each has its own.
  object text not null,
  purpose text not null check (purpose in ('fee', 'category', 'bridge')),
  journal_part text not null,
  -- Whether it was to stand on suspense when it was planned.
  is_suspense boolean not null,
  planned_at timestamptz not null default now(),
  primary key (pair, row_id, part),
  foreign key (pair, row_id) references balance_row (pair, row_id)
);
create index journal_row_lane on journal_row (pair, lane_key);
create index journal_row_suspense on journal_row (pair, planned_at) where is_suspense;
