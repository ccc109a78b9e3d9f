-- What stands in SL and waits for a person there: a batch for its release, or an application that
-- the hub may not make. It is over once its intent is; the rows stay, as told by the trace.
create table person_wait (
  pair text not null,
  intent_key text not null,
  lane_key text not null,
  kind text not null check (kind in ('release', 'apply')),
  -- SL's screen, as people number it.
  screen text not null,
  bat_nbr text not null default '',
  -- How SL showed the batch at the newest look: on hold (H), balanced (B), suspended (S) and so on.
  batch_state text not null default '',
  -- What it is, and what is to be done with it, in words.
  what text not null,
  to_do text not null,
  since timestamptz not null default clock_timestamp(),
  looks int not null default 1,
  looked_at timestamptz not null default clock_timestamp(),
  primary key (pair, intent_key),
  foreign key (pair, intent_key) references intent (pair, key)
);
create index person_wait_lane on person_wait (pair, lane_key);

-- Money on a document in SL that nothing has taken, as SL showed it at the newest look.
create table unapplied (
  pair text not null,
  -- The document's.
  intent_key text not null,
  -- A payment, or a credit memo of money that came back.
  type text not null default 'PA',
  lane_key text not null,
  object text not null,
  customer_id text not null,
  ref_nbr text not null,
  currency text not null,
  minor bigint not null check (minor >= 0),
  since timestamptz not null default now(),
  looked_at timestamptz not null default now(),
  -- Set once nothing is left: it was applied, or refunded.
  cleared_at timestamptz,
  primary key (pair, intent_key),
  foreign key (pair, intent_key) references intent (pair, key)
);
create index unapplied_open on unapplied (pair, since) where cleared_at is null;
