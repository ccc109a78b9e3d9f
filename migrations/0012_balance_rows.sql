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
