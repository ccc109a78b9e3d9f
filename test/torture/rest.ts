import { pause } from "../../src/base/clock.ts";
import type { Site } from "./site.ts";

/** What the hub's database says about work. */
export type WorkState = Readonly<{
  /** Lanes that a worker could claim now, and those that a worker at work has claimed. */
  claimable: number;
  /** The next moment at which something falls due or a lease runs out; undefined for never. */
  nextInMs: number | undefined;
  isPaused: boolean;
}>;

const STATE_SQL = `
with state as (
  select l.*, s.paused_code is not null as paused,
    case when s.circuit = 'open' then s.probe_at end as probe_at,
    l.owner = any ($2::text[]) as is_held
  from lane l left join pair_state s on s.pair = l.pair where l.pair = $1
), times as (
  select is_held, paused, greatest(
    case when owner is null then due_at else lease_until end, probe_at) as at
  from state where due_at is not null or owner is not null
), room as (
  select $3 - count(*) as free from state
  where owner is not null and lease_until > clock_timestamp()
)
select
  (select count(*) from times, room
    where is_held or (free > 0 and not paused and at <= clock_timestamp()))::int as claimable,
  (select extract(epoch from min(at) - clock_timestamp()) * 1000 from times
    where not coalesce(is_held, false) and not paused and at > clock_timestamp())::float8
    as "nextInMs",
  coalesce((select bool_or(paused) from state), false) as "isPaused"`;

/** Reads it; lanes of workers that are dead or frozen count as owned by nobody here. */
async function readWork(site: Site): Promise<WorkState> {
  const names = site.atWork.map(({ life }) => life.name);
  const found = await site.pool.query<{
    claimable: number;
    nextInMs: number | null;
    isPaused: boolean;
  }>(STATE_SQL, [site.pair, names, site.settings.sl.callLimit]);
  const row = found.rows[0];
  if (row === undefined) throw new Error("the state of the lanes could not be read");
  return { ...row, nextInMs: row.nextInMs ?? undefined };
}

const LOOK_FIRST_MS = 2;
const LOOK_EVERY_MS_MAX = 20;

/**
 * Waits until nothing can happen any more before time goes on or somebody acts: no webhook is on
 * its way, no worker is at work, and none could begin.
 */
export async function untilRest(site: Site, endMs: number): Promise<WorkState> {
  let lookMs = LOOK_FIRST_MS;
  for (;;) {
    const { state, ...seen } = isBusy(site) ? BUSY : await lookAround(site);
    if (state !== undefined && seen.isAtRest) return state;
    if (performance.now() > endMs) {
      const words = JSON.stringify({ ...state, ...seen, workers: site.atWork.length });
      throw new Error(`the world did not come to rest: ${words}`);
    }
    await pause(lookMs);
    lookMs = Math.min(lookMs * 1.4, LOOK_EVERY_MS_MAX);
  }
}

type Look = Readonly<{ state: WorkState | undefined; isQuiet: boolean; isAtRest: boolean }>;
/** Nobody needs to be asked while a worker in this process is at work. */
const BUSY: Look = { state: undefined, isQuiet: false, isAtRest: false };

function isBusy(site: Site): boolean {
  const isWorking = site.atWork.some((worker) => worker.lanesAtWork() > 0);
  return isWorking || site.script.background.size > 0;
}

async function lookAround(site: Site): Promise<Look> {
  const isQuiet = await areWebhooksQuiet(site);
  const state = await readWork(site);
  const isAway = site.atWork.length === 0;
  const canWork = !isAway && state.claimable > 0;
  // With nobody at home webhooks are sent again and again: then somebody has to come first.
  const isDelivered = isQuiet || isAway;
  return { state, isQuiet, isAtRest: !isBusy(site) && !canWork && isDelivered };
}

type Sending = Readonly<{ state: { queued: number; inFlight: number; pending: number } }>;

async function areWebhooksQuiet(site: Site): Promise<boolean> {
  const { state } = await site.stripeAdmin<Sending>("/webhooks");
  return state.queued === 0 && state.inFlight === 0 && state.pending === 0;
}
