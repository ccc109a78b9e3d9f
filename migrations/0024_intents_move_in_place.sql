-- An intent moves through its stages within a second or two, and its row is in a dozen indexes. A
-- move that changes no indexed column stays in its page and leaves them alone: so stage and
-- updated_at are in none, but two columns that follow from them and change only as it is done.
-- They are stored, so the table is written anew once.

alter table intent
  add column done_at timestamptz
    generated always as (case when stage = 'done' then updated_at end) stored,
  add column open_since timestamptz
    generated always as (case when stage not in ('done', 'abandoned') then created_at end) stored;
-- Room in each page for the next version of a row that is under way.
alter table intent set (fillfactor = 80);

drop index intent_done;
create index intent_done on intent (pair, done_at desc) where done_at is not null;
drop index intent_document_date;
create index intent_document_date on intent (pair, (draft ->> 'documentDate'))
  where done_at is not null;
drop index intent_watched;
create index intent_watched on intent (pair, (receipt ->> 'type' = 'GJ'), bat_nbr, key)
  where done_at is not null and bat_nbr is not null;

-- Those under way are few: who looks for a stage among them reads them all.
drop index intent_unreleased;
create index intent_open on intent (open_since) where open_since is not null;

-- Most have no receipt yet, or none that names a customer.
drop index intent_customer;
create index intent_customer on intent ((receipt ->> 'customerId'), pair)
  where receipt ->> 'customerId' is not null;
-- Looked up by its first two columns as well, which spares an index of theirs.
alter table intent drop constraint intent_pair_object_purpose_part_generation_key;
alter table intent add unique (object, pair, purpose, part, generation);
drop index intent_object;
