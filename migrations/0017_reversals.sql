-- What a person has taken back by reversing documents: asked for, done by a run of the lane, and
-- later perhaps booked again. Rows are only added, and their state goes forward.
create table reversal (
  id bigint generated always as identity primary key,
  pair text not null,
  lane_key text not null,
  -- What the person named, and the Stripe objects whose documents go back.
  named text not null,
  objects text[] not null,
  -- The documents in the order in which they go back: key, and what was open of each when asked.
  documents jsonb not null,
  -- YYYY-MM-DD: the date of the reversing documents, and of what is booked again.
  dated text not null,
  state text not null default 'asked' check (state in ('asked', 'reversed', 'rebooked')),
  -- Whether it is booked again as soon as it is taken back.
  rebook boolean not null,
  reason text not null,
  asked_by text not null,
  asked_at timestamptz not null default clock_timestamp(),
  reversed_at timestamptz,
  rebooked_at timestamptz,
  rebooked_by text
);
-- One at a time: the next one is planned from what this one leaves.
create unique index reversal_asked on reversal (pair, lane_key) where state = 'asked';
create index reversal_of_lane on reversal (pair, lane_key, id);

-- The key of the document that takes it back, and that one's date. It stays released in SL, and a
-- new generation may be booked.
alter table intent add column reversed_by text, add column reversed_on text;

-- Who owned a part of a row until it was taken back: days before `until_on` were proved with it.
create table former_owner (
  pair text not null,
  row_id text not null,
  part text not null check (part in ('gross', 'fee')),
  intent_key text not null,
  -- YYYY-MM-DD.
  until_on text not null,
  primary key (pair, row_id, part, intent_key)
);
create index former_owner_key on former_owner (pair, intent_key);
