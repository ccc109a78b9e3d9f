import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { bookingZone, choosePeriod, documentDate } from "../mapping/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding, Look } from "./check.ts";
import type { DoctorDeps } from "./deps.ts";

/** Work that has been due for so long is held up by something. */
const BACKLOG_MINUTES = 15;
/** A document that SL holds unreleased for a day is forgotten by somebody. */
const UNRELEASED_HOURS = 24;

/** How the work of a pair stands. */
export function workLooks(deps: DoctorDeps, pair: PairRuntime): Look[] {
  const { pool } = deps;
  return [
    { name: "backlog", look: () => lookAtBacklog(pool, pair.id) },
    { name: "open-outcomes", look: () => lookAtOutcomes(pool, pair) },
    { name: "unreleased", look: () => lookAtUnreleased(pool, pair.id) },
    { name: "sl.period", look: () => lookAtPeriod(deps, pair) },
  ];
}

async function lookAtBacklog(pool: Pool, pair: string): Promise<Finding> {
  const { rows } = await pool.query<{ count: number; minutes: number }>(
    `select count(*)::int as count,
       coalesce(extract(epoch from clock_timestamp() - min(due_at)) / 60, 0)::float8 as minutes
     from lane where pair = $1 and owner is null and due_at <= clock_timestamp()`,
    [pair],
  );
  const { count = 0, minutes = 0 } = rows[0] ?? {};
  if (count === 0) return "no work is due";
  const due = counted(count, "lane is", "lanes are");
  const words = `${due} due, the oldest for ${Math.round(minutes)} min`;
  if (minutes < BACKLOG_MINUTES) return words;
  return { warning: words, cure: "See `slipway lanes` for what holds them back." };
}

/** Settled by the next run of the lane; one that is older has no run that comes. */
async function lookAtOutcomes(pool: Pool, { id, settings }: PairRuntime): Promise<Finding> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from attempt a
     where a.pair = $1 and a.answered_at is null
       and a.sent_at < clock_timestamp() - 2 * $2::float8 * interval '1 second'`,
    [id, settings.outcomeHorizon],
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return "no send without an answer is older than its horizon";
  const words = `${counted(count, "send")} without an answer, older than twice the horizon`;
  return { warning: words, cure: "See `slipway trace` of its lane; a replay settles it." };
}

async function lookAtUnreleased(pool: Pool, pair: string): Promise<Finding> {
  const { rows } = await pool.query<{ bat_nbr: string | null; object: string }>(
    `select bat_nbr, object from intent
     where pair = $1 and open_since is not null and stage in ('filled', 'releasing')
       and updated_at < clock_timestamp() - $2 * interval '1 hour'
     order by updated_at limit 5`,
    [pair, UNRELEASED_HOURS],
  );
  if (rows.length === 0) return "nothing waits for its release for long";
  const names = rows.map(({ bat_nbr, object }) => `${bat_nbr ?? "a batch"} (${object})`);
  return {
    warning: `unreleased in SL for over ${UNRELEASED_HOURS} h: ${names.join(", ")}`,
    cure: "Release or void them in SL, or see why the run waits with `slipway trace`.",
  };
}

async function lookAtPeriod({ nowMs }: DoctorDeps, pair: PairRuntime): Promise<Finding> {
  const { settings, erp } = pair;
  const today = documentDate(new Date(nowMs()), bookingZone(settings));
  const calendar = await erp.readCalendar();
  const { period, notes, closed } = choosePeriod(today, calendar, settings.closedPeriod);
  if (closed !== undefined) {
    return { warning: `${closed.message}: what is paid today parks`, cure: closed.cure };
  }
  if (notes.length === 0) return `today books into ${period}, which is open`;
  return { warning: notes.join(" "), cure: "Open the period in SL, if that is not meant so." };
}
