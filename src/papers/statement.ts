import { createHash } from "node:crypto";
import type { Column } from "./paper.ts";

/** The columns of the statement on a paper's first page: words, and an amount. */
export const STATEMENT_COLUMNS: readonly Column[] = [
  { title: "", kind: "text", width: 70 },
  { title: "", kind: "amount", width: 30 },
];

/** SHA-256, in hex, of a paper's own table: who has the table can tell that the paper is its. */
export function sealOf(lines: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line);
  return hash.digest("hex");
}
