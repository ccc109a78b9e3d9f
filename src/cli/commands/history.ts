import type { Command } from "commander";
import { ActPage, type ActRow } from "../../api/contract.ts";
import { type Cli, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { plain } from "../render/plain.ts";
import { renderTable, tableOrBlocks } from "../render/table.ts";
import { localTime } from "../render/time.ts";
import { wrapUnder } from "../render/wrap.ts";

type Flags = HubCommandFlags & PageFlags & Readonly<{ lane?: string; by?: string; act?: string }>;

/** `slipway history`: who did what when. */
export function registerHistory(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "history",
    summary: "list who did what when",
    paragraph:
      "Lists what people did, newest first: parked runs assigned, commented, edited, resumed and " +
      "dismissed, lanes replayed, pairs paused and resumed, and each setting that was changed, " +
      "from what to what. What was edited by hand in slipway.yaml is told at the hub's next " +
      "start, by slipway.yaml. Nothing of it is ever changed or deleted.",
    examples: ["slipway history --pair acme-us", "slipway history --act configured --json"],
  });
  withPage(withHub(command))
    .option("--lane <key>", "only this lane, such as pi_3Pq")
    .option("--by <name>", "only what this person did")
    .option("--act <act>", "only this: assigned, commented, edited, resumed, configured …")
    .action(async (flags: Flags) => {
      const { pair, lane, by, act, before, limit } = flags;
      const query = { pair, lane, by, act, before, limit };
      const { rows, next } = await cli.hub(flags).get("/api/acts", ActPage, { query });
      const isChosen = [pair, lane, by, act, before].some((one) => one !== undefined);
      const nothing = isChosen ? "No such acts." : "Nobody has done anything yet.";
      printList(cli, flags.json, rows, () =>
        rows.length === 0 ? nothing : renderActs(rows, cli.terminal.width),
      );
      if (flags.json !== true && next !== null) cli.terminal.warn(`More: --before ${next}`);
    });
}

function renderActs(rows: readonly ActRow[], width: number | undefined): string {
  const did = (row: ActRow) => (row.parkedId === null ? row.act : `${row.act} ${row.parkedId}`);
  const table = renderTable(
    [
      { title: "When" },
      { title: "Who" },
      { title: "Did" },
      { title: "Pair" },
      { title: "Lane" },
      { title: "What" },
    ],
    rows.map((row) => [
      ...[localTime(row.at), row.by, did(row), row.pair ?? ""],
      ...[row.laneKey ?? "", row.words],
    ]),
  );
  return tableOrBlocks(table, width, () =>
    rows.map((row) => {
      const where = [row.pair, row.laneKey].filter((part) => part !== null).join(" ");
      const told = plain(`${row.by} ${did(row)}: ${row.words}`);
      return [`${localTime(row.at)}  ${where}`, wrapUnder("  ", told, width)].join("\n");
    }),
  );
}
