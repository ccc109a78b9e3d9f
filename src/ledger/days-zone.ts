import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import type { PairSettings } from "../config/index.ts";
import { PAUSED_FOR_SETTINGS, pausePair, resumePair } from "../lanes/index.ts";
import { bookingZone } from "../mapping/index.ts";

/** $1 pair, $2 the zone of its settings, to which one that is held to none is held from now on. */
const MEET_SQL = `
insert into pair_state (pair, days_zone) values ($1, $2)
on conflict (pair) do update set days_zone = coalesce(pair_state.days_zone, excluded.days_zone)
returning days_zone as zone`;

const HAS_BOOKED_SQL = `
select exists (select from receipt where pair = $1)
  or exists (select from intent where pair = $1 and stage not in ('planned', 'abandoned'))
  as "hasBooked"`;

/**
 * Refuses another zone of the days for a pair that has booked: what stands keeps its day, while
 * rows that are still to be booked, and the proofs of all days, would be cut elsewhere.
 *
 * @throws HubError `config.invalid`
 */
export async function refuseOtherDays(
  pool: Pool,
  before: PairSettings,
  after: PairSettings,
): Promise<void> {
  const [zone, wanted] = [bookingZone(before), bookingZone(after)];
  if (zone === wanted || !(await hasBooked(pool, before.id))) return;
  const setting = before.cutoff.zone === after.cutoff.zone ? "time-zone" : "cutoff.zone";
  throw new HubError("config.invalid", `pairs.${before.id}.${setting}: ${wordsOf(zone, wanted)}`, {
    facts: { field: `pairs.${before.id}.${setting}`, example: zone },
    cure: `Nothing was changed; keep ${zone} as the zone of the days.`,
  });
}

/**
 * Holds a pair to the zone of the days that it books by, before it runs: settings that were edited
 * by hand ask nobody. One that has booked by another zone is paused with `config.days_zone`, and
 * goes on once its settings name that one again.
 *
 * @returns why the pair is paused; undefined where it is not
 */
export async function holdToDaysZone(
  pool: Pool,
  settings: PairSettings,
): Promise<string | undefined> {
  const { id } = settings;
  const wanted = bookingZone(settings);
  const { rows } = await pool.query<{ zone: string }>(MEET_SQL, [id, wanted]);
  const zone = rows[0]?.zone ?? wanted;
  if (zone !== wanted) {
    if (await hasBooked(pool, id)) {
      const reason = wordsOf(zone, wanted);
      await pausePair(pool, id, PAUSED_FOR_SETTINGS, reason);
      return reason;
    }
    await pool.query("update pair_state set days_zone = $2 where pair = $1", [id, wanted]);
  }
  await resumePair(pool, id, PAUSED_FOR_SETTINGS);
  return undefined;
}

async function hasBooked(pool: Pool, pair: string): Promise<boolean> {
  const { rows } = await pool.query<{ hasBooked: boolean }>(HAS_BOOKED_SQL, [pair]);
  return rows[0]?.hasBooked === true;
}

function wordsOf(zone: string, wanted: string): string {
  return (
    `the pair has booked by the days of ${zone}; by those of ${wanted} rows of open days that ` +
    "are near midnight would be booked on another day than is told and proved, and days that " +
    "were proved would no longer add up"
  );
}
