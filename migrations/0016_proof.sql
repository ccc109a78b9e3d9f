-- What the daily proof asks of the hub's own tables.

-- Sums by currency and time are read from the index alone.
create index balance_row_sums on balance_row (pair, currency, created) include (net)
  where balance_type = 'payments';
-- Periods that a person has closed, each time with all that was seen then: rows are only added.
create table period_close (
  pair text not null,
  -- YYYYPP.
  period text not null,
  -- Counts up where a period is closed again.
  nr int not null,
  closed_at timestamptz not null default clock_timestamp(),
  closed_by text not null,
  -- SHA-256 over the snapshot's text, which holds one over every document of the period.
  hash text not null,
  snapshot text not null,
  primary key (pair, period, nr)
);

-- The documents of a day, whatever rows they own.
create index intent_document_date on intent (pair, (draft ->> 'documentDate')) where stage = 'done';
-- What the hub began with: one document a currency among all that there are.
create index intent_opening on intent (pair) where purpose = 'opening';
