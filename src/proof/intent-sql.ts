/*
 * What the table of intents says of a document, as fragments of SQL. In all of them the document is
 * `d`, $1 its pair, $2 the currency and $3 the clearing account as JSON.
 */

/** By how much the lines of a journal with several days move clearing, day by day; else null. */
export const DAYS = `case when d.draft ->> 'kind' = 'journal' and d.purpose = 'fee'
    and d.object like 'fees:%' then (
    select jsonb_object_agg(one.day, one.minor::text) from (
      select coalesce(l ->> 'trueDate', l ->> 'date') as day, sum((l #>> '{amount,minor}')::bigint
        * case l ->> 'side' when 'debit' then 1 else -1 end) as minor
      from jsonb_array_elements(d.draft -> 'lines') l
      where l -> 'account' = $3::jsonb and d.draft ->> 'currency' = $2
      group by 1) as one)
  end`;

/** By how much the draft of a document moves the clearing account $3, in its own currency. */
const OWN_EFFECT = `case d.draft ->> 'kind'
  when 'payment' then
    case when d.draft -> 'cash' = $3::jsonb then (d.draft #>> '{amount,minor}')::bigint end
  when 'memo' then (
    select sum((l #>> '{amount,minor}')::bigint)
      * case d.draft ->> 'type' when 'CM' then 1 else -1 end
    from jsonb_array_elements(d.draft -> 'lines') l where l -> 'sales' = $3::jsonb)
  when 'journal' then (
    select sum((l #>> '{amount,minor}')::bigint
      * case l ->> 'side' when 'debit' then 1 else -1 end)
    from jsonb_array_elements(d.draft -> 'lines') l where l -> 'account' = $3::jsonb)
  end`;

/**
 * The same of a document in another currency, by what it is worth in $2, the base currency: what is
 * settled in that one hits its clearing account with one line.
 */
const WORTH_EFFECT = `case d.draft ->> 'kind'
  when 'payment' then
    case when d.draft -> 'cash' = $3::jsonb then (d.draft #>> '{rate,worth,minor}')::bigint end
  when 'memo' then
    case when exists (
      select from jsonb_array_elements(d.draft -> 'lines') l where l -> 'sales' = $3::jsonb)
    then (d.draft #>> '{rate,worth,minor}')::bigint
      * case d.draft ->> 'type' when 'CM' then 1 else -1 end end
  end`;

/** By how much the draft of a document moves the clearing account $3 of the currency $2. */
export const EFFECT = `case
  when d.draft ->> 'currency' = $2 then ${OWN_EFFECT}
  when d.draft #>> '{rate,base}' = $2 then ${WORTH_EFFECT} end`;

/** A rebuild took it over from SL without the draft that it was made from. */
export const IS_LOST = "(d.draft_hash = 'rebuilt' and not jsonb_exists(d.draft, 'kind'))";

/** An opening entry, or the journal that takes one back: no rows stand behind either. */
export const IS_OPENING = `(d.purpose = 'opening'
    or d.purpose = 'reverse' and d.part ~ '^opening[/#]')`;

/** What the rows of the document moved the balance by, to the end of `day`, which is `until`. */
export function movedByRows(day: string, until: string): string {
  return `(
    select sum(case o.part when 'gross' then r.gross else -r.fee end)
    from (
      select row_id, part from row_owner where pair = $1 and intent_key = d.key
      union all
      select row_id, part from former_owner
      where pair = $1 and intent_key = d.key and until_on > ${day}
    ) as o join balance_row r on r.pair = $1 and r.row_id = o.row_id
    where r.currency = $2 and r.created < ${until} and r.balance_type = 'payments')`;
}

/** Released documents d of the objects that opening entries of pair $1 are for. */
export const OF_OPENED = `
(select distinct object from intent where pair = $1 and purpose = 'opening') o
-- Looked up one by one: a table that has grown since it was analysed would be read whole.
cross join lateral (
  select i.* from intent i
  where i.pair = $1 and i.object = o.object and i.stage = 'done' offset 0) as d`;
