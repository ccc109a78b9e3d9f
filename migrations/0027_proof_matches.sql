-- Differences of a proof that cancel each other, as a person has said: a batch that was booked on
-- clearing by hand and its reversal, a document that was edited and the journal that corrects it. A
-- proof counts them as matched for as long as they add up to nothing.

create table proof_match (
  id bigint generated always as identity primary key,
  pair text not null,
  currency text not null,
  -- Ids as proofs show them: batches of SL, keys of documents.
  finding_ids text[] not null check (cardinality(finding_ids) between 1 and 100),
  made_at timestamptz not null default clock_timestamp(),
  made_by text not null,
  reason text not null,
  undone_at timestamptz,
  undone_by text,
  check ((undone_at is null) = (undone_by is null))
);

create index proof_match_pair on proof_match (pair, id desc);

alter table operator_act drop constraint operator_act_act_check;
alter table operator_act add constraint operator_act_act_check check (act in (
  'assigned', 'commented', 'edited', 'resumed', 'dismissed', 'replayed', 'paused', 'unpaused',
  'opened', 'backfilled', 'accepted', 'healed', 'reversed', 'rebooked', 'linked', 'configured',
  'matched', 'unmatched'
));
