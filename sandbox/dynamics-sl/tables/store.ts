import { Journal, type JournalEntry } from "../../kit/journal.ts";
import { type Column, EMPTY_DATE } from "./columns.ts";

/** A row without its empty columns: blank, 0 and 1900-01-01 are absent. Rows never change. */
export type Row = Readonly<Record<string, string | number>>;

/** A table: its columns, its primary key and the indexes kept for it. */
export type TableDefinition = Readonly<{
  name: string;
  columns: ReadonlyMap<string, Column>;
  key: readonly string[];
  /** Index name → columns. A row whose last indexed column is empty is not in the index. */
  indexes: Readonly<Record<string, readonly string[]>>;
}>;

/** What can be asked of the rows: the store itself, or its state some seconds ago. */
export type Reader = Readonly<{
  get(table: string, ...key: readonly (string | number)[]): Row | undefined;
  find(table: string, index: string, ...value: readonly (string | number)[]): readonly Row[];
  all(table: string): Iterable<Row>;
}>;

type Change = Readonly<{ table: string; key: string; before: Row | undefined }>;

/** SL's ids match without regard to letter case and trailing blanks (its usual collation). */
export function fold(value: string | number | undefined): string {
  return typeof value === "string" ? value.trimEnd().toUpperCase() : String(value ?? "");
}

function joined(values: readonly (string | number | undefined)[]): string {
  return values.length === 1 ? fold(values[0]) : values.map(fold).join("\u0001");
}

/** The text of a column, without its padding; empty when absent. */
export function text(row: Row | undefined, name: string): string {
  const value = row?.[name];
  return typeof value === "string" ? value : "";
}

/** The number of a column; 0 when absent. */
export function num(row: Row | undefined, name: string): number {
  const value = row?.[name];
  return typeof value === "number" ? value : 0;
}

/** The date of a column as `YYYY-MM-DD`; 1900-01-01 when absent. */
export function day(row: Row | undefined, name: string): string {
  return (text(row, name) || EMPTY_DATE).slice(0, 10);
}

/** Told of each row that changes, also by an undo: as it was, and as it is now. */
export type RowWatcher = (before: Row | undefined, after: Row | undefined) => void;

class Table {
  readonly definition: TableDefinition;
  readonly watchers: RowWatcher[] = [];
  rows = new Map<string, Row>();
  readonly #indexes: ReadonlyMap<
    string,
    Readonly<{ columns: readonly string[]; entries: Map<string, Set<string>> }>
  >;

  constructor(definition: TableDefinition) {
    this.definition = definition;
    this.#indexes = new Map(
      Object.entries(definition.indexes).map(([name, columns]) => [
        name,
        { columns, entries: new Map<string, Set<string>>() },
      ]),
    );
  }

  keyOf(row: Row): string {
    return joined(this.definition.key.map((name) => row[name] ?? this.#empty(name)));
  }

  /** An absent column of a key counts as its empty value, so that `get` finds the row. */
  #empty(name: string): string | number {
    const kind = this.definition.columns.get(name)?.kind;
    return kind === "text" || kind === "date" ? "" : 0;
  }

  set(key: string, row: Row | undefined): void {
    const before = this.rows.get(key);
    for (const { columns, entries } of this.#indexes.values()) {
      const old = before === undefined ? undefined : indexValue(columns, before);
      const fresh = row === undefined ? undefined : indexValue(columns, row);
      if (old === fresh) continue;
      if (old !== undefined) {
        const keys = entries.get(old);
        keys?.delete(key);
        if (keys?.size === 0) entries.delete(old);
      }
      if (fresh !== undefined) {
        const keys = entries.get(fresh);
        if (keys === undefined) entries.set(fresh, new Set([key]));
        else keys.add(key);
      }
    }
    if (row === undefined) this.rows.delete(key);
    else this.rows.set(key, row);
    for (const tell of this.watchers) tell(before, row);
  }

  find(index: string, value: string): readonly Row[] {
    const entries = this.#indexes.get(index)?.entries;
    if (entries === undefined) throw new Error(`${this.definition.name} has no index ${index}`);
    const found: Row[] = [];
    for (const key of entries.get(value) ?? []) {
      const row = this.rows.get(key);
      if (row !== undefined) found.push(row);
    }
    return found;
  }

  columnsOfIndex(index: string): readonly string[] {
    return this.#indexes.get(index)?.columns ?? [];
  }
}

function indexValue(columns: readonly string[], row: Row): string | undefined {
  const last = row[columns[columns.length - 1] ?? ""];
  if (last === undefined || last === "") return undefined;
  return joined(columns.map((name) => row[name]));
}

/**
 * SL's tables in memory. All changes happen inside `commit`, which is synchronous: calls are
 * serialised by the single thread, a throw undoes everything, and the journal gets one entry.
 */
export class Store implements Reader {
  readonly #tables = new Map<string, Table>();
  readonly #journal: Journal;
  readonly #nowMs: () => number;
  readonly #identities = new Map<string, number>();
  #changes: Map<string, Change> | undefined;
  /** Past values for lagging reads; kept only while `historyMs` is above 0. */
  #history: Readonly<{ atMs: number; changes: readonly Change[] }>[] = [];
  #historyMs = 0;

  constructor(
    definitions: readonly TableDefinition[],
    journalPath: string | undefined,
    nowMs: () => number,
  ) {
    for (const definition of definitions) {
      this.#tables.set(definition.name, new Table(definition));
    }
    this.#nowMs = nowMs;
    this.#apply(Journal.load(journalPath));
    this.#journal = new Journal(journalPath);
  }

  #apply(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      for (const { table, key, row } of entry) {
        this.#table(table).set(key, (row ?? undefined) as Row | undefined);
      }
    }
  }

  #table(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return table;
  }

  tableNames(): readonly string[] {
    return [...this.#tables.keys()];
  }

  definition(table: string): TableDefinition {
    return this.#table(table).definition;
  }

  has(table: string): boolean {
    return this.#tables.has(table);
  }

  get(table: string, ...key: readonly (string | number)[]): Row | undefined {
    return this.#table(table).rows.get(joined(key));
  }

  find(table: string, index: string, ...value: readonly (string | number)[]): readonly Row[] {
    return this.#table(table).find(index, joined(value));
  }

  all(table: string): Iterable<Row> {
    return this.#table(table).rows.values();
  }

  /** Tells of every change of a table's rows from now on. */
  watch(table: string, watcher: RowWatcher): void {
    this.#table(table).watchers.push(watcher);
  }

  count(table: string): number {
    return this.#table(table).rows.size;
  }

  /** Writes `row` over the row of the same key. Empty columns are dropped. */
  put(table: string, row: Row): Row {
    const state = this.#table(table);
    const sparse = sparseRow(row);
    const key = state.keyOf(sparse);
    this.#change(state, key, sparse);
    return sparse;
  }

  /** Writes `changes` over `row` and returns the new row; the key columns must stay. */
  patch(table: string, row: Row, changes: Row): Row {
    return this.put(table, { ...row, ...changes });
  }

  remove(table: string, row: Row): void {
    const state = this.#table(table);
    this.#change(state, state.keyOf(row), undefined);
  }

  /** The next number of an identity column. */
  nextIdentity(table: string, columnName: string): number {
    const known = this.#identities.get(table);
    const last =
      known ??
      [...this.all(table)].reduce((highest, row) => Math.max(highest, num(row, columnName)), 0);
    this.#identities.set(table, last + 1);
    return last + 1;
  }

  #change(table: Table, key: string, row: Row | undefined): void {
    if (this.#changes === undefined) throw new Error("a row was written outside a commit");
    const id = `${table.definition.name}\u0000${key}`;
    if (!this.#changes.has(id)) {
      const before = table.rows.get(key);
      this.#changes.set(id, { table: table.definition.name, key, before });
    }
    table.set(key, row);
  }

  /** Runs `work` as one transaction: all of its rows, or after a throw none. */
  commit<T>(work: () => T): T {
    if (this.#changes !== undefined) return work();
    const changes = new Map<string, Change>();
    this.#changes = changes;
    try {
      const result = work();
      this.#keep([...changes.values()]);
      return result;
    } catch (error) {
      this.#undo(changes.values());
      throw error;
    } finally {
      this.#changes = undefined;
    }
  }

  #undo(changes: Iterable<Change>): void {
    for (const { table, key, before } of [...changes].reverse()) {
      this.#table(table).set(key, before);
    }
  }

  /** Runs `work` and undoes what it wrote; for validation. */
  rehearse<T>(work: () => T): T {
    if (this.#changes !== undefined) throw new Error("a rehearsal is no part of a commit");
    const changes = new Map<string, Change>();
    this.#changes = changes;
    try {
      return work();
    } finally {
      this.#undo(changes.values());
      this.#changes = undefined;
    }
  }

  #keep(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#journal.append(
      changes.map(({ table, key }) => ({
        table,
        key,
        row: this.#table(table).rows.get(key) ?? null,
      })),
    );
    if (this.#historyMs === 0) return;
    const now = this.#nowMs();
    this.#history.push({ atMs: now, changes });
    while ((this.#history[0]?.atMs ?? now) < now - this.#historyMs) this.#history.shift();
  }

  /** Keeps past values for `historyMs`, from now on, so that `asOf` can look back so far. */
  keepHistory(historyMs: number): void {
    this.#historyMs = historyMs;
    if (historyMs === 0) this.#history = [];
  }

  /** The rows as they stood `ageMs` ago; without history the rows of now. */
  asOf(ageMs: number): Reader {
    const since = this.#nowMs() - ageMs;
    const past = new Map<string, Map<string, Row | undefined>>();
    for (let index = this.#history.length - 1; index >= 0; index -= 1) {
      const moment = this.#history[index];
      if (moment === undefined || moment.atMs <= since) break;
      for (const { table, key, before } of moment.changes) {
        const rows = past.get(table) ?? new Map<string, Row | undefined>();
        rows.set(key, before);
        past.set(table, rows);
      }
    }
    return past.size === 0 ? this : this.#past(past);
  }

  #past(past: ReadonlyMap<string, ReadonlyMap<string, Row | undefined>>): Reader {
    const present = (rows: Iterable<Row | undefined>): Row[] =>
      [...rows].filter((row) => row !== undefined);
    const unchanged = (table: string, rows: Iterable<Row>): Row[] => {
      const overlay = past.get(table);
      const state = this.#table(table);
      return [...rows].filter((row) => !overlay?.has(state.keyOf(row)));
    };
    return {
      get: (table, ...key) => {
        const overlay = past.get(table);
        const id = joined(key);
        return overlay?.has(id) ? overlay.get(id) : this.get(table, ...key);
      },
      find: (table, index, ...value) => {
        const columns = this.#table(table).columnsOfIndex(index);
        const wanted = joined(value);
        const old = present(past.get(table)?.values() ?? []);
        return [
          ...unchanged(table, this.find(table, index, ...value)),
          ...old.filter((row) => indexValue(columns, row) === wanted),
        ];
      },
      all: (table) => [
        ...unchanged(table, this.all(table)),
        ...present(past.get(table)?.values() ?? []),
      ],
    };
  }

  /** A copy of all rows; rows never change, so the copy shares them. */
  snapshot(): ReadonlyMap<string, ReadonlyMap<string, Row>> {
    return new Map([...this.#tables].map(([name, table]) => [name, new Map(table.rows)]));
  }

  /** Puts every table back to `rows`, as one commit. */
  restore(rows: ReadonlyMap<string, ReadonlyMap<string, Row>>): void {
    this.commit(() => {
      for (const [name, table] of this.#tables) {
        const wanted = rows.get(name) ?? new Map<string, Row>();
        for (const key of [...table.rows.keys()]) {
          if (!wanted.has(key)) this.#change(table, key, undefined);
        }
        for (const [key, row] of wanted) {
          if (table.rows.get(key) !== row) this.#change(table, key, row);
        }
      }
    });
    this.#identities.clear();
  }

  close(): void {
    this.#journal.close();
  }
}

function sparseRow(row: Row): Row {
  const sparse: Record<string, string | number> = {};
  for (const name in row) {
    const value = row[name];
    if (value === undefined || value === "" || value === 0 || value === EMPTY_DATE) continue;
    sparse[name] = value;
  }
  return sparse;
}
