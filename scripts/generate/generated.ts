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

const COLUMNS_MAX = 100;

/** JSON as the formatter lays it out: a list of plain values stands on one line where it fits. */
export function formattedJson(value: unknown, before = "", indent = ""): string {
  const inner = `${indent}  `;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    const isPlain = items.every((one) => one === null || typeof one !== "object");
    const line = `[${items.map((one) => JSON.stringify(one)).join(", ")}]`;
    // One column more for the comma that may follow.
    if (isPlain && before.length + line.length < COLUMNS_MAX) return line;
    const lines = items.map((one) => `${inner}${formattedJson(one, inner, inner)}`);
    return `[\n${lines.join(",\n")}\n${indent}]`;
  }
  const lines = Object.entries(value).map(([name, one]) => {
    const head = `${inner}${JSON.stringify(name)}: `;
    return `${head}${formattedJson(one, head, inner)}`;
  });
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}
