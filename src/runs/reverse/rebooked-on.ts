import type { Pool } from "pg";
import { choosePeriod } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { DocumentRows, Door } from "../write/door.ts";

/** $1 pair, $2 object, $3 purpose, $4 part, $5 ids of rows, $6 their parts. */
const STOOD_SQL = `
select exists (
  select from intent i
  where i.object = $2 and i.pair = $1 and i.purpose = $3 and i.part = $4
    and i.reversed_by is not null
) or exists (
  select from unnest($5::text[], $6::text[]) as w (row_id, part)
  join former_owner f on f.pair = $1 and f.row_id = w.row_id and f.part = w.part) as stood`;

/**
 * Tells from which day on a document is dated: that on which an earlier booking of it was taken
 * back. What comes late to an object that went back, such as another fee of its day, was never
 * booked: the days before the reversal lack it, and it has its own date. What owns no rows is
 * dated with the rest of its object.
 *
 * @param days of the objects that are booked again
 */
export function rebookedOn(
  pool: Pool,
  pair: Pick<PairRuntime, "id" | "settings" | "reference">,
  days: ReadonlyMap<string, string>,
): NonNullable<Door["rebookedOn"]> {
  return async (document) => {
    const date = days.get(document.object);
    if (date === undefined) return undefined;
    if (document.owners.length > 0 && !(await hasStood(pool, pair.id, document))) return undefined;
    const calendar = await pair.reference.calendar();
    return { date, calendar, ...choosePeriod(date, calendar, pair.settings.closedPeriod) };
  };
}

/** Whether the document was booked and taken back before, or a row that it owns was. */
async function hasStood(
  pool: Pool,
  pair: string,
  { object, purpose, part, owners }: DocumentRows,
): Promise<boolean> {
  const { rows } = await pool.query<{ stood: boolean }>(STOOD_SQL, [
    ...[pair, object, purpose, part],
    ...[owners.map(({ rowId }) => rowId), owners.map((one) => one.part)],
  ]);
  return rows[0]?.stood === true;
}
