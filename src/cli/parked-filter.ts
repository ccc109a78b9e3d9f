import type { Command } from "commander";
import { PAGE_ROWS_MAX, ParkedPage, type ParkedRow } from "../api/contract.ts";
import { HubError } from "../base/errors.ts";
import type { HubClient } from "./hub-client.ts";

/** Cases that one command settles at most; more are settled by the next. */
const BULK_ROWS_MAX = 10_000;

export type FilterFlags = Readonly<{
  pair?: string;
  category?: string;
  code?: string;
  lane?: string;
  assignee?: string;
  unassigned?: boolean;
  olderThan?: string;
  text?: string;
}>;

/** The flags that choose cases, but for `--pair`, which lists have already. */
export function withFilter(command: Command): Command {
  return command
    .option("--category <category>", "only this category, such as mapping")
    .option("--code <code>", "only this code, such as mapping.product_unmapped")
    .option("--lane <key>", "only this lane, such as pi_3Pq")
    .option("--assignee <name>", "only what this person looks after")
    .option("--unassigned", "only what nobody looks after")
    .option("--older-than <age>", "only what is parked so long or longer: 30m, 2h, 3d")
    .option("--text <words>", "only with these words in reason, cure, lane or facts");
}

/** The filters as the API takes them. */
export function queryOf(flags: FilterFlags): Record<string, string | undefined> {
  const { pair, category, code, lane, assignee, unassigned, olderThan, text } = flags;
  const words = { pair, category, code, lane, assignee, olderThan, text };
  return { ...words, unassigned: unassigned === true ? "true" : undefined };
}

/** Whether any filter was given. */
export function isFiltered(flags: FilterFlags): boolean {
  return Object.values(queryOf(flags)).some((value) => value !== undefined);
}

/**
 * Every open case that the filters choose, newest first.
 *
 * @throws HubError `api.invalid` for more than one command settles
 */
export async function listOpen(hub: HubClient, flags: FilterFlags): Promise<ParkedRow[]> {
  const rows: ParkedRow[] = [];
  let before: string | undefined;
  do {
    const query = { ...queryOf(flags), state: "open", limit: PAGE_ROWS_MAX, before };
    const page = await hub.get("/api/parked", ParkedPage, { query });
    rows.push(...page.rows);
    before = page.next ?? undefined;
    if (rows.length > BULK_ROWS_MAX) {
      throw new HubError("api.invalid", `More than ${BULK_ROWS_MAX} cases are chosen`, {
        cure: "Choose fewer with more filters.",
      });
    }
  } while (before !== undefined);
  return rows;
}
