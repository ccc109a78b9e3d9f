import type { Command } from "commander";
import { DayProofs } from "../../api/contract.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { onlyPair } from "../only-pair.ts";
import { isDiffering, renderDayProofs } from "../render/day-proofs.ts";

type Flags = HubCommandFlags & Readonly<{ from?: string; to?: string }>;

/** `slipway proof days`: how each day came out when the hub last proved it. */
export function registerProofDays(proof: Command, cli: Cli): void {
  const command = defineCommand(proof, {
    usage: "days [pair]",
    summary: "list how each day came out when the hub proved it",
    paragraph:
      "The hub proves each day by itself, four hours after its journals are booked, and once " +
      "more each hour while the last one differs. What is kept of a day is its newest proof: one " +
      "that somebody asks for with `slipway proof --date` takes its place. Newest first, by " +
      "default five weeks. Exit code 1 where the last day differs or could not be proved.",
    examples: [
      "slipway proof days",
      "slipway proof days acme-us --from 2026-03-01 --to 2026-03-31",
      "slipway proof days acme-us --json",
    ],
  });
  withHub(command)
    .option("--from <day>", "the first day, YYYY-MM-DD")
    .option("--to <day>", "the last day, YYYY-MM-DD")
    .action(async (named: string | undefined, flags: Flags) => {
      const hub = cli.hub(flags);
      const pair = named ?? (await onlyPair(hub, "proof days <pair>"));
      const { from, to } = flags;
      const path = `/api/pairs/${encodeURIComponent(pair)}/proof/days`;
      const answer = await hub.get(path, DayProofs, { query: { from, to } });
      const { paint } = cli.terminal;
      printAnswer(cli, flags.json, answer, () => renderDayProofs(answer, { pair, paint }));
      const newest = answer.days.filter(({ day }) => day === answer.days[0]?.day);
      if (answer.trouble !== null || newest.some(isDiffering)) cli.endWith(EXIT.problem);
    });
}
