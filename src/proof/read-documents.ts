import type { Pool } from "pg";
import { type Money, money, sum, zero } from "../base/money.ts";
import type { GlAccount } from "../erp/port.ts";
import { addDays } from "../mapping/index.ts";
import type { OwnDocument } from "./documents.ts";
import { DAYS, EFFECT, IS_OPENING, movedByRows, OF_OPENED } from "./intent-sql.ts";

/** Which documents: of a pair and a clearing account, dated from one day to another. */
export type DocumentsWanted = Readonly<{
  pair: string;
  currency: string;
  clearing: GlAccount;
  /** `YYYY-MM-DD`, both counted in; no first day means all that there are. */
  from: string | undefined;
  day: string;
  /** The end of `day`: rows from then on are not counted. */
  until: Date;
}>;

/** The days of a journal of a payout's fees lie no further before its own date; see `fees-wait`. */
const JOURNAL_DAYS_MAX = 62;

/**
 * $1 pair, $2 currency, $3 clearing account, $4 first day, $5 last day, $6 instant. Documents of
 * the days come with all others of the same objects: only together do they own what they move. One
 * that was taken back on a later day owned its rows until then.
 */
const DOCUMENTS_SQL = `
with dated as (
  select key, object from intent
  where pair = $1 and done_at is not null and draft ->> 'documentDate' between $4 and $5
  union all
  -- A journal of several days has the date of the last one.
  select key, object from intent
  where pair = $1 and done_at is not null and draft ->> 'documentDate' > $5
    and draft ->> 'documentDate' <= $7 and purpose = 'fee' and object like 'fees:%'
), all_keys as (
  select key, true as is_checked from dated
  union all
  select earlier.key, false from (select distinct object from dated) o
  -- Looked up one by one: a table that has grown since it was analysed would be read whole.
  cross join lateral (
    select i.key, i.draft ->> 'documentDate' as day from intent i
    where i.pair = $1 and i.object = o.object and i.stage = 'done' offset 0) as earlier
  where earlier.day < $4
), told as (
  select d.key, d.object, d.purpose, d.bat_nbr, d.draft ->> 'period' as period,
    d.draft ->> 'documentDate' as date, d.draft ->> 'currency' as currency, k.is_checked,
    ${IS_OPENING} as is_opening, ${EFFECT} as effect, ${DAYS} as days,
    ${movedByRows("$5", "$6")} as owned
  from all_keys k cross join lateral (
    select i.* from intent i where i.pair = $1 and i.key = k.key offset 0) as d
)
select key, object, purpose, coalesce(bat_nbr, '') as bat_nbr, period, date, currency, is_checked,
  is_opening, effect::text, owned::text, days
from told where effect is not null or owned is not null`;

type DocumentRow = {
  key: string;
  object: string;
  purpose: string;
  bat_nbr: string;
  period: string;
  date: string;
  currency: string;
  is_checked: boolean;
  is_opening: boolean;
  effect: string | null;
  owned: string | null;
  days: Readonly<Record<string, string>> | null;
};

/** The released documents of some days that move clearing or own what moved it. */
export async function readDocuments(
  pool: Pool,
  wanted: DocumentsWanted,
): Promise<readonly OwnDocument[]> {
  const { pair, currency, clearing, from = "0000-00-00", day, until } = wanted;
  const { account, subaccount } = clearing;
  const { rows } = await pool.query<DocumentRow>(DOCUMENTS_SQL, [
    ...[pair, currency, JSON.stringify({ account, subaccount }), from, day, until],
    addDays(day, JOURNAL_DAYS_MAX),
  ]);
  return rows
    .filter(({ days }) => days === null || Object.keys(days).some((one) => one <= day))
    .map((row) => toDocument(row, wanted));
}

function toDocument(
  row: DocumentRow,
  { currency, from = "", day }: Pick<DocumentsWanted, "currency"> & Partial<DocumentsWanted>,
): OwnDocument {
  const { key, object, purpose, bat_nbr: batNbr, period, is_checked: isChecked } = row;
  const owned = amountOf(row.owned, currency);
  if (row.days !== null) {
    const until = day ?? row.date;
    const before = Object.entries(row.days).filter(([one]) => one <= until);
    const seen = before.filter(([one]) => one >= from);
    const effect = sum(
      before.map(([, minor]) => amountOf(minor, currency)),
      currency,
    );
    const days = new Map(seen.map(([one, minor]) => [one, amountOf(minor, currency)]));
    const date = seen.at(-1)?.[0] ?? before.at(-1)?.[0] ?? row.date;
    return { key, object, purpose, batNbr, period, date, effect, owned, isChecked, days };
  }
  const { date } = row;
  // A draft that was lost says nothing, so such a document is taken at what its rows say.
  const isKnown = row.effect !== null || row.currency === currency;
  const effect = isKnown ? amountOf(row.effect, currency) : owned;
  const isOpening = row.is_opening;
  return { key, object, purpose, batNbr, period, date, effect, owned, isChecked, isOpening };
}

function amountOf(minor: string | null, currency: string): Money {
  return minor === null ? zero(currency) : money(BigInt(minor), currency);
}

/** $1 pair, $2 currency, $3 clearing account, $4 day. */
const OPENING_SQL = `
select sum(${EFFECT})::text as opening from ${OF_OPENED}
where ${IS_OPENING} and d.draft ->> 'currency' = $2 and d.draft ->> 'documentDate' <= $4`;

/**
 * What opening journals have put on clearing by the end of a day: the balance that the hub began
 * with. One that was taken back counts until then, and what is booked in its place from then on.
 */
export async function readOpening(
  pool: Pool,
  { pair, currency, clearing, day }: Omit<DocumentsWanted, "from" | "until">,
): Promise<Money> {
  const { account, subaccount } = clearing;
  const { rows } = await pool.query<{ opening: string | null }>(OPENING_SQL, [
    ...[pair, currency, JSON.stringify({ account, subaccount }), day],
  ]);
  return amountOf(rows[0]?.opening ?? null, currency);
}

/**
 * Of these keys, the documents that the hub has released: lines of SL may carry another day than
 * theirs. What they own is not asked for, and taken to be what they move.
 */
export async function readDocumentsByKey(
  pool: Pool,
  wanted: Omit<DocumentsWanted, "until">,
  keys: readonly string[],
): Promise<readonly OwnDocument[]> {
  if (keys.length === 0) return [];
  const { pair, currency, clearing } = wanted;
  const { account, subaccount } = clearing;
  const { rows } = await pool.query<DocumentRow>(
    `select d.key, d.object, d.purpose, coalesce(d.bat_nbr, '') as bat_nbr,
       d.draft ->> 'period' as period, d.draft ->> 'documentDate' as date,
       $2::text as currency, true as is_checked, ${IS_OPENING} as is_opening,
       (${EFFECT})::text as effect, null as owned, ${DAYS} as days
     from intent d where d.pair = $1 and d.stage = 'done' and d.key = any ($4::text[])
       and d.draft ->> 'kind' is not null`,
    [pair, currency, JSON.stringify({ account, subaccount }), keys],
  );
  return rows.map((row) => {
    const document = toDocument(row, wanted);
    return { ...document, owned: document.effect };
  });
}
