-- A pair may book a day's sales as one invoice and one payment: what each sale and refund brings to
-- the documents of its day is an intent that is collected until they stand.

alter table intent drop constraint intent_stage_check;
alter table intent add constraint intent_stage_check check (stage in ('planned', 'collected',
  'reserving', 'reserved', 'adding', 'filling', 'filled', 'releasing', 'done', 'abandoned'));

alter table link drop constraint link_kind_check;
alter table link add constraint link_kind_check check (kind in ('customer', 'invoice', 'summary',
  'payment', 'return', 'reverse', 'order', 'apply', 'rounding', 'pending', 'pending-back', 'fee',
  'category', 'payout-out', 'payout-in', 'payout-back', 'dispute-open', 'dispute-back',
  'dispute-close', 'bridge', 'wash', 'opening', 'refund-cash', 'refund-cause', 'refund-back-cash',
  'refund-back-cause', 'credit-note'));

create table collected_document (
  pair text not null,
  intent_key text not null,
  lane_key text not null,
  day text not null check (day ~ '^\d{4}-\d{2}-\d{2}$'),
  kind text not null check (kind in ('sale', 'refund')),
  -- What those of one document have in common.
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  customer_id text not null,
  accounts text not null,
  -- The part of the documents that it is in; fixed before anything of them is sent.
  part text,
  collected_at timestamptz not null default clock_timestamp(),
  primary key (pair, intent_key),
  foreign key (pair, intent_key) references intent (pair, key)
);

create index collected_document_day on collected_document (pair, day);
