import type { Column } from "../tables/columns.ts";
import type { Reader, Row } from "../tables/store.ts";
import type { World } from "../world.ts";

/**
 * Filters on texts and dates that a view may answer by an index: equality by the folded name of the
 * column, bounds by that name with the comparison, such as `BATNBR >=`.
 */
export type Equalities = ReadonlyMap<string, string>;

/** A wider span is looked for row by row. */
const SPAN_MAX = 5_000;

/** Every number between the bounds of a column, padded as they are; undefined where it has none. */
export function numbersBetween(equal: Equalities, column: string): readonly string[] | undefined {
  const from = equal.get(`${column} >=`) ?? "";
  const [to, below] = [equal.get(`${column} <=`), equal.get(`${column} <`)];
  const end = to ?? below ?? "";
  if (!/^\d+$/.test(from) || !/^\d+$/.test(end)) return undefined;
  const [first, last] = [Number(from), to === undefined ? Number(end) - 1 : Number(end)];
  if (last - first > SPAN_MAX) return undefined;
  const count = Math.max(0, last - first + 1);
  return Array.from({ length: count }, (_, at) => String(first + at).padStart(from.length, "0"));
}

/** A read-only Quick Query view of the catalogue. */
export type View = Readonly<{
  name: string;
  description: string;
  module: string;
  /** Display column names in order, with what they hold. */
  columns: readonly Column[];
  /**
   * The view's rows; it may leave out rows that the equality filters (folded column name → value)
   * exclude, the filters themselves are applied afterwards.
   */
  rows(world: World, reader: Reader, equal: Equalities): Iterable<Row>;
}>;

/** A text column of a view. */
export function textColumn(name: string, width: number): Column {
  return { name, kind: "text", width };
}

/** Float columns of a view. */
export function amountColumns(...names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, kind: "float", width: 0 }));
}

/** Integer columns of a view. */
export function intColumns(...names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, kind: "int", width: 0 }));
}

/** Date columns of a view. */
export function dateColumns(...names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, kind: "date", width: 0 }));
}
