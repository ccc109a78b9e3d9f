-- What somebody changed in SL of the hub's documents, how far the hub has looked for it, and what
-- it last saw of refunds, disputes and payouts at Stripe.

-- One row for each look of a kind at a pair: what is under way or was done last.
create table watch_round (
  pair text primary key,
  -- A full look goes over everything that was ever booked, the others over what is still open.
  is_full boolean not null default false,
  started_at timestamptz,
  ended_at timestamptz,
  -- When the last look that went over everything ended.
  full_at timestamptz,
  due_at timestamptz not null default clock_timestamp(),
  -- Set by whoever wants one now; the look that answers it clears it.
  asked_at timestamptz,
  asked_full boolean not null default false,
  -- Documents compared so far in this look, and how many it has to compare.
  checked int not null default 0,
  total int not null default 0,
  trouble_code text,
  trouble text,
  trouble_cure text,
  check ((trouble_code is null) = (trouble is null))
);

-- One row for each document that differs; rows are closed and never deleted.
create table watch_finding (
  id bigint generated always as identity primary key,
  pair text not null,
  intent_key text not null,
  lane_key text not null,
  kind text not null check (kind in (
    'deleted', 'voided', 'doubled', 'edited', 'reversed-otherwise', 'unapplied',
    'applied-otherwise', 'released-otherwise')),
  -- `open` until a person decides; `accepted` stays so until it changes again; `healing` until SL
  -- shows it as booked; `healed` and `gone` are over: by the hub's help, or without it.
  state text not null default 'open' check (state in (
    'open', 'accepted', 'healing', 'healed', 'gone')),
  version int not null default 1,
  -- What was booked, in words, and each point in which SL has something else.
  document text not null,
  object text not null,
  purpose text not null,
  period text not null,
  differences jsonb not null,
  -- Of kind and differences: what was accepted is told again once this is another one.
  fingerprint text not null,
  -- By how much SL's clearing account is off because of it, and where the proof shows it.
  effect_minor bigint not null default 0,
  effect_currency text not null,
  effect_on text not null,
  -- How it is healed: by the hub, or by a person with these steps.
  heal_by text not null check (heal_by in ('hub', 'person')),
  steps jsonb not null,
  found_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  decided_at timestamptz,
  decided_by text,
  reason text,
  closed_at timestamptz,
  foreign key (pair, intent_key) references intent (pair, key)
);
-- One that is not over for each document.
create unique index watch_finding_live on watch_finding (pair, intent_key)
  where state in ('open', 'accepted', 'healing');
create index watch_finding_newest on watch_finding (pair, id desc);
-- Runs ask for their own lane.
create index watch_finding_healing on watch_finding (lane_key, pair) where state = 'healing';

-- Refunds, disputes, payouts and top-ups as Stripe's list last showed them: another state without
-- an event wakes their lane.
create table swept_object (
  pair text not null,
  object_id text not null,
  -- Status, rows and dates, in one text.
  state text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null default clock_timestamp(),
  -- When its lane was last woken for it, and how often a change came without an event.
  woken_at timestamptz,
  found int not null default 0,
  primary key (pair, object_id)
);
create index swept_object_found on swept_object (pair, woken_at) where found > 0;

-- Every document of a closed period as it was when it was closed: later changes show against it.
create table period_close_document (
  pair text not null,
  period text not null,
  nr int not null,
  key text not null,
  hash text not null,
  -- What it is, in words, once the hub has forgotten.
  document text not null,
  primary key (pair, period, nr, key),
  foreign key (pair, period, nr) references period_close (pair, period, nr)
);
