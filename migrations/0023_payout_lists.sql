-- Lists of what payouts took along, as far as they were read whole: where fees go with their
-- payout, the payout of a row decides about its journal.

create table payout_list (
  pair text not null,
  payout_id text not null,
  -- By Stripe's clock: a payout that was made too late for a row does not take its fee.
  made_at timestamptz not null,
  read_at timestamptz not null default clock_timestamp(),
  primary key (pair, payout_id)
);

-- Until when the fee of a row waits for a payout to take it along; a row that waits is not late.
alter table balance_row add column fee_awaits_until timestamptz;

-- `payout_id` is set once, by the first list that names the row.
create index balance_row_payout on balance_row (pair, payout_id)
  where payout_id is not null and settled_at is null;

-- Journals of fees that a rebuild took over: their rows have to be found before others are planned.
create index intent_rebuilt_fee on intent (pair, object)
  where draft_hash = 'rebuilt' and purpose = 'fee';
