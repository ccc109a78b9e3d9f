import { plain } from "./plain.ts";
import { wrapUnder } from "./wrap.ts";

/** A column of a table; amounts and counts stand on the right. */
export type Column = Readonly<{
  title: string;
  align?: "left" | "right";
  /** This column is cut until the table fits into so many letters. */
  fitInto?: number | undefined;
}>;

/** No cell is wider; a longer text is cut with an ellipsis, and `--json` shows all of it. */
const CELL_WIDTH_MAX = 80;
const GAP = "  ";
/** A column that is cut to fit keeps at least this: less would say nothing. */
const FITTED_WIDTH_MIN = 8;

/**
 * A table with aligned columns, without trailing blanks. `styled` may paint a finished row: paint
 * comes after alignment, since its codes have no width.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  styled: (line: string, rowIndex: number) => string = (line) => line,
): string {
  const cells = rows.map((row) => row.map((cell) => cutCell(plain(cell), CELL_WIDTH_MAX)));
  const cut = fitted(columns, cells);
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...cut.map((row) => widthOf(row[index] ?? ""))),
  );
  const toLine = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? "", widths[index] ?? 0, align ?? "left"))
      .join(GAP)
      .trimEnd();
  const head = toLine(columns.map(({ title }) => title));
  return [head, ...cut.map((row, index) => styled(toLine(row), index))].join("\n");
}

/**
 * The same table on a screen: where it is wider than `width`, the last column of each row stands on
 * a line of its own below the others.
 */
export function renderTableWithin(
  width: number | undefined,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const whole = renderTable(columns, rows);
  const isNarrow = width !== undefined && whole.split("\n").some((line) => widthOf(line) > width);
  if (!isNarrow) return whole;
  const last = columns.length - 1;
  const lines = renderTable(
    columns.slice(0, last),
    rows.map((row) => row.slice(0, last)),
  ).split("\n");
  const below = [columns[last]?.title ?? "", ...rows.map((row) => plain(row[last] ?? ""))];
  return lines
    .flatMap((line, index) => [line, ...indented(below[index] ?? "", GAP.length, width)])
    .join("\n");
}

/** The table where the screen has room for it, else a few lines for each of its rows. */
export function tableOrBlocks(
  table: string,
  width: number | undefined,
  blocks: () => readonly string[],
): string {
  const isWide = width !== undefined && table.split("\n").some((line) => widthOf(line) > width);
  return isWide ? blocks().join("\n") : table;
}

/** A text as lines after so many blanks, broken between words where a line exceeds `width`. */
export function indented(text: string, indent: number, width?: number): string[] {
  return wrapUnder(" ".repeat(indent), text, width).split("\n");
}

/** The rows with the column cut that is to make the table fit. */
function fitted(columns: readonly Column[], rows: readonly string[][]): readonly string[][] {
  const at = columns.findIndex(({ fitInto }) => fitInto !== undefined);
  const room = columns[at]?.fitInto;
  if (room === undefined) return rows;
  const others = columns
    .filter((_, index) => index !== at)
    .map((column) => {
      const index = columns.indexOf(column);
      return Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? "")));
    });
  const taken = others.reduce((sum, width) => sum + width + GAP.length, 0);
  const width = Math.max(FITTED_WIDTH_MIN, room - taken);
  return rows.map((row) => row.map((cell, index) => (index === at ? cutCell(cell, width) : cell)));
}

function cutCell(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, width - 1).join("")}…`;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? blanks + text : text + blanks;
}

/** Places that a text takes on a screen. */
export function widthOf(text: string): number {
  return [...text].length;
}
