-- Disputes of charges that the hub has seen: how each stands, by its rows, as its last run saw it.

create table dispute (
  seq bigint generated always as identity,
  pair text not null,
  dispute_id text not null,
  lane_key text not null,
  charge_id text not null,
  -- Stripe's words. The network's code is empty where it gave none.
  status text not null,
  reason text not null default '',
  network_reason_code text not null default '',
  -- What is disputed, in minor units of the charge's currency.
  currency text not null,
  amount bigint not null,
  -- What the rows come to, in minor units of the currency that they are settled in.
  settled_in text not null,
  withdrawn bigint not null default 0,
  reinstated bigint not null default 0,
  fees bigint not null default 0,
  -- What verdicts have made a loss, and what appeals brought back of it.
  lost bigint not null default 0,
  recovered bigint not null default 0,
  stage text not null check (stage in ('inquiry', 'open', 'row-awaited', 'won', 'lost')),
  -- Refunds of the charge and what disputes hold of it are more than was charged.
  is_over boolean not null default false,
  opened_at timestamptz not null,
  -- Until when evidence can be submitted; null where none is wanted.
  evidence_due_at timestamptz,
  has_evidence boolean not null default false,
  -- Verdicts that were told, with their times: Stripe forgets them after 30 days.
  closings jsonb not null default '[]',
  -- What it waits for, in words; empty where for nothing.
  waits_for text not null default '',
  seen_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  looked_at timestamptz not null default clock_timestamp(),
  primary key (pair, dispute_id)
);
create unique index dispute_newest on dispute (seq);
create index dispute_of_lane on dispute (pair, lane_key);
create index dispute_of_charge on dispute (pair, charge_id);
create index dispute_active on dispute (pair, stage)
  where stage in ('inquiry', 'open', 'row-awaited') or is_over;
