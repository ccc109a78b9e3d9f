-- What a rebuild took over has no draft that tells its day: the tamper watch finds it by its
-- period.

create index intent_rebuilt_period on intent (pair, (receipt ->> 'period'))
  where draft_hash = 'rebuilt' and done_at is not null;
