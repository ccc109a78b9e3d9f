import type { Pool } from "pg";
import type { Log } from "../base/log.ts";
import type { AlertChannel } from "../config/index.ts";
import { sendAgainMs } from "./schedule.ts";
import { sendTo } from "./send.ts";
import type { NoticeContent } from "./store.ts";

/** Longer than a try may take: a hub that dies while it sends lets another try after this. */
const CLAIM_MS = 60_000;
const SENDS_AT_ONCE = 4;

type NoticeRow = Readonly<{
  id: string;
  messageId: string;
  channel: string;
  tries: number;
  content: NoticeContent;
}>;

const CLAIM_SQL = `
with due as (
  select id from alert_notice where due_at <= clock_timestamp() order by due_at limit $2
  for update skip locked
)
update alert_notice n set tries = n.tries + 1, tried_at = clock_timestamp(),
  due_at = clock_timestamp() + $1 * interval '1 millisecond'
from due where due.id = n.id
returning n.id::text as id, n.message_id as "messageId", n.channel, n.tries, n.content`;

const END_SQL = `
update alert_notice set error = $2, taken_at = case when $3 then clock_timestamp() end,
  due_at = clock_timestamp() + $4::float8 * interval '1 millisecond'
where id = $1::bigint`;

/** What sending needs; `onSent` counts, `channels` is read anew each time. */
export type SenderDeps = Readonly<{
  pool: Pool;
  log: Log;
  channels: () => readonly AlertChannel[];
  onSent: (sent: { channel: string; result: "taken" | "failed" }) => void;
}>;

/** Sends what is due, each notice once; what is not taken waits for its next try. */
export async function sendDue(deps: SenderDeps, signal: AbortSignal): Promise<void> {
  const { rows } = await deps.pool.query<NoticeRow>(CLAIM_SQL, [CLAIM_MS, SENDS_AT_ONCE]);
  await Promise.all(rows.map((row) => sendOne(deps, row, signal)));
}

async function sendOne(deps: SenderDeps, row: NoticeRow, signal: AbortSignal): Promise<void> {
  const channel = deps.channels().find(({ name }) => name === row.channel);
  const gone = "the settings name no such channel any more";
  const message = { id: row.messageId, content: row.content };
  const problem = channel === undefined ? gone : await sendTo(channel, message, signal);
  // A process that stops has not heard the answer: the next one tries again.
  if (problem !== undefined && signal.aborted) return;
  const again = channel === undefined ? undefined : sendAgainMs(row.tries);
  const nextMs = problem === undefined ? null : (again ?? null);
  const isTaken = problem === undefined;
  await deps.pool.query(END_SQL, [row.id, problem ?? null, isTaken, nextMs]);
  deps.onSent({ channel: row.channel, result: isTaken ? "taken" : "failed" });
  if (isTaken) return;
  const facts = { channel: row.channel, tries: row.tries, error: problem };
  const what = nextMs === null ? "was given up" : "is tried again later";
  deps.log.warn(facts, `A notice was not taken and ${what}`);
}
