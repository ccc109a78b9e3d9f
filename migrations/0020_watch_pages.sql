-- A look at what was changed in SL reads the hub's documents by their batches, page after page:
-- those of receivables and those of the ledger, whose batches are counted apart.
create index intent_watched on intent (pair, (receipt ->> 'type' = 'GJ'), bat_nbr, key)
  where stage = 'done' and bat_nbr is not null;
