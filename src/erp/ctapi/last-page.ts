import type { WireRow } from "./envelope.ts";

/**
 * Whether a page of a list is its last one. SL may give fewer rows than were asked for and have
 * more all the same, where its server keeps pages short: each row says which of how many it is.
 */
export function isLastPage(rows: readonly WireRow[], asked: number): boolean {
  const last = rows.at(-1);
  if (last === undefined) return true;
  if (rows.length >= asked) return false;
  const [number, total] = [last.counter, last.totalEntries].map((told) => {
    return typeof told === "string" ? Number(told) : Number.NaN;
  });
  return number === undefined || total === undefined || !(number < total);
}
