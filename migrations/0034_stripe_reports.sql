-- Stripe's own report on the balance at the end of a day that was proved: a third reading, which
-- the proof is held against.

create table stripe_report (
  pair text not null,
  day date not null,
  -- Stripe's id of the report.
  run_id text not null,
  state text not null default 'pending' check (state in ('pending', 'succeeded', 'failed')),
  -- Why Stripe could not make it.
  why text not null default '',
  -- Minor units of each currency that had a balance.
  endings jsonb not null default '{}',
  -- Automatic payouts that the report counts on the day they arrive, and what they do.
  under_way jsonb not null default '[]',
  asked_at timestamptz not null default clock_timestamp(),
  -- A day whose proof is older than what its report says is proved again.
  read_at timestamptz,
  primary key (pair, day)
);
