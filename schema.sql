-- The schema after all migrations, read from PostgreSQL's catalogs. Generated: do not edit.

-- table alert
create table alert (
  id bigint generated always as identity not null,
  rule text not null,
  pair text default ''::text not null,
  key text default ''::text not null,
  title text not null,
  cure text not null,
  records jsonb default '[]'::jsonb not null,
  count integer not null,
  opened_at timestamp with time zone default clock_timestamp() not null,
  seen_at timestamp with time zone default clock_timestamp() not null,
  misses integer default 0 not null,
  notices integer default 0 not null,
  notified_at timestamp with time zone,
  resolved_at timestamp with time zone
);

-- table alert_notice
create table alert_notice (
  id bigint generated always as identity not null,
  message_id text not null,
  alert_id bigint not null,
  channel text not null,
  kind text not null,
  content jsonb not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  due_at timestamp with time zone default clock_timestamp(),
  tries integer default 0 not null,
  tried_at timestamp with time zone,
  taken_at timestamp with time zone,
  error text
);

-- table alert_round
create table alert_round (
  is_only boolean default true not null,
  due_at timestamp with time zone default clock_timestamp() not null
);

-- table alert_signal
create table alert_signal (
  rule text not null,
  pair text default ''::text not null,
  key text default ''::text not null,
  title text not null,
  cure text not null,
  records jsonb default '[]'::jsonb not null,
  count integer not null,
  expires_at timestamp with time zone not null
);

-- table attempt
create table attempt (
  pair text not null,
  key text not null,
  nr integer not null,
  step text not null,
  worker text not null,
  sent_at timestamp with time zone default clock_timestamp() not null,
  answered_at timestamp with time zone,
  outcome text,
  facts jsonb,
  request text,
  answer text
);

-- table backfill
create table backfill (
  id bigint generated always as identity not null,
  pair text not null,
  from_at timestamp with time zone not null,
  until_at timestamp with time zone not null,
  state text default 'listing'::text not null,
  is_paused boolean default false not null,
  "position" timestamp with time zone not null,
  per_minute integer,
  started_by text not null,
  started_at timestamp with time zone default clock_timestamp() not null,
  booking_at timestamp with time zone,
  ended_at timestamp with time zone,
  owner text,
  lease_until timestamp with time zone,
  tries integer default 0 not null,
  due_at timestamp with time zone default clock_timestamp() not null,
  trouble_code text,
  trouble text
);

-- table backfill_fact
create table backfill_fact (
  backfill_id bigint not null,
  lane_key text not null,
  at timestamp with time zone not null,
  row_ids text[] not null,
  woken_at timestamp with time zone,
  ended_at timestamp with time zone,
  outcome text
);

-- table balance_row
create table balance_row (
  pair text not null,
  row_id text not null,
  created timestamp with time zone not null,
  currency text not null,
  category text not null,
  type text not null,
  gross bigint not null,
  fee bigint not null,
  net bigint not null,
  fee_details jsonb default '[]'::jsonb not null,
  balance_type text default 'payments'::text not null,
  status text not null,
  available_on timestamp with time zone,
  source_id text,
  description text default ''::text not null,
  payout_id text,
  exchange_rate text,
  read_at timestamp with time zone default clock_timestamp() not null,
  woken_at timestamp with time zone,
  settled_at timestamp with time zone,
  held_for bigint,
  fee_awaits_until timestamp with time zone
);

-- table booked_by
create table booked_by (
  pair text not null,
  setting text not null,
  value text not null
);

-- table collected_document
create table collected_document (
  pair text not null,
  intent_key text not null,
  lane_key text not null,
  day text not null,
  kind text not null,
  currency text not null,
  customer_id text not null,
  accounts text not null,
  part text,
  collected_at timestamp with time zone default clock_timestamp() not null
);

-- table customer_base
create table customer_base (
  pair text not null,
  stripe_id text not null,
  customer_id text not null,
  sl jsonb not null,
  stripe jsonb not null,
  written_at timestamp with time zone default now() not null
);

-- table customer_lock
create table customer_lock (
  pair text not null,
  name text not null,
  holder text not null,
  held_until timestamp with time zone not null
);

-- table customer_review
create table customer_review (
  id bigint generated always as identity not null,
  pair text not null,
  object text not null,
  lane_key text not null,
  state text default 'open'::text not null,
  code text not null,
  reasons jsonb not null,
  candidates jsonb not null,
  buyer jsonb not null,
  money text not null,
  version integer default 1 not null,
  opened_at timestamp with time zone default now() not null,
  changed_at timestamp with time zone default now() not null,
  closed_at timestamp with time zone,
  closed_by text,
  comment text,
  customer_id text
);

-- table day_proof
create table day_proof (
  pair text not null,
  day date not null,
  currency text not null,
  kind text not null,
  is_proven boolean not null,
  closing bigint not null,
  released bigint not null,
  difference bigint not null,
  findings jsonb not null,
  finding_count integer not null,
  made_at timestamp with time zone default clock_timestamp() not null
);

-- table delivery
create table delivery (
  subscriber text not null,
  "position" bigint not null,
  key text not null,
  tries integer default 0 not null,
  due_at timestamp with time zone default clock_timestamp() not null,
  last_error text
);

-- table dispute
create table dispute (
  seq bigint generated always as identity not null,
  pair text not null,
  dispute_id text not null,
  lane_key text not null,
  charge_id text not null,
  status text not null,
  reason text default ''::text not null,
  network_reason_code text default ''::text not null,
  currency text not null,
  amount bigint not null,
  settled_in text not null,
  withdrawn bigint default 0 not null,
  reinstated bigint default 0 not null,
  fees bigint default 0 not null,
  lost bigint default 0 not null,
  recovered bigint default 0 not null,
  stage text not null,
  is_over boolean default false not null,
  opened_at timestamp with time zone not null,
  evidence_due_at timestamp with time zone,
  has_evidence boolean default false not null,
  closings jsonb default '[]'::jsonb not null,
  waits_for text default ''::text not null,
  seen_at timestamp with time zone default clock_timestamp() not null,
  changed_at timestamp with time zone default clock_timestamp() not null,
  looked_at timestamp with time zone default clock_timestamp() not null
);

-- table domain_event
create table domain_event (
  id bigint generated always as identity not null,
  "position" bigint,
  uid uuid default gen_random_uuid() not null,
  pair text,
  key text not null,
  type text not null,
  data jsonb not null,
  occurred_at timestamp with time zone default clock_timestamp() not null
) with (fillfactor=85);

-- table event
create table event (
  seq bigint generated always as identity not null,
  pair text not null,
  stripe_event_id text not null,
  type text not null,
  api_version text,
  livemode boolean not null,
  object_id text,
  lane_key text,
  created_at timestamp with time zone not null,
  received_at timestamp with time zone default clock_timestamp() not null,
  body bytea not null,
  signed_sha256 bytea,
  via text default 'webhook'::text not null,
  end_state text,
  end_reason text,
  ended_at timestamp with time zone
);

-- table event_walk
create table event_walk (
  pair text not null,
  kind text not null,
  since timestamp with time zone not null,
  "position" timestamp with time zone not null,
  walk_from timestamp with time zone,
  walk_to timestamp with time zone,
  span_ms bigint default 3600000 not null,
  owner text,
  round bigint default 0 not null,
  started_at timestamp with time zone,
  due_at timestamp with time zone default clock_timestamp() not null,
  done_at timestamp with time zone,
  deep_at timestamp with time zone,
  tries integer default 0 not null,
  trouble_code text,
  trouble text,
  trouble_cure text,
  lost_from timestamp with time zone,
  lost_to timestamp with time zone
);

-- table fact_override
create table fact_override (
  pair text not null,
  lane_key text not null,
  field text not null,
  target text default ''::text not null,
  value text not null,
  set_by text not null,
  reason text not null,
  parked_id bigint not null,
  set_at timestamp with time zone default clock_timestamp() not null
);

-- table former_owner
create table former_owner (
  pair text not null,
  row_id text not null,
  part text not null,
  intent_key text not null,
  until_on text not null
);

-- table guest_call
create table guest_call (
  pair text not null,
  process text not null,
  ticket text not null,
  since timestamp with time zone default clock_timestamp() not null
);

-- table held
create table held (
  pair text not null,
  lane_key text not null,
  kind text not null,
  rule text not null,
  reason text not null,
  money text not null,
  since timestamp with time zone default now() not null,
  seen_at timestamp with time zone default now() not null,
  nr bigint generated always as identity not null
);

-- table hub_process
create table hub_process (
  id text not null,
  started_at timestamp with time zone default clock_timestamp() not null,
  heartbeat_at timestamp with time zone default clock_timestamp() not null
);

-- table intent
create table intent (
  pair text not null,
  key text not null,
  lane_key text not null,
  object text not null,
  purpose text not null,
  part text default ''::text not null,
  generation integer default 0 not null,
  draft jsonb not null,
  draft_hash text not null,
  mapping_version integer not null,
  notes jsonb default '[]'::jsonb not null,
  stage text default 'planned'::text not null,
  bat_nbr text,
  release_key text,
  receipt jsonb,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  reversed_by text,
  reversed_on text,
  done_at timestamp with time zone generated always as (
CASE
    WHEN (stage = 'done'::text) THEN updated_at
    ELSE NULL::timestamp with time zone
END) stored,
  open_since timestamp with time zone generated always as (
CASE
    WHEN (stage <> ALL (ARRAY['done'::text, 'abandoned'::text])) THEN created_at
    ELSE NULL::timestamp with time zone
END) stored
) with (fillfactor=80);

-- table journal_row
create table journal_row (
  pair text not null,
  row_id text not null,
  part text not null,
  lane_key text not null,
  object text not null,
  purpose text not null,
  journal_part text not null,
  is_suspense boolean not null,
  planned_at timestamp with time zone default now() not null
);

-- table lane
create table lane (
  pair text not null,
  key text not null,
  wake bigint default 0 not null,
  due_at timestamp with time zone,
  owner text,
  attempt bigint default 0 not null,
  lease_until timestamp with time zone,
  tries integer default 0 not null,
  waits_for text,
  woken_at timestamp with time zone,
  updated_at timestamp with time zone default now() not null
) with (fillfactor=70);

-- table left_part
create table left_part (
  pair text not null,
  row_id text not null,
  part text not null,
  lane_key text not null,
  left_at timestamp with time zone default clock_timestamp() not null
);

-- table lineage
create table lineage (
  pair text not null,
  checked_at timestamp with time zone not null,
  is_green boolean not null,
  reason text default ''::text not null
);

-- table link
create table link (
  pair text not null,
  stripe_id text not null,
  kind text not null,
  part text default ''::text not null,
  sl_key text not null,
  bat_nbr text default ''::text not null,
  intent_key text,
  created_at timestamp with time zone default now() not null
);

-- table opening_entry
create table opening_entry (
  pair text not null,
  object text not null,
  part text default ''::text not null,
  kind text not null,
  currency text not null,
  amount bigint not null,
  day text not null,
  confirmed_at timestamp with time zone default clock_timestamp() not null,
  confirmed_by text not null
);

-- table operator_act
create table operator_act (
  id bigint generated always as identity not null,
  pair text,
  lane_key text,
  parked_id bigint,
  done_at timestamp with time zone default clock_timestamp() not null,
  done_by text not null,
  act text not null,
  words text not null,
  changes jsonb default '[]'::jsonb not null
);

-- table pair_state
create table pair_state (
  pair text not null,
  paused_code text,
  paused_reason text,
  held_by text,
  held_reason text,
  held_at timestamp with time zone,
  circuit text default 'closed'::text not null,
  circuit_failures integer default 0 not null,
  circuit_opened_at timestamp with time zone,
  probe_at timestamp with time zone,
  probes integer default 0 not null,
  updated_at timestamp with time zone default now() not null
);

-- table parked
create table parked (
  id bigint generated always as identity not null,
  pair text not null,
  lane_key text not null,
  state text default 'open'::text not null,
  category text not null,
  code text not null,
  reason text not null,
  cure text not null,
  facts jsonb default '{}'::jsonb not null,
  version integer default 1 not null,
  run_id bigint,
  opened_at timestamp with time zone default now() not null,
  changed_at timestamp with time zone default now() not null,
  closed_at timestamp with time zone,
  closed_by text,
  comment text,
  assignee text
);

-- table payout_list
create table payout_list (
  pair text not null,
  payout_id text not null,
  made_at timestamp with time zone not null,
  read_at timestamp with time zone default clock_timestamp() not null
);

-- table period_close
create table period_close (
  pair text not null,
  period text not null,
  nr integer not null,
  closed_at timestamp with time zone default clock_timestamp() not null,
  closed_by text not null,
  hash text not null,
  snapshot text not null
);

-- table period_close_document
create table period_close_document (
  pair text not null,
  period text not null,
  nr integer not null,
  key text not null,
  hash text not null,
  document text not null
);

-- table person_wait
create table person_wait (
  pair text not null,
  intent_key text not null,
  lane_key text not null,
  kind text not null,
  screen text not null,
  bat_nbr text default ''::text not null,
  batch_state text default ''::text not null,
  what text not null,
  to_do text not null,
  since timestamp with time zone default clock_timestamp() not null,
  looks integer default 1 not null,
  looked_at timestamp with time zone default clock_timestamp() not null
);

-- table proof_match
create table proof_match (
  id bigint generated always as identity not null,
  pair text not null,
  currency text not null,
  finding_ids text[] not null,
  made_at timestamp with time zone default clock_timestamp() not null,
  made_by text not null,
  reason text not null,
  undone_at timestamp with time zone,
  undone_by text
);

-- table proof_round
create table proof_round (
  pair text not null,
  proved_until date not null,
  due_at timestamp with time zone default clock_timestamp() not null,
  tries integer default 0 not null,
  trouble_code text,
  trouble text,
  trouble_cure text,
  trouble_since timestamp with time zone
);

-- table receipt
create table receipt (
  pair text not null,
  sl_table text not null,
  sl_key text not null,
  intent_key text not null,
  created_at timestamp with time zone default now() not null
);

-- table reversal
create table reversal (
  id bigint generated always as identity not null,
  pair text not null,
  lane_key text not null,
  named text not null,
  objects text[] not null,
  documents jsonb not null,
  dated text not null,
  state text default 'asked'::text not null,
  rebook boolean not null,
  reason text not null,
  asked_by text not null,
  asked_at timestamp with time zone default clock_timestamp() not null,
  reversed_at timestamp with time zone,
  rebooked_at timestamp with time zone,
  rebooked_by text,
  withdrawn_at timestamp with time zone,
  withdrawn_by text
);

-- table row_owner
create table row_owner (
  pair text not null,
  row_id text not null,
  part text not null,
  intent_key text not null
);

-- table run
create table run (
  id bigint generated always as identity not null,
  pair text not null,
  lane_key text not null,
  kind text not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone default now() not null,
  worker text not null,
  outcome text not null,
  reason text not null,
  steps jsonb default '[]'::jsonb not null
);

-- table sales_order
create table sales_order (
  seq bigint generated always as identity not null,
  pair text not null,
  object text not null,
  lane_key text not null,
  order_number text not null,
  customer_id text not null,
  customer_order_number text default ''::text not null,
  currency text not null,
  paid bigint not null,
  applied bigint default 0 not null,
  refunded bigint default 0 not null,
  left_over bigint not null,
  state text not null,
  waits_for text default ''::text not null,
  documents jsonb default '[]'::jsonb not null,
  placed_at timestamp with time zone default now() not null,
  changed_at timestamp with time zone default now() not null,
  looked_at timestamp with time zone default now() not null,
  left_since timestamp with time zone,
  left_due_at timestamp with time zone
);

-- table settings_seen
create table settings_seen (
  home text not null,
  setting text not null,
  value text not null
);

-- table site_probe
create table site_probe (
  pair text not null,
  name text not null,
  site text not null,
  answer text not null,
  detail text not null,
  server_version text not null,
  probed_at timestamp with time zone default now() not null
);

-- table slipway_migration
create table slipway_migration (
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone default clock_timestamp() not null
);

-- table stripe_report
create table stripe_report (
  pair text not null,
  day date not null,
  run_id text not null,
  state text default 'pending'::text not null,
  why text default ''::text not null,
  endings jsonb default '{}'::jsonb not null,
  under_way jsonb default '[]'::jsonb not null,
  asked_at timestamp with time zone default clock_timestamp() not null,
  read_at timestamp with time zone
);

-- table subscriber
create table subscriber (
  id text not null,
  url text not null,
  types text[] default '{}'::text[] not null,
  pairs text[] default '{}'::text[] not null,
  state text default 'enabled'::text not null,
  disabled_reason text,
  secret text not null,
  previous_secret text,
  previous_until timestamp with time zone,
  "position" bigint not null,
  owner text,
  lease_until timestamp with time zone,
  failures integer default 0 not null,
  failing_since timestamp with time zone,
  hold_until timestamp with time zone,
  delivered bigint default 0 not null,
  last_delivered_at timestamp with time zone,
  last_error text,
  last_failed_at timestamp with time zone,
  created_at timestamp with time zone default now() not null
);

-- table swept_object
create table swept_object (
  pair text not null,
  object_id text not null,
  state text not null,
  created_at timestamp with time zone not null,
  seen_at timestamp with time zone default clock_timestamp() not null,
  woken_at timestamp with time zone,
  found integer default 0 not null
);

-- table unapplied
create table unapplied (
  pair text not null,
  intent_key text not null,
  type text default 'PA'::text not null,
  lane_key text not null,
  object text not null,
  customer_id text not null,
  ref_nbr text not null,
  currency text not null,
  minor bigint not null,
  since timestamp with time zone default now() not null,
  looked_at timestamp with time zone default now() not null,
  cleared_at timestamp with time zone
);

-- table watch_finding
create table watch_finding (
  id bigint generated always as identity not null,
  pair text not null,
  intent_key text not null,
  lane_key text not null,
  kind text not null,
  state text default 'open'::text not null,
  version integer default 1 not null,
  document text not null,
  object text not null,
  purpose text not null,
  period text not null,
  differences jsonb not null,
  fingerprint text not null,
  effect_minor bigint default 0 not null,
  effect_currency text not null,
  effect_on text not null,
  heal_by text not null,
  steps jsonb not null,
  found_at timestamp with time zone default clock_timestamp() not null,
  seen_at timestamp with time zone default clock_timestamp() not null,
  decided_at timestamp with time zone,
  decided_by text,
  reason text,
  closed_at timestamp with time zone
);

-- table watch_round
create table watch_round (
  pair text not null,
  is_full boolean default false not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  full_at timestamp with time zone,
  due_at timestamp with time zone default clock_timestamp() not null,
  asked_at timestamp with time zone,
  asked_full boolean default false not null,
  checked integer default 0 not null,
  total integer default 0 not null,
  trouble_code text,
  trouble text,
  trouble_cure text,
  trouble_since timestamp with time zone
);

-- constraint alert.alert_pkey
alter table alert add constraint alert_pkey PRIMARY KEY (id);

-- constraint alert_notice.alert_notice_alert_id_fkey
alter table alert_notice add constraint alert_notice_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(id);

-- constraint alert_notice.alert_notice_kind_check
alter table alert_notice add constraint alert_notice_kind_check CHECK ((kind = ANY (ARRAY['opened'::text, 'repeated'::text, 'resolved'::text])));

-- constraint alert_notice.alert_notice_message_id_key
alter table alert_notice add constraint alert_notice_message_id_key UNIQUE (message_id);

-- constraint alert_notice.alert_notice_pkey
alter table alert_notice add constraint alert_notice_pkey PRIMARY KEY (id);

-- constraint alert_round.alert_round_is_only_check
alter table alert_round add constraint alert_round_is_only_check CHECK (is_only);

-- constraint alert_round.alert_round_pkey
alter table alert_round add constraint alert_round_pkey PRIMARY KEY (is_only);

-- constraint alert_signal.alert_signal_pkey
alter table alert_signal add constraint alert_signal_pkey PRIMARY KEY (rule, pair, key);

-- constraint attempt.attempt_pair_key_fkey
alter table attempt add constraint attempt_pair_key_fkey FOREIGN KEY (pair, key) REFERENCES intent(pair, key);

-- constraint attempt.attempt_pkey
alter table attempt add constraint attempt_pkey PRIMARY KEY (pair, key, nr);

-- constraint attempt.attempt_step_check
alter table attempt add constraint attempt_step_check CHECK ((step = ANY (ARRAY['reserve'::text, 'fill'::text, 'add'::text, 'release'::text, 'create'::text, 'write'::text, 'place'::text, 'lift'::text, 'hold'::text])));

-- constraint backfill.backfill_check
alter table backfill add constraint backfill_check CHECK ((until_at > from_at));

-- constraint backfill.backfill_pkey
alter table backfill add constraint backfill_pkey PRIMARY KEY (id);

-- constraint backfill.backfill_state_check
alter table backfill add constraint backfill_state_check CHECK ((state = ANY (ARRAY['listing'::text, 'booking'::text, 'done'::text, 'cancelled'::text])));

-- constraint backfill_fact.backfill_fact_backfill_id_fkey
alter table backfill_fact add constraint backfill_fact_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES backfill(id);

-- constraint backfill_fact.backfill_fact_pkey
alter table backfill_fact add constraint backfill_fact_pkey PRIMARY KEY (backfill_id, lane_key);

-- constraint balance_row.balance_row_check
alter table balance_row add constraint balance_row_check CHECK ((net = (gross - fee)));

-- constraint balance_row.balance_row_currency_check
alter table balance_row add constraint balance_row_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));

-- constraint balance_row.balance_row_held_for_fkey
alter table balance_row add constraint balance_row_held_for_fkey FOREIGN KEY (held_for) REFERENCES backfill(id);

-- constraint balance_row.balance_row_pkey
alter table balance_row add constraint balance_row_pkey PRIMARY KEY (pair, row_id);

-- constraint booked_by.booked_by_pkey
alter table booked_by add constraint booked_by_pkey PRIMARY KEY (pair, setting);

-- constraint collected_document.collected_document_currency_check
alter table collected_document add constraint collected_document_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));

-- constraint collected_document.collected_document_day_check
alter table collected_document add constraint collected_document_day_check CHECK ((day ~ '^\d{4}-\d{2}-\d{2}$'::text));

-- constraint collected_document.collected_document_kind_check
alter table collected_document add constraint collected_document_kind_check CHECK ((kind = ANY (ARRAY['sale'::text, 'refund'::text])));

-- constraint collected_document.collected_document_pair_intent_key_fkey
alter table collected_document add constraint collected_document_pair_intent_key_fkey FOREIGN KEY (pair, intent_key) REFERENCES intent(pair, key);

-- constraint collected_document.collected_document_pkey
alter table collected_document add constraint collected_document_pkey PRIMARY KEY (pair, intent_key);

-- constraint customer_base.customer_base_pkey
alter table customer_base add constraint customer_base_pkey PRIMARY KEY (pair, stripe_id);

-- constraint customer_lock.customer_lock_pkey
alter table customer_lock add constraint customer_lock_pkey PRIMARY KEY (pair, name);

-- constraint customer_review.customer_review_pkey
alter table customer_review add constraint customer_review_pkey PRIMARY KEY (id);

-- constraint customer_review.customer_review_state_check
alter table customer_review add constraint customer_review_state_check CHECK ((state = ANY (ARRAY['open'::text, 'linked'::text, 'create'::text])));

-- constraint day_proof.day_proof_currency_check
alter table day_proof add constraint day_proof_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));

-- constraint day_proof.day_proof_finding_count_check
alter table day_proof add constraint day_proof_finding_count_check CHECK ((finding_count >= 0));

-- constraint day_proof.day_proof_kind_check
alter table day_proof add constraint day_proof_kind_check CHECK ((kind = ANY (ARRAY['proof'::text, 'own-documents'::text])));

-- constraint day_proof.day_proof_pkey
alter table day_proof add constraint day_proof_pkey PRIMARY KEY (pair, day, currency);

-- constraint delivery.delivery_pkey
alter table delivery add constraint delivery_pkey PRIMARY KEY (subscriber, "position");

-- constraint delivery.delivery_subscriber_fkey
alter table delivery add constraint delivery_subscriber_fkey FOREIGN KEY (subscriber) REFERENCES subscriber(id) ON DELETE CASCADE;

-- constraint dispute.dispute_pkey
alter table dispute add constraint dispute_pkey PRIMARY KEY (pair, dispute_id);

-- constraint dispute.dispute_stage_check
alter table dispute add constraint dispute_stage_check CHECK ((stage = ANY (ARRAY['inquiry'::text, 'open'::text, 'row-awaited'::text, 'won'::text, 'lost'::text])));

-- constraint domain_event.domain_event_pkey
alter table domain_event add constraint domain_event_pkey PRIMARY KEY (id);

-- constraint event.event_check
alter table event add constraint event_check CHECK (((end_state IS NULL) = (ended_at IS NULL)));

-- constraint event.event_check1
alter table event add constraint event_check1 CHECK (((lane_key IS NOT NULL) OR (end_state IS NOT NULL)));

-- constraint event.event_end_state_check
alter table event add constraint event_end_state_check CHECK ((end_state = ANY (ARRAY['booked'::text, 'not_applicable'::text, 'parked'::text])));

-- constraint event.event_pair_stripe_event_id_key
alter table event add constraint event_pair_stripe_event_id_key UNIQUE (pair, stripe_event_id);

-- constraint event.event_pkey
alter table event add constraint event_pkey PRIMARY KEY (seq);

-- constraint event.event_via_check
alter table event add constraint event_via_check CHECK ((via = ANY (ARRAY['webhook'::text, 'pull'::text, 'gap'::text])));

-- constraint event_walk.event_walk_check
alter table event_walk add constraint event_walk_check CHECK (((walk_from IS NULL) = (walk_to IS NULL)));

-- constraint event_walk.event_walk_check1
alter table event_walk add constraint event_walk_check1 CHECK (((lost_from IS NULL) = (lost_to IS NULL)));

-- constraint event_walk.event_walk_check2
alter table event_walk add constraint event_walk_check2 CHECK (((trouble_code IS NULL) = (trouble IS NULL)));

-- constraint event_walk.event_walk_kind_check
alter table event_walk add constraint event_walk_kind_check CHECK ((kind = ANY (ARRAY['pull'::text, 'gap'::text, 'rows'::text, 'sweep'::text])));

-- constraint event_walk.event_walk_pkey
alter table event_walk add constraint event_walk_pkey PRIMARY KEY (pair, kind);

-- constraint fact_override.fact_override_field_check
alter table fact_override add constraint fact_override_field_check CHECK ((field = ANY (ARRAY['item'::text, 'customer'::text, 'text'::text, 'metadata'::text])));

-- constraint fact_override.fact_override_pkey
alter table fact_override add constraint fact_override_pkey PRIMARY KEY (pair, lane_key, field, target);

-- constraint former_owner.former_owner_part_check
alter table former_owner add constraint former_owner_part_check CHECK ((part = ANY (ARRAY['gross'::text, 'fee'::text])));

-- constraint former_owner.former_owner_pkey
alter table former_owner add constraint former_owner_pkey PRIMARY KEY (pair, row_id, part, intent_key);

-- constraint guest_call.guest_call_pkey
alter table guest_call add constraint guest_call_pkey PRIMARY KEY (pair);

-- constraint held.held_kind_check
alter table held add constraint held_kind_check CHECK ((kind = ANY (ARRAY['hold'::text, 'skip'::text, 'filter'::text, 'not-allowed'::text, 'min-age'::text, 'mode'::text, 'zero'::text, 'reversed'::text])));

-- constraint held.held_pkey
alter table held add constraint held_pkey PRIMARY KEY (pair, lane_key);

-- constraint hub_process.hub_process_pkey
alter table hub_process add constraint hub_process_pkey PRIMARY KEY (id);

-- constraint intent.intent_object_pair_purpose_part_generation_key
alter table intent add constraint intent_object_pair_purpose_part_generation_key UNIQUE (object, pair, purpose, part, generation);

-- constraint intent.intent_pkey
alter table intent add constraint intent_pkey PRIMARY KEY (pair, key);

-- constraint intent.intent_stage_check
alter table intent add constraint intent_stage_check CHECK ((stage = ANY (ARRAY['planned'::text, 'collected'::text, 'reserving'::text, 'reserved'::text, 'adding'::text, 'filling'::text, 'filled'::text, 'releasing'::text, 'done'::text, 'abandoned'::text])));

-- constraint journal_row.journal_row_pair_row_id_fkey
alter table journal_row add constraint journal_row_pair_row_id_fkey FOREIGN KEY (pair, row_id) REFERENCES balance_row(pair, row_id);

-- constraint journal_row.journal_row_part_check
alter table journal_row add constraint journal_row_part_check CHECK ((part = ANY (ARRAY['gross'::text, 'fee'::text])));

-- constraint journal_row.journal_row_pkey
alter table journal_row add constraint journal_row_pkey PRIMARY KEY (pair, row_id, part);

-- constraint journal_row.journal_row_purpose_check
alter table journal_row add constraint journal_row_purpose_check CHECK ((purpose = ANY (ARRAY['fee'::text, 'category'::text, 'bridge'::text])));

-- constraint lane.lane_check
alter table lane add constraint lane_check CHECK (((owner IS NULL) = (lease_until IS NULL)));

-- constraint lane.lane_pkey
alter table lane add constraint lane_pkey PRIMARY KEY (pair, key);

-- constraint left_part.left_part_pair_row_id_fkey
alter table left_part add constraint left_part_pair_row_id_fkey FOREIGN KEY (pair, row_id) REFERENCES balance_row(pair, row_id);

-- constraint left_part.left_part_part_check
alter table left_part add constraint left_part_part_check CHECK ((part = ANY (ARRAY['gross'::text, 'fee'::text])));

-- constraint left_part.left_part_pkey
alter table left_part add constraint left_part_pkey PRIMARY KEY (pair, row_id, part);

-- constraint lineage.lineage_pkey
alter table lineage add constraint lineage_pkey PRIMARY KEY (pair);

-- constraint link.link_kind_check
alter table link add constraint link_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'invoice'::text, 'summary'::text, 'payment'::text, 'return'::text, 'reverse'::text, 'order'::text, 'apply'::text, 'rounding'::text, 'pending'::text, 'pending-back'::text, 'fee'::text, 'category'::text, 'payout-out'::text, 'payout-in'::text, 'payout-back'::text, 'dispute-open'::text, 'dispute-back'::text, 'dispute-close'::text, 'bridge'::text, 'wash'::text, 'opening'::text, 'refund-cash'::text, 'refund-cause'::text, 'refund-back-cash'::text, 'refund-back-cause'::text, 'credit-note'::text])));

-- constraint link.link_pkey
alter table link add constraint link_pkey PRIMARY KEY (pair, stripe_id, kind, part);

-- constraint opening_entry.opening_entry_amount_check
alter table opening_entry add constraint opening_entry_amount_check CHECK ((amount <> 0));

-- constraint opening_entry.opening_entry_currency_check
alter table opening_entry add constraint opening_entry_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));

-- constraint opening_entry.opening_entry_kind_check
alter table opening_entry add constraint opening_entry_kind_check CHECK ((kind = ANY (ARRAY['balance'::text, 'payout'::text, 'dispute'::text])));

-- constraint opening_entry.opening_entry_pkey
alter table opening_entry add constraint opening_entry_pkey PRIMARY KEY (pair, object, part);

-- constraint operator_act.operator_act_act_check
alter table operator_act add constraint operator_act_act_check CHECK ((act = ANY (ARRAY['assigned'::text, 'commented'::text, 'edited'::text, 'resumed'::text, 'dismissed'::text, 'replayed'::text, 'paused'::text, 'unpaused'::text, 'opened'::text, 'backfilled'::text, 'accepted'::text, 'healed'::text, 'reversed'::text, 'rebooked'::text, 'withdrawn'::text, 'linked'::text, 'configured'::text, 'matched'::text, 'unmatched'::text])));

-- constraint operator_act.operator_act_pkey
alter table operator_act add constraint operator_act_pkey PRIMARY KEY (id);

-- constraint pair_state.pair_state_check
alter table pair_state add constraint pair_state_check CHECK (((paused_code IS NULL) = (paused_reason IS NULL)));

-- constraint pair_state.pair_state_check1
alter table pair_state add constraint pair_state_check1 CHECK ((((held_by IS NULL) = (held_reason IS NULL)) AND ((held_by IS NULL) = (held_at IS NULL))));

-- constraint pair_state.pair_state_check2
alter table pair_state add constraint pair_state_check2 CHECK (((circuit = 'open'::text) = (probe_at IS NOT NULL)));

-- constraint pair_state.pair_state_circuit_check
alter table pair_state add constraint pair_state_circuit_check CHECK ((circuit = ANY (ARRAY['closed'::text, 'open'::text])));

-- constraint pair_state.pair_state_pkey
alter table pair_state add constraint pair_state_pkey PRIMARY KEY (pair);

-- constraint parked.parked_pkey
alter table parked add constraint parked_pkey PRIMARY KEY (id);

-- constraint parked.parked_state_check
alter table parked add constraint parked_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resumed'::text, 'dismissed'::text, 'resolved'::text])));

-- constraint payout_list.payout_list_pkey
alter table payout_list add constraint payout_list_pkey PRIMARY KEY (pair, payout_id);

-- constraint period_close.period_close_pkey
alter table period_close add constraint period_close_pkey PRIMARY KEY (pair, period, nr);

-- constraint period_close_document.period_close_document_pair_period_nr_fkey
alter table period_close_document add constraint period_close_document_pair_period_nr_fkey FOREIGN KEY (pair, period, nr) REFERENCES period_close(pair, period, nr);

-- constraint period_close_document.period_close_document_pkey
alter table period_close_document add constraint period_close_document_pkey PRIMARY KEY (pair, period, nr, key);

-- constraint person_wait.person_wait_kind_check
alter table person_wait add constraint person_wait_kind_check CHECK ((kind = ANY (ARRAY['release'::text, 'apply'::text, 'cancel'::text])));

-- constraint person_wait.person_wait_pair_intent_key_fkey
alter table person_wait add constraint person_wait_pair_intent_key_fkey FOREIGN KEY (pair, intent_key) REFERENCES intent(pair, key);

-- constraint person_wait.person_wait_pkey
alter table person_wait add constraint person_wait_pkey PRIMARY KEY (pair, intent_key);

-- constraint proof_match.proof_match_check
alter table proof_match add constraint proof_match_check CHECK (((undone_at IS NULL) = (undone_by IS NULL)));

-- constraint proof_match.proof_match_finding_ids_check
alter table proof_match add constraint proof_match_finding_ids_check CHECK (((cardinality(finding_ids) >= 1) AND (cardinality(finding_ids) <= 100)));

-- constraint proof_match.proof_match_pkey
alter table proof_match add constraint proof_match_pkey PRIMARY KEY (id);

-- constraint proof_round.proof_round_check
alter table proof_round add constraint proof_round_check CHECK (((trouble_code IS NULL) = (trouble IS NULL)));

-- constraint proof_round.proof_round_check1
alter table proof_round add constraint proof_round_check1 CHECK (((trouble_code IS NULL) = (trouble_since IS NULL)));

-- constraint proof_round.proof_round_pkey
alter table proof_round add constraint proof_round_pkey PRIMARY KEY (pair);

-- constraint proof_round.proof_round_tries_check
alter table proof_round add constraint proof_round_tries_check CHECK ((tries >= 0));

-- constraint receipt.receipt_pkey
alter table receipt add constraint receipt_pkey PRIMARY KEY (pair, sl_table, sl_key);

-- constraint reversal.reversal_pkey
alter table reversal add constraint reversal_pkey PRIMARY KEY (id);

-- constraint reversal.reversal_state_check
alter table reversal add constraint reversal_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'reversed'::text, 'rebooked'::text, 'withdrawn'::text])));

-- constraint row_owner.row_owner_part_check
alter table row_owner add constraint row_owner_part_check CHECK ((part = ANY (ARRAY['gross'::text, 'fee'::text])));

-- constraint row_owner.row_owner_pkey
alter table row_owner add constraint row_owner_pkey PRIMARY KEY (pair, row_id, part);

-- constraint run.run_outcome_check
alter table run add constraint run_outcome_check CHECK ((outcome = ANY (ARRAY['booked'::text, 'not_applicable'::text, 'parked'::text, 'waiting'::text, 'retry'::text, 'handed_over'::text])));

-- constraint run.run_pkey
alter table run add constraint run_pkey PRIMARY KEY (id);

-- constraint sales_order.sales_order_check
alter table sales_order add constraint sales_order_check CHECK ((paid = ((applied + refunded) + left_over)));

-- constraint sales_order.sales_order_pkey
alter table sales_order add constraint sales_order_pkey PRIMARY KEY (pair, object);

-- constraint sales_order.sales_order_state_check
alter table sales_order add constraint sales_order_state_check CHECK ((state = ANY (ARRAY['held'::text, 'open'::text, 'closed'::text, 'cancelled'::text])));

-- constraint settings_seen.settings_seen_pkey
alter table settings_seen add constraint settings_seen_pkey PRIMARY KEY (home, setting);

-- constraint site_probe.site_probe_answer_check
alter table site_probe add constraint site_probe_answer_check CHECK ((answer = ANY (ARRAY['yes'::text, 'no'::text])));

-- constraint site_probe.site_probe_pkey
alter table site_probe add constraint site_probe_pkey PRIMARY KEY (pair, name);

-- constraint slipway_migration.slipway_migration_pkey
alter table slipway_migration add constraint slipway_migration_pkey PRIMARY KEY (name);

-- constraint stripe_report.stripe_report_pkey
alter table stripe_report add constraint stripe_report_pkey PRIMARY KEY (pair, day);

-- constraint stripe_report.stripe_report_state_check
alter table stripe_report add constraint stripe_report_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])));

-- constraint subscriber.subscriber_check
alter table subscriber add constraint subscriber_check CHECK (((state = 'disabled'::text) = (disabled_reason IS NOT NULL)));

-- constraint subscriber.subscriber_check1
alter table subscriber add constraint subscriber_check1 CHECK (((previous_secret IS NULL) = (previous_until IS NULL)));

-- constraint subscriber.subscriber_check2
alter table subscriber add constraint subscriber_check2 CHECK (((owner IS NULL) = (lease_until IS NULL)));

-- constraint subscriber.subscriber_pkey
alter table subscriber add constraint subscriber_pkey PRIMARY KEY (id);

-- constraint subscriber.subscriber_state_check
alter table subscriber add constraint subscriber_state_check CHECK ((state = ANY (ARRAY['enabled'::text, 'disabled'::text])));

-- constraint swept_object.swept_object_pkey
alter table swept_object add constraint swept_object_pkey PRIMARY KEY (pair, object_id);

-- constraint unapplied.unapplied_minor_check
alter table unapplied add constraint unapplied_minor_check CHECK ((minor >= 0));

-- constraint unapplied.unapplied_pair_intent_key_fkey
alter table unapplied add constraint unapplied_pair_intent_key_fkey FOREIGN KEY (pair, intent_key) REFERENCES intent(pair, key);

-- constraint unapplied.unapplied_pkey
alter table unapplied add constraint unapplied_pkey PRIMARY KEY (pair, intent_key);

-- constraint watch_finding.watch_finding_heal_by_check
alter table watch_finding add constraint watch_finding_heal_by_check CHECK ((heal_by = ANY (ARRAY['hub'::text, 'person'::text])));

-- constraint watch_finding.watch_finding_kind_check
alter table watch_finding add constraint watch_finding_kind_check CHECK ((kind = ANY (ARRAY['deleted'::text, 'voided'::text, 'doubled'::text, 'edited'::text, 'reversed-otherwise'::text, 'unapplied'::text, 'applied-otherwise'::text, 'released-otherwise'::text])));

-- constraint watch_finding.watch_finding_pair_intent_key_fkey
alter table watch_finding add constraint watch_finding_pair_intent_key_fkey FOREIGN KEY (pair, intent_key) REFERENCES intent(pair, key);

-- constraint watch_finding.watch_finding_pkey
alter table watch_finding add constraint watch_finding_pkey PRIMARY KEY (id);

-- constraint watch_finding.watch_finding_state_check
alter table watch_finding add constraint watch_finding_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'healing'::text, 'healed'::text, 'gone'::text])));

-- constraint watch_round.watch_round_check
alter table watch_round add constraint watch_round_check CHECK (((trouble_code IS NULL) = (trouble IS NULL)));

-- constraint watch_round.watch_round_pkey
alter table watch_round add constraint watch_round_pkey PRIMARY KEY (pair);

-- index alert.alert_open
CREATE UNIQUE INDEX alert_open ON public.alert USING btree (rule, pair, key) WHERE (resolved_at IS NULL);

-- index alert_notice.alert_notice_channel
CREATE INDEX alert_notice_channel ON public.alert_notice USING btree (channel, id DESC);

-- index alert_notice.alert_notice_due
CREATE INDEX alert_notice_due ON public.alert_notice USING btree (due_at) WHERE (due_at IS NOT NULL);

-- index attempt.attempt_open
CREATE INDEX attempt_open ON public.attempt USING btree (sent_at) WHERE (answered_at IS NULL);

-- index backfill.backfill_at_work
CREATE UNIQUE INDEX backfill_at_work ON public.backfill USING btree (pair) WHERE (state = ANY (ARRAY['listing'::text, 'booking'::text]));

-- index backfill_fact.backfill_fact_open
CREATE INDEX backfill_fact_open ON public.backfill_fact USING btree (backfill_id) WHERE ((woken_at IS NOT NULL) AND (ended_at IS NULL));

-- index backfill_fact.backfill_fact_waiting
CREATE INDEX backfill_fact_waiting ON public.backfill_fact USING btree (backfill_id, at, lane_key) WHERE (woken_at IS NULL);

-- index backfill_fact.backfill_fact_woken
CREATE INDEX backfill_fact_woken ON public.backfill_fact USING btree (backfill_id, woken_at) WHERE (woken_at IS NOT NULL);

-- index balance_row.balance_row_before_start
CREATE INDEX balance_row_before_start ON public.balance_row USING btree (pair, created) WHERE (settled_at = '-infinity'::timestamp with time zone);

-- index balance_row.balance_row_day
CREATE INDEX balance_row_day ON public.balance_row USING btree (pair, currency, created, row_id);

-- index balance_row.balance_row_open
CREATE INDEX balance_row_open ON public.balance_row USING btree (pair, created, row_id) WHERE (settled_at IS NULL);

-- index balance_row.balance_row_payout
CREATE INDEX balance_row_payout ON public.balance_row USING btree (pair, payout_id) WHERE ((payout_id IS NOT NULL) AND (settled_at IS NULL));

-- index balance_row.balance_row_source
CREATE INDEX balance_row_source ON public.balance_row USING btree (pair, source_id) WHERE (source_id IS NOT NULL);

-- index balance_row.balance_row_sums
CREATE INDEX balance_row_sums ON public.balance_row USING btree (pair, currency, created) INCLUDE (net) WHERE (balance_type = 'payments'::text);

-- index collected_document.collected_document_day
CREATE INDEX collected_document_day ON public.collected_document USING btree (pair, day);

-- index customer_review.customer_review_object
CREATE INDEX customer_review_object ON public.customer_review USING btree (pair, object, id DESC);

-- index customer_review.customer_review_open
CREATE UNIQUE INDEX customer_review_open ON public.customer_review USING btree (pair, object) WHERE (state = 'open'::text);

-- index delivery.delivery_key
CREATE INDEX delivery_key ON public.delivery USING btree (subscriber, key, "position");

-- index dispute.dispute_active
CREATE INDEX dispute_active ON public.dispute USING btree (pair, stage) WHERE ((stage = ANY (ARRAY['inquiry'::text, 'open'::text, 'row-awaited'::text])) OR is_over);

-- index dispute.dispute_newest
CREATE UNIQUE INDEX dispute_newest ON public.dispute USING btree (seq);

-- index dispute.dispute_of_charge
CREATE INDEX dispute_of_charge ON public.dispute USING btree (pair, charge_id);

-- index dispute.dispute_of_lane
CREATE INDEX dispute_of_lane ON public.dispute USING btree (pair, lane_key);

-- index domain_event.domain_event_fresh
CREATE INDEX domain_event_fresh ON public.domain_event USING btree (id) WHERE ("position" IS NULL);

-- index domain_event.domain_event_position
CREATE UNIQUE INDEX domain_event_position ON public.domain_event USING btree ("position") WHERE ("position" IS NOT NULL);

-- index domain_event.domain_event_time
CREATE INDEX domain_event_time ON public.domain_event USING btree (occurred_at);

-- index event.event_newest
CREATE INDEX event_newest ON public.event USING btree (pair, seq);

-- index event.event_of_gap
CREATE INDEX event_of_gap ON public.event USING btree (pair, seq) WHERE (via = 'gap'::text);

-- index event.event_of_lane
CREATE INDEX event_of_lane ON public.event USING btree (pair, lane_key, seq);

-- index event.event_of_object
CREATE INDEX event_of_object ON public.event USING btree (pair, object_id, seq);

-- index event.event_of_type
CREATE INDEX event_of_type ON public.event USING btree (pair, type, seq);

-- index event.event_open
CREATE INDEX event_open ON public.event USING btree (pair, lane_key, seq) WHERE ((end_state IS NULL) OR (end_state = 'parked'::text));

-- index former_owner.former_owner_key
CREATE INDEX former_owner_key ON public.former_owner USING btree (pair, intent_key);

-- index held.held_newest
CREATE INDEX held_newest ON public.held USING btree (nr DESC);

-- index intent.intent_batch
CREATE INDEX intent_batch ON public.intent USING btree (pair, bat_nbr) WHERE (bat_nbr IS NOT NULL);

-- index intent.intent_customer
CREATE INDEX intent_customer ON public.intent USING btree (((receipt ->> 'customerId'::text)), pair) WHERE ((receipt ->> 'customerId'::text) IS NOT NULL);

-- index intent.intent_customer_email
CREATE INDEX intent_customer_email ON public.intent USING btree (lower((draft ->> 'email'::text)), pair) WHERE (purpose = 'customer'::text);

-- index intent.intent_document_date
CREATE INDEX intent_document_date ON public.intent USING btree (pair, ((draft ->> 'documentDate'::text))) WHERE (done_at IS NOT NULL);

-- index intent.intent_done
CREATE INDEX intent_done ON public.intent USING btree (pair, done_at DESC) WHERE (done_at IS NOT NULL);

-- index intent.intent_key
CREATE INDEX intent_key ON public.intent USING btree (key);

-- index intent.intent_lane
CREATE INDEX intent_lane ON public.intent USING btree (lane_key, pair);

-- index intent.intent_open
CREATE INDEX intent_open ON public.intent USING btree (open_since) WHERE (open_since IS NOT NULL);

-- index intent.intent_opening
CREATE INDEX intent_opening ON public.intent USING btree (pair) WHERE (purpose = 'opening'::text);

-- index intent.intent_rebuilt_fee
CREATE INDEX intent_rebuilt_fee ON public.intent USING btree (pair, object) WHERE ((draft_hash = 'rebuilt'::text) AND (purpose = 'fee'::text));

-- index intent.intent_rebuilt_period
CREATE INDEX intent_rebuilt_period ON public.intent USING btree (pair, ((receipt ->> 'period'::text))) WHERE ((draft_hash = 'rebuilt'::text) AND (done_at IS NOT NULL));

-- index intent.intent_watched
CREATE INDEX intent_watched ON public.intent USING btree (pair, (((receipt ->> 'type'::text) = 'GJ'::text)), bat_nbr, key) WHERE ((done_at IS NOT NULL) AND (bat_nbr IS NOT NULL));

-- index journal_row.journal_row_lane
CREATE INDEX journal_row_lane ON public.journal_row USING btree (pair, lane_key);

-- index journal_row.journal_row_suspense
CREATE INDEX journal_row_suspense ON public.journal_row USING btree (pair, planned_at) WHERE is_suspense;

-- index lane.lane_due
CREATE INDEX lane_due ON public.lane USING btree (pair, due_at) WHERE ((owner IS NULL) AND (due_at IS NOT NULL));

-- index lane.lane_owned
CREATE INDEX lane_owned ON public.lane USING btree (pair) WHERE (owner IS NOT NULL);

-- index left_part.left_part_lane
CREATE INDEX left_part_lane ON public.left_part USING btree (pair, lane_key);

-- index link.link_batch
CREATE INDEX link_batch ON public.link USING btree (pair, bat_nbr) WHERE (bat_nbr <> ''::text);

-- index link.link_intent
CREATE INDEX link_intent ON public.link USING btree (pair, intent_key);

-- index link.link_sl
CREATE INDEX link_sl ON public.link USING btree (pair, sl_key);

-- index operator_act.operator_act_lane
CREATE INDEX operator_act_lane ON public.operator_act USING btree (lane_key, pair, id) WHERE (lane_key IS NOT NULL);

-- index operator_act.operator_act_pair
CREATE INDEX operator_act_pair ON public.operator_act USING btree (pair, id DESC) WHERE (lane_key IS NULL);

-- index operator_act.operator_act_parked
CREATE INDEX operator_act_parked ON public.operator_act USING btree (parked_id, id) WHERE (parked_id IS NOT NULL);

-- index parked.parked_decided
CREATE INDEX parked_decided ON public.parked USING btree (lane_key, pair, id DESC) WHERE (state = ANY (ARRAY['dismissed'::text, 'resumed'::text]));

-- index parked.parked_newest
CREATE INDEX parked_newest ON public.parked USING btree (pair, id DESC);

-- index parked.parked_open
CREATE UNIQUE INDEX parked_open ON public.parked USING btree (pair, lane_key) WHERE (state = 'open'::text);

-- index parked.parked_review
CREATE INDEX parked_review ON public.parked USING btree (((facts ->> 'review'::text))) WHERE (state = 'open'::text);

-- index person_wait.person_wait_lane
CREATE INDEX person_wait_lane ON public.person_wait USING btree (pair, lane_key);

-- index proof_match.proof_match_pair
CREATE INDEX proof_match_pair ON public.proof_match USING btree (pair, id DESC);

-- index receipt.receipt_intent
CREATE INDEX receipt_intent ON public.receipt USING btree (pair, intent_key);

-- index reversal.reversal_asked
CREATE UNIQUE INDEX reversal_asked ON public.reversal USING btree (pair, lane_key) WHERE (state = 'asked'::text);

-- index reversal.reversal_of_lane
CREATE INDEX reversal_of_lane ON public.reversal USING btree (pair, lane_key, id);

-- index row_owner.row_owner_intent
CREATE INDEX row_owner_intent ON public.row_owner USING btree (pair, intent_key);

-- index run.run_lane
CREATE INDEX run_lane ON public.run USING btree (pair, lane_key, id DESC);

-- index run.run_newest
CREATE INDEX run_newest ON public.run USING btree (pair, id DESC);

-- index sales_order.sales_order_active
CREATE INDEX sales_order_active ON public.sales_order USING btree (pair, state) WHERE ((state = ANY (ARRAY['held'::text, 'open'::text])) OR (left_due_at IS NOT NULL));

-- index sales_order.sales_order_left
CREATE INDEX sales_order_left ON public.sales_order USING btree (pair, seq) WHERE (left_since IS NOT NULL);

-- index sales_order.sales_order_newest
CREATE UNIQUE INDEX sales_order_newest ON public.sales_order USING btree (seq);

-- index sales_order.sales_order_number
CREATE UNIQUE INDEX sales_order_number ON public.sales_order USING btree (pair, order_number);

-- index swept_object.swept_object_found
CREATE INDEX swept_object_found ON public.swept_object USING btree (pair, woken_at) WHERE (found > 0);

-- index unapplied.unapplied_open
CREATE INDEX unapplied_open ON public.unapplied USING btree (pair, since) WHERE (cleared_at IS NULL);

-- index watch_finding.watch_finding_healing
CREATE INDEX watch_finding_healing ON public.watch_finding USING btree (lane_key, pair) WHERE (state = 'healing'::text);

-- index watch_finding.watch_finding_live
CREATE UNIQUE INDEX watch_finding_live ON public.watch_finding USING btree (pair, intent_key) WHERE (state = ANY (ARRAY['open'::text, 'accepted'::text, 'healing'::text]));

-- index watch_finding.watch_finding_newest
CREATE INDEX watch_finding_newest ON public.watch_finding USING btree (pair, id DESC);

-- function slipway_call_as_guest(p_pair text, p_limit integer, p_process text, p_ticket text, p_lease_ms integer)
CREATE OR REPLACE FUNCTION public.slipway_call_as_guest(p_pair text, p_limit integer, p_process text, p_ticket text, p_lease_ms integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(1397512016, hashtext(p_pair));
  insert into guest_call as g (pair, process, ticket) values (p_pair, p_process, p_ticket)
  on conflict (pair) do update
    set process = excluded.process, ticket = excluded.ticket, since = clock_timestamp()
    where not slipway_is_guest(g, p_lease_ms);
  return exists (select 1 from guest_call g where g.pair = p_pair and g.ticket = p_ticket)
    and p_limit > (
      select count(*) from lane l
      where l.pair = p_pair and l.owner is not null and l.lease_until >= clock_timestamp());
end
$function$;

-- function slipway_claim(p_owner text, p_pairs text[], p_limits integer[], p_room integer, p_lease_ms integer, p_probe_ms integer[])
CREATE OR REPLACE FUNCTION public.slipway_claim(p_owner text, p_pairs text[], p_limits integer[], p_room integer, p_lease_ms integer, p_probe_ms integer[])
 RETURNS TABLE(pair text, key text, wake bigint, attempt bigint, tries integer, taken_over_from text)
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_names text[];
  v_limits int[];
  v_pair text;
  v_now timestamptz;
  v_state pair_state;
  v_share int;
  v_free int;
  v_count int;
  v_room int := p_room;
begin
  -- A claim that a crash of the server forgets would hand out the same fence twice.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  -- Where more pairs have work than there is room, those that have waited longest come first.
  select
    array_agg(w.name order by hashtext(w.name)),
    array_agg(w.owned_max order by hashtext(w.name))
  into v_names, v_limits
  from (
    select c.name, c.owned_max
    from unnest(p_pairs, p_limits) as c (name, owned_max)
    cross join lateral (
      select least(
        (select l.due_at from lane l
         where l.pair = c.name and l.owner is null and l.due_at is not null
         order by l.due_at limit 1),
        (select min(l.lease_until) from lane l where l.pair = c.name and l.owner is not null)
      ) as since
    ) as oldest
    where oldest.since <= clock_timestamp()
    order by oldest.since
    limit greatest(p_room, 0)
  ) as w;
  v_share := greatest(1, p_room / greatest(1, coalesce(cardinality(v_names), 0)));

  for v_index in 1 .. coalesce(cardinality(v_names), 0) loop
    v_pair := v_names[v_index];
    -- 1397512016 is 'SLWP' in ASCII: the number space of these locks.
    perform pg_advisory_xact_lock(1397512016, hashtext(v_pair));
    v_now := clock_timestamp();

    select s.* into v_state from pair_state s where s.pair = v_pair;
    continue when v_state.paused_code is not null or v_state.held_by is not null;
    continue when v_state.circuit = 'open' and v_state.probe_at > v_now;

    select v_limits[v_index] - count(*) - (
      select count(*) from guest_call g where g.pair = v_pair and slipway_is_guest(g, p_lease_ms))
    into v_free
    from lane l where l.pair = v_pair and l.owner is not null and l.lease_until >= v_now;
    v_free := least(v_free, v_room, v_share);
    if v_state.circuit = 'open' then
      v_free := least(v_free, 1);
    end if;
    continue when v_free <= 0;

    return query
    with orphaned as materialized (
      select l.pair, l.key, l.owner from lane l
      where l.pair = v_pair and l.owner is not null and l.lease_until < v_now
      limit v_free
      for update skip locked
    ), due as materialized (
      select l.pair, l.key, l.owner from lane l
      where l.pair = v_pair and l.owner is null and l.due_at is not null and l.due_at <= v_now
      order by l.due_at
      limit v_free - (select count(*) from orphaned)
      for update skip locked
    ), picked as (
      select * from orphaned union all select * from due
    )
    update lane l
    set owner = p_owner, attempt = l.attempt + 1, updated_at = v_now,
        lease_until = v_now + p_lease_ms * interval '1 millisecond'
    from picked p
    where l.pair = p.pair and l.key = p.key
    returning l.pair, l.key, l.wake, l.attempt, l.tries, p.owner;
    get diagnostics v_count = row_count;
    v_room := v_room - v_count;

    if v_state.circuit = 'open' and v_count > 0 then
      -- The first delay has passed already, from the opening to this first probe.
      update pair_state s
      set probes = s.probes + 1, updated_at = v_now,
          probe_at = v_now + interval '1 millisecond'
            * p_probe_ms[least(s.probes + 2, cardinality(p_probe_ms))]
      where s.pair = v_pair and s.circuit = 'open';
    end if;
    exit when v_room <= 0;
  end loop;
end
$function$;

-- function slipway_is_guest(p_guest guest_call, p_lease_ms integer)
CREATE OR REPLACE FUNCTION public.slipway_is_guest(p_guest guest_call, p_lease_ms integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN (((p_guest).since > (clock_timestamp() - ((p_lease_ms)::double precision * '00:00:00.001'::interval))) OR (EXISTS (SELECT 1 FROM hub_process h WHERE ((h.id = (slipway_is_guest.p_guest).process) AND (h.heartbeat_at > (clock_timestamp() - ((slipway_is_guest.p_lease_ms)::double precision * '00:00:00.001'::interval)))))));

-- function slipway_number_events(p_max integer)
CREATE OR REPLACE FUNCTION public.slipway_number_events(p_max integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare
  v_last bigint;
  v_newest bigint;
begin
  -- 1397507414 is 'SLEV' in ASCII.
  if not pg_try_advisory_xact_lock(1397507414) then
    return coalesce((select max(e.position) from domain_event e), 0);
  end if;
  select coalesce(max(e.position), 0) into v_last from domain_event e;
  with fresh as materialized (
    select e.id from domain_event e where e.position is null order by e.id limit p_max
  ), numbered as (
    update domain_event e set position = v_last + f.nr
    from (select id, row_number() over (order by id) as nr from fresh) as f
    where e.id = f.id
    returning e.position
  )
  select max(n.position) into v_newest from numbered n;
  return coalesce(v_newest, v_last);
end
$function$;

-- function slipway_take_turn(p_pair text)
CREATE OR REPLACE FUNCTION public.slipway_take_turn(p_pair text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET lock_timeout TO '2s'
AS $function$
begin
  perform pg_advisory_lock(1397512788, hashtext(p_pair));
  return true;
exception when lock_not_available then
  return false;
end
$function$;
