import type { Command } from "commander";
import { type EventRow, GapsAnswer, type WalkRow } from "../api/contract.ts";
import { type Cli, EXIT, printAnswer } from "./cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "./define-command.ts";
import { troubleWords } from "./render/plain.ts";
import { renderTable } from "./render/table.ts";
import { duration, localTime } from "./render/time.ts";

/** `slipway events gaps`: what Stripe never delivered and was found, and how far was looked. */
export function registerGaps(events: Command, cli: Cli): void {
  const command = defineCommand(events, {
    usage: "gaps",
    summary: "list the events that were not delivered and were found",
    paragraph:
      "At its start and every hour the hub asks Stripe what it should have got and did not, " +
      "stores it and works on it. This lists those events, newest first, and how far each pair " +
      "was looked at. Exit code 1 where Stripe could not be asked, or has forgotten events.",
    examples: ["slipway events gaps", "slipway events gaps --pair acme-us --json"],
  });
  withPage(withHub(command)).action(async (_flags: unknown, self: Command) => {
    // The list above knows the same options, and takes those that stand before the word `gaps`.
    const flags = self.optsWithGlobals<HubCommandFlags & PageFlags>();
    const query = { pair: flags.pair, before: flags.before, limit: flags.limit };
    const answer = await cli.hub(flags).get("/api/events/gaps", GapsAnswer, { query });
    printAnswer(cli, flags.json, answer, () => render(answer));
    if (answer.next !== null && flags.json !== true) {
      cli.terminal.warn(`More: --before ${answer.next}`);
    }
    if (answer.walks.some(({ trouble, lost }) => trouble !== null || lost !== null)) {
      cli.endWith(EXIT.problem);
    }
  });
}

function render({ walks, rows }: GapsAnswer): string {
  const looked = walks.map((walk) => `${walk.pair}: ${describeWalk(walk)}`);
  const lines = looked.length === 0 ? ["No pair was looked at yet."] : looked;
  const found =
    rows.length === 0
      ? "No event was found missing."
      : renderTable(
          [
            { title: "Found" },
            { title: "Pair" },
            { title: "Event" },
            { title: "Type" },
            { title: "Made" },
            { title: "End" },
            { title: "Reason" },
          ],
          rows.map(toCells),
        );
  return [...lines, "", found].join("\n");
}

function toCells(event: EventRow): string[] {
  const { receivedAt, createdAt, pair, id, type, end, endReason } = event;
  return [localTime(receivedAt), pair, id, type, localTime(createdAt), end, endReason ?? ""];
}

const WALKED: Readonly<Record<WalkRow["kind"], string>> = {
  pull: "pulled",
  gap: "compared with Stripe",
  rows: "balance transactions read",
  sweep: "refunds, disputes and payouts gone over",
};

/** How far a pair was looked at, in one sentence. */
export function describeWalk(walk: WalkRow): string {
  const what = WALKED[walk.kind];
  const upTo = `${what} up to ${localTime(walk.position)}`;
  const share = walk.progress === null ? "" : `, ${Math.floor(walk.progress * 100)} % of the way`;
  const trouble =
    walk.trouble === null
      ? ""
      : `; not asked for ${duration(walk.behindSeconds)}: ${troubleWords(walk.trouble)}`;
  const lost =
    walk.lost === null
      ? ""
      : `; Stripe has forgotten ${localTime(walk.lost.from)} to ${localTime(walk.lost.to)}: ` +
        `slipway rebuild ${walk.pair} --since ${walk.lost.from}`;
  return `${upTo}${share}${lost}${trouble}`;
}
