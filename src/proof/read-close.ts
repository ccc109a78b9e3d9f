import type { Pool } from "pg";
import { currencies } from "../base/currency.ts";
import { type Money, money, zero } from "../base/money.ts";
import type { ErpConnector, GlAccount } from "../erp/port.ts";
import { EFFECT } from "./intent-sql.ts";
import { readLostTransit } from "./lost-drafts.ts";

/** What payouts and top-ups are on their way by the hub's own journals, at the end of a day. */
export async function readUnderWay(
  deps: Readonly<{ pool: Pool; erp: ErpConnector }>,
  of: Readonly<{ pair: string; currency: string; transit: GlAccount; day: string }>,
  signal: AbortSignal | undefined,
): Promise<readonly Readonly<{ id: string; amount: Money }>[]> {
  const { pair, currency, transit, day } = of;
  const { account, subaccount } = transit;
  const { rows } = await deps.pool.query<{ object: string; amount: string }>(
    `select d.object, sum(${EFFECT})::text as amount from intent d
     where d.pair = $1 and d.done_at is not null and d.draft ->> 'kind' = 'journal'
       and d.draft ->> 'currency' = $2 and d.draft ->> 'documentDate' <= $4
     group by d.object`,
    [pair, currency, JSON.stringify({ account, subaccount }), day],
  );
  const told = rows.map(({ object, amount }) => ({ id: object, minor: BigInt(amount ?? 0) }));
  const lost = await readLostTransit(deps, { pair, currency, account: transit, day }, signal);
  const all = [...told, ...lost.map(({ id, amount: { minor } }) => ({ id, minor }))];
  const byObject = Map.groupBy(all, ({ id }) => id);
  return [...byObject.keys()].toSorted().flatMap((id) => {
    const minor = (byObject.get(id) ?? []).reduce((so, one) => so + one.minor, 0n);
    return minor === 0n ? [] : [{ id, amount: money(minor, currency) }];
  });
}

/** Batches of the hub that SL has not released, of documents of the period or of an earlier one. */
export async function readOpenBatches(
  deps: Readonly<{ pool: Pool; pair: string; erp: ErpConnector }>,
  period: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { pool, pair, erp } = deps;
  const open: string[] = [];
  for (let page = 1; ; page += 1) {
    const { rows, isLast } = await erp.listUnreleased(page, signal);
    const later = await pool.query<{ key: string }>(
      `select key from intent
       where pair = $1 and key = any ($2::text[]) and draft ->> 'period' > $3`,
      [pair, rows.map(({ key }) => key), period],
    );
    const isLater = new Set(later.rows.map(({ key }) => key));
    open.push(...rows.filter(({ key }) => !isLater.has(key)).map(({ batNbr }) => batNbr));
    if (isLast) return open;
  }
}

/** Why it is not sure that every event before the instant has come; undefined where it is. */
export async function readEventTrouble(
  pool: Pool,
  pair: string,
  until: Date,
): Promise<string | undefined> {
  const { rows } = await pool.query<{
    kind: string;
    position: Date;
    done_at: Date | null;
    trouble: string | null;
    lost_from: Date | null;
    lost_to: Date | null;
  }>(
    `select kind, position, done_at, trouble, lost_from, lost_to from event_walk
     where pair = $1 order by kind`,
    [pair],
  );
  const lost = rows.find(({ lost_from: from }) => from !== null && from < until);
  if (lost !== undefined) {
    const span = `${lost.lost_from?.toISOString()} to ${lost.lost_to?.toISOString()}`;
    return `Stripe keeps the events from ${span} no more: nobody knows whether all had come`;
  }
  const gap = rows.find(({ kind }) => kind === "gap");
  // A round compares no further than to what is no longer on its way as a webhook.
  if (gap?.done_at == null || gap.position < until) {
    return gap?.trouble ?? "Stripe's list has not been compared to the end of the period yet";
  }
  return undefined;
}

/** Documents up to the period that SL shows otherwise than booked, and that nobody accepted. */
export async function readTampered(
  pool: Pool,
  pair: string,
  period: string,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ words: string }>(
    `select id || ' ' || kind || ': ' || document as words from watch_finding
     where pair = $1 and period <= $2 and state in ('open', 'healing') order by id`,
    [pair, period],
  );
  return rows.map(({ words }) => words);
}

/** What an account holds in a currency at the end of a day. */
export async function balanceOf(
  erp: ErpConnector,
  of: Readonly<{ account: GlAccount | undefined; currency: string; day: string }>,
  signal: AbortSignal | undefined,
): Promise<Money> {
  const { account, currency, day } = of;
  if (account === undefined) return zero(currency);
  return (await erp.ledgerBalance(account, currency, day, signal)).balance;
}

/** Rows of before the instant in currencies that this version does not know: no proof has them. */
export async function readUnknownRows(
  pool: Pool,
  pair: string,
  until: Date,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select row_id as id from balance_row
     where pair = $1 and settled_at is null and balance_type = 'payments' and created < $2
       and currency <> all ($3::text[])
     order by created, row_id`,
    [pair, until, currencies()],
  );
  return rows.map(({ id }) => id);
}
