import type { Pool, PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import { toJson } from "../base/json.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import { withTransaction } from "../db/index.ts";
import { LEASE_MS, wakeLanes } from "../lanes/index.ts";
import { keepRows } from "../ledger/index.ts";
import type { Fact } from "./facts.ts";

/** So long a step keeps the backfill by itself; a slow one keeps it while its process lives. */
const LEASE_SECONDS = 30;

/** A backfill that this process works on. */
export type ClaimedBackfill = Readonly<{
  id: string;
  pair: string;
  from: Date;
  until: Date;
  state: "listing" | "booking";
  position: Date;
  perMinute: number | null;
  tries: number;
  owner: string;
}>;

const CLAIM_SQL = `
with picked as (
  select id from backfill
  where state in ('listing', 'booking') and not is_paused and pair = any ($2::text[])
    and due_at <= clock_timestamp()
    and (owner is null or owner = $1 or lease_until < clock_timestamp() and not exists (
      select from hub_process h where h.id = backfill.owner
        and h.heartbeat_at > clock_timestamp() - $3 * interval '1 millisecond'))
  order by due_at limit 1 for update skip locked
)
update backfill b set owner = $1,
  lease_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
from picked p where p.id = b.id
returning b.id::text, b.pair, b.from_at as "from", b.until_at as until, b.state, b.position,
  b.per_minute as "perMinute", b.tries, b.owner`;

/** Takes a backfill of these pairs that has something to do, for one step. */
export async function claimBackfill(
  pool: Pool,
  owner: string,
  pairs: readonly string[],
): Promise<ClaimedBackfill | undefined> {
  return (await pool.query<ClaimedBackfill>(CLAIM_SQL, [owner, pairs, LEASE_MS])).rows[0];
}

// A hub that lost its lease, and a command of a person meanwhile, both leave nothing to write.
const FENCE_SQL = `
update backfill set lease_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
where id = $1 and owner = $2 and state = $3 and not is_paused returning 1`;

async function fence(tx: PoolClient, { id, owner, state }: ClaimedBackfill): Promise<void> {
  const { rowCount } = await tx.query(FENCE_SQL, [id, owner, state]);
  if (rowCount === 1) return;
  throw new HubError("lane.fenced", "Somebody else has this backfill, or stopped it", {
    facts: { backfill: id },
  });
}

const FACTS_SQL = `
insert into backfill_fact (backfill_id, lane_key, at, row_ids)
select $1, f."laneKey", f.at, f."rowIds"
from jsonb_to_recordset($2::jsonb) as f("laneKey" text, at timestamptz, "rowIds" text[])
order by f."laneKey"
on conflict (backfill_id, lane_key) do update
  set at = least(backfill_fact.at, excluded.at),
    row_ids = array(select distinct unnest(backfill_fact.row_ids || excluded.row_ids))`;

/**
 * Keeps what a window of time has shown, and moves the cursor with it or not at all. Rows that the
 * hub did not know are held: their lanes are this backfill's to wake.
 *
 * @throws HubError `lane.fenced` when it is not this process's any more
 */
export async function saveListed(
  pool: Pool,
  backfill: ClaimedBackfill,
  listed: Readonly<{ rows: readonly LedgerRow[]; facts: readonly Fact[]; position: Date }>,
): Promise<void> {
  const { id, pair, until } = backfill;
  const { rows, facts, position } = listed;
  await withTransaction(pool, async (tx) => {
    await fence(tx, backfill);
    const ids = rows.map((row) => row.id);
    const known = await tx.query<{ row_id: string }>(
      "select row_id from balance_row where pair = $1 and row_id = any ($2::text[])",
      [pair, ids],
    );
    await keepRows(tx, pair, rows);
    const before = new Set(known.rows.map((row) => row.row_id));
    const toWake = new Set(facts.flatMap(({ rowIds }) => rowIds));
    const fresh = ids.filter((rowId) => !before.has(rowId) && toWake.has(rowId));
    await tx.query(
      "update balance_row set held_for = $3 where pair = $1 and row_id = any ($2::text[])",
      [pair, fresh, id],
    );
    if (facts.length > 0) await tx.query(FACTS_SQL, [id, toJson(facts)]);
    await tx.query(
      `update backfill set position = $2, tries = 0, trouble = null, trouble_code = null,
         state = case when $3 then 'booking' else state end,
         booking_at = case when $3 then clock_timestamp() else booking_at end
       where id = $1`,
      [id, position, position >= until],
    );
  });
}

const ENDED_SQL = `
update backfill_fact f set ended_at = clock_timestamp(), outcome = r.outcome
from lane l, lateral (
  select outcome from run
  where run.pair = $2 and run.lane_key = l.key order by run.id desc limit 1) r
where f.backfill_id = $1 and f.woken_at is not null and f.ended_at is null
  and l.pair = $2 and l.key = f.lane_key and l.owner is null
  and (l.due_at is null or l.due_at > clock_timestamp() + interval '30 seconds')
  and exists (
    select from run n where n.pair = $2 and n.lane_key = l.key and n.ended_at >= f.woken_at)`;

/** Notes which of the lanes that were woken have come to an end, or wait by themselves. */
export async function noteEnded(pool: Pool, { id, pair }: ClaimedBackfill): Promise<void> {
  await pool.query(ENDED_SQL, [id, pair]);
}

/** How much is under way, and how much more may be. */
export type Room = Readonly<{
  /** Lanes of the backfill that have no end yet. */
  open: number;
  /** Lanes of the pair that are due and wait for a place, whoever woke them. */
  due: number;
  wokenLastMinute: number;
}>;

export async function readRoom(pool: Pool, { id, pair }: ClaimedBackfill): Promise<Room> {
  const { rows } = await pool.query<Room>(
    `select (select count(*)::int from backfill_fact
         where backfill_id = $1 and woken_at is not null and ended_at is null) as open,
       (select count(*)::int from lane
         where pair = $2 and owner is null and due_at <= clock_timestamp()) as due,
       (select count(*)::int from backfill_fact
         where backfill_id = $1 and woken_at > clock_timestamp() - interval '1 minute')
         as "wokenLastMinute"`,
    [id, pair],
  );
  return rows[0] ?? { open: 0, due: 0, wokenLastMinute: 0 };
}

const NEXT_SQL = `
select lane_key as "laneKey", at, row_ids as "rowIds" from backfill_fact
where backfill_id = $1 and woken_at is null order by at, lane_key limit $2`;

/** The facts that come next, oldest first. */
export async function nextFacts(
  pool: Pool,
  { id }: ClaimedBackfill,
  limit: number,
): Promise<readonly Fact[]> {
  return (await pool.query<Fact>(NEXT_SQL, [id, limit])).rows;
}

/**
 * Wakes the lanes of these facts and lets their rows go, in one transaction.
 *
 * @throws HubError `lane.fenced`
 */
export async function wakeFacts(
  pool: Pool,
  backfill: ClaimedBackfill,
  facts: readonly Fact[],
): Promise<void> {
  const { id, pair } = backfill;
  const keys = facts.map(({ laneKey }) => laneKey);
  await withTransaction(pool, async (tx) => {
    await fence(tx, backfill);
    await tx.query(
      `update backfill_fact set woken_at = clock_timestamp()
       where backfill_id = $1 and lane_key = any ($2::text[])`,
      [id, keys],
    );
    await tx.query(
      `update balance_row set held_for = null, woken_at = clock_timestamp()
       where pair = $1 and row_id = any ($2::text[])`,
      [pair, facts.flatMap(({ rowIds }) => rowIds)],
    );
    await wakeLanes(
      tx,
      keys.map((key) => ({ pair, key })),
    );
  });
}

/** Ends a backfill of which nothing is left; what its walk has kept is the pair's own now. */
export async function endBackfill(pool: Pool, backfill: ClaimedBackfill): Promise<void> {
  const { id, pair, from, until } = backfill;
  await withTransaction(pool, async (tx) => {
    await fence(tx, backfill);
    await tx.query(
      `update backfill set state = 'done', ended_at = clock_timestamp(), owner = null
       where id = $1`,
      [id],
    );
    // Where it reached the first day of the walk of rows, everything from its own first day on is
    // kept; a walk that is at work keeps its position.
    await tx.query(
      `update event_walk set since = $2
       where pair = $1 and kind = 'rows' and since > $2 and since <= $3`,
      [pair, from, until],
    );
  });
}

/** Gives it back until its next step; with trouble after a delay. */
export async function restBackfill(
  pool: Pool,
  { id, owner, tries }: ClaimedBackfill,
  rest: Readonly<{ dueInMs: number; trouble?: Readonly<{ code: string; message: string }> }>,
): Promise<void> {
  const { dueInMs, trouble } = rest;
  await pool.query(
    `update backfill set due_at = clock_timestamp() + $3 * interval '1 millisecond',
       tries = $4, trouble_code = $5, trouble = $6, owner = null
     where id = $1 and owner = $2`,
    [
      ...[id, owner, dueInMs, trouble === undefined ? 0 : tries + 1],
      ...[trouble?.code ?? null, trouble?.message ?? null],
    ],
  );
}

/** Parts of these rows that have their owner. */
export async function ownedParts(
  pool: Pool,
  pair: string,
  rowIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ name: string }>(
    `select row_id || ' ' || part as name from row_owner
     where pair = $1 and row_id = any ($2::text[])`,
    [pair, rowIds],
  );
  return new Set(rows.map(({ name }) => name));
}
