import type { Command } from "commander";
import { RunAnswer, RunPage, WaitingList, type WaitingRow } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { duration, localClock, localTime } from "../render/time.ts";

type Flags = HubCommandFlags &
  PageFlags &
  Readonly<{ outcome?: string; lane?: string; waiting?: boolean }>;

/** `slipway runs`: what was worked on, and how it ended. */
export function registerRuns(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "runs [id]",
    summary: "list the runs, or show one with its steps and calls",
    paragraph:
      "Lists the runs, newest first, each with its outcome: booked, not_applicable, parked, " +
      "waiting, retry or handed_over. With the number of a run it shows the steps and every call " +
      "to SL or Stripe that was sent, with its answer. With --waiting it lists what stands in SL " +
      "and waits for a person there: batches to be released, applications to be made by hand; " +
      "the oldest first, with screen, state, age and the next look of the hub.",
    examples: [
      "slipway runs --outcome retry --limit 20",
      "slipway runs 1042",
      "slipway runs --waiting --pair acme-us",
    ],
  });
  withPage(withHub(command))
    .option("--outcome <outcome>", "only this outcome, such as booked")
    .option("--lane <key>", "only this lane, such as pi_3Pq")
    .option("--waiting", "list what waits for a person in SL instead")
    .action(async (id: string | undefined, flags: Flags) => {
      if (flags.waiting === true) await listWaiting(cli, flags);
      else if (id === undefined) await list(cli, flags);
      else await show(cli, id, flags);
    });
}

async function list(cli: Cli, flags: Flags): Promise<void> {
  const { pair, outcome, lane, before, limit } = flags;
  const query = { pair, outcome, lane, before, limit };
  const { rows, next } = await cli.hub(flags).get("/api/runs", RunPage, { query });
  const { paint } = cli.terminal;
  printList(cli, flags.json, rows, () =>
    rows.length === 0
      ? "No such runs."
      : renderTable(
          [
            { title: "Run", align: "right" },
            { title: "Ended" },
            { title: "Pair" },
            { title: "Lane" },
            { title: "Outcome" },
            { title: "Reason" },
          ],
          rows.map((run) => [
            run.id,
            localTime(run.endedAt),
            run.pair,
            run.laneKey,
            run.outcome,
            run.reason,
          ]),
          (line, index) => (rows[index]?.outcome === "parked" ? paint.bad(line) : line),
        ),
  );
  if (next !== null && flags.json !== true) cli.terminal.warn(`More: --before ${next}`);
}

async function listWaiting(cli: Cli, flags: Flags): Promise<void> {
  const query = { pair: flags.pair };
  const { rows } = await cli.hub(flags).get("/api/waiting", WaitingList, { query });
  printList(cli, flags.json, rows, () => renderWaiting(rows));
}

function renderWaiting(rows: readonly WaitingRow[]): string {
  if (rows.length === 0) return "Nothing waits for a person in SL.";
  const columns = [
    { title: "Waits for", align: "right" },
    { title: "Pair" },
    { title: "Batch" },
    { title: "State" },
    { title: "Screen" },
    { title: "Next look" },
    { title: "What" },
  ] as const;
  return renderTable(
    columns,
    rows.map((row) => [
      duration(row.ageSeconds),
      row.pair,
      row.batNbr === "" ? "none" : row.batNbr,
      row.batchState === "" ? "to be applied" : row.batchState,
      row.screen,
      row.nextLookAt === null ? "now, or when resumed" : localTime(row.nextLookAt),
      row.what,
    ]),
  );
}

async function show(cli: Cli, id: string, flags: Flags): Promise<void> {
  const run = await cli.hub(flags).get(`/api/runs/${encodeURIComponent(id)}`, RunAnswer);
  printAnswer(cli, flags.json, run, () => renderRun(run));
}

function renderRun(run: RunAnswer): string {
  const durationMs = Date.parse(run.endedAt) - Date.parse(run.startedAt);
  const head = [
    plain(`run ${run.id}  ${run.outcome}: ${run.reason}`),
    `pair     ${run.pair}`,
    `lane     ${run.laneKey}`,
    `started  ${localTime(run.startedAt)} by ${run.worker}, took ${durationMs} ms`,
  ];
  const steps = run.steps.map(({ at, text }) => plain(`  ${localClock(at)}  ${text}`));
  const calls = run.attempts.map((attempt) => [
    localClock(attempt.sentAt),
    attempt.step,
    `${attempt.purpose} for ${attempt.object}`,
    attempt.answeredAt === null ? "no answer yet" : (attempt.outcome ?? ""),
  ]);
  const columns = [{ title: "Sent" }, { title: "Step" }, { title: "What" }, { title: "Outcome" }];
  const table = calls.length === 0 ? [] : ["", renderTable(columns, calls)];
  return [...head, ...(steps.length === 0 ? [] : ["", ...steps]), ...table].join("\n");
}
