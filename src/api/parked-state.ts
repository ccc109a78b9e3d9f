import type { Pool, PoolClient } from "pg";
import type { Unfinished } from "./contract.ts";
import { ATTEMPT_COLUMNS, type AttemptSqlRow } from "./rows.ts";

type LaneId = Readonly<{ pair: string; key: string }>;

/**
 * The sends of the lane whose outcome is open: no answer came, and the outcome horizon has not
 * passed, so they may still take effect in SL. An older one can no longer; the next run settles it
 * by reading SL, and it must not keep a person from saying "go on".
 */
export async function readOpenOutcomes(
  db: Pool | PoolClient,
  lane: LaneId,
  horizonMs: number,
): Promise<(AttemptSqlRow & { open_for_ms: number })[]> {
  const found = await db.query<AttemptSqlRow & { open_for_ms: number }>(
    `select ${ATTEMPT_COLUMNS},
       greatest(0, $3 - extract(epoch from clock_timestamp() - a.sent_at) * 1000)::float8
         as open_for_ms
     from intent i join attempt a on a.pair = i.pair and a.key = i.key
     where i.pair = $1 and i.lane_key = $2 and a.answered_at is null
       and a.sent_at > clock_timestamp() - $3::float8 * interval '1 millisecond'
     order by a.sent_at`,
    [lane.pair, lane.key, horizonMs],
  );
  return found.rows;
}

/** Intents of the lane that are begun and not done: their batches may stand in SL on hold. */
export async function readUnfinished(db: Pool | PoolClient, lane: LaneId): Promise<Unfinished[]> {
  const found = await db.query<Unfinished>(
    `select key as "intentKey", purpose, object, stage, bat_nbr as "batNbr" from intent
     where pair = $1 and lane_key = $2 and stage not in ('planned', 'done', 'abandoned')
     order by created_at limit 100`,
    [lane.pair, lane.key],
  );
  return found.rows;
}

/** What a dismissal of the lane means for what it has collected for the summary of its day. */
export async function readCollectedEffects(db: Pool | PoolClient, lane: LaneId): Promise<string[]> {
  const found = await db.query<{ kind: "sale" | "refund"; day: string; part: string | null }>(
    `select distinct c.kind, c.day, c.part
     from intent i join collected_document c on c.pair = i.pair and c.intent_key = i.key
     where i.pair = $1 and i.lane_key = $2 and i.stage = 'collected'
     order by c.kind desc, c.day, c.part`,
    [lane.pair, lane.key],
  );
  return found.rows.map(({ kind, day, part }) => {
    const what = kind === "sale" ? "the sale" : "what went back of the sale";
    return part === null
      ? `${what} is left out of the summary of ${day}`
      : `${what} is booked all the same: document ${part} of ${day} is fixed with it`;
  });
}

/** What the dismissal of a day's summary leaves without a document: sales, and refunds of them. */
export async function readDayEffects(
  db: Pool | PoolClient,
  { pair, day }: Readonly<{ pair: string; day: string }>,
): Promise<string[]> {
  const found = await db.query<{ kind: "sale" | "refund"; lanes: number }>(
    `select c.kind, count(distinct c.lane_key)::int as lanes
     from collected_document c join intent i on i.pair = c.pair and i.key = c.intent_key
     where c.pair = $1 and c.day = $2 and i.stage = 'collected' group by 1 order by 1 desc`,
    [pair, day],
  );
  return found.rows.map(({ kind, lanes }) => {
    const sales = `${lanes} ${lanes === 1 ? "sale" : "sales"} of ${day}`;
    const what = kind === "sale" ? sales : `what went back of ${sales}`;
    return `${what} is left without a document`;
  });
}

/** What the dismissal of a case leaves of a reversal that was asked for and has not ended. */
export async function readReversalEffects(
  db: Pool | PoolClient,
  { pair, key }: LaneId,
): Promise<string[]> {
  const found = await db.query<{ id: string; named: string }>(
    `select id::text, named from reversal
     where pair = $1 and lane_key = $2 and state = 'asked'`,
    [pair, key],
  );
  return found.rows.map(({ id, named }) => `reversal ${id} of ${named} goes on no more`);
}
