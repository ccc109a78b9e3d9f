import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import type { Struct, Value } from "../soap/request.ts";
import { type Column, EMPTY_DATE } from "../tables/columns.ts";
import { fold, type Reader, type Row, type TableDefinition, text } from "../tables/store.ts";
import type { World } from "../world.ts";

/** A fault that lets a save go on only half-way: the document header and `lineLimit` lines. */
export type SaveLimits = Readonly<{ lineLimit?: number }>;

/** One call of an operation: its arguments, the world, and the reads that may lag behind it. */
export class Call {
  readonly world: World;
  readonly args: Struct;
  readonly limits: SaveLimits;
  /** What each lag shows, as the first read of the call saw it. */
  readonly #seen = new Map<number, Reader>();

  constructor(world: World, args: Struct, limits: SaveLimits = {}) {
    this.world = world;
    this.args = args;
    this.limits = limits;
  }

  /** Rows as views and searches see them. */
  get searched(): Reader {
    return this.#lagging(this.world.switches.viewLagMs);
  }

  /** Rows as reads by batch number see them. */
  get byBatch(): Reader {
    return this.#lagging(this.world.switches.batchLagMs);
  }

  // One moment for the whole call: read by read, a save would come to sight in parts.
  #lagging(lagMs: number): Reader {
    if (lagMs === 0) return this.world.store;
    const seen = this.#seen.get(lagMs) ?? this.world.store.asOf(lagMs);
    this.#seen.set(lagMs, seen);
    return seen;
  }

  /** A string argument, without outer blanks; absent is blank. */
  text(name: string): string {
    const value = this.args[name];
    return typeof value === "string" ? value.trim() : "";
  }

  number(name: string): number {
    const value = this.args[name];
    return typeof value === "number" ? value : 0;
  }

  struct(name: string): Struct | undefined {
    return structIn(this.args, name);
  }

  /** The `name`/`value` pairs of a `parms` argument, names folded. */
  parms(name: string): ReadonlyMap<string, string> {
    const list = listIn(this.args, name, "nameValuePairs") ?? [];
    return new Map(list.map((pair) => [fold(textIn(pair, "name")), textIn(pair, "value")]));
  }
}

/** What serves an operation; `undefined` leaves the result element out. */
export type Handler = (call: Call) => Reply | undefined;
/** The handlers of a service by operation. */
export type Handlers = Readonly<Record<string, Handler>>;

/** The struct in an element, or undefined when it is absent or a list. */
export function structIn(parent: Struct | undefined, name: string): Struct | undefined {
  const value: Value | undefined = parent?.[name];
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  return value as Struct;
}

/** The repeated elements `element` of an ArrayOf… element, or undefined when it is absent. */
export function listIn(
  parent: Struct | undefined,
  name: string,
  element: string,
): readonly Struct[] | undefined {
  const array = structIn(parent, name);
  if (array === undefined) return undefined;
  const list = array[element];
  return Array.isArray(list) ? (list as readonly Struct[]) : [];
}

/** The text of an element without outer blanks; blank when it is absent. */
export function textIn(struct: Struct | undefined, name: string): string {
  const value = struct?.[name];
  return typeof value === "string" ? value.trim() : "";
}

/** A row as a reply: every column, text padded to its width, empty dates as 1900-01-01. */
export function show(world: World, table: string, row: Row | undefined): ReplyStruct {
  const definition = world.store.definition(table);
  const { padded } = world.switches;
  const reply: Record<string, Reply | undefined> = { ...blankReply(definition, padded) };
  for (const name in row) {
    const column = definition.columns.get(name);
    if (column !== undefined) reply[name] = shown(column, row[name], padded);
  }
  return reply;
}

const BLANKS = { padded: new WeakMap(), plain: new WeakMap() } as const satisfies Record<
  string,
  WeakMap<TableDefinition, ReplyStruct>
>;

/** The reply of a row without anything in it. Most columns of most rows are empty. */
function blankReply(definition: TableDefinition, isPadded: boolean): ReplyStruct {
  const known = BLANKS[isPadded ? "padded" : "plain"];
  const blank: ReplyStruct = known.get(definition) ?? {
    ...{ errorMessage: "", notes: "", Notes: "", resultCode: 0 },
    ...Object.fromEntries(
      [...definition.columns.values()].map((column) => [
        column.name,
        shown(column, undefined, isPadded),
      ]),
    ),
  };
  known.set(definition, blank);
  return blank;
}

function shown({ kind, width }: Column, value: Row[string] | undefined, isPadded: boolean): Reply {
  if (kind === "float" || kind === "int") return typeof value === "number" ? value : 0;
  const written = typeof value === "string" ? value : "";
  if (kind === "date") return written || EMPTY_DATE;
  return isPadded ? written.padEnd(width) : written;
}

/** Rows as a reply of an ArrayOf… type. */
export function showAll(world: World, table: string, rows: readonly Row[]): readonly ReplyStruct[] {
  return rows.map((row) => show(world, table, row));
}

/** The note of a row as a reply, or undefined when it has none. */
export function showNote(world: World, noteId: number): ReplyStruct | undefined {
  const note = noteId === 0 ? undefined : world.store.get("Snote", noteId);
  return note === undefined ? undefined : show(world, "Snote", note);
}

/**
 * SL's search by id: `%` stands for anything, a pattern without it matches from the start, a blank
 * one matches all; without regard to letter case.
 */
export function matches(value: string, pattern: string): boolean {
  const wanted = fold(pattern);
  if (wanted === "" || wanted === "%") return true;
  const actual = fold(value);
  if (!wanted.includes("%")) return actual.startsWith(wanted);
  const escaped = wanted.split("%").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(actual);
}

/** Rows of a table whose column matches the pattern, in the order of that column. */
export function searchBy(
  reader: Reader,
  table: string,
  columnName: string,
  pattern: string,
): readonly Row[] {
  return [...reader.all(table)]
    .filter((row) => matches(text(row, columnName), pattern))
    .sort((a, b) => text(a, columnName).localeCompare(text(b, columnName)));
}

/** A page of rows; page numbers start at 1, a size of 0 or less means all. */
export function pageOf<T>(rows: readonly T[], page: number, size: number): readonly T[] {
  if (size <= 0) return rows;
  const start = (Math.max(page, 1) - 1) * size;
  return rows.slice(start, start + size);
}

/** Rows whose columns match every parameter; unknown parameter names are refused. */
export function filtered(
  world: World,
  table: string,
  rows: readonly Row[],
  parms: ReadonlyMap<string, string>,
): readonly Row[] {
  const columns = new Map(
    [...world.store.definition(table).columns.keys()].map((name) => [fold(name), name]),
  );
  const wanted = [...parms].map(([name, value]) => {
    const columnName = columns.get(name);
    if (columnName === undefined) throw new Refusal(`${table} has no column ${name}`);
    return { columnName, value };
  });
  return rows.filter((row) =>
    wanted.every(({ columnName, value }) => {
      const actual = row[columnName];
      return typeof actual === "number" ? actual === Number(value) : matches(actual ?? "", value);
    }),
  );
}
