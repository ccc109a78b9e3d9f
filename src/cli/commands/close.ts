import type { Command } from "commander";
import { CloseAnswer } from "../../api/contract.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { onlyPair } from "../only-pair.ts";
import { renderTable } from "../render/table.ts";

/** Every line of SL of all days is read, page by page. */
const CLOSE_WITHIN_MS = 60 * 60_000;
/** Ids that a terminal shows of an item; `--json` has all of them. */
const IDS_SHOWN = 5;

type Flags = HubCommandFlags & Readonly<{ period: string; by?: string; dryRun?: boolean }>;

/** `slipway close`: the checklist of a fiscal period, kept with its hash. */
export function registerClose(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "close [pair]",
    summary: "go through the checklist of a fiscal period, and keep it when nothing is open",
    paragraph:
      "Proves every settlement currency of the period, with every row of all days, and checks " +
      "that nothing is parked, submitted or uncollected, suspense is empty, every batch of the " +
      "hub is released and posted, what is in transit is explained payout by payout, and no " +
      "event is missing. When no item is open, all that was seen is kept with a hash over every " +
      "document of the period. The period itself is closed in SL by a person. Exit code 1 when " +
      "an item is open.",
    examples: [
      "slipway close --period 202603 --dry-run",
      "slipway close acme-us --period 202603 --by maria",
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--period <period>", "the fiscal period, YYYYPP")
    .option("--by <name>", "who signs it")
    .action(
      async (named: string | undefined, { period, by, dryRun = false, json, ...at }: Flags) => {
        const hub = cli.hub(at);
        const pair = named ?? (await onlyPair(hub, "close <pair>"));
        const path = `/api/pairs/${encodeURIComponent(pair)}/close`;
        const call = { body: { period, by, dryRun }, withinMs: CLOSE_WITHIN_MS };
        const answer = await hub.post(path, CloseAnswer, call);
        printAnswer(cli, json, answer, () => render(answer, cli));
        if (!answer.isClosable) cli.endWith(EXIT.problem);
      },
    );
}

function render(answer: CloseAnswer, { terminal }: Cli): string {
  const { items, documents, isClosable, period } = answer;
  const rows = items.map(({ name, state, text, ids }) => {
    const more = ids.length > IDS_SHOWN ? `, and ${ids.length - IDS_SHOWN} more` : "";
    return [
      state === "open" ? "OPEN" : state,
      name,
      text,
      ids.slice(0, IDS_SHOWN).join(", ") + more,
    ];
  });
  const columns = [{ title: "" }, { title: "Item" }, { title: "What" }, { title: "Ids" }];
  const { paint } = terminal;
  const verdict = isClosable ? paint.good(closedWords(answer)) : paint.bad(openWords(period));
  const hashed = `${documents.count} documents, hash ${documents.hash}`;
  return [renderTable(columns, rows), hashed, verdict].join("\n\n");
}

const openWords = (period: string) => `Period ${period} stays open.`;

function closedWords({ period, snapshot }: CloseAnswer): string {
  if (snapshot === null) return `Nothing keeps period ${period} open.`;
  return `Period ${period} is closed: snapshot ${snapshot.nr}, hash ${snapshot.hash}`;
}
