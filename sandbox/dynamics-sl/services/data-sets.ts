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

type Paging = Readonly<{ page: number; pageSize: number }>;

/** Rows of a table as an untyped DataSet with all of its columns, text padded to its width. */
export function dataSetOf(world: World, table: string, rows: readonly Row[]): DataSet {
  return dataSetOfColumns(world, columnsOf(world, table), rows);
}

/** As `dataSetOf`, one page of the rows, each with its number in the whole result. */
export function pagedDataSet(
  world: World,
  table: string,
  rows: readonly Row[],
  paging: Paging,
): DataSet {
  return pagedDataSetOfColumns(world, columnsOf(world, table), { rows, paging });
}

/** The same for columns that are no table's, such as a view's. */
export function pagedDataSetOfColumns(
  world: World,
  columns: readonly Column[],
  { rows, paging }: Readonly<{ rows: readonly Row[]; paging: Paging }>,
): DataSet {
  const { page, pageSize } = paging;
  const size = pageSize > 0 ? pageSize : Math.max(rows.length, 1);
  const start = (Math.max(page, 1) - 1) * size;
  const set = dataSetOfColumns(world, columns, rows.slice(start, start + size));
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

function columnsOf(world: World, table: string): readonly Column[] {
  return [...world.store.definition(table).columns.values()];
}

function dataSetOfColumns(world: World, columns: readonly Column[], rows: readonly Row[]): DataSet {
  return new DataSet(
    columns.map(({ name, kind }) => ({ name, type: CELL_TYPES[kind] })),
    rows.map((row) => cellsOf(world, columns, row)),
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
