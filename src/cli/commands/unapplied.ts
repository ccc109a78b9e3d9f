import type { Command } from "commander";
import { UnappliedList, type UnappliedRow } from "../../api/contract.ts";
import { type Cli, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = HubCommandFlags & Readonly<{ pair?: string }>;

/** `slipway unapplied`: money on payments in SL that no invoice has taken. */
export function registerUnapplied(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "unapplied",
    summary: "list money on payments in SL that no invoice has taken",
    paragraph:
      "Lists payments that no invoice has taken whole, as in mode existing-invoice, and credit " +
      "memos of failed refunds, of credit notes that stand open and of what was given back " +
      "outside of Stripe, oldest first, with what SL had open of each at the newest look. The " +
      "hub looks hourly: what is applied in Payment Application (08.030) or refunded leaves the " +
      "list by itself.",
    examples: ["slipway unapplied", "slipway unapplied --pair acme-us --json"],
  });
  withHub(command)
    .option("--pair <pair>", "only this pair")
    .action(async (flags: Flags) => {
      const query = { pair: flags.pair };
      const { rows } = await cli.hub(flags).get("/api/unapplied", UnappliedList, { query });
      printList(cli, flags.json, rows, () => renderUnapplied(rows));
    });
}

function renderUnapplied(rows: readonly UnappliedRow[]): string {
  if (rows.length === 0) return "No document has money that nothing took.";
  return renderTable(
    [
      { title: "Since" },
      { title: "Pair" },
      { title: "Customer" },
      { title: "Document" },
      { title: "Stripe" },
      { title: "Left", align: "right" },
      { title: "Looked at" },
    ],
    rows.map((row) => [
      localTime(row.since),
      row.pair,
      row.customerId,
      `${row.type} ${row.refNbr}`,
      row.object,
      `${row.open} ${row.currency}`,
      localTime(row.lookedAt),
    ]),
  );
}
