import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { TELL } from "../hub-events/index.ts";
import { isWantedSql, positionOf, type StartAt } from "./read-events.ts";
import { OLD_SECRET_MS } from "./schedule.ts";
import { newSecret, type SealingKey } from "./secrets.ts";
import { readTarget } from "./target.ts";

/** Whom the hub tells, and how far that has come. */
export type Subscriber = Readonly<{
  id: string;
  url: string;
  /** Empty: all of them. */
  types: readonly string[];
  pairs: readonly string[];
  state: "enabled" | "disabled";
  disabledReason: string | undefined;
  /** The newest position that was looked at for it. */
  position: bigint;
  /** Positions that were not looked at yet. */
  behind: bigint;
  /** Deliveries that it has not taken yet, and those of them that failed before. */
  waiting: number;
  failing: number;
  delivered: bigint;
  lastDeliveredAt: Date | undefined;
  lastError: string | undefined;
  lastFailedAt: Date | undefined;
  failingSince: Date | undefined;
  createdAt: Date;
}>;

/** A delivery that a subscriber has not taken yet. */
export type WaitingDelivery = Readonly<{
  position: bigint;
  key: string;
  type: string;
  tries: number;
  dueAt: Date;
  lastError: string | undefined;
}>;

const LIST_SQL = `
select s.id, s.url, s.types, s.pairs, s.state, s.disabled_reason, s.position, s.delivered,
  s.last_delivered_at, s.last_error, s.last_failed_at, s.failing_since, s.created_at,
  coalesce((select max(e.position) from domain_event e), 0) - s.position as behind,
  (select count(*) from delivery d where d.subscriber = s.id)::int as waiting,
  (select count(*) from delivery d where d.subscriber = s.id and d.tries > 0)::int as failing
from subscriber s
where $1::text is null or s.id = $1
order by s.id`;

type SubscriberSqlRow = {
  id: string;
  url: string;
  types: string[];
  pairs: string[];
  state: Subscriber["state"];
  disabled_reason: string | null;
  position: bigint;
  behind: bigint;
  waiting: number;
  failing: number;
  delivered: bigint;
  last_delivered_at: Date | null;
  last_error: string | null;
  last_failed_at: Date | null;
  failing_since: Date | null;
  created_at: Date;
};

/** Every subscriber, by name. */
export async function listSubscribers(pool: Pool): Promise<Subscriber[]> {
  const { rows } = await pool.query<SubscriberSqlRow>(LIST_SQL, [null]);
  return rows.map(toSubscriber);
}

/** @throws HubError `api.not_found` */
export async function readSubscriber(pool: Pool, id: string): Promise<Subscriber> {
  const { rows } = await pool.query<SubscriberSqlRow>(LIST_SQL, [id]);
  const [row] = rows;
  if (row === undefined) throw unknownSubscriber(id);
  return toSubscriber(row);
}

/** The oldest deliveries that it has not taken yet, at most fifty. */
export async function waitingDeliveries(pool: Pool, id: string): Promise<WaitingDelivery[]> {
  const { rows } = await pool.query<{
    position: bigint;
    key: string;
    type: string;
    tries: number;
    due_at: Date;
    last_error: string | null;
  }>(
    `select d.position, d.key, e.type, d.tries, d.due_at, d.last_error
     from delivery d join domain_event e on e.position = d.position
     where d.subscriber = $1 order by d.position limit 50`,
    [id],
  );
  return rows.map(({ due_at: dueAt, last_error: lastError, ...rest }) => ({
    ...rest,
    dueAt,
    lastError: lastError ?? undefined,
  }));
}

/** A subscriber to add; it is told what comes after `from`. */
export type NewSubscriber = Readonly<{
  id: string;
  url: string;
  types: readonly string[];
  pairs: readonly string[];
  from: StartAt;
}>;

/**
 * Adds a subscriber and gives its secret, which nobody can read again.
 *
 * @throws HubError `api.invalid` for a URL that is refused, `api.subscriber_exists`,
 *   `api.position_unknown`, `api.position_gone`
 */
export async function addSubscriber(
  pool: Pool,
  added: NewSubscriber,
  how: { key: SealingKey; dryRun: boolean },
): Promise<string> {
  const { id, types, pairs, from } = added;
  const url = readTarget(added.url).href;
  const { secret, sealed } = newSecret(id, how.key);
  const position = await positionOf(pool, from);
  const sql = how.dryRun
    ? "select 1 where not exists (select from subscriber where id = $1)"
    : `insert into subscriber (id, url, types, pairs, secret, position)
       values ($1, $2, $3, $4, $5, $6::bigint) on conflict (id) do nothing`;
  const values = how.dryRun ? [id] : [id, url, types, pairs, sealed, String(position)];
  const { rowCount } = await pool.query(sql, values);
  if (rowCount === 1) return secret;
  throw new HubError("api.subscriber_exists", `There is a subscriber "${id}" already`, {
    facts: { field: "id" },
  });
}

/** @throws HubError `api.not_found` */
export async function removeSubscriber(pool: Pool, id: string): Promise<void> {
  const { rowCount } = await pool.query("delete from subscriber where id = $1", [id]);
  if (rowCount === 0) throw unknownSubscriber(id);
}

/**
 * Has a subscriber told everything after `from` again, or skips what comes before it. What waits
 * for it now is forgotten: it comes again by its position.
 *
 * @returns how many events that are
 * @throws HubError `api.not_found`, `api.position_unknown`, `api.position_gone`
 */
export async function replaySubscriber(
  pool: Pool,
  id: string,
  how: { from: StartAt; dryRun: boolean },
): Promise<bigint> {
  return withTransaction(pool, async (tx) => {
    const position = await positionOf(tx, how.from);
    const found = await tx.query<{ count: bigint }>(
      `select (select count(*) from domain_event e
         where e.position > $2::bigint and ${isWantedSql("s.types", "s.pairs")}) as count
       from subscriber s where s.id = $1 for update of s`,
      [id, String(position)],
    );
    const [row] = found.rows;
    if (row === undefined) throw unknownSubscriber(id);
    if (how.dryRun) return row.count;
    await tx.query("delete from delivery where subscriber = $1", [id]);
    await tx.query(
      `update subscriber set position = $2::bigint, failures = 0, failing_since = null,
         hold_until = null, owner = null, lease_until = null where id = $1`,
      [id, String(position)],
    );
    return row.count;
  });
}

/**
 * Has deliveries go on at once from where they stopped.
 *
 * @throws HubError `api.not_found`
 */
export async function enableSubscriber(pool: Pool, id: string): Promise<void> {
  await withTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `with enabled as (
         update subscriber set state = 'enabled', disabled_reason = null, failures = 0,
           failing_since = null, hold_until = null
         where id = $1 and state = 'disabled' returning id
       ), told as (
         ${TELL} select null, 'subscriber:' || id, 'subscriber.enabled',
           jsonb_build_object('subscriber', id) from enabled
       )
       select 1 from subscriber where id = $1`,
      [id],
    );
    if (rowCount === 0) throw unknownSubscriber(id);
    await tx.query("update delivery set due_at = clock_timestamp() where subscriber = $1", [id]);
  });
}

const DISABLE_SQL = `
with disabled as (
  update subscriber set state = 'disabled', disabled_reason = $2, owner = null, lease_until = null
  where id = $1 and state = 'enabled' and ($3::text is null or owner = $3)
  returning id, disabled_reason
), told as (
  ${TELL} select null, 'subscriber:' || id, 'subscriber.disabled',
    jsonb_build_object('subscriber', id, 'reason', disabled_reason) from disabled
)
select 1 from subscriber where id = $1`;

/**
 * Stops deliveries; nothing that waits is lost. With `owner` only if that process delivers to it.
 *
 * @throws HubError `api.not_found`
 */
export async function disableSubscriber(
  pool: Pool,
  id: string,
  why: { reason: string; owner?: string },
): Promise<void> {
  const { rowCount } = await pool.query(DISABLE_SQL, [id, why.reason, why.owner ?? null]);
  if (rowCount === 0) throw unknownSubscriber(id);
}

/**
 * Gives a subscriber a new secret, which signs from now on; the one before it signs too for a day.
 *
 * @throws HubError `api.not_found`
 */
export async function rollSecret(
  pool: Pool,
  id: string,
  key: SealingKey,
): Promise<{ secret: string; oldUntil: Date }> {
  const { secret, sealed } = newSecret(id, key);
  const { rows } = await pool.query<{ until: Date }>(
    `update subscriber set previous_secret = secret, secret = $2,
       previous_until = clock_timestamp() + $3 * interval '1 millisecond'
     where id = $1 returning previous_until as until`,
    [id, sealed, OLD_SECRET_MS],
  );
  const [row] = rows;
  if (row === undefined) throw unknownSubscriber(id);
  return { secret, oldUntil: row.until };
}

function unknownSubscriber(id: string): HubError {
  return new HubError("api.not_found", `There is no subscriber "${id}"`, {
    cure: "See `slipway subscribers list`.",
    facts: { field: "id" },
  });
}

function toSubscriber(row: SubscriberSqlRow): Subscriber {
  const { id, url, types, pairs, state, position, behind, waiting, failing, delivered } = row;
  return {
    ...{ id, url, types, pairs, state, position, behind, waiting, failing, delivered },
    disabledReason: row.disabled_reason ?? undefined,
    lastDeliveredAt: row.last_delivered_at ?? undefined,
    lastError: row.last_error ?? undefined,
    lastFailedAt: row.last_failed_at ?? undefined,
    failingSince: row.failing_since ?? undefined,
    createdAt: row.created_at,
  };
}
