/** A command between backquotes stays whole, so that it can be copied. */
const WORD = /[^\s`]*`[^`]*`\S*|\S+/g;

/**
 * A head with its text, broken at blanks where the line would pass `columns`, text under text. A
 * word that is wider than its room stays whole: an id in two pieces cannot be copied. Without
 * `columns` nothing is broken. `head` counts as wide as it is, so paint it afterwards.
 */
export function wrapUnder(head: string, text: string, columns: number | undefined): string {
  if (columns === undefined) return head + text;
  const room = columns - head.length;
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(WORD) ?? []) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return head + [...lines, line].join(`\n${" ".repeat(head.length)}`);
}

/**
 * A command of a shell, on several lines where it would pass `columns`: one option with its value
 * on each. The shells of Linux and macOS join what ends in a backslash; those of Windows do not
 * agree on such a sign, so there it stays on one line, which can be copied however it is shown.
 */
export function wrapCommand(
  command: string,
  columns: number | undefined,
  platform: NodeJS.Platform,
): string[] {
  const isShort = columns === undefined || command.length <= columns;
  if (isShort || platform === "win32") return [command];
  const parts = command.split(/ (?=--\w)/);
  const last = parts.length - 1;
  return parts.map((part, at) => `${at === 0 ? "" : "  "}${part}${at === last ? "" : " \\"}`);
}
