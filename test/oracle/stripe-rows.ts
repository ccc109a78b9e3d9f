import { type Admin, type Row, textOf } from "./rows.ts";

/** Reads a table of the sandbox Stripe; only rows whose columns are so, `a.b` inside of one. */
export type ReadTable = (
  table: string,
  where?: Readonly<Record<string, string>>,
) => Promise<readonly Row[]>;

/** How a sandbox's administration is asked for a table. */
export function tablesOf(admin: Admin): ReadTable {
  return (table, where = {}) =>
    admin<Row[]>(`/rows?${new URLSearchParams({ table, ...where }).toString()}`);
}

/** Tables of the sandbox Stripe, each read once and looked up by any column. */
export class StripeRows {
  readonly #tables: ReadonlyMap<string, readonly Row[]>;
  readonly #indexes = new Map<string, ReadonlyMap<string, readonly Row[]>>();

  constructor(tables: ReadonlyMap<string, readonly Row[]>) {
    this.#tables = tables;
  }

  /** Reads these tables. */
  static async read(read: ReadTable, tables: readonly string[]): Promise<StripeRows> {
    const rows = await Promise.all(tables.map((table) => read(table)));
    return new StripeRows(new Map(tables.map((table, at) => [table, rows[at] ?? []])));
  }

  all(table: string): readonly Row[] {
    const rows = this.#tables.get(table);
    if (rows === undefined) throw new Error(`table ${table} was not read`);
    return rows;
  }

  /** The row of this id; undefined for none. */
  one(table: string, id: string): Row | undefined {
    return id === "" ? undefined : this.by(table, "id", id)[0];
  }

  /** Rows whose column has this value, in the order in which they were made. */
  by(table: string, column: string, value: string): readonly Row[] {
    const name = `${table}.${column}`;
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = Map.groupBy(this.all(table), (row) => textOf(row, column));
      this.#indexes.set(name, index);
    }
    return index.get(value) ?? [];
  }
}

/** The metadata of an object. */
export function metadataOf(row: Row | undefined): Readonly<Record<string, string>> {
  return (row?.metadata ?? {}) as Readonly<Record<string, string>>;
}

/** What a column that holds a list has; nothing where it holds none. */
export function listIn(row: Row | undefined, column: string): readonly Row[] {
  return (row?.[column] ?? []) as readonly Row[];
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** The day of a second in a time zone, `YYYY-MM-DD`. */
export function dayOf(seconds: number, zone: string): string {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
    formatters.set(zone, formatter);
  }
  return formatter.format(new Date(seconds * 1000));
}

/** The period that a day lies in where periods are months, `YYYYMM`. */
export function periodOf(day: string): string {
  return day.slice(0, 7).replace("-", "");
}
