import { z } from "zod";
import { EMPTY_DATE } from "../tables/columns.ts";
import { fold, type Row } from "../tables/store.ts";
import type { World } from "../world.ts";

/** How many rows each table holds. */
export function tableCounts(world: World): Readonly<Record<string, number>> {
  const names = [...world.store.tableNames()].sort();
  return Object.fromEntries(names.map((name) => [name, world.store.count(name)]));
}

/**
 * Raw rows of `?table=`, unpadded; every other parameter filters by column, `columns=A,B` picks
 * columns. Neither lag nor switches apply: this is the oracle's look at the database.
 */
export function readRows(world: World, query: URLSearchParams): readonly Row[] {
  const table = query.get("table") ?? "";
  if (!world.store.has(table)) throw new Error(`there is no table ${table}`);
  const { columns } = world.store.definition(table);
  const wanted = query.get("columns")?.split(",") ?? [...columns.keys()];
  const filters = [...query].filter(([name]) => name !== "table" && name !== "columns");
  for (const name of [...wanted, ...filters.map(([filter]) => filter)]) {
    if (!columns.has(name)) throw new Error(`${table} has no column ${name}`);
  }
  const full = (row: Row, name: string): string | number => row[name] ?? empty(columns, name);
  return [...world.store.all(table)]
    .filter((row) => filters.every(([name, value]) => fold(full(row, name)) === fold(value)))
    .map((row) => Object.fromEntries(wanted.map((name) => [name, full(row, name)])));
}

function empty(columns: ReadonlyMap<string, { kind: string }>, name: string): string | number {
  const kind = columns.get(name)?.kind;
  if (kind === "text") return "";
  return kind === "date" ? EMPTY_DATE : 0;
}

/** Body of `POST /rows`. */
export const EditInput = z.strictObject({
  table: z.string(),
  /** Columns that all edited rows have. */
  where: z.record(z.string(), z.union([z.string(), z.number()])),
  /** New values; key columns may be among them. Absent with `remove`. */
  set: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  remove: z.boolean().default(false),
  /** Writes a new row of `where` and `set` when none matches. */
  create: z.boolean().default(false),
});

/** A foreign hand in the tables: SL's own rules are not asked. */
export function editRow(world: World, input: z.infer<typeof EditInput>): unknown {
  const { store } = world;
  if (!store.has(input.table)) throw new Error(`there is no table ${input.table}`);
  const { columns } = store.definition(input.table);
  for (const name of [...Object.keys(input.where), ...Object.keys(input.set)]) {
    if (!columns.has(name)) throw new Error(`${input.table} has no column ${name}`);
  }
  const found = [...store.all(input.table)].filter((row) =>
    Object.entries(input.where).every(
      ([name, value]) => fold(row[name] ?? empty(columns, name)) === fold(value),
    ),
  );
  store.commit(() => {
    for (const row of found) {
      store.remove(input.table, row);
      if (!input.remove) store.put(input.table, { ...row, ...input.set });
    }
    if (found.length === 0 && input.create) {
      store.put(input.table, { ...input.where, ...input.set });
    }
  });
  return { rows: found.length };
}
