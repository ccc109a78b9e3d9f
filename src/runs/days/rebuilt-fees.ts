import { wakeLanes } from "../../lanes/index.ts";
import { dayLane, type OpenPart, planParts } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";

/** The lanes that it waits for read one list and one batch each. */
const LOOK_MS = 2_000;
/** Lanes that are woken at once, and named. */
const WOKEN_MAX = 200;
const NAMED_MAX = 5;

/** $1 pair, $2 ids of rows, $3 purposes: journals of their own that SL holds. */
const ROWS_SQL = `
select i.object as id, i.purpose from intent i
where i.pair = $1 and i.object = any ($2::text[]) and i.draft_hash = 'rebuilt'
  and i.purpose = any ($3::text[]) and i.stage = 'done' and i.reversed_by is null`;

/** What the journal of a row alone may be for, by who owns the part that it holds. */
const PURPOSES = { fee: ["fee"], category: ["category", "bridge"] } as const;

/** $1 pair, $2 own lane, $3 lanes of days: journals in SL whose rows are not told yet. */
const UNTOLD_SQL = `
select distinct i.object as key from intent i
where i.pair = $1 and i.draft_hash = 'rebuilt' and i.purpose = 'fee' and i.stage = 'done'
  and i.reversed_by is null and i.object <> $2
  and (i.object like 'fees:%' or i.object = any ($3::text[]))
  and not exists (
    select from journal_row j
    where j.pair = i.pair and j.lane_key = i.object and j.purpose = 'fee'
      and j.journal_part = i.part)
order by i.object limit ${WOKEN_MAX}`;

/**
 * A rebuild takes journals of fees over without their rows. Before fees are planned anew, each of
 * these journals, whatever the setting was when it was booked, has to get its rows back from the
 * lane that it is of: that lane is woken, and waited for. Of the days only these can hold the rows.
 */
export async function awaitRebuiltFees(
  { pool, pair, lane }: RunContext,
  days: Iterable<string>,
): Promise<void> {
  const lanes = [...new Set(days)].map(dayLane);
  const untold = await pool.query<{ key: string }>(UNTOLD_SQL, [pair.id, lane.key, lanes]);
  if (untold.rows.length === 0) return;
  const keys = untold.rows.map(({ key }) => key);
  await wakeLanes(
    pool,
    keys.map((key) => ({ pair: pair.id, key })),
  );
  const named = keys.slice(0, NAMED_MAX).join(", ");
  throw new Waiting(`the rows of journals that a rebuild took over: ${named}`, LOOK_MS);
}

/** What a journal of its own holds in SL of a row, from when each had one, stays with that. */
export async function keepRowJournals(
  { pool, pair, lane }: RunContext,
  parts: readonly OpenPart[],
): Promise<void> {
  if (parts.length === 0) return;
  const ids = [...new Set(parts.map(({ row }) => row.id))];
  const asked = [pair.id, ids, Object.values(PURPOSES).flat()];
  const { rows } = await pool.query<{ id: string; purpose: string }>(ROWS_SQL, asked);
  const kept = parts.flatMap(({ row, part, owner }) => {
    const purposes = owner === "fee" ? PURPOSES.fee : PURPOSES.category;
    const held = (purpose: string) =>
      rows.some((one) => one.id === row.id && one.purpose === purpose);
    const purpose = purposes.find(held);
    if (purpose === undefined) return [];
    const journal = { object: row.id, purpose, part: "" };
    return [{ rowId: row.id, part, isSuspense: false, journal }];
  });
  await planParts(pool, lane, kept);
}
