import type { Pool } from "pg";
import { PROBE_DELAYS_MS } from "./circuit.ts";
import type { ClaimedLane } from "./lane.ts";

/**
 * How long a claim holds without a renewal: a dead process's lanes go to another one after this
 * time and at most one poll. Three renewals fit in, so one lost packet costs no lane.
 */
export const LEASE_MS = 12_000;
/** A lease this close to its end is not renewed: another process may be counting it as free. */
const RENEWAL_MARGIN_MS = 1_000;

/**
 * A connection that went dead without a word is given up after this time and replaced, well before
 * the leases are.
 */
const QUERY_TIMEOUT_MS = 3_000;

/** A pair and how many of its lanes may be worked at once over all processes. */
export type PairLimit = Readonly<{ pair: string; limit: number }>;

type ClaimRow = {
  pair: string | null;
  key: string;
  wake: bigint;
  attempt: bigint;
  tries: number;
  taken_over_from: string | null;
  due_in_ms: number | null;
  has_left: boolean;
};

/**
 * What falls due after the statement began is due next: lanes that are due by then are claimed, or
 * left over. One that falls due while the claim runs may be both, and costs another claim.
 */
const CLAIM_SQL = `
with claimed as materialized (
  select * from slipway_claim($1, $2::text[], $3::int[], $4, $5, $6::int[])
), next as (
  select extract(epoch from min(n.due_at) - clock_timestamp())::float8 * 1000 as due_in_ms
  from unnest($2::text[]) as p (pair)
  cross join lateral (
    select l.due_at from lane l
    where l.pair = p.pair and l.owner is null and l.due_at > now()
    order by l.due_at limit 1) as n
), left_over as (
  select exists (
    select from unnest($2::text[]) as p (pair)
    cross join lateral (
      select from lane l
      where l.pair = p.pair and l.owner is null and l.due_at <= now()
        and not exists (select from claimed c where c.pair = l.pair and c.key = l.key)
      limit 1) as l) as has_left
)
select c.*, n.due_in_ms, o.has_left from next n cross join left_over o left join claimed c on true`;

const RENEW_SQL = `
with beat as (
  insert into hub_process (id)
  select $1 where $7::timestamptz is null
    or exists (select from hub_process where id = $1 and heartbeat_at >= $7::timestamptz)
  on conflict (id) do update set heartbeat_at = clock_timestamp()
  returning heartbeat_at
), held as materialized (
  select l.pair, l.key from lane l
  join unnest($2::text[], $3::text[], $4::bigint[]) as h (pair, key, attempt)
    on h.pair = l.pair and h.key = l.key and h.attempt = l.attempt
  where l.owner = $1 and l.lease_until > clock_timestamp() + $6 * interval '1 millisecond'
  order by l.pair, l.key
  for no key update of l
), renewed as (
  update lane l set lease_until = clock_timestamp() + $5 * interval '1 millisecond'
  from held where l.pair = held.pair and l.key = held.key
  returning l.pair, l.key, l.attempt
)
select r.pair, r.key, r.attempt, b.heartbeat_at::text as heartbeat
from (select) as always left join beat b on true left join renewed r on true`;

const RELEASE_SQL = `
with held as materialized (
  select l.pair, l.key from lane l
  join unnest($2::text[], $3::text[], $4::bigint[]) as h (pair, key, attempt)
    on h.pair = l.pair and h.key = l.key and h.attempt = l.attempt
  where l.owner = $1
  order by l.pair, l.key
  for no key update of l
), freed as (
  update lane l set owner = null, lease_until = null, updated_at = now(),
    due_at = least(l.due_at, now())
  from held where l.pair = held.pair and l.key = held.key
  returning l.pair
)
select pg_notify('slipway_lane', pair) from (select distinct pair from freed) as of_pair`;

/** What a claim came to. */
export type Claim = Readonly<{
  lanes: readonly ClaimedLane[];
  /** How long until the next lane of these pairs falls due; undefined when none waits. */
  dueInMs: number | undefined;
  /** Lanes were due when it began that it did not take, for whatever reason. */
  hasLeft: boolean;
  /** Some of those may be had by another claim at once: they had no room in this one. */
  mayHaveLeft: boolean;
}>;

/** Takes up to `room` due lanes of these pairs for `owner`, as `slipway_claim` says. */
export async function claimLanes(
  pool: Pool,
  claim: { owner: string; pairs: readonly PairLimit[]; room: number },
): Promise<Claim> {
  const { owner, pairs, room } = claim;
  const names = pairs.map((entry) => entry.pair);
  const limits = pairs.map((entry) => entry.limit);
  const values = [owner, names, limits, room, LEASE_MS, PROBE_DELAYS_MS];
  const query = { name: "slipway_claim_next", ...bounded(CLAIM_SQL, values) };
  const { rows } = await pool.query<ClaimRow>(query);
  const lanes = rows.flatMap((row) => toLane(row, owner));
  const hasLeft = rows[0]?.has_left !== false;
  return {
    lanes,
    dueInMs: rows[0]?.due_in_ms ?? undefined,
    hasLeft,
    mayHaveLeft: hasLeft && mayHaveLeft(lanes, claim),
  };
}

function toLane(row: ClaimRow, owner: string): readonly ClaimedLane[] {
  const { pair, key, tries } = row;
  if (pair === null) return [];
  const [wake, attempt] = [Number(row.wake), Number(row.attempt)];
  const takenOverFrom = row.taken_over_from ?? undefined;
  return [{ pair, key, owner, wake, attempt, tries, takenOverFrom }];
}

/**
 * A pair that got fewer lanes than its share of the room had no more for now. The share is that
 * among the pairs with work, so it is at least that among all.
 */
function mayHaveLeft(
  lanes: readonly ClaimedLane[],
  { pairs, room }: Readonly<{ pairs: readonly PairLimit[]; room: number }>,
): boolean {
  const share = Math.max(1, Math.floor(room / Math.max(1, pairs.length)));
  const counts = new Map<string, number>();
  for (const { pair } of lanes) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  return [...counts.values()].some((count) => count >= share);
}

/** What a renewal came to. */
export type Renewal = Readonly<{
  /** Those that are still this process's own; every other one has been, or may be, taken over. */
  lanes: readonly ClaimedLane[];
  /**
   * The new heartbeat; undefined when the database does not know the one before it, as after a
   * restore of an older copy. Then none was taken, until the caller asks without one.
   */
  heartbeat: string | undefined;
}>;

type RenewRow = {
  pair: string | null;
  key: string | null;
  attempt: bigint | null;
  heartbeat: string | null;
};

/**
 * Renews the leases of all lanes of a process, and its heartbeat, in one statement.
 *
 * @param process.heartbeat the newest one that the database took; undefined for the first
 */
export async function renewLeases(
  pool: Pool,
  process: { owner: string; heartbeat: string | undefined },
  lanes: readonly ClaimedLane[],
): Promise<Renewal> {
  const { owner, heartbeat } = process;
  const values = [owner, ...columnsOf(lanes), LEASE_MS, RENEWAL_MARGIN_MS, heartbeat ?? null];
  const { rows } = await pool.query<RenewRow>(RENEW_SQL, values);
  const renewed = new Set(rows.map((row) => `${row.pair}\n${row.key}\n${row.attempt}`));
  return {
    lanes: lanes.filter((lane) => renewed.has(`${lane.pair}\n${lane.key}\n${lane.attempt}`)),
    heartbeat: rows[0]?.heartbeat ?? undefined,
  };
}

/** Gives lanes back unfinished: they are due at once for whoever has room. */
export async function releaseLanes(
  pool: Pool,
  owner: string,
  lanes: readonly ClaimedLane[],
): Promise<void> {
  await pool.query(bounded(RELEASE_SQL, [owner, ...columnsOf(lanes)]));
}

/** Takes a process that ended in good order off the list of hub processes. */
export async function signOff(pool: Pool, owner: string): Promise<void> {
  await pool.query(bounded("delete from hub_process where id = $1", [owner]));
}

function bounded(text: string, values: unknown[]) {
  return { text, values, query_timeout: QUERY_TIMEOUT_MS };
}

function columnsOf(lanes: readonly ClaimedLane[]): [string[], string[], number[]] {
  return [
    lanes.map((lane) => lane.pair),
    lanes.map((lane) => lane.key),
    lanes.map((lane) => lane.attempt),
  ];
}
