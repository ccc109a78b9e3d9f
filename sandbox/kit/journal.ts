import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** One committed change: every row it wrote, under its table, or null for a deleted row. */
export type JournalEntry = readonly { table: string; key: string; row: unknown }[];

/**
 * An append-only file of committed changes, one JSON array a line: a sandbox that is stopped, or
 * killed between two commits, finds its rows again on the next start.
 *
 * A commit is one `write` call, so that `kill -9` leaves whole lines or a torn last one; the torn
 * line is a commit that never happened and is cut off on load.
 */
export class Journal {
  readonly #fd: number | undefined;

  /** @param path the file, or undefined for a sandbox that keeps its rows in memory only. */
  constructor(path: string | undefined) {
    if (path !== undefined) mkdirSync(dirname(path), { recursive: true });
    this.#fd = path === undefined ? undefined : openSync(path, "a");
  }

  /** Every whole commit in the file, oldest first. */
  static load(path: string | undefined): JournalEntry[] {
    if (path === undefined || !existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").split("\n");
    const tail = lines.pop();
    if (tail !== undefined && tail !== "") {
      // A torn last line has no newline: it was being written when the process died.
      const whole = lines.length === 0 ? "" : `${lines.join("\n")}\n`;
      const fd = openSync(path, "w");
      writeSync(fd, whole);
      fsyncSync(fd);
      closeSync(fd);
    }
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JournalEntry);
  }

  append(entry: JournalEntry): void {
    if (this.#fd !== undefined && entry.length > 0)
      writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}
