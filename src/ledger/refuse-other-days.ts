import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import type { PairSettings } from "../config/index.ts";
import { bookingZone } from "../mapping/index.ts";

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
  if (zone === wanted) return;
  const { rows } = await pool.query<{ hasBooked: boolean }>(
    `select exists (select from receipt where pair = $1)
       or exists (select from intent where pair = $1 and stage not in ('planned', 'abandoned'))
       as "hasBooked"`,
    [before.id],
  );
  if (rows[0]?.hasBooked !== true) return;
  const setting = before.cutoff.zone === after.cutoff.zone ? "time-zone" : "cutoff.zone";
  throw new HubError(
    "config.invalid",
    `pairs.${before.id}.${setting}: the pair has booked by the days of ${zone}; by those of ` +
      `${wanted} rows of open days that are near midnight would be booked on another day than ` +
      "is told and proved, and days that were proved would no longer add up",
    {
      facts: { field: `pairs.${before.id}.${setting}`, example: zone },
      cure: `Nothing was changed; keep ${zone} as the zone of the days.`,
    },
  );
}
