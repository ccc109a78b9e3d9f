-- What the daily proof asks of the hub's own tables.

-- Sums by currency and time are read from the index alone.
create index balance_row_sums on balance_row (pair, currency, created) include (net)
  where balance_type = 'payments';
-- The documents of a day, whatever rows they own.
create index intent_document_date on intent (pair, (draft ->> 'documentDate')) where stage = 'done';
