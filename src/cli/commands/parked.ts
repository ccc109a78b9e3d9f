import type { Command } from "commander";
import { CommandAnswer, ParkedAnswer, ParkedPage, type ParkedRow } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withDryRun,
  withHub,
  withPage,
} from "../define-command.ts";
import { personName, readSeen } from "../parked-ids.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type ListFlags = HubCommandFlags &
  PageFlags &
  Readonly<{ state: string; category?: string; lane?: string }>;
type CommandFlags = HubCommandFlags & Readonly<{ dryRun?: boolean; by?: string }>;

/** `slipway parked`: the runs that wait for a person. */
export function registerParked(program: Command, cli: Cli): void {
  const parked = defineCommand(program, {
    usage: "parked",
    summary: "see and settle the runs that wait for a person",
    paragraph:
      "A run that cannot go on by itself is parked as a case, with its reason and its cure. " +
      "Nothing expires: it stays until you resume it (the cause is mended) or dismiss it (it was " +
      "booked by hand).",
    examples: ["slipway parked list", "slipway parked resume 12@1 --comment 'item added to SL'"],
  });
  registerList(parked, cli);
  registerShow(parked, cli);
  registerResume(parked, cli);
  registerDismiss(parked, cli);
}

function registerList(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "list",
    summary: "list what waits for a person",
    paragraph:
      "Lists the cases, newest first. Each is named by the case's own number, which is not the " +
      "run's, and the version you see, such as 12@1; the commands want both, so that nobody " +
      "settles what has changed meanwhile.",
    examples: ["slipway parked list --category mapping", "slipway parked list --state dismissed"],
  });
  withPage(withHub(command))
    .option("--state <state>", "open, resumed, dismissed or resolved", "open")
    .option("--category <category>", "only this category, such as mapping")
    .option("--lane <key>", "only this lane, such as pi_3Pq")
    .action(async (flags: ListFlags) => {
      const { pair, state, category, lane, before, limit } = flags;
      const query = { pair, state, category, lane, before, limit };
      const { rows, next } = await cli.hub(flags).get("/api/parked", ParkedPage, { query });
      printList(cli, flags.json, rows, () => renderList(rows, state));
      if (flags.json === true) return;
      const [first] = rows;
      if (first !== undefined) cli.terminal.warn(`All of one: slipway parked show ${first.id}`);
      if (next !== null) cli.terminal.warn(`More: --before ${next}`);
    });
}

function renderList(rows: readonly ParkedRow[], state: string): string {
  if (rows.length === 0) return `Nothing is ${state === "open" ? "parked" : state}.`;
  return state === "open" ? renderOpen(rows) : renderClosed(rows);
}

function renderClosed(rows: readonly ParkedRow[]): string {
  return renderTable(
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
}

function renderOpen(rows: readonly ParkedRow[]): string {
  return renderTable(
    [
      { title: "Case", align: "right" },
      { title: "Since" },
      { title: "Pair" },
      { title: "Lane" },
      { title: "Code" },
      { title: "Reason" },
    ],
    rows.map((row) => [
      `${row.id}@${row.version}`,
      localTime(row.openedAt),
      row.pair,
      row.laneKey,
      row.code,
      row.reason,
    ]),
  );
}

function registerShow(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "show <id>",
    summary: "show one case with its cure",
    paragraph:
      "Shows why a run is parked and which run it is, what to do about it, which events wait " +
      "with it, what may stand in SL on hold, and the case that was resumed in vain before it.",
    examples: ["slipway parked show 12", "slipway parked show 12 --json"],
  });
  withHub(command).action(async (id: string, flags: HubCommandFlags) => {
    const number = encodeURIComponent(id.split("@")[0] ?? "");
    const row = await cli.hub(flags).get(`/api/parked/${number}`, ParkedAnswer);
    printAnswer(cli, flags.json, row, () => renderOne(cli, row));
  });
}

function renderOne(cli: Cli, row: ParkedAnswer): string {
  const { paint } = cli.terminal;
  const facts = Object.entries(row.facts).map(([name, value]) =>
    plain(`  ${name}: ${String(value)}`),
  );
  const events = row.events.map(({ type, id, end }) => `  ${type} ${id} (${end})`);
  const open = row.openOutcomes.map(
    ({ step, purpose, sentAt }) =>
      `  the ${step} of the ${purpose}, sent ${localTime(sentAt)}, may still take effect`,
  );
  const held = row.unfinished
    .filter((intent) => intent.batNbr !== null)
    .map(({ batNbr, purpose, stage }) => `  batch ${batNbr} in SL: ${purpose}, ${stage}`);
  const where = `${row.pair}  lane ${row.laneKey}  ${row.state}`;
  return [
    `${paint.strong(`case ${row.id}@${row.version}`)}  ${where}`,
    ...originOf(row),
    paint.bad(plain(`${row.code}: ${row.reason}`)),
    ...facts,
    paint.good(plain(outcomeOf(row))),
    ...(events.length === 0 ? [] : ["Events", ...events]),
    ...(open.length + held.length === 0 ? [] : ["Under way", ...open, ...held]),
  ].join("\n");
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

function registerResume(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "resume <ids...>",
    summary: "let parked runs go on",
    paragraph:
      "Wakes the lanes of cases: each reads Stripe and SL anew and does what is missing. " +
      "Name each case with the version you saw, such as 12@1. Refused while a call to SL has no " +
      "answer yet.",
    examples: [
      "slipway parked resume 12@1 --comment 'period opened'",
      "slipway parked resume 12@1 15@2 --dry-run",
    ],
  });
  withDryRun(withHub(command))
    .option("--comment <words>", "why it can go on now; kept with the run")
    .option("--by <name>", "who does it; default: the name of this login")
    .action(async (ids: string[], flags: CommandFlags & { comment?: string }) => {
      const { comment, dryRun = false } = flags;
      const by = flags.by ?? personName();
      await commandEach(cli, ids, { flags, verb: "resume", body: { by, comment, dryRun } });
    });
}

function registerDismiss(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "dismiss <ids...>",
    summary: "close parked runs without a document",
    paragraph:
      "Closes cases for good: their events end as not applicable, with your name and reason. " +
      "For what was booked by hand or must not be booked. Name each case with the version you " +
      "saw, such as 12@1. Refused while a call to SL has no answer yet.",
    examples: [
      "slipway parked dismiss 12@1 --reason 'booked by hand as IN 004711'",
      "slipway parked dismiss 12@1 --reason 'test order' --dry-run",
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--reason <words>", "why there is no document; kept with the events")
    .option("--by <name>", "who does it; default: the name of this login")
    .action(async (ids: string[], flags: CommandFlags & { reason: string }) => {
      const { reason, dryRun = false } = flags;
      const by = flags.by ?? personName();
      await commandEach(cli, ids, { flags, verb: "dismiss", body: { by, reason, dryRun } });
    });
}

type Verb = Readonly<{ flags: CommandFlags; verb: "resume" | "dismiss"; body: object }>;

/** All ids are read before the first command is sent: a typing mistake settles nothing. */
async function commandEach(cli: Cli, ids: readonly string[], verb: Verb): Promise<void> {
  const seen = ids.map(readSeen);
  const hub = cli.hub(verb.flags);
  for (const { id, version } of seen) {
    const path = `/api/parked/${id}/${verb.verb}`;
    const answer = await hub.post(path, CommandAnswer, { body: { ...verb.body, version } });
    printAnswer(cli, verb.flags.json, answer, () => {
      const would = answer.isDryRun ? "would happen" : "done";
      return [
        `${id}@${version} ${verb.verb}: ${would}`,
        ...answer.effects.map((effect) => `  ${effect}`),
        ...(verb.verb === "resume" && !answer.isDryRun ? [`  ${whereItShows(answer)}`] : []),
      ].join("\n");
    });
  }
}

/** A resumed run works on its own time: the answer cannot say what comes of it. */
function whereItShows({ parked: { pair, laneKey } }: CommandAnswer): string {
  return `see the result: slipway runs --pair ${pair} --lane ${laneKey}`;
}
