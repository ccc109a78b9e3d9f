import { HubError } from "../../src/base/errors.ts";

/** A file that is written by a program, whole, as it belongs into the project. */
export type Generated = Readonly<{ path: string; text: string }>;

/** Makes one generated file; `read` gives the present text of a file, or "" where there is none. */
export type Generator = (read: (path: string) => string) => Promise<Generated> | Generated;

/**
 * The text with everything between the two marks of `section` replaced by `body`.
 *
 * @throws HubError `bug.assertion` when the text has no such marks
 */
export function replaceSection(text: string, section: string, body: string): string {
  const begin = `<!-- generated: ${section} -->\n`;
  const end = `<!-- end: ${section} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new HubError(
      "bug.assertion",
      `The marks of the generated section ${section} are missing`,
    );
  }
  return `${text.slice(0, from + begin.length)}\n${body.trim()}\n\n${text.slice(to)}`;
}

/** A Markdown table as the formatter lays it out; bars inside a cell are escaped. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) =>
    Math.max(3, ...cells.map((row) => [...(row[column] ?? "")].length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => pad(cell, widths[column])).join(" | ")} |`;
  const [first = [], ...others] = cells;
  const rule = widths.map((width) => "-".repeat(width));
  return [first, rule, ...others].map(line).join("\n");
}

function pad(cell: string, width = 0): string {
  return cell + " ".repeat(Math.max(0, width - [...cell].length));
}
