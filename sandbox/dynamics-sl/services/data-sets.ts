import { type CellType, DataSet } from "../soap/answer.ts";
import { type Column, EMPTY_DATE } from "../tables/columns.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

const CELL_TYPES: Readonly<Record<Column["kind"], CellType>> = {
  text: "string",
  float: "double",
  int: "int",
  date: "dateTime",
};

/** Numbers that a paged answer carries beside its columns. */
const COUNTERS = ["counter", "totalEntries", "totalPages"] as const;

/** Rows of a table as an untyped DataSet with all of its columns, text padded to its width. */
export function dataSetOf(world: World, table: string, rows: readonly Row[]): DataSet {
  const columns = [...world.store.definition(table).columns.values()];
  return new DataSet(
    columns.map(({ name, kind }) => ({ name, type: CELL_TYPES[kind] })),
    rows.map((row) => cellsOf(world, columns, row)),
  );
}

/** As `dataSetOf`, one page of the rows, each with its number in the whole result. */
export function pagedDataSet(
  world: World,
  table: string,
  rows: readonly Row[],
  { page, pageSize }: Readonly<{ page: number; pageSize: number }>,
): DataSet {
  const size = pageSize > 0 ? pageSize : Math.max(rows.length, 1);
  const start = (Math.max(page, 1) - 1) * size;
  const set = dataSetOf(world, table, rows.slice(start, start + size));
  return new DataSet(
    [...set.columns, ...COUNTERS.map((name) => ({ name, type: "int" as const }))],
    set.rows.map((row, index) => ({
      ...row,
      counter: start + index + 1,
      totalEntries: rows.length,
      totalPages: Math.ceil(rows.length / size),
    })),
  );
}

function cellsOf(
  world: World,
  columns: readonly Column[],
  row: Row,
): Record<string, string | number> {
  const cells: Record<string, string | number> = {};
  for (const { name, kind, width } of columns) {
    if (kind === "text") {
      cells[name] = world.switches.padded ? text(row, name).padEnd(width) : text(row, name);
    } else if (kind === "date") cells[name] = text(row, name) || EMPTY_DATE;
    else cells[name] = num(row, name);
  }
  return cells;
}
