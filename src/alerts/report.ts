import type { Pool } from "pg";
import { randomId } from "../base/ids.ts";
import type { AlertChannel } from "../config/index.ts";
import type { Condition } from "./rules.ts";
import { sendTo } from "./send.ts";
import type { NoticeContent } from "./store.ts";

/** An alert with its notices so far. */
export type AlertState = Condition &
  Readonly<{
    id: string;
    openedAt: Date;
    notifiedAt: Date | null;
    notices: number;
    resolvedAt: Date | null;
  }>;

/** How sending to a channel went of late. */
export type ChannelState = Readonly<{
  name: string;
  type: AlertChannel["type"];
  takenAt: Date | null;
  /** What the newest try met, where it was not taken. */
  error: string | null;
  /** Notices that wait for another try. */
  waiting: number;
}>;

/** Alerts newest first: those that are open, or all. */
export async function listAlerts(
  pool: Pool,
  filter: Readonly<{ isOpen: boolean; pair?: string; before?: string; limit: number }>,
): Promise<AlertState[]> {
  const { isOpen, pair, before, limit } = filter;
  const { rows } = await pool.query<AlertState>(
    `select id::text as id, rule, pair, key, title, cure, records, count, notices,
       opened_at as "openedAt", notified_at as "notifiedAt", resolved_at as "resolvedAt"
     from alert
     where (resolved_at is null or not $1) and ($2::text is null or pair = $2)
       and ($3::bigint is null or id < $3::bigint)
     order by id desc limit $4`,
    [isOpen, pair ?? null, before ?? null, limit],
  );
  return rows;
}

/** The state of each configured channel. */
export async function readChannels(
  pool: Pool,
  channels: readonly AlertChannel[],
): Promise<ChannelState[]> {
  const { rows } = await pool.query<Omit<ChannelState, "type">>(
    `select c.name, newest.error,
       (select n.taken_at from alert_notice n where n.channel = c.name and n.taken_at is not null
        order by n.id desc limit 1) as "takenAt",
       (select count(*)::int from alert_notice n where n.channel = c.name and n.due_at is not null
        and n.tries > 0) as waiting
     from unnest($1::text[]) as c (name)
     left join lateral (
       select n.error from alert_notice n where n.channel = c.name and n.tries > 0
       order by n.tried_at desc nulls last limit 1
     ) as newest on true`,
    [channels.map(({ name }) => name)],
  );
  return channels.map(({ name, type }) => {
    const row = rows.find((one) => one.name === name);
    const { takenAt = null, error = null, waiting = 0 } = row ?? {};
    return { name, type, takenAt, error, waiting };
  });
}

/** How many alerts are open, by rule and pair. */
export async function countAlerts(
  pool: Pool,
): Promise<readonly { rule: string; pair: string; count: number }[]> {
  const { rows } = await pool.query<{ rule: string; pair: string; count: number }>(
    `select rule, pair, count(*)::int as count from alert where resolved_at is null
     group by rule, pair`,
  );
  return rows;
}

/** Sends a notice that says that it is a test to each channel, and waits for the answers. */
export async function testChannels(
  channels: readonly AlertChannel[],
  signal: AbortSignal,
): Promise<readonly { name: string; type: AlertChannel["type"]; error: string | null }[]> {
  const content: NoticeContent = {
    kind: "test",
    rule: "stray",
    pair: "",
    key: "test",
    title: "a person asked for this notice by slipway alerts test",
    cure: "Nothing.",
    records: [],
    count: 0,
    openedAt: new Date().toISOString(),
    resolvedAt: null,
  };
  return Promise.all(
    channels.map(async (channel) => {
      const error = await sendTo(channel, { id: `msg_${randomId()}`, content }, signal);
      return { name: channel.name, type: channel.type, error: error ?? null };
    }),
  );
}
