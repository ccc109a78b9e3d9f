-- What is not booked because a rule or a word says so: one row for each lane, gone once it is
-- booked.
create table held (
  pair text not null,
  lane_key text not null,
  kind text not null check (kind in (
    'hold', 'skip', 'filter', 'not-allowed', 'min-age', 'mode', 'zero',
    'reversed')),
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

-- Buyers of whom nobody can tell by rule which SL customer they are: a person chooses.
create table customer_review (
  id bigint generated always as identity primary key,
  pair text not null,
  -- The Stripe customer, the guest or the sale that waits for a customer, and the first lane of it.
  object text not null,
  lane_key text not null,
  -- What was decided: to take that customer, or to make one.
  state text not null default 'open' check (state in ('open', 'linked', 'create')),
  code text not null,
  reasons jsonb not null,
  -- SL's customers that it may be, and the buyer as Stripe tells it.
  candidates jsonb not null,
  buyer jsonb not null,
  money text not null,
  version int not null default 1,
  opened_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  closed_at timestamptz,
  closed_by text,
  comment text,
  customer_id text
);
create unique index customer_review_open on customer_review (pair, object) where state = 'open';
create index customer_review_object on customer_review (pair, object, id desc);
-- The runs that wait for a review.
create index parked_review on parked ((facts ->> 'review')) where state = 'open';

-- What SL and Stripe said of a customer when they were last alike to the hub: whoever differs from
-- it now has changed since.
create table customer_base (
  pair text not null,
  stripe_id text not null,
  customer_id text not null,
  sl jsonb not null,
  stripe jsonb not null,
  written_at timestamptz not null default now(),
  primary key (pair, stripe_id)
);
