import type { Command } from "commander";
import { HeldPage, type HeldRow, RecheckAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withDryRun,
  withHub,
  withPage,
} from "../define-command.ts";
import { personName } from "../parked-ids.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type ListFlags = HubCommandFlags & PageFlags & Readonly<{ kind?: string; lane?: string }>;
type RecheckFlags = HubCommandFlags &
  Readonly<{ pair?: string; kind?: string[]; count?: string; by?: string; dryRun?: boolean }>;

/** `slipway held`: what rules and words keep from being booked. */
export function registerHeld(program: Command, cli: Cli): void {
  const held = defineCommand(program, {
    usage: "held",
    summary: "see what rules and words keep from being booked",
    paragraph:
      "A sale that metadata or a rule of the pair holds back or skips is listed here with its " +
      "reason until it is booked; nothing is left out silently.",
    examples: ["slipway held list --kind filter", "slipway held recheck --pair acme-us"],
  });
  registerList(held, cli);
  registerRecheck(held, cli);
}

function registerList(held: Command, cli: Cli): void {
  const command = defineCommand(held, {
    usage: "list",
    summary: "list what is held back, with the rule that does it",
    paragraph:
      "Lists sales that are not booked because of a word in metadata (hold, skip), a filter, " +
      "`sync.book: allowed`, their age, Stripe's mode, or an amount of zero; newest first.",
    examples: ["slipway held list", "slipway held list --pair acme-us --kind skip --json"],
  });
  withPage(withHub(command))
    .option("--kind <kind>", "hold, skip, filter, not-allowed, min-age, mode, zero or reversed")
    .option("--lane <key>", "only this lane, such as pi_3Pq")
    .action(async (flags: ListFlags) => {
      const { pair, kind, lane, before, limit } = flags;
      const query = { pair, kind, lane, before, limit };
      const { rows, next } = await cli.hub(flags).get("/api/held", HeldPage, { query });
      printList(cli, flags.json, rows, () => renderHeld(rows));
      if (flags.json !== true && next !== null) cli.terminal.warn(`More: --before ${next}`);
    });
}

function renderHeld(rows: readonly HeldRow[]): string {
  if (rows.length === 0) return "Nothing is held back.";
  const titles = ["Since", "Pair", "Lane", "Kind", "Money", "Reason"];
  return renderTable(
    titles.map((title) => ({ title })),
    rows.map((row) => [
      localTime(row.since),
      row.pair,
      row.laneKey,
      row.kind,
      row.money,
      row.reason,
    ]),
  );
}

function registerRecheck(held: Command, cli: Cli): void {
  const command = defineCommand(held, {
    usage: "recheck",
    summary: "let today's rules decide about what is held back",
    paragraph:
      "Without --count it only says how many would be looked at again, and by which rule they " +
      "are held back. With the count that you saw it wakes them: what the filters of today let " +
      "through is booked, the rest is held back again. What a word in metadata holds back is " +
      "taken only with --kind hold or --kind skip.",
    examples: ["slipway held recheck", "slipway held recheck --pair acme-us --count 12"],
  });
  withDryRun(withHub(command))
    .option("--pair <pair>", "only this pair")
    .option("--kind <kinds...>", "only these kinds, such as filter not-allowed")
    .option("--by <name>", "who asks; default: the user of this machine")
    .option("--count <number>", "how many you saw: more than that are not woken")
    .action(async (flags: RecheckFlags) => {
      const { pair, kind: kinds } = flags;
      const count = flags.count === undefined ? undefined : readCount(flags.count);
      const dryRun = flags.dryRun === true || count === undefined;
      const body = { pair, kinds, count, by: flags.by ?? personName(), dryRun };
      const answer = await cli.hub(flags).post("/api/held/recheck", RecheckAnswer, { body });
      printAnswer(cli, flags.json, answer, () => renderRecheck(answer, kinds));
    });
}

function readCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new HubError("api.invalid", `--count ${text} is no number`, {
    cure: "Give the number that `slipway held recheck` shows.",
  });
}

function renderRecheck(
  { isDryRun, count, byRule }: RecheckAnswer,
  kinds: readonly string[] | undefined,
): string {
  if (count === 0 && kinds !== undefined) return "Nothing is held back by it.";
  if (count === 0) {
    return "No rule holds anything back; what a word does is looked at with --kind hold or skip.";
  }
  const lines = byRule.map((one) => `${one.count} of ${one.pair}: ${one.rule} (${one.kind})`);
  const last = isDryRun
    ? `${count} in all; look at them again with --count ${count}`
    : `${count} woken; slipway held list shows what stays`;
  return [...lines, last].join("\n");
}
