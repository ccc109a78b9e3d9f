import type { Command } from "commander";
import { DisputePage, type DisputeRow } from "../../api/contract.ts";
import { type Cli, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = HubCommandFlags &
  PageFlags &
  Readonly<{ stage?: string; open?: boolean; over?: boolean; id?: string }>;

/** `slipway disputes`: disputes with their deadlines, their money and SL's documents. */
export function registerDisputes(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "disputes",
    summary: "list disputes with their deadlines, their money and SL's documents",
    paragraph:
      "Lists the disputes of charges, newest first: what is disputed and why, until when " +
      "evidence can be submitted at Stripe, what the dispute holds of the balance, and SL's " +
      "batches of it. Open ones are read at Stripe every day.",
    examples: ["slipway disputes --open", "slipway disputes --id du_1MtJ --json"],
  });
  withPage(withHub(command))
    .option("--stage <stage>", "only this stage: inquiry, open, row-awaited, won or lost")
    .option("--open", "only those of which something is awaited still")
    .option("--over", "only those that take more of a charge than it brought, with its refunds")
    .option("--id <id>", "only of this dispute, charge or PaymentIntent")
    .action((flags: Flags) => listDisputes(cli, flags));
}

async function listDisputes(cli: Cli, flags: Flags): Promise<void> {
  const { pair, stage, id, before, limit } = flags;
  const asText = (flag: boolean | undefined) => (flag === true ? "true" : undefined);
  const query = { pair, stage, id, before, limit, open: asText(flags.open) };
  const { rows, next } = await cli
    .hub(flags)
    .get("/api/disputes", DisputePage, { query: { ...query, over: asText(flags.over) } });
  const { paint } = cli.terminal;
  printList(cli, flags.json, rows, () =>
    rows.length === 0
      ? "No such disputes."
      : renderTable(
          [
            { title: "Dispute" },
            { title: "Pair" },
            { title: "Reason" },
            { title: "Disputed", align: "right" },
            { title: "Held", align: "right" },
            { title: "Status" },
            { title: "Evidence until" },
            { title: "SL batches" },
            { title: "Waits for" },
          ],
          rows.map(lineOf),
          (line, index) => (rows[index]?.isOver === true ? paint.bad(line) : line),
        ),
  );
  if (next !== null && flags.json !== true) cli.terminal.warn(`More: --before ${next}`);
}

function lineOf(row: DisputeRow): string[] {
  const { disputeId, pair, reason, networkReasonCode, status, waitsFor, isOver } = row;
  const code = networkReasonCode === "" ? "" : ` (${networkReasonCode})`;
  const batches = [...new Set(row.documents.map(({ batNbr }) => batNbr))].join(", ");
  const over = "more than the charge is gone, with its refunds";
  return [
    disputeId,
    pair,
    `${reason}${code}`,
    `${row.amount} ${row.currency}`,
    `${row.held} ${row.settledIn}`,
    status,
    deadlineOf(row),
    batches,
    [...(isOver ? [over] : []), ...(waitsFor === "" ? [] : [waitsFor])].join("; "),
  ];
}

function deadlineOf({ evidenceDueAt, hasEvidence, stage }: DisputeRow): string {
  if (hasEvidence) return "submitted";
  if (evidenceDueAt === null || stage === "won" || stage === "lost") return "";
  return localTime(evidenceDueAt);
}
