import type { Command } from "commander";
import { CloseAnswer, CloseCompared } from "../../api/contract.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { onlyPair } from "../only-pair.ts";
import { personName } from "../parked-ids.ts";
import { renderChecklist } from "../render/close.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

/** Every line of SL of all days is read, page by page. */
const CLOSE_WITHIN_MS = 60 * 60_000;

type Flags = HubCommandFlags &
  Readonly<{ period: string; by?: string; dryRun?: boolean; compare?: boolean }>;

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
      "document of the period. The period itself is closed in SL by a person. --compare lists " +
      "what came to the period, left it or changed in it after it was closed, in SL as of the " +
      "hub's last look there. Exit code 1 when an item is open, or something has changed.",
    examples: [
      "slipway close --period 202603 --dry-run",
      "slipway close acme-us --period 202603 --by maria",
      "slipway close acme-us --period 202603 --compare",
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--period <period>", "the fiscal period, YYYYPP")
    .option("--by <name>", "who signs it; default: the name of this login")
    .option("--compare", "close nothing, list what changed since it was closed")
    .action(async (named: string | undefined, flags: Flags) => {
      const { period, by = personName(), dryRun = false, json, compare, ...at } = flags;
      const hub = cli.hub(at);
      const pair = named ?? (await onlyPair(hub, "close <pair>"));
      const path = `/api/pairs/${encodeURIComponent(pair)}/close`;
      if (compare === true) {
        const compared = await hub.get(`${path}/${encodeURIComponent(period)}`, CloseCompared);
        printAnswer(cli, json, compared, () => renderCompared(compared, pair));
        if (compared.changes.length > 0) cli.endWith(EXIT.problem);
        return;
      }
      const call = { body: { period, by, dryRun }, withinMs: CLOSE_WITHIN_MS };
      const answer = await hub.post(path, CloseAnswer, call);
      printAnswer(cli, json, answer, () => renderChecklist(answer, cli.terminal));
      if (!answer.isClosable) cli.endWith(EXIT.problem);
    });
}

function renderCompared(compared: CloseCompared, pair: string): string {
  const { period, nr, closedAt, closedBy, changes } = compared;
  const head = `Period ${period}, snapshot ${nr} of ${localTime(closedAt)}, signed by ${closedBy}`;
  const looked = lookedWords(compared.look, pair);
  if (changes.length === 0) return `${head}: nothing has changed since.\n\n${looked}`;
  const columns = [{ title: "" }, { title: "Document" }, { title: "Key" }];
  const rows = changes.map(({ how, document, key }) => [how, plain(document), key]);
  return [`${head}. Since then:`, renderTable(columns, rows), looked].join("\n\n");
}

/** What is changed in SL shows only as of the hub's last look there. */
function lookedWords({ at, fullAt, trouble }: CloseCompared["look"], pair: string): string {
  const command = `slipway watch look ${pair}`;
  if (at === null) return `SL was not looked at yet; \`${command}\` looks now.`;
  const isBroken = trouble === null ? "" : ", and not to the end";
  const full = fullAt === null ? "never" : localTime(fullAt);
  return (
    `SL was last looked at ${localTime(at)}${isBroken}; \`${command}\` looks now. With --full ` +
    `(last: ${full}) it looks at periods closed in SL over 35 days ago too.`
  );
}
