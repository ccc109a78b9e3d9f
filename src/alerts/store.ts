import type { Pool, PoolClient } from "pg";
import { randomId } from "../base/ids.ts";
import { withTransaction } from "../db/index.ts";
import { isJudgedHere } from "./hub-conditions.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";
import { MISSES_TO_RESOLVE, noticeDue, ROUND_EVERY_MS } from "./schedule.ts";

/** What a notice tells: it stays as it was over all tries. */
export type NoticeContent = Condition &
  Readonly<{ kind: NoticeKind; openedAt: string; resolvedAt: string | null }>;

/** Why a notice is sent; `test` is what a person asks for. */
export type NoticeKind = "opened" | "repeated" | "resolved" | "test";

type AlertRow = Condition & {
  id: string;
  ageMs: number;
  /** Since a round found it last. */
  unseenMs: number;
  opened_at: Date;
  notices: number;
  misses: number;
};

const OPEN_SQL = `
select id::text as id, rule, pair, key, title, cure, records, count, opened_at, notices, misses,
  (extract(epoch from clock_timestamp() - opened_at) * 1000)::float8 as "ageMs",
  (extract(epoch from clock_timestamp() - seen_at) * 1000)::float8 as "unseenMs"
from alert where resolved_at is null`;

// Of two rounds at once one makes the row, and the other finds it in its next round.
const ADD_SQL = `
insert into alert (rule, pair, key, title, cure, records, count, notices, notified_at)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, 1, clock_timestamp())
on conflict (rule, pair, key) where resolved_at is null do nothing
returning id::text as id, opened_at`;

const SEEN_SQL = `
update alert set title = $2, cure = $3, records = $4::jsonb, count = $5, notices = $6,
  misses = 0, seen_at = clock_timestamp(),
  notified_at = case when $7 then clock_timestamp() else notified_at end
where id = $1::bigint`;

const NOTICE_SQL = `
insert into alert_notice (message_id, alert_id, channel, kind, content)
select $1 || '_' || n.nr, $2::bigint, n.channel, $3, $4::jsonb
from unnest($5::text[]) with ordinality as n (channel, nr)`;

/** Takes the round of this minute, for one hub of all. */
export async function claimAlertRound(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update alert_round set due_at = clock_timestamp() + $1 * interval '1 millisecond'
     where due_at <= clock_timestamp()`,
    [ROUND_EVERY_MS],
  );
  return rowCount === 1;
}

/**
 * Brings the alerts in line with what holds now: opens, repeats and resolves, each with its notices
 * to all channels, in one transaction.
 */
export async function applyConditions(
  pool: Pool,
  conditions: readonly Condition[],
  channels: readonly string[],
): Promise<void> {
  await withTransaction(pool, async (tx) => {
    // Rounds of two hubs that come at once must not both tell of one alert.
    await tx.query("select 1 from alert_round for update");
    const { rows } = await tx.query<AlertRow>(OPEN_SQL);
    const open = new Map(rows.map((row) => [nameOf(row), row]));
    const telling = { tx, channels };
    for (const condition of conditions) {
      const row = open.get(nameOf(condition));
      open.delete(nameOf(condition));
      if (row === undefined) await openAlert(telling, condition);
      else await seeAgain(telling, row, condition);
    }
    for (const row of open.values()) if (isJudgedHere(row)) await miss(telling, row);
  });
}

type Telling = Readonly<{ tx: PoolClient; channels: readonly string[] }>;

async function openAlert(telling: Telling, condition: Condition): Promise<void> {
  const { rule, pair, key, title, cure, records, count } = condition;
  const values = [rule, pair, key, title, cure, JSON.stringify(records), count];
  const { rows } = await telling.tx.query<{ id: string; opened_at: Date }>(ADD_SQL, values);
  const [row] = rows;
  if (row === undefined) return;
  await tell(telling, row.id, contentOf(condition, "opened", row.opened_at));
}

async function seeAgain(telling: Telling, row: AlertRow, condition: Condition): Promise<void> {
  const { title, cure, records, count } = condition;
  const { isDue, notices } = noticeDue(row.ageMs, row.notices);
  await telling.tx.query(SEEN_SQL, [
    ...[row.id, title, cure, JSON.stringify(records), count],
    ...[notices, isDue],
  ]);
  if (isDue) await tell(telling, row.id, contentOf(condition, "repeated", row.opened_at));
}

async function miss(telling: Telling, row: AlertRow): Promise<void> {
  const { tx } = telling;
  if (row.misses + 1 < MISSES_TO_RESOLVE) {
    await tx.query("update alert set misses = misses + 1 where id = $1::bigint", [row.id]);
    return;
  }
  const { rows } = await tx.query<{ resolved_at: Date }>(
    `update alert set resolved_at = clock_timestamp(), misses = misses + 1 where id = $1::bigint
     returning resolved_at`,
    [row.id],
  );
  const content = contentOf(row, "resolved", row.opened_at);
  const resolvedAt = rows[0]?.resolved_at.toISOString() ?? null;
  await tell(telling, row.id, { ...content, resolvedAt });
}

async function tell(telling: Telling, alertId: string, content: NoticeContent): Promise<void> {
  if (telling.channels.length === 0) return;
  const values = [`msg_${randomId()}`, alertId, content.kind, JSON.stringify(content)];
  await telling.tx.query(NOTICE_SQL, [...values, telling.channels]);
}

function contentOf(condition: Condition, kind: NoticeKind, openedAt: Date): NoticeContent {
  const { rule, pair, key, title, cure, count } = condition;
  const records = condition.records.slice(0, RECORDS_SHOWN);
  const about = { rule, pair, key, title, cure, records, count };
  return { kind, ...about, openedAt: openedAt.toISOString(), resolvedAt: null };
}

function nameOf({ rule, pair, key }: Pick<Condition, "rule" | "pair" | "key">): string {
  return `${rule}\n${pair}\n${key}`;
}
