import type { Command } from "commander";
import { SweepRowsAnswer, UnownedAnswer, type UnownedPart } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { describeWalk } from "../event-gaps.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type UnownedFlags = HubCommandFlags &
  Readonly<{ pair?: string; late?: boolean; after?: string; limit?: string }>;
type SweepFlags = HubCommandFlags & Readonly<{ pair?: string }>;

/** `slipway rows`: Stripe's balance transactions, and who owns them. */
export function registerRows(program: Command, cli: Cli): void {
  const rows = defineCommand(program, {
    usage: "rows",
    summary: "list balance transactions without a document, or read them now",
    paragraph:
      "Every balance transaction of Stripe moves the clearing account once: each part of it, " +
      "gross and fee, is owned by exactly one document in SL.",
    examples: ["slipway rows unowned --late", "slipway rows sweep --pair acme-us"],
  });
  const unowned = defineCommand(rows, {
    usage: "unowned",
    summary: "list the parts of balance transactions that no document owns",
    paragraph:
      "Lists them oldest first, with the lane that is to book each and what it waits for. Fees " +
      "and other rows of a day are booked when the day is over. What has moved Stripe's other " +
      "balances, such as issuing, is counted above and not booked. With --late only those that " +
      "are older than 36 hours; exit code 1 where there are any, or where Stripe could not be " +
      "asked.",
    examples: ["slipway rows unowned", "slipway rows unowned --late --pair acme-us --json"],
  });
  withHub(unowned)
    .option("--pair <pair>", "only this pair")
    .option("--late", "only rows older than 36 hours")
    .option("--after <row>", "go on after this balance transaction")
    .option("--limit <rows>", "how many to list")
    .action((flags: UnownedFlags) => listUnowned(cli, flags));
  const sweep = defineCommand(rows, {
    usage: "sweep",
    summary: "read Stripe's balance transactions now",
    paragraph:
      "The hub reads them every five minutes from where it stands; this lets it begin at once, " +
      "and tells how far it has come. What is read is never read from the beginning again.",
    examples: ["slipway rows sweep", "slipway rows sweep --pair acme-us --json"],
  });
  withHub(sweep)
    .option("--pair <pair>", "only this pair")
    .action((flags: SweepFlags) => sweepRows(cli, flags));
}

async function listUnowned(cli: Cli, flags: UnownedFlags): Promise<void> {
  const { pair, after, limit } = flags;
  const late = flags.late === true ? "true" : undefined;
  const query = { pair, late, after, limit };
  const answer = await cli.hub(flags).get("/api/rows/unowned", UnownedAnswer, { query });
  printAnswer(cli, flags.json, answer, () => render(answer));
  if (answer.next !== null && flags.json !== true) {
    cli.terminal.warn(`More: --after ${answer.next}`);
  }
  const isLate = late !== undefined && answer.rows.length > 0;
  if (isLate || answer.walks.some(({ trouble }) => trouble !== null)) cli.endWith(EXIT.problem);
}

function render({ walks, beside, rows }: UnownedAnswer): string {
  const found =
    rows.length === 0
      ? "Every part has its owner."
      : renderTable(
          [
            { title: "Made" },
            { title: "Pair" },
            { title: "Row" },
            { title: "Part" },
            { title: "Amount", align: "right" },
            { title: "" },
            { title: "Category" },
            { title: "Lane" },
            { title: "Waits for" },
          ],
          rows.map(toCells),
        );
  const above = [
    ...walks.map((walk) => `${walk.pair}: ${describeWalk(walk)}`),
    ...beside.map(besideWords),
  ];
  return [...above, "", found].join("\n");
}

function besideWords(one: UnownedAnswer["beside"][number]): string {
  const { pair, balance, currency, count, amount, ids } = one;
  const rows = counted(count, "row");
  const named = `${ids.join(", ")}${count > ids.length ? ", …" : ""}`;
  const what = `${rows} of Stripe's balance ${plain(balance)} in 35 days`;
  return `${pair}: not booked, ${what}: ${amount} ${currency} (${named})`;
}

function toCells(row: UnownedPart): string[] {
  const { createdAt, pair, id, part, amount, currency, category, type, laneKey, reason } = row;
  const kind = plain(category === "" ? type : category);
  return [
    ...[localTime(createdAt), pair, id, part, amount, currency],
    ...[kind, laneKey ?? "-", plain(reason)],
  ];
}

async function sweepRows(cli: Cli, flags: SweepFlags): Promise<void> {
  const body = flags.pair === undefined ? {} : { pair: flags.pair };
  const answer = await cli.hub(flags).post("/api/rows/sweep", SweepRowsAnswer, { body });
  printAnswer(cli, flags.json, answer, () =>
    answer.walks.map((walk) => `${walk.pair}: ${describeWalk(walk)}`).join("\n"),
  );
}
