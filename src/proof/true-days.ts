import type { Pool } from "pg";
import { add, isSameAmount, type Money, money } from "../base/money.ts";
import type { ErpConnector, FiscalCalendar, GlAccount } from "../erp/port.ts";
import { addDays, periodOf } from "../mapping/index.ts";
import type { BookLine } from "./documents.ts";
import { readAccountLines } from "./read-ledger.ts";

/** Which lines are looked at, and what of SL and the hub is asked for them. */
export type TrueDays = Readonly<{
  pool: Pool;
  erp: Pick<ErpConnector, "listLedgerLines">;
  pair: string;
  calendar: FiscalCalendar;
  clearing: GlAccount;
  currency: string;
  from: string | undefined;
  day: string;
  /** Set where only what is booked up to a period counts. */
  period: string | undefined;
  signal?: AbortSignal | undefined;
}>;

/** What is put on its day. */
type Dated = Readonly<{ before: Money; lines: readonly BookLine[] }>;

/** A line as its journal was booked: where SL has it, and the day that it is of. */
type Moved = Readonly<{ key: string; date: string; trueDate: string; amount: Money }>;

/** $1 pair, $2 keys, $3 clearing account. */
const MOVED_SQL = `
select d.key, l ->> 'date' as date, l ->> 'trueDate' as "trueDate",
  ((l #>> '{amount,minor}')::bigint
    * case l ->> 'side' when 'debit' then 1 else -1 end)::text as minor
from intent d cross join lateral jsonb_array_elements(d.draft -> 'lines') l
where d.pair = $1 and d.key = any ($2::text[]) and d.draft ->> 'kind' = 'journal'
  and l -> 'account' = $3::jsonb and l ->> 'trueDate' is not null`;

/**
 * Puts lines of clearing on the days that they are of. Cash Manager takes a line inside its period
 * alone, so what came to a closed one stands in SL on the first day of the period that it is
 * booked in; to a proof of a day it is there since its own.
 */
export async function onTrueDays<L extends Dated>(of: TrueDays, ledger: L): Promise<L> {
  const { from = "", day, currency } = of;
  const isStart = startsPeriod(of.calendar);
  const shown = ledger.lines.filter(({ date }) => isStart(date));
  const later = await laterLines(of);
  const moved = await readMoved(of, [...shown, ...later]);
  if (moved.length === 0) return ledger;
  const all = [...ledger.lines.map(onItsDay(moved)), ...later.map(onItsDay(moved))];
  const within = all.filter(({ date }) => date <= day);
  const earlier = within.filter((line) => line.date < from && isCounted(line, of));
  const before = earlier.reduce((so, { amount }) => add(so, amount), money(0n, currency));
  const lines = within.filter(({ date }) => date >= from);
  return { ...ledger, before: add(ledger.before, before), lines };
}

/** What SL shows on first days after the one that is proved, up to the period that is open now. */
async function laterLines(of: TrueDays): Promise<readonly BookLine[]> {
  const { erp, calendar, clearing: account, currency, day, signal } = of;
  const { firstOpenReceivables, firstOpenLedger } = calendar;
  const isStart = startsPeriod(calendar);
  const found: BookLine[] = [];
  for (let at = addDays(day, 1); ; at = addDays(at, 1)) {
    const own = periodOf(at, calendar);
    if (own > firstOpenReceivables && own > firstOpenLedger) return found;
    if (!isStart(at)) continue;
    const asked = { account, currency, from: at, day: at };
    found.push(...(await readAccountLines(erp, asked, signal)));
  }
}

function startsPeriod(calendar: FiscalCalendar): (day: string) => boolean {
  return (day) => periodOf(addDays(day, -1), calendar) !== periodOf(day, calendar);
}

async function readMoved(of: TrueDays, lines: readonly BookLine[]): Promise<readonly Moved[]> {
  const { pool, pair, currency } = of;
  const { account, subaccount } = of.clearing;
  const keys = [...new Set(lines.map(({ key }) => key).filter((key) => key !== ""))];
  if (keys.length === 0) return [];
  const { rows } = await pool.query<Omit<Moved, "amount"> & { minor: string }>(MOVED_SQL, [
    ...[pair, keys, JSON.stringify({ account, subaccount })],
  ]);
  return rows.map(({ minor, ...row }) => ({ ...row, amount: money(BigInt(minor), currency) }));
}

/** Each line that was booked takes one of SL's that reads the same. */
function onItsDay(moved: readonly Moved[]): (line: BookLine) => BookLine {
  const left = [...moved];
  return (line) => {
    const at = left.findIndex(
      ({ key, date, amount }) =>
        key === line.key && date === line.date && isSameAmount(amount, line.amount),
    );
    const [found] = at === -1 ? [] : left.splice(at, 1);
    return found === undefined ? line : { ...line, date: found.trueDate };
  };
}

function isCounted(line: BookLine, { period }: TrueDays): boolean {
  return period === undefined || line.period <= period;
}
