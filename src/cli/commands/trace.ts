import type { Command } from "commander";
import { Trace } from "../../api/contract.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { renderTrace } from "../render/trace.ts";

/** `slipway trace`: from any id to the whole story, and back. */
export function registerTrace(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "trace <id>",
    summary: "tell the whole story of a Stripe id or an SL number",
    paragraph:
      "Shows everything the hub knows of an id, in the order of time: the events, the runs with " +
      "their steps, each call to SL with its outcome, the documents with their debits and " +
      "credits, and what waits for a person. Takes any Stripe id (pi_ ch_ in_ re_ po_ cs_ cus_ " +
      "evt_ txn_), a number of SL (batch, RefNbr, CustId) or the key in its user field.",
    examples: [
      "slipway trace pi_3PqR7sLkdIwHu7ix1a2b3c4d",
      "slipway trace 000123 --exchanges",
      "slipway trace 000123 --json",
    ],
  });
  withHub(command)
    .option(
      "--exchanges",
      "show what each send wrote and what came back, secrets masked, " +
        "without fields that are blank, 0 or 1900-01-01",
    )
    .action(async (id: string, flags: HubCommandFlags & { exchanges?: boolean }) => {
      const query = flags.exchanges === true ? { query: { exchanges: "true" } } : {};
      const trace = await cli.hub(flags).get(`/api/trace/${encodeURIComponent(id)}`, Trace, query);
      printAnswer(cli, flags.json, trace, () => renderTrace(trace, cli.terminal.paint));
    });
}
