import type { Pool } from "pg";
import { toJson } from "../base/json.ts";
import { type Money, money, zero } from "../base/money.ts";
import type { PayoutUnderWay } from "../canonical/report.ts";
import type { ReportSide } from "./prove.ts";

/** A report that failed is asked for anew after so long. */
const AGAIN_AFTER_HOURS = 24;

/** A day of a pair. */
export type PairDay = Readonly<{ pair: string; day: string }>;

/** Days from `from` on that were proved and of which no report was asked for, oldest first. */
export async function daysWithoutReport(
  pool: Pool,
  { pair, from }: Readonly<{ pair: string; from: string }>,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ day: string }>(
    `select distinct d.day from day_proof d
     where d.pair = $1 and d.day >= $2 and not exists (
       select from stripe_report r where r.pair = d.pair and r.day = d.day
         and (r.state <> 'failed'
           or r.asked_at > clock_timestamp() - interval '${AGAIN_AFTER_HOURS} hours'))
     order by d.day`,
    [pair, from],
  );
  return rows.map(({ day }) => day);
}

/** Keeps what was asked for; where another hub has asked meanwhile, that one counts. */
export async function keepAsked(pool: Pool, { pair, day }: PairDay, runId: string): Promise<void> {
  await pool.query(
    `insert into stripe_report (pair, day, run_id) values ($1, $2, $3)
     on conflict (pair, day) do update set run_id = excluded.run_id, state = 'pending', why = '',
       asked_at = clock_timestamp()
     where stripe_report.state = 'failed'`,
    [pair, day, runId],
  );
}

/** Reports that Stripe still makes, oldest day first. */
export async function listPendingReports(
  pool: Pool,
  pair: string,
): Promise<readonly Readonly<{ day: string; runId: string }>[]> {
  const { rows } = await pool.query<{ day: string; runId: string }>(
    `select day, run_id as "runId" from stripe_report
     where pair = $1 and state = 'pending' order by day`,
    [pair],
  );
  return rows;
}

/** Keeps what a report says, with the payouts that it does not count yet. */
export async function keepReport(
  pool: Pool,
  { pair, day }: PairDay,
  said: Readonly<{ endings: readonly Money[]; underWay: readonly PayoutUnderWay[] }>,
): Promise<void> {
  const endings = said.endings.map(({ currency, minor }) => [currency, minor] as const);
  const underWay = said.underWay.map(({ payoutId, amount }) => ({ payoutId, ...amount }));
  await pool.query(
    `update stripe_report set state = 'succeeded', endings = $3, under_way = $4,
       read_at = clock_timestamp()
     where pair = $1 and day = $2`,
    [pair, day, toJson(Object.fromEntries(endings)), toJson(underWay)],
  );
}

/** Days whose report was read after they were proved last, oldest first. */
export async function daysToProveAgain(pool: Pool, pair: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ day: string }>(
    `select distinct r.day
     from stripe_report r join day_proof d on d.pair = r.pair and d.day = r.day
     where r.pair = $1 and d.made_at < r.read_at order by r.day`,
    [pair],
  );
  return rows.map(({ day }) => day);
}

/** Keeps that Stripe has made none. */
export async function keepFailed(pool: Pool, { pair, day }: PairDay, why: string): Promise<void> {
  await pool.query(
    "update stripe_report set state = 'failed', why = $3 where pair = $1 and day = $2",
    [pair, day, why],
  );
}

type Wire = Readonly<{ payoutId: string; minor: string; currency: string }>;

/** What the report of a day says of a currency. */
export type DayReport = (currency: string) => ReportSide;

const REPORT_SQL = `
select endings, under_way as "underWay", (
    select coalesce(jsonb_object_agg(h.currency, h.minor), '{}') from (
      select b.currency, sum(b.net)::text as minor from balance_row b
      where b.pair = $1 and b.balance_type = 'risk_reserved' and b.created < $3
        and b.created >= $4
      group by b.currency) as h) as held
from stripe_report where pair = $1 and day = $2 and state = 'succeeded'`;

/**
 * Undefined where Stripe has made none.
 *
 * @param of `until` is the end of the day, `start` the first instant of the pair's books
 */
export async function readReport(
  pool: Pool,
  { pair, day, until, start }: PairDay & Readonly<{ until: Date; start: Date | undefined }>,
): Promise<DayReport | undefined> {
  const { rows } = await pool.query<{
    endings: Record<string, string>;
    underWay: readonly Wire[];
    held: Record<string, string>;
  }>(REPORT_SQL, [pair, day, until, start ?? "-infinity"]);
  const [found] = rows;
  if (found === undefined) return undefined;
  const { endings, underWay, held } = found;
  return (currency) => {
    const of = (all: Record<string, string>) =>
      all[currency] === undefined ? zero(currency) : money(BigInt(all[currency]), currency);
    return {
      ending: of(endings),
      underWay: underWay
        .filter((payout) => payout.currency === currency)
        .map(({ payoutId, minor }) => ({ payoutId, amount: money(BigInt(minor), currency) })),
      held: of(held),
    };
  };
}
