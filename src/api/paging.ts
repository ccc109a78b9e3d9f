import type { Pool } from "pg";

/**
 * A column that must equal a value, or a condition around the value's place, such as
 * `(place) => \`opened_at < \${place}::timestamptz\``. Without a value it takes no part.
 */
export type Filter = Readonly<{ value: string | undefined }> &
  (Readonly<{ column: string }> | Readonly<{ condition: (place: string) => string }>);

type PageRequest<Row> = Readonly<{
  /** Everything up to the `where`. */
  select: string;
  /** The growing number that orders the list, newest first. */
  numberColumn: string;
  filters: readonly Filter[];
  before: string | undefined;
  limit: number;
  numberOf: (row: Row) => string;
}>;

/** Reads one page, newest first; one row more than asked for tells whether there is a next one. */
export async function readPage<Row extends object>(
  pool: Pool,
  request: PageRequest<Row>,
): Promise<{ rows: Row[]; next: string | null }> {
  const { select, numberColumn, filters, before, limit, numberOf } = request;
  const used = filters.filter((filter) => filter.value !== undefined);
  const values: (string | number)[] = used.map((filter) => filter.value ?? "");
  const conditions = used.map((filter, index) => conditionOf(filter, `$${index + 1}`));
  if (before !== undefined) {
    values.push(before);
    conditions.push(`${numberColumn} < $${values.length}::bigint`);
  }
  values.push(limit + 1);
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  const found = await pool.query<Row>(
    `${select} ${where} order by ${numberColumn} desc limit $${values.length}::int`,
    values,
  );
  return toPage(found.rows, limit, numberOf);
}

function conditionOf(filter: Filter, place: string): string {
  return "column" in filter ? `${filter.column} = ${place}` : filter.condition(place);
}

/** A page of at most `limit` from rows that were read with one more. */
export function toPage<Row>(
  found: readonly Row[],
  limit: number,
  numberOf: (row: Row) => string,
): { rows: Row[]; next: string | null } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  return { rows, next: hasMore ? numberOf(last) : null };
}
