import type { Money } from "../base/money.ts";

/** What a column holds; each kind of file shows that in its own way. */
export type ColumnKind = "text" | "id" | "day" | "amount" | "count";

/** A column of a table; `width` is its share of the line, about in characters. */
export type Column = Readonly<{ title: string; kind: ColumnKind; width: number }>;

/** An id, with the page on which people see the thing. */
export type Linked = Readonly<{ id: string; href: string }>;

/** As its column says: text, `YYYY-MM-DD`, an amount, a number of things, an id with a link. */
export type Cell = string | number | Money | Linked | undefined;

/** A line of a table; a sum is set off, what is small only explains the line above it. */
export type Row = Readonly<{ cells: readonly Cell[]; is?: "sum" | "small" }>;

/**
 * A table of a paper. `rows` may be gone through again and again, and is never held as a whole by
 * what writes it. Parts of one `sheet` have the same columns.
 */
export type Part = Readonly<{
  title: string;
  sheet: string;
  columns: readonly Column[];
  rows: Iterable<Row>;
  /** The sum below the rows, where it is read; table files leave it to their reader. */
  total?: Row;
}>;

/** What a person reads, signs and files: a statement, and behind it all that it is made of. */
export type Paper = Readonly<{
  title: string;
  /** What sets it apart from the other papers of one file, such as the currency. */
  tag: string;
  /** What it is about, label by label. */
  about: readonly (readonly [label: string, value: string])[];
  verdict: Readonly<{ words: string; isGood: boolean }>;
  statement: Part;
  /** What is written below the lines that people sign on. */
  signed: readonly string[];
  /** What tells this content from any other, and how it is made. */
  seal: Readonly<{ hash: string; of: string }>;
  parts: readonly Part[];
  madeAt: Date;
}>;

/** The parts of papers that stand in one sheet of a table file, in the order of the papers. */
export function sheetNames(papers: readonly Paper[]): readonly string[] {
  return [...new Set(papers.flatMap(({ parts }) => parts.map(({ sheet }) => sheet)))];
}

export function isMoney(cell: Cell): cell is Money {
  return typeof cell === "object" && "minor" in cell;
}

export function isLinked(cell: Cell): cell is Linked {
  return typeof cell === "object" && "href" in cell;
}

/** The rows of a part as they are read on paper. */
export function* withTotal({ rows, total }: Part): Generator<Row> {
  yield* rows;
  if (total !== undefined) yield total;
}

/** An instant as it stands on paper. */
export function instantWords(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
