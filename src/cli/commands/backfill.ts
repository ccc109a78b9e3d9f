import type { Command } from "commander";
import {
  BackfillAnswer,
  BackfillList,
  type BackfillPlanned,
  type BackfillRow,
} from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { counted } from "../../base/counted.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { personName } from "../parked-ids.ts";
import { renderPreview } from "../render/preview.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

/** Every balance transaction of the span is read. */
const PLAN_WITHIN_MS = 60 * 60_000;
const LOOK_EVERY_MS = 1_000;

type RunFlags = HubCommandFlags &
  Readonly<{
    from: string;
    to?: string;
    dryRun?: boolean;
    yes?: boolean;
    by?: string;
    beforeStart?: boolean;
    perMinute?: string;
    show?: string;
    detach?: boolean;
  }>;
type SteerFlags = HubCommandFlags & Readonly<{ by?: string }>;

/** `slipway backfill`: makes good for what came before the hub knew the pair. */
export function registerBackfill(program: Command, cli: Cli): void {
  const group = defineCommand(program, {
    usage: "backfill",
    summary: "book what came to Stripe before the hub was there",
    paragraph:
      "Walks Stripe through past days and books what is not booked, beside live webhooks. " +
      "With --dry-run it only shows what that would be, and nothing is written.",
    examples: [
      "slipway backfill --from 2026-11-01 --dry-run",
      "slipway backfill --from 2026-11-01 --to 2026-11-20 acme-us",
      "slipway backfill status",
    ],
  });
  registerRun(group, cli);
  const status = defineCommand(group, {
    usage: "status [pair]",
    summary: "how far the newest backfills are",
    paragraph:
      "Shows the newest backfills of a pair: how far the list is, how many lanes were woken and " +
      "how they ended, and how long the rest will take at the rate of the last minute.",
    examples: ["slipway backfill status", "slipway backfill status acme-us --json"],
  });
  withHub(status).action(async (named: string | undefined, flags: SteerFlags) => {
    const hub = cli.hub(flags);
    const pair = named ?? (await onlyPair(hub, "backfill status <pair>"));
    const answer = await hub.get(pathOf(pair), BackfillList);
    printAnswer(cli, flags.json, answer, () => statusTable(answer.backfills));
  });
  for (const act of ["pause", "resume", "cancel"] as const) registerSteer(group, cli, act);
}

const pathOf = (pair: string) => `/api/pairs/${encodeURIComponent(pair)}/backfill`;

const STEER = {
  pause: ["stop the backfill of a pair for a while", "Wakes no more lanes until you resume it"],
  resume: ["let a paused backfill go on", "Goes on where it stood"],
  cancel: [
    "end the backfill of a pair for good",
    "Wakes no more lanes; what is left is left alone",
  ],
} as const;

function registerSteer(group: Command, cli: Cli, act: keyof typeof STEER): void {
  const [summary, what] = STEER[act];
  const command = defineCommand(group, {
    usage: `${act} [pair]`,
    summary,
    paragraph: `${what}. What was woken before ends by itself, and live events are booked as ever.`,
    examples: [`slipway backfill ${act}`, `slipway backfill ${act} acme-us --by maria`],
  });
  withHub(command)
    .option("--by <name>", "who does it; default: the name of this login")
    .action(async (named: string | undefined, flags: SteerFlags) => {
      const hub = cli.hub(flags);
      const pair = named ?? (await onlyPair(hub, `backfill ${act} <pair>`));
      const body = { act, by: flags.by ?? personName() };
      const answer = await hub.post(`${pathOf(pair)}/steer`, BackfillList, { body });
      printAnswer(cli, flags.json, answer, () => statusTable(answer.backfills.slice(0, 1)));
    });
}

function registerRun(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "run [pair]",
    summary: "walk Stripe through past days and book what is not booked",
    paragraph:
      "Reads Stripe's balance transactions of the days, and invoices that were paid without a " +
      "charge, tells what would be booked, in which closed periods it lies and how long it will " +
      "take, and asks. Then the hub wakes the lane of everything that has no document, oldest " +
      "first and never so many that live events would wait; each looks SL up before its first " +
      "write. A hub that is killed goes on where it stood. Days before the pair's start are " +
      "refused, unless --before-start says that what came later to their money is meant.",
    examples: [
      "slipway backfill --from 2026-10-01 --to 2026-10-31 --dry-run",
      "slipway backfill run acme-us --from 2026-10-01 --per-minute 600",
    ],
    isDefault: true,
  });
  withDryRun(withHub(command))
    .requiredOption("--from <day>", "the first day, YYYY-MM-DD, in the pair's zone")
    .option("--to <day>", "the last day, counted in; default: until now")
    .option("--before-start", "days before the pair's start are meant")
    .option("--per-minute <facts>", "at most so many facts a minute")
    .option("--show <sales>", "sales that are shown with their entries", "5")
    .option("--by <name>", "who starts it; default: the name of this login")
    .option("--detach", "start it and do not watch it")
    .option("--yes", "ask nothing")
    .action((named: string | undefined, flags: RunFlags) => run(cli, named, flags));
}

async function run(cli: Cli, named: string | undefined, flags: RunFlags): Promise<void> {
  const hub = cli.hub(flags);
  const pair = named ?? (await onlyPair(hub, "backfill run <pair>"));
  const { from, to, beforeStart = false, by = personName(), json } = flags;
  const perMinute = wholeOf(flags.perMinute, "--per-minute");
  const show = wholeOf(flags.show, "--show") ?? 0;
  const body = { from, to, beforeStart, perMinute, by };
  const call = { body: { ...body, dryRun: true, show }, withinMs: PLAN_WITHIN_MS };
  const { plan } = await hub.post(pathOf(pair), BackfillAnswer, call);
  if (plan === null) throw new HubError("bug.assertion", "A dry run without a plan");
  if (flags.dryRun === true) {
    printAnswer(cli, json, plan, () => planText(cli, plan));
    return;
  }
  if (json !== true) cli.terminal.write(planText(cli, plan));
  const question = `Book ${counted(plan.facts, "fact")}?`;
  if (plan.facts === 0 || !(await confirm(question, flags.yes === true))) return;
  const started = await hub.post(pathOf(pair), BackfillAnswer, { body });
  if (flags.detach === true) {
    printAnswer(
      cli,
      json,
      started,
      () => "Started: `slipway backfill status` tells how far it is.",
    );
    return;
  }
  const end = await watch(cli, { hub, pair, json });
  printAnswer(cli, json, end, () => statusTable([end]));
  if (end.parked > 0 || end.state !== "done") cli.endWith(EXIT.problem);
}

/** Tells how far it is until it has ended; whoever stops watching stops nothing. */
async function watch(
  cli: Cli,
  { hub, pair, json }: Readonly<{ hub: HubClient; pair: string; json: boolean | undefined }>,
): Promise<BackfillRow> {
  let told = "";
  for (;;) {
    const { backfills } = await hub.get(pathOf(pair), BackfillList);
    const [newest] = backfills;
    if (newest === undefined) throw new HubError("backfill.none", `No backfill of ${pair}`);
    if (newest.state === "done" || newest.state === "cancelled") return newest;
    const words = progressOf(newest);
    if (words !== told && json !== true) cli.terminal.warn(words);
    told = words;
    await pause(LOOK_EVERY_MS);
  }
}

function progressOf(row: BackfillRow): string {
  const { state, facts, ended, parked, position, secondsLeft, isPaused, trouble } = row;
  const stopped = isPaused ? ", paused" : "";
  const wrong = trouble === null ? "" : `; ${trouble}`;
  if (state === "listing")
    return `Listed to ${localTime(position)}: ${counted(facts, "fact")}${stopped}${wrong}`;
  const left = secondsLeft === null ? "" : `, about ${spanWords(secondsLeft)} left`;
  return `${ended} of ${facts} at their end, ${parked} parked${left}${stopped}${wrong}`;
}

function spanWords(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function planText(cli: Cli, plan: BackfillPlanned): string {
  const { rows, ownedRows, facts, documents, kinds, closed, estimatedSeconds } = plan;
  const table = renderTable(
    [
      { title: "Kind" },
      { title: "Rows", align: "right" },
      { title: "Documents", align: "right" },
      { title: "Amount", align: "right" },
    ],
    kinds.map(({ kind, rows: count, documents: ofKind, amounts }) => [
      kind,
      String(count),
      ofKind === 0 ? "by day" : String(ofKind),
      amounts.map(({ amount, currency }) => `${amount} ${currency}`).join(", "),
    ]),
  );
  const periods = closed.map(({ period, rows: count, bookedIn }) => {
    const end = bookedIn === null ? "they park" : `they are booked in ${bookedIn}`;
    return `Period ${period} is closed in SL: ${counted(count, "row")} of it, ${end}.`;
  });
  return [
    `${counted(rows, "balance transaction")}, ${ownedRows} of them wholly booked`,
    ...(kinds.length === 0 ? [] : [table]),
    ...periods,
    `${counted(facts, "fact")}, about ${counted(documents, "document")}, about ` +
      spanWords(estimatedSeconds),
    ...plan.previews.map((preview) =>
      renderPreview(preview, cli.terminal.paint, cli.terminal.width),
    ),
  ].join("\n\n");
}

function statusTable(rows: readonly BackfillRow[]): string {
  if (rows.length === 0) return "No backfill was ever started.";
  return renderTable(
    [
      { title: "Backfill" },
      { title: "From" },
      { title: "Until" },
      { title: "State" },
      { title: "Facts", align: "right" },
      { title: "Ended", align: "right" },
      { title: "Booked", align: "right" },
      { title: "Parked", align: "right" },
      { title: "How far" },
    ],
    rows.map((row) => [
      ...[row.id, localTime(row.from), localTime(row.until)],
      row.isPaused ? "paused" : row.state,
      ...[row.facts, row.ended, row.booked, row.parked].map(String),
      row.endedAt === null ? progressOf(row) : `ended ${localTime(row.endedAt)}`,
    ]),
  );
}

function wholeOf(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new HubError("api.invalid", `${field} ${text} is no whole number`, {
    facts: { field },
    cure: `Write ${field} 100.`,
  });
}
