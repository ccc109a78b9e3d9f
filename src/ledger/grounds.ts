import type { Pool } from "pg";
import type { PairSettings } from "../config/index.ts";
import { bookingZone } from "../mapping/index.ts";

/** A value that books stand on, by the name that it is kept under. */
export type Kept = Readonly<{ name: string; value: string }>;

/** What of a pair's books settings decide: once something stands there, the value stays. */
export type Ground = Readonly<{
  owns(name: string): boolean;
  /** The values that the settings name. */
  read(settings: PairSettings): readonly Kept[];
  /** Whether anything stands on the value, or was begun on it and may still be released. */
  hasBooked(pool: Pool, pair: string, kept: Kept): Promise<boolean>;
  /** The path, below the pair, of the setting that was changed. */
  settingOf(kept: Kept, before: PairSettings | undefined, after: PairSettings): string;
  /** A value as it stands in the settings file. */
  show(value: string): string;
  /** What would become of the books with the value `wanted`, which may be none. */
  words(kept: Kept, wanted: string | undefined): string;
}>;

const BEGUN = "stage not in ('planned', 'abandoned')";

const HAS_BOOKED_SQL = `
select exists (select from receipt where pair = $1)
  or exists (select from intent where pair = $1 and ${BEGUN}) as "hasBooked"`;

/** The zone by whose days everything is booked, told and proved. */
const DAYS: Ground = {
  owns: (name) => name === "zone",
  read: (settings) => [{ name: "zone", value: bookingZone(settings) }],
  hasBooked: (pool, pair) => ask(pool, HAS_BOOKED_SQL, [pair]),
  settingOf: (_kept, before, after) =>
    before?.cutoff.zone === after.cutoff.zone ? "time-zone" : "cutoff.zone",
  show: (zone) => zone,
  words: ({ value }, wanted) =>
    `the pair has booked by the days of ${value}; by those of ${wanted} rows of open days that ` +
    "are near midnight would be booked on another day than is told and proved, and days that " +
    "were proved would no longer add up",
};

const CLEARING = "accounts.clearing.";

// No other role may have the account, so a draft that names it has hit it. What a rebuild took over
// from SL has no draft: it stands there wherever the currency has rows.
const HAS_CLEARED_SQL = `
select exists (
    select from intent where pair = $1 and ${BEGUN} and jsonb_path_exists(draft,
      '$.** ? (@.account == $account && @.subaccount == $subaccount)', $2::jsonb))
  or (exists (select from balance_row where pair = $1 and currency = $3)
    and exists (select from intent
      where pair = $1 and stage = 'done' and draft = '{}' and purpose <> 'customer'))
  as "hasBooked"`;

/**
 * The account of each Stripe balance. Other accounts that hold a balance are no ground: a payout, a
 * dispute and a debit in transit end on the accounts that their own journals have hit.
 */
const CLEARING_ACCOUNTS: Ground = {
  owns: (name) => name.startsWith(CLEARING),
  read: ({ accounts }) =>
    Object.entries(accounts.clearing).map(([currency, { account, subaccount }]) => ({
      name: `${CLEARING}${currency}`,
      value: JSON.stringify({ account, subaccount }),
    })),
  hasBooked: (pool, pair, { name, value }) =>
    ask(pool, HAS_CLEARED_SQL, [pair, value, name.slice(CLEARING.length)]),
  settingOf: ({ name }) => name,
  show: (value) => {
    const { account, subaccount } = JSON.parse(value) as { account: string; subaccount: string };
    return `${account}/${subaccount}`;
  },
  words: ({ name, value }, wanted) =>
    `the pair has booked Stripe's balance of ${name.slice(CLEARING.length)} on ` +
    `${CLEARING_ACCOUNTS.show(value)}; with ` +
    `${wanted === undefined ? "no account" : CLEARING_ACCOUNTS.show(wanted)} in its place ` +
    "none of its days would be proved any more",
};

const HAS_OPENED_SQL = `
select exists (
  select from intent
  where pair = $1 and purpose = 'opening' and ${BEGUN} and reversed_by is null) as "hasBooked"`;

/** The day whose balance the opening entries hold, until each of them is taken back. */
const START: Ground = {
  owns: (name) => name === "start",
  read: ({ start }) => (start === undefined ? [] : [{ name: "start", value: start }]),
  hasBooked: (pool, pair) => ask(pool, HAS_OPENED_SQL, [pair]),
  settingOf: () => "start",
  show: (start) => start,
  words: ({ value }, wanted) =>
    `the opening entries hold what stood at Stripe on ${value}; with ${wanted ?? "no day"} in ` +
    `its place what moved the balance ${
      wanted !== undefined && wanted > value
        ? "between would never be booked"
        : "before would be booked a second time"
    }`,
};

/** The field of SL that tells the pair's documents from all others. */
const KEYS: Ground = {
  owns: (name) => name === "field.key",
  read: ({ field }) => [{ name: "field.key", value: field.key }],
  hasBooked: (pool, pair) => ask(pool, HAS_BOOKED_SQL, [pair]),
  settingOf: () => "field.key",
  show: (field) => field,
  words: ({ value }, wanted) =>
    `the pair's documents in SL have their keys in ${value}; in ${wanted} the hub would find ` +
    "none of them, and a rebuild would book all of them a second time",
};

/** All of them. A setting that is one more needs no more than its row here. */
export const GROUNDS: readonly Ground[] = [DAYS, CLEARING_ACCOUNTS, START, KEYS];

async function ask(pool: Pool, sql: string, values: readonly string[]): Promise<boolean> {
  const { rows } = await pool.query<{ hasBooked: boolean }>(sql, [...values]);
  return rows[0]?.hasBooked === true;
}
