-- What the hub means to write, each try of it, and what SL and Stripe hold for it.

-- One row for each document, customer or write-back; its key is what SL's documents carry.
create table intent (
  pair text not null,
  key text not null,
  lane_key text not null,
  object text not null,
  purpose text not null,
  part text not null default '',
  generation int not null default 0,
  draft jsonb not null,
  draft_hash text not null,
  mapping_version int not null,
  notes jsonb not null default '[]',
  -- planned > reserving > reserved > filling > filled > releasing > done, or abandoned: the next
  -- generation goes on. Where a site refuses empty batches: planned > adding > filled.
  stage text not null default 'planned' check (stage in (
    'planned', 'reserving', 'reserved', 'adding', 'filling', 'filled', 'releasing', 'done',
    'abandoned')),
  bat_nbr text,
  -- Set once: the one batch that may be released for this intent.
  release_key text,
  receipt jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (pair, key),
  unique (pair, object, purpose, part, generation)
);
-- Keys are looked up over all pairs when hub and SL are compared.
-- The pair comes last in these: as long as there are no statistics, the planner takes any index
-- that begins with the pair for as good as the primary key, and reads all its intents with it.
create index intent_key on intent (key);
create index intent_lane on intent (lane_key, pair);
create index intent_object on intent (object, pair);
create index intent_done on intent (pair, updated_at desc) where stage = 'done';
create index intent_customer on intent ((receipt ->> 'customerId'), pair);
create index intent_batch on intent (pair, bat_nbr) where bat_nbr is not null;

-- One row for each send: an attempt without an answer is an open outcome.
create table attempt (
  pair text not null,
  key text not null,
  nr int not null,
  step text not null check (step in (
    'reserve', 'fill', 'add', 'release', 'create', 'write', 'place', 'lift')),
  worker text not null,
  sent_at timestamptz not null default clock_timestamp(),
  answered_at timestamptz,
  -- 'ok', an error code, or null while open.
  outcome text,
  facts jsonb,
  -- What went out and what came back, masked and cut to 8 KiB each. Null where nothing did.
  request text,
  answer text,
  primary key (pair, key, nr),
  foreign key (pair, key) references intent (pair, key)
);
create index attempt_open on attempt (sent_at) where answered_at is null;

-- What SL holds for an intent: no two intents can claim the same SL document.
create table receipt (
  pair text not null,
  sl_table text not null,
  sl_key text not null,
  intent_key text not null,
  created_at timestamptz not null default now(),
  primary key (pair, sl_table, sl_key)
);
create index receipt_intent on receipt (pair, intent_key);

-- A part of a Stripe balance transaction has exactly one owning document.
create table row_owner (
  pair text not null,
  row_id text not null,
  part text not null check (part in ('gross', 'fee')),
  intent_key text not null,
  primary key (pair, row_id, part)
);

create index row_owner_intent on row_owner (pair, intent_key);

-- Stripe id <-> SL key.
create table link (
  pair text not null,
  stripe_id text not null,
  kind text not null check (kind in (
    'customer', 'invoice', 'payment', 'return', 'reverse', 'order', 'apply', 'rounding',
    'pending', 'pending-back', 'fee', 'category', 'payout-out', 'payout-in', 'payout-back',
    'dispute-open', 'dispute-back', 'dispute-close', 'bridge', 'wash', 'opening',
    'refund-cash', 'refund-cause', 'refund-back-cash', 'refund-back-cause', 'credit-note')),
  part text not null default '',
  sl_key text not null,
  bat_nbr text not null default '',
  intent_key text,
  created_at timestamptz not null default now(),
  primary key (pair, stripe_id, kind, part)
);
create index link_sl on link (pair, sl_key);
create index link_intent on link (pair, intent_key);
create index link_batch on link (pair, bat_nbr) where bat_nbr <> '';

-- One row for each piece of work on a lane that came to a result.
create table run (
  id bigint generated always as identity primary key,
  pair text not null,
  lane_key text not null,
  kind text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null default now(),
  worker text not null,
  outcome text not null check (outcome in (
    'booked', 'not_applicable', 'parked', 'waiting', 'retry', 'handed_over')),
  reason text not null,
  steps jsonb not null default '[]'
);
create index run_lane on run (pair, lane_key, id desc);
create index run_newest on run (pair, id desc);

-- Runs that wait for a person. Nothing but a command of a person, or the same run coming through,
-- closes a row.
create table parked (
  id bigint generated always as identity primary key,
  pair text not null,
  lane_key text not null,
  state text not null default 'open' check (state in ('open', 'resumed', 'dismissed', 'resolved')),
  category text not null,
  code text not null,
  reason text not null,
  cure text not null,
  facts jsonb not null default '{}',
  version int not null default 1,
  -- The newest run that came to this trouble.
  run_id bigint,
  opened_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  closed_at timestamptz,
  closed_by text,
  comment text,
  -- Who looks after it; null while nobody does.
  assignee text
);
create unique index parked_open on parked (pair, lane_key) where state = 'open';
create index parked_decided on parked (lane_key, pair, id desc)
  where state in ('dismissed', 'resumed');
create index parked_newest on parked (pair, id desc);

-- Held for the moment in which a customer is looked for and, if absent, made.
create table customer_lock (
  pair text not null,
  name text not null,
  holder text not null,
  held_until timestamptz not null,
  primary key (pair, name)
);

-- Whether hub and SL know the same newest documents.
create table lineage (
  pair text primary key,
  checked_at timestamptz not null,
  is_green boolean not null,
  reason text not null default ''
);
-- Customers that we made, or are making, are found by e-mail before SL's own look-up shows them.
create index intent_customer_email on intent (lower(draft ->> 'email'), pair)
  where purpose = 'customer';

-- What a site was seen to be able to do; answers of another site than the pair's are not believed.
create table site_probe (
  pair text not null,
  name text not null,
  site text not null,
  answer text not null check (answer in ('yes', 'no')),
  detail text not null,
  server_version text not null,
  probed_at timestamptz not null default now(),
  primary key (pair, name)
);

-- Takes the turn to release for a pair, over all hubs, or says after two seconds that it cannot be
-- had: a hub that is frozen while it holds the turn must not stop the others. 1397512788 is 'SLRT'.
create function slipway_take_turn(p_pair text) returns boolean
language plpgsql volatile
set lock_timeout = '2s'
as $$
begin
  perform pg_advisory_lock(1397512788, hashtext(p_pair));
  return true;
exception when lock_not_available then
  return false;
end
$$;
