import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import type { PairSettings } from "../config/index.ts";
import { PAUSED_FOR_SETTINGS, pausePair, resumePair } from "../lanes/index.ts";
import { GROUNDS, type Ground, type Kept } from "./grounds.ts";

/** A value that the settings no longer have, and that the pair's books stand on. */
type Moved = Readonly<{ ground: Ground; kept: Kept; wanted: string | undefined }>;

/** $1 pair, $2 names, $3 values: from now on these and no others. */
const KEEP_SQL = `
with gone as (
  delete from booked_by where pair = $1 and setting <> all ($2)
)
insert into booked_by (pair, setting, value)
select $1, name, value from unnest($2::text[], $3::text[]) as k (name, value)
on conflict (pair, setting) do update set value = excluded.value
where booked_by.value <> excluded.value`;

/**
 * Refuses a change of what the books of a pair stand on: what is booked keeps its day and its
 * account, while what is still to be booked, and every proof, would go by the new one. A change of
 * something else is let through, also where the settings file was edited by hand before.
 *
 * @param before undefined for a pair that is added, which may have had books under its id before
 * @throws HubError `config.invalid`
 */
export async function refuseUnderBooks(
  pool: Pool,
  before: PairSettings | undefined,
  after: PairSettings,
): Promise<void> {
  for (const { ground, kept, wanted } of await findMoved(pool, after)) {
    if (before !== undefined && valueIn(ground, kept.name, before) === wanted) continue;
    const field = `pairs.${after.id}.${ground.settingOf(kept, before, after)}`;
    const value = ground.show(kept.value);
    throw new HubError("config.invalid", `${field}: ${ground.words(kept, wanted)}`, {
      facts: { field, example: value },
      cure: `Nothing was changed; keep ${value} there.`,
    });
  }
}

/**
 * Holds a pair to what its books stand on, before it runs: settings that were edited by hand ask
 * nobody. One whose settings name something else is paused with `config.booked_otherwise`, and goes
 * on once they name all of it again; nothing else lifts that pause.
 *
 * @returns why the pair is paused; undefined where it is not
 */
export async function holdToBooks(pool: Pool, settings: PairSettings): Promise<string | undefined> {
  const { id } = settings;
  const moved = await findMoved(pool, settings);
  if (moved.length > 0) {
    const reason = moved.map(({ ground, kept, wanted }) => ground.words(kept, wanted)).join("; ");
    await pausePair(pool, id, PAUSED_FOR_SETTINGS, reason);
    return reason;
  }
  const now = GROUNDS.flatMap((ground) => ground.read(settings));
  const columns = [now.map(({ name }) => name), now.map(({ value }) => value)];
  await pool.query(KEEP_SQL, [id, ...columns]);
  await resumePair(pool, id, PAUSED_FOR_SETTINGS);
  return undefined;
}

async function findMoved(pool: Pool, settings: PairSettings): Promise<readonly Moved[]> {
  const { id } = settings;
  const { rows } = await pool.query<Kept>(
    "select setting as name, value from booked_by where pair = $1 order by setting",
    [id],
  );
  const moved: Moved[] = [];
  for (const kept of rows) {
    const ground = GROUNDS.find(({ owns }) => owns(kept.name));
    if (ground === undefined) continue;
    const wanted = valueIn(ground, kept.name, settings);
    if (wanted === kept.value || !(await ground.hasBooked(pool, id, kept))) continue;
    moved.push({ ground, kept, wanted });
  }
  return moved;
}

function valueIn(ground: Ground, name: string, settings: PairSettings): string | undefined {
  return ground.read(settings).find((one) => one.name === name)?.value;
}
