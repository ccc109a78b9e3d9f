import type { Pool } from "pg";
import type { GlAccount } from "../erp/port.ts";
import type { PairRuntime } from "../runs/index.ts";

/** An account that a close looks at, by what it stands for. */
export type CloseAccount = Readonly<{
  /** Such as `suspense`. */
  role: string;
  /** Of transit its own, of what has to be empty the base currency. */
  currency: string;
  /** Undefined where the settings name none. */
  account: GlAccount | undefined;
  /** The account, where the settings name another one by now; else undefined. */
  former: string | undefined;
}>;

type TransitAccount = CloseAccount & Readonly<{ account: GlAccount }>;

const TO_BE_EMPTY = ["suspense", "bridge", "wash"];
const TRANSIT = "transit";

/**
 * What settings named before stays to be emptied or explained, as long as journals of an object
 * have left something there. $1 pair, $2 day, $3 roles. Receipts tell which documents are journals:
 * all others are many more.
 */
const LEFT_SQL = `
select distinct role, account, case role when '${TRANSIT}' then currency end as currency
from (
  select l ->> 'role' as role, l -> 'account' as account, d.draft ->> 'currency' as currency
  from receipt r
  -- Looked up one by one: a table that has grown since it was analysed would be read whole.
  cross join lateral (
    select i.object, i.draft from intent i
    where i.pair = $1 and i.key = r.intent_key and i.stage = 'done' offset 0) as d
  cross join lateral jsonb_array_elements(d.draft -> 'lines') l
  where r.pair = $1 and r.sl_table = 'Batch' and starts_with(r.sl_key, 'GL|')
    and d.draft ->> 'documentDate' <= $2 and l ->> 'role' = any ($3)
  group by 1, 2, 3, d.object
  having sum((l #>> '{amount,minor}')::bigint
    * case l ->> 'side' when 'debit' then 1 else -1 end) <> 0) as left_there`;

type LeftRow = { role: string; account: GlAccount; currency: string | null };

/** The accounts that have to be empty and those in transit, of today and of before. */
export async function readCloseAccounts(
  { pool, pair }: Readonly<{ pool: Pool; pair: Pick<PairRuntime, "id" | "settings"> }>,
  day: string,
): Promise<Readonly<{ toBeEmpty: readonly CloseAccount[]; transit: readonly TransitAccount[] }>> {
  const named = accountsNamed(pair.settings);
  const { rows } = await pool.query<LeftRow>(LEFT_SQL, [pair.id, day, [...TO_BE_EMPTY, TRANSIT]]);
  const { baseCurrency } = pair.settings.sl;
  const left = rows.map(({ role, account, currency }): CloseAccount => {
    const former = `${account.account}/${account.subaccount}`;
    return { role, currency: currency ?? baseCurrency, account, former };
  });
  const formerly = left.filter((one) => !named.some((today) => isSame(one, today)));
  const all = [...named, ...formerly.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))];
  const isTransit = (one: CloseAccount): one is TransitAccount => one.role === TRANSIT;
  return { toBeEmpty: all.filter((one) => !isTransit(one)), transit: all.filter(isTransit) };
}

/** Suspense always; what only some pairs have, such as a bridge of currencies, where it is set. */
function accountsNamed({ accounts, sl }: PairRuntime["settings"]): readonly CloseAccount[] {
  const set: Readonly<Record<string, unknown>> = accounts;
  const former = undefined;
  const toBeEmpty = TO_BE_EMPTY.flatMap((role): CloseAccount[] => {
    const account = isAccount(set[role]) ? set[role] : undefined;
    if (account === undefined && role !== "suspense") return [];
    return [{ role, currency: sl.baseCurrency, account, former }];
  });
  const transit = Object.entries(accounts.transit).map(([currency, account]): CloseAccount => {
    return { role: TRANSIT, currency, account, former };
  });
  return [...toBeEmpty, ...transit];
}

function isAccount(value: unknown): value is GlAccount {
  return typeof value === "object" && value !== null && "account" in value && "subaccount" in value;
}

function isSame(a: CloseAccount, b: CloseAccount): boolean {
  const [one, other] = [a.account, b.account];
  const isSameAccount = one?.account === other?.account && one?.subaccount === other?.subaccount;
  return a.role === b.role && a.currency === b.currency && isSameAccount;
}

const nameOf = ({ role, currency, former }: CloseAccount) => `${role} ${currency} ${former}`;
