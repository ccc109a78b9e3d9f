-- Since when looks at what was changed in SL have ended in trouble, one after the other: a single
-- one that fell into an SL that was away is no news of its own.
alter table watch_round add column trouble_since timestamptz;
update watch_round set trouble_since = ended_at where trouble is not null;
