import type { Command } from "commander";
import { PayoutAnswer, PayoutRows } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { renderPayout, renderPayoutRows } from "../render/payout.ts";
import { type FileFlags, formatOf, saveFile, withFile } from "../save-file.ts";

type Flags = HubCommandFlags & FileFlags & Readonly<{ pair?: string; rows?: boolean }>;

/** Stripe lists 100 rows a call: a payout of 50,000 takes a minute or two. */
const REPORT_WITHIN_MS = 15 * 60_000;

/** `slipway payout`: what a payout is made of, and where all of it stands in SL. */
export function registerPayout(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "payout <id>",
    summary: "show what a payout is made of, and where it stands in SL",
    paragraph:
      "Shows a payout (po_…), top-up (tu_…) or inbound transfer (ibt_…) with its journals in SL " +
      "and, for an automatic payout, what it took along by Stripe's own list: gross, refunds, " +
      "disputes, fees and the " +
      "rest, which add up to the payout, and each category with its SL batches. With --rows each " +
      "row with its SL batch; --format pdf, xlsx, html or csv makes a file of it, with every " +
      "batch. Manual and instant payouts have no list at Stripe. Nothing is changed.",
    examples: [
      "slipway payout po_1PqR7sLkdIwHu7ix1a2b3c4d",
      "slipway payout po_1PqR7sLkdIwHu7ix1a2b3c4d --rows --json",
      "slipway payout po_1PqR7sLkdIwHu7ix1a2b3c4d --format pdf --out payout.pdf",
    ],
  });
  withFile(withHub(command))
    .option("--pair <pair>", "the pair of the payout, where there are several")
    .option("--rows", "list its rows instead, each with its SL batch")
    .action(async (id: string, flags: Flags) => {
      const hub = cli.hub(flags);
      const pair = flags.pair ?? (await onlyPair(hub, "--pair"));
      const path = `/api/pairs/${encodeURIComponent(pair)}/payouts/${encodeURIComponent(id)}`;
      const format = formatOf(flags);
      if (flags.rows === true && format !== undefined) throw rowsAsFile();
      if (flags.rows === true) return printRows(cli, hub, { path, flags });
      if (format !== undefined) {
        const asked = { hub, path: `${path}/report`, query: {}, withinMs: REPORT_WITHIN_MS };
        const { out, paper } = flags;
        await saveFile(cli, { ...asked, what: "payout" }, { format, out, paper });
        return;
      }
      const payout = await hub.get(path, PayoutAnswer, { withinMs: REPORT_WITHIN_MS });
      printAnswer(cli, flags.json, payout, () => renderPayout(payout));
    });
}

function rowsAsFile(): HubError {
  return new HubError("api.invalid", "--rows goes without --format: a file has every batch", {
    cure: "Leave one of them out; --rows --json has each row for a program.",
  });
}

/** Page by page, so that the first rows are read while the last ones are not there yet. */
async function printRows(
  cli: Cli,
  hub: HubClient,
  { path, flags }: Readonly<{ path: string; flags: Flags }>,
): Promise<void> {
  let after: string | undefined;
  do {
    const { rows, next } = await hub.get(`${path}/rows`, PayoutRows, { query: { after } });
    if (rows.length > 0 || after === undefined) {
      const none = "Stripe lists no rows of it.";
      printList(cli, flags.json, rows, () => (rows.length === 0 ? none : renderPayoutRows(rows)));
    }
    after = next ?? undefined;
  } while (after !== undefined);
}
