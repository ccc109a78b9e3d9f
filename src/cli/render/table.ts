import { plain } from "./plain.ts";

/** A column of a table; amounts and counts stand on the right. */
export type Column = Readonly<{ title: string; align?: "left" | "right" }>;

/** No cell is wider; a longer text is cut with an ellipsis, and `--json` shows all of it. */
const CELL_WIDTH_MAX = 80;
const GAP = "  ";

/**
 * A table with aligned columns, without trailing blanks. `styled` may paint a finished row: paint
 * comes after alignment, since its codes have no width.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  styled: (line: string, rowIndex: number) => string = (line) => line,
): string {
  const cut = rows.map((row) => row.map(cutCell));
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

/** A command between backquotes stays whole, so that it can be copied. */
const WORD = /[^\s`]*`[^`]*`\S*|\S+/g;

/** A text as lines after so many blanks, broken between words where a line exceeds `width`. */
export function indented(text: string, indent: number, width?: number): string[] {
  if (width === undefined) return [" ".repeat(indent) + text];
  const room = width - indent;
  const lines: string[] = [];
  for (const word of text.match(WORD) ?? []) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => " ".repeat(indent) + line);
}

function cutCell(text: string): string {
  const clean = plain(text);
  const letters = [...clean];
  return letters.length <= CELL_WIDTH_MAX
    ? clean
    : `${letters.slice(0, CELL_WIDTH_MAX - 1).join("")}…`;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? blanks + text : text + blanks;
}

/** Places that a text takes on a screen. */
export function widthOf(text: string): number {
  return [...text].length;
}
