import type { Command } from "commander";
import {
  type AlertRow,
  AlertsAnswer,
  AlertsTestAnswer,
  type AlertsTestAnswer as Tested,
} from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import { type Cli, EXIT, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { indented } from "../render/table.ts";
import { localTime } from "../render/time.ts";

/** A mail server may take its half minute, and channels are tried at once. */
const TEST_WITHIN_MS = 60_000;

/** `slipway alerts`: what somebody is told of, and whether notices arrive. */
export function registerAlerts(program: Command, cli: Cli): void {
  const alerts = defineCommand(program, {
    usage: "alerts",
    summary: "list alerts, and try the channels that tell of them",
    paragraph:
      "The hub looks at its rules every minute and tells of each trouble once, however many " +
      "records it has: at once, after an hour, after six, then daily, and when it is over. " +
      "Channels stand under `alerts:` in slipway.yaml.",
    examples: ["slipway alerts list", "slipway alerts test"],
  });
  registerList(alerts, cli);
  registerTest(alerts, cli);
}

type ListFlags = HubCommandFlags & PageFlags & Readonly<{ all?: boolean }>;

function registerList(alerts: Command, cli: Cli): void {
  const command = defineCommand(alerts, {
    usage: "list",
    summary: "list the alerts that are open, or all",
    paragraph:
      "Lists what is wrong now, newest first, each with the records that it is about and the " +
      "cure. With --all also what is over. Exit code 1 while an alert is open or a channel fails.",
    examples: ["slipway alerts list", "slipway alerts list --all --pair acme-us --json"],
  });
  withPage(withHub(command))
    .option("--all", "also alerts that are over")
    .action(async (flags: ListFlags) => {
      const { pair, before, limit } = flags;
      const query = { pair, before, limit, state: flags.all === true ? "all" : "open" };
      const answer = await cli.hub(flags).get("/api/alerts", AlertsAnswer, { query });
      printAnswer(cli, flags.json, answer, () => render(answer, cli.terminal.width));
      if (answer.next !== null && flags.json !== true) {
        cli.terminal.warn(`More: --before ${answer.next}`);
      }
      const isOpen = answer.rows.some(({ resolvedAt }) => resolvedAt === null);
      const isFailing = answer.channels.some(({ error }) => error !== null);
      if (isOpen || isFailing) cli.endWith(EXIT.problem);
    });
}

function render({ rows, channels }: AlertsAnswer, width: number | undefined): string {
  const listed =
    rows.length === 0
      ? ["Nothing is wrong."]
      : rows.flatMap((row) => tell(row, { isTold: channels.length > 0, width }));
  const told = channels.map(({ name, type, error, takenAt }) => {
    const last = takenAt === null ? "nothing taken yet" : `last taken ${localTime(takenAt)}`;
    return `${name} (${type}): ${error === null ? last : `FAILS: ${error}; ${last}`}`;
  });
  const where = told.length === 0 ? ["Nobody is told: no channel is configured."] : told;
  return [...listed, "", ...where].join("\n");
}

function tell(
  alert: AlertRow,
  { isTold, width }: Readonly<{ isTold: boolean; width: number | undefined }>,
): string[] {
  const { rule, pair, title, cure, records, count, openedAt, resolvedAt, notices } = alert;
  const over = resolvedAt === null ? "" : `, over since ${localTime(resolvedAt)}`;
  const more = count > records.length && records.length > 0 ? ` of ${count}` : "";
  const told = isTold ? `, told ${counted(notices, "time")}` : "";
  return [
    `${rule}  ${pair ?? "the hub"}  since ${localTime(openedAt)}${over}${told}`,
    ...indented(title, 2, width),
    ...(records.length === 0 ? [] : indented(`about: ${records.join(", ")}${more}`, 2, width)),
    ...(resolvedAt === null ? indented(`cure: ${cure}`, 2, width) : []),
  ];
}

function registerTest(alerts: Command, cli: Cli): void {
  const command = defineCommand(alerts, {
    usage: "test",
    summary: "send a notice marked as a test to every channel",
    paragraph:
      "Sends a notice that says that it is a test to each channel, and waits for the answers. " +
      "Opens no alert. Exit code 1 when a channel does not take it, or when there is none.",
    examples: ["slipway alerts test", "slipway alerts test --json"],
  });
  withHub(command).action(async (flags: HubCommandFlags) => {
    const call = { withinMs: TEST_WITHIN_MS };
    const { channels } = await cli.hub(flags).post("/api/alerts/test", AlertsTestAnswer, call);
    printList(cli, flags.json, channels, () => renderTest(channels));
    if (channels.length === 0 || channels.some(({ error }) => error !== null)) {
      cli.endWith(EXIT.problem);
    }
  });
}

function renderTest(channels: Tested["channels"]): string {
  if (channels.length === 0) return "No channel is configured: see docs/alerts.md.";
  return channels
    .map(({ name, type, error }) => `${name} (${type}): ${error ?? "taken"}`)
    .join("\n");
}
