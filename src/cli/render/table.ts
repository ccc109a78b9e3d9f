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

function widthOf(text: string): number {
  return [...text].length;
}
