import type { Pool, PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { type DomainEventEnvelope, type DomainEventType, versionOf } from "../hub-events/index.ts";

/** Which events somebody wants; an empty list takes all. */
export type EventFilter = Readonly<{ types: readonly string[]; pairs: readonly string[] }>;

/** The columns of `domain_event e` that an envelope is made of. */
export const EVENT_COLUMNS = `e.position::text as position, replace(e.uid::text, '-', '') as uid,
  e.pair, e.key, e.type, e.data, e.occurred_at`;

export type EventSqlRow = {
  position: string;
  uid: string;
  pair: string | null;
  key: string;
  type: DomainEventType;
  data: Record<string, unknown>;
  occurred_at: Date;
};

/** `e` is wanted by the lists of types and pairs in these two parameters or columns. */
export function isWantedSql(types: string, pairs: string): string {
  return `(cardinality(${types}) = 0 or e.type = any (${types}))
    and (cardinality(${pairs}) = 0 or e.pair = any (${pairs}))`;
}

/** Events that get their positions in one statement. */
export const NUMBERED_AT_ONCE = 1_000;

const READ_SQL = `
select ${EVENT_COLUMNS} from domain_event e
where e.position > $1::bigint and e.position <= $2::bigint
  and ${isWantedSql("$3::text[]", "$4::text[]")}
order by e.position limit $5`;

export function toEnvelope(row: EventSqlRow): DomainEventEnvelope {
  const { uid, type, position, pair, key, data } = row;
  return {
    id: `hev_${uid}`,
    type,
    version: versionOf(type),
    timestamp: row.occurred_at.toISOString(),
    position,
    pair,
    key,
    data,
  };
}

/** The wanted events after one position and up to another, oldest first. */
export async function readDomainEvents(
  pool: Pool,
  range: Readonly<{ after: bigint; upTo: bigint; limit: number }>,
  filter: EventFilter,
): Promise<readonly DomainEventEnvelope[]> {
  const { after, upTo, limit } = range;
  const values = [String(after), String(upTo), filter.types, filter.pairs, limit];
  const { rows } = await pool.query<EventSqlRow>(READ_SQL, values);
  return rows.map(toEnvelope);
}

// The lock that slipway_number_events tries, which gives up where somebody else has it.
const NUMBERING_TURN = "select pg_advisory_xact_lock(1397507414)";

/**
 * Gives the committed events their positions, up to a thousand at once, and returns the newest one.
 * Whoever numbers at the moment is waited for: what was committed before the call is counted.
 */
export async function numberEvents(pool: Pool): Promise<bigint> {
  return withTransaction(pool, async (tx) => {
    await tx.query(NUMBERING_TURN);
    const numbered = "select slipway_number_events($1) as newest";
    const { rows } = await tx.query<{ newest: bigint }>(numbered, [NUMBERED_AT_ONCE]);
    return rows[0]?.newest ?? 0n;
  });
}

/** The positions that are kept, with the time of the oldest; 0 and none while there is no event. */
async function keptPositions(
  db: Pool | PoolClient,
): Promise<Readonly<{ oldest: bigint; oldestAt: Date | null; newest: bigint }>> {
  const { rows } = await db.query<{ oldest: bigint; oldestAt: Date | null; newest: bigint }>(
    `select coalesce(max(e.position), 0) as newest, coalesce(min(first.position), 0) as oldest,
       min(first.occurred_at) as "oldestAt"
     from (select max(position) as position from domain_event) e,
       (select min(position) as position from domain_event) f
       left join domain_event first on first.position = f.position`,
  );
  return rows[0] ?? { oldest: 0n, oldestAt: null, newest: 0n };
}

/** Where to begin: behind a position, at an instant, at the first event or with what is to come. */
export type StartAt = "start" | "now" | Readonly<{ after: bigint } | { since: Date }>;

/**
 * The position after which a reader begins.
 *
 * @throws HubError `api.position_unknown` for one that was not given out: before a restore of the
 *   database, perhaps; `api.position_gone` where an event after it was deleted for its age
 */
export async function positionOf(db: Pool | PoolClient, at: StartAt): Promise<bigint> {
  if (at === "start") return 0n;
  const { oldest, oldestAt, newest } = await keptPositions(db);
  if (at === "now") return newest;
  if ("after" in at) {
    if (at.after < oldest - 1n) throw gone(`Position ${at.after}`, oldest);
    if (at.after <= newest) return at.after;
    throw new HubError("api.position_unknown", `Position ${at.after} was not given out yet`, {
      facts: { field: "from", example: String(newest) },
    });
  }
  if (oldest > 1n && oldestAt !== null && at.since < oldestAt) {
    throw gone(at.since.toISOString(), oldest);
  }
  const { rows } = await db.query<{ first: bigint | null }>(
    "select min(position) as first from domain_event where occurred_at >= $1",
    [at.since],
  );
  const first = rows[0]?.first ?? null;
  return first === null ? newest : first - 1n;
}

function gone(from: string, oldest: bigint): HubError {
  return new HubError("api.position_gone", `Events after ${from} were deleted for their age`, {
    facts: { field: "from", example: String(oldest) },
  });
}

/** The event that a reader says it has seen: it is the same only if also its id is the same. */
export async function isEventAt(pool: Pool, position: bigint, uid: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from domain_event
     where position = $1::bigint and starts_with(replace(uid::text, '-', ''), $2)`,
    [String(position), uid],
  );
  return rowCount === 1;
}
