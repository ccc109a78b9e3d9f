import type { Command } from "commander";
import { RebuildAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";

/** Reads every document of ours in SL, and what was paid since the restore point. */
const REBUILD_WITHIN_MS = 6 * 60 * 60_000;

type Flags = HubCommandFlags & Readonly<{ since: string; dryRun?: boolean }>;

/** `slipway rebuild`: closes the gap after a restore of the hub or of SL. */
export function registerRebuild(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "rebuild <pair>",
    summary: "close the gap after a restore of the hub or of SL",
    paragraph:
      "Compares hub and SL after one of them was put back: documents that SL holds under our " +
      "keys are taken over, documents that SL has lost are opened again, and what was paid since " +
      "the given day runs again, each looking SL up before it writes. Makes no second document; " +
      "may be repeated.",
    examples: [
      "slipway rebuild acme-us --since 2026-11-01 --dry-run",
      "slipway rebuild acme-us --since 2026-11-01T00:00:00Z",
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--since <day>", "facts at Stripe since this day or instant run again")
    .action(async (pair: string, flags: Flags) => {
      const body = { pair, since: readSince(flags.since), dryRun: flags.dryRun === true };
      const call = { body, withinMs: REBUILD_WITHIN_MS };
      const report = await cli.hub(flags).post("/api/rebuild", RebuildAnswer, call);
      printAnswer(cli, flags.json, report, () => renderReport(report, body.dryRun));
      if (report.unexplained.length > 0) process.exitCode = EXIT.problem;
    });
}

function readSince(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  // A day begins where the person sits.
  const at = new Date(isDay ? `${text}T00:00:00` : text);
  const isInstant = isDay || /^\d{4}-\d{2}-\d{2}T\S+$/.test(text);
  if (isInstant && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new HubError("api.invalid", `--since ${text} is neither a day nor an instant`, {
    cure: "Write --since 2026-11-01 or --since 2026-11-01T08:00:00Z.",
  });
}

function renderReport(report: RebuildAnswer, isDryRun: boolean): string {
  const { inSl, adopted, reopened, woken, unexplained } = report;
  const named = reopened.length === 0 ? "" : `: ${reopened.join(", ")}`;
  const would = isDryRun ? "would be " : "";
  return [
    `${inSl} records of ours are in SL`,
    `${adopted} of them were new to the hub and ${isDryRun ? "would be" : "are"} taken over`,
    `${reopened.length} documents that SL has lost ${would}opened again${named}`,
    `${woken} facts at Stripe ${would}woken`,
    ...unexplained.map((what) => `left alone, its key is not that of its Stripe id: ${what}`),
  ].join("\n");
}
