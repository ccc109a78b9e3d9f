import type { Command } from "commander";
import { ParkedAnswer, ParkedPage } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { type FilterFlags, isFiltered, queryOf, withFilter } from "../parked-filter.ts";
import { renderCase, renderCases } from "../render/parked.ts";
import { registerAssign, registerComment, registerDismiss, registerResume } from "./parked-acts.ts";
import { registerEdit } from "./parked-edit.ts";

type ListFlags = HubCommandFlags & PageFlags & FilterFlags & Readonly<{ state: string }>;

/** `slipway parked`: the runs that wait for a person. */
export function registerParked(program: Command, cli: Cli): void {
  const parked = defineCommand(program, {
    usage: "parked",
    summary: "see and settle the runs that wait for a person",
    paragraph:
      "A run that cannot go on by itself is parked as a case, with its reason and its cure. " +
      "Nothing expires: it stays until you resume it (the cause is mended) or dismiss it (it was " +
      "booked by hand). The commands take single cases or all that filters choose, show the " +
      "count and a sample first, and keep who did what.",
    examples: ["slipway parked list", "slipway parked resume 12@1 --comment 'item added to SL'"],
  });
  registerList(parked, cli);
  registerShow(parked, cli);
  registerAssign(parked, cli);
  registerComment(parked, cli);
  registerEdit(parked, cli);
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
    examples: [
      "slipway parked list --category mapping --older-than 2h",
      "slipway parked list --assignee maria",
      "slipway parked list --state dismissed",
    ],
  });
  withFilter(withPage(withHub(command)))
    .option("--state <state>", "open, resumed, dismissed or resolved", "open")
    .action(async (flags: ListFlags) => {
      const { state, before, limit } = flags;
      const query = { ...queryOf(flags), state, before, limit };
      const { rows, next } = await cli.hub(flags).get("/api/parked", ParkedPage, { query });
      printList(cli, flags.json, rows, () =>
        rows.length === 0
          ? tellNone(state, isFiltered(flags) || before !== undefined)
          : renderCases(rows, state, cli.terminal.width),
      );
      if (flags.json === true) return;
      const [first] = rows;
      if (first !== undefined) cli.terminal.warn(`All of one: slipway parked show ${first.id}`);
      if (next !== null) cli.terminal.warn(`More: --before ${next}`);
    });
}

function tellNone(state: string, isChosen: boolean): string {
  const end = state === "open" ? "parked" : state;
  return isChosen ? `Nothing that is ${end} fits the filters.` : `Nothing is ${end}.`;
}

function registerShow(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "show <id>",
    summary: "show one case with its cure",
    paragraph:
      "Shows why a run is parked and which run it is, what to do about it, which events wait " +
      "with it, what may stand in SL on hold, the case that was resumed in vain before it, what " +
      "people changed for it, and who did what when.",
    examples: ["slipway parked show 12", "slipway parked show 12 --json"],
  });
  withHub(command).action(async (id: string, flags: HubCommandFlags) => {
    const number = encodeURIComponent(id.split("@")[0] ?? "");
    const row = await cli.hub(flags).get(`/api/parked/${number}`, ParkedAnswer);
    printAnswer(cli, flags.json, row, () =>
      renderCase(row, cli.terminal.paint, cli.terminal.width),
    );
  });
}
