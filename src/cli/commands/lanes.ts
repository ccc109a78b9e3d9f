import type { Command } from "commander";
import { LanesAnswer, type PairLanes } from "../../api/contract.ts";
import { type Cli, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { duration, localTime } from "../render/time.ts";

/** `slipway lanes`: how much work there is, and what holds it back. */
export function registerLanes(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "lanes",
    summary: "show how much work each pair has, and what holds it back",
    paragraph:
      "Counts, for each pair, the lanes that are worked on, due, and waiting for a later time, " +
      "with the age of the oldest due one, the runs that wait for a person, and whether the pair " +
      "is paused or its circuit to SL is open.",
    examples: ["slipway lanes", "slipway lanes --pair acme-us --json"],
  });
  withHub(command)
    .option("--pair <pair>", "only this pair")
    .action(async (flags: HubCommandFlags & { pair?: string }) => {
      const query = { pair: flags.pair };
      const { pairs } = await cli.hub(flags).get("/api/lanes", LanesAnswer, { query });
      printList(cli, flags.json, pairs, () => renderLanes(cli, pairs));
    });
}

function renderLanes(cli: Cli, pairs: readonly PairLanes[]): string {
  if (pairs.length === 0) return "There is no pair yet: slipway pair add.";
  const table = renderTable(
    [
      { title: "Pair" },
      { title: "Owned", align: "right" },
      { title: "Due", align: "right" },
      { title: "Oldest", align: "right" },
      { title: "Waiting", align: "right" },
      { title: "Parked", align: "right" },
      { title: "State" },
    ],
    pairs.map((pair) => [
      pair.pair,
      String(pair.owned),
      String(pair.due),
      pair.due === 0 ? "" : duration(pair.oldestDueSeconds),
      String(pair.waiting),
      String(pair.parkedOpen),
      stateOf(pair),
    ]),
    (line, index) => (isHeldBack(pairs[index]) ? cli.terminal.paint.bad(line) : line),
  );
  return [table, ...pairs.flatMap(reasonsOf)].join("\n");
}

function reasonsOf({ pair, pausedCode, pausedReason, held }: PairLanes): string[] {
  return [
    ...(held === null
      ? []
      : [`${pair}: paused by ${held.by} ${localTime(held.at)}: ${plain(held.reason)}`]),
    ...(pausedReason === null ? [] : [`${pair}: ${pausedCode}: ${pausedReason}`]),
  ];
}

function isHeldBack(pair: PairLanes | undefined): boolean {
  if (pair === undefined) return false;
  return pair.pausedCode !== null || pair.held !== null || pair.circuit === "open";
}

function stateOf(pair: PairLanes): string {
  if (pair.held !== null) return `paused by ${plain(pair.held.by)}`;
  if (pair.pausedCode !== null) return "paused";
  if (pair.circuit === "closed") return "open for work";
  const probe = pair.probeAt === null ? "" : `, next probe ${localTime(pair.probeAt)}`;
  return `SL does not answer${probe}`;
}
