/** Columns that are reckoned from others stand last in their table, and no row may bring them. */
const RECKONED: Readonly<Record<string, readonly string[]>> = {
  intent: ["done_at", "open_since"],
};

/** The statements that keep a table's rows in another schema, to be inserted again as they are. */
export function copyOfTable(schema: string, table: string): string {
  const copy = `${schema}.${table}`;
  const dropped = (RECKONED[table] ?? []).map((name) => `alter table ${copy} drop column ${name};`);
  return `create table ${copy} as table public.${table}; ${dropped.join(" ")}`;
}
