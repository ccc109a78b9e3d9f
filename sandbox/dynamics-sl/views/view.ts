import type { Column } from "../tables/columns.ts";
import type { Reader, Row } from "../tables/store.ts";
import type { World } from "../world.ts";

/** An equality filter on a column, which a view may answer by an index. */
export type Equalities = ReadonlyMap<string, string>;

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
