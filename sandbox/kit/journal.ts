import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

const NEWLINE = 0x0a;

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
    // By bytes, not as one text: a long run's file is larger than a string can be.
    const bytes = readFileSync(path);
    const entries: JournalEntry[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (end > start) entries.push(JSON.parse(bytes.toString("utf8", start, end)) as JournalEntry);
      start = end + 1;
    }
    // A torn last line has no newline: it was being written when the process died.
    if (start < bytes.length) truncateSync(path, start);
    return entries;
  }

  append(entry: JournalEntry): void {
    if (this.#fd !== undefined && entry.length > 0)
      writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}
