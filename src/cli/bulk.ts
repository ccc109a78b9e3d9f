import { BulkAnswer, PAGE_ROWS_MAX, type ParkedRow } from "../api/contract.ts";
import { counted } from "../base/counted.ts";
import { type Cli, EXIT, printList } from "./cli.ts";
import { confirm } from "./confirm.ts";
import type { HubCommandFlags } from "./define-command.ts";
import type { HubClient } from "./hub-client.ts";
import { type FilterFlags, listOpen } from "./parked-filter.ts";
import { renderCases } from "./render/parked.ts";

/** Cases that are shown before anything is done. */
const SAMPLE_ROWS = 5;
/** A chunk is up to 200 commands, each with its own transaction. */
const CHUNK_WITHIN_MS = 120_000;

type Bulk = Readonly<{
  flags: HubCommandFlags & FilterFlags & Readonly<{ dryRun?: boolean; yes?: boolean }>;
  command: "resume" | "dismiss" | "assign";
  body: object;
}>;

/**
 * One command for all open cases that the filters choose: shows how many there are and some of
 * them, asks, and sends each with the version that it was listed at.
 */
export async function bulkCommand(cli: Cli, bulk: Bulk): Promise<void> {
  const { flags, command } = bulk;
  const { terminal } = cli;
  const hub = cli.hub(flags);
  const rows = await listOpen(hub, flags);
  if (rows.length === 0) {
    terminal.warn("No open case fits the filters.");
    return;
  }
  terminal.warn(renderChosen(rows, terminal.width));
  const isDryRun = flags.dryRun === true;
  const question = `${capital(command)} ${counted(rows.length, "case")}?`;
  if (!isDryRun && !(await confirm(question, flags.yes === true))) {
    terminal.warn("Nothing was changed.");
    return;
  }
  const results = await sendAll(hub, rows, { ...bulk.body, command, dryRun: isDryRun });
  printList(cli, flags.json, results, () =>
    results.map(renderResult(command, isDryRun)).join("\n"),
  );
  const refused = results.filter((result) => result.refused !== null).length;
  const done = results.length - refused;
  const verb = isDryRun ? "would be done" : "done";
  terminal.warn(`${done} ${verb}, ${refused} refused`);
  if (refused > 0) cli.endWith(EXIT.problem);
}

function renderChosen(rows: readonly ParkedRow[], width: number | undefined): string {
  const counts = new Map<string, number>();
  for (const { code } of rows) counts.set(code, (counts.get(code) ?? 0) + 1);
  const byCode = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${count} ${code}`);
  const sample = rows.slice(0, SAMPLE_ROWS);
  const more = rows.length - sample.length;
  return [
    `${counted(rows.length, "open case")}: ${byCode.join(", ")}`,
    renderCases(sample, "open", width),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ].join("\n");
}

type Result = BulkAnswer["results"][number];

async function sendAll(
  hub: HubClient,
  rows: readonly ParkedRow[],
  body: object,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < rows.length; at += PAGE_ROWS_MAX) {
    const chunk = rows.slice(at, at + PAGE_ROWS_MAX).map(({ id, version }) => ({ id, version }));
    const call = { body: { ...body, rows: chunk }, withinMs: CHUNK_WITHIN_MS };
    const answer = await hub.post("/api/parked/bulk", BulkAnswer, call);
    results.push(...answer.results);
  }
  return results;
}

function renderResult(command: string, isDryRun: boolean) {
  return ({ id, version, effects, refused }: Result): string => {
    const name = `${id}@${version}`;
    if (refused !== null) return `${name} refused: ${refused.message}. ${refused.cure}`;
    return `${name} ${command}${isDryRun ? " would do" : ""}: ${effects.join("; ")}`;
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
