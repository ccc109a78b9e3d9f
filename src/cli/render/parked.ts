import type { ParkedAnswer, ParkedRow } from "../../api/contract.ts";
import type { Paint } from "../terminal.ts";
import { plain } from "./plain.ts";
import { renderTable, tableOrBlocks } from "./table.ts";
import { localTime } from "./time.ts";
import { wrapUnder } from "./wrap.ts";

/** Below this a time and what happened stand on lines of their own. */
const NARROW_COLUMNS = 60;

/** The cases of a list, newest first. */
export function renderCases(
  rows: readonly ParkedRow[],
  state: string,
  width: number | undefined,
): string {
  return state === "open" ? renderOpen(rows, width) : renderClosed(rows, width);
}

function renderClosed(rows: readonly ParkedRow[], width: number | undefined): string {
  const table = renderTable(
    [
      { title: "Case", align: "right" },
      { title: "Closed" },
      { title: "By" },
      { title: "Why" },
      { title: "Pair" },
      { title: "Lane" },
      { title: "Code" },
    ],
    rows.map((row) => [
      `${row.id}@${row.version}`,
      row.closedAt === null ? "" : localTime(row.closedAt),
      row.closedBy ?? "",
      row.comment ?? "",
      row.pair,
      row.laneKey,
      row.code,
    ]),
  );
  return tableOrBlocks(table, width, () =>
    rows.map((row) => {
      const closed = row.closedAt === null ? "" : localTime(row.closedAt);
      const why = row.comment === null ? "" : `: ${row.comment}`;
      return [
        `${row.id}@${row.version}  ${closed}  ${row.pair}`,
        `  ${row.laneKey}`,
        wrapUnder("  ", plain(`${row.code}, closed by ${row.closedBy ?? "nobody"}${why}`), width),
      ].join("\n");
    }),
  );
}

function renderOpen(rows: readonly ParkedRow[], width: number | undefined): string {
  const isAssigned = rows.some(({ assignee }) => assignee !== null);
  const table = renderTable(
    [
      { title: "Case", align: "right" },
      { title: "Since" },
      { title: "Pair" },
      { title: "Lane" },
      { title: "Code" },
      ...(isAssigned ? [{ title: "With" }] : []),
      { title: "Reason" },
    ],
    rows.map((row) => [
      `${row.id}@${row.version}`,
      localTime(row.openedAt),
      row.pair,
      row.laneKey,
      row.code,
      ...(isAssigned ? [row.assignee ?? ""] : []),
      row.reason,
    ]),
  );
  return tableOrBlocks(table, width, () =>
    rows.map((row) => {
      const withWhom = row.assignee === null ? "" : `  with ${row.assignee}`;
      return [
        `${row.id}@${row.version}  ${localTime(row.openedAt)}  ${row.pair}${withWhom}`,
        `  ${row.laneKey}`,
        wrapUnder("  ", plain(`${row.code}: ${row.reason}`), width),
      ].join("\n");
    }),
  );
}

/** One case for a person: what is wrong, what to do, what was done. */
export function renderCase(row: ParkedAnswer, paint: Paint, width: number | undefined): string {
  const facts = Object.entries(row.facts).map(([name, value]) =>
    plain(`  ${name}: ${firstOf(String(value))}`),
  );
  const events = row.events.map(({ type, id, end }) => `  ${type} ${id} (${end})`);
  const open = row.openOutcomes.map(
    ({ step, purpose, sentAt }) =>
      `  the ${step} of the ${purpose}, sent ${localTime(sentAt)}, may still take effect`,
  );
  const held = row.unfinished
    .filter((intent) => intent.batNbr !== null)
    .map(({ batNbr, purpose, stage }) => `  batch ${batNbr} in SL: ${purpose}, ${stage}`);
  const withWhom = row.assignee === null ? "" : `, with ${row.assignee}`;
  const where = `${row.pair}  lane ${row.laneKey}  ${row.state}${withWhom}`;
  return [
    `${paint.strong(`case ${row.id}@${row.version}`)}  ${where}`,
    ...originOf(row),
    paint.bad(wrapUnder("", plain(`${row.code}: ${row.reason}`), width)),
    ...facts,
    paint.good(wrapUnder("", plain(outcomeOf(row)), width)),
    ...(events.length === 0 ? [] : ["Events", ...events]),
    ...(open.length + held.length === 0 ? [] : ["Under way", ...open, ...held]),
    ...changesOf(row),
    ...historyOf(row, width),
  ].join("\n");
}

/** A day may name thousands of rows. */
const NAMED_MAX = 10;

function firstOf(words: string): string {
  const parts = words.split(", ");
  const more = parts.length - NAMED_MAX;
  if (more <= 0) return words;
  return `${parts.slice(0, NAMED_MAX).join(", ")} and ${more} more (all with --json)`;
}

/** What is to be done, or once it is closed, what was: who, when and why. */
function outcomeOf(row: ParkedAnswer): string {
  if (row.closedAt === null) return row.cure;
  const why = row.comment === null ? "" : `: ${row.comment}`;
  return `${row.state} ${localTime(row.closedAt)} by ${row.closedBy ?? "nobody named"}${why}`;
}

/** The run that parked it, and the case that a person resumed in vain before it. */
function originOf({ runId, againAfter }: ParkedAnswer): string[] {
  const run = runId === null ? [] : [`parked by run ${runId}`];
  const by = againAfter?.by ?? "somebody";
  const again = againAfter === null ? [] : [`again after case ${againAfter.id}, resumed by ${by}`];
  return run.length + again.length === 0 ? [] : [[...run, ...again].join(", ")];
}

function changesOf({ overrides }: ParkedAnswer): string[] {
  if (overrides.length === 0) return [];
  const lines = overrides.map(
    ({ field, target, value, by, reason }) =>
      `  ${`${field} ${target}`.trim()} = ${value}, by ${by}: ${reason}`,
  );
  return ["Changed for this run", ...lines.map(plain)];
}

function historyOf({ history }: ParkedAnswer, width: number | undefined): string[] {
  if (history.length === 0) return [];
  const isNarrow = width !== undefined && width < NARROW_COLUMNS;
  const lines = history.map(({ at, by, act, words }) => {
    const told = plain(`${by} ${act}: ${words}`);
    if (isNarrow) return [`  ${localTime(at)}`, wrapUnder("    ", told, width)].join("\n");
    return wrapUnder(`  ${localTime(at)}  `, told, width);
  });
  return ["History", ...lines];
}
