import type { Command } from "commander";
import { RebuildAnswer, RebuildProgress } from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { counted } from "../../base/counted.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { readInstant } from "../instant-flag.ts";

/** Reads every document of ours in SL, and what was paid since the restore point. */
const REBUILD_WITHIN_MS = 6 * 60 * 60_000;
const PROGRESS_EVERY_MS = 1_000;

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
      const body = {
        pair,
        since: readInstant("since", flags.since),
        dryRun: flags.dryRun === true,
      };
      const call = { body, withinMs: REBUILD_WITHIN_MS };
      const hub = cli.hub(flags);
      const rebuilding = hub.post("/api/rebuild", RebuildAnswer, call);
      // With --json standard error holds one thing: the failure, where there is one.
      const report = await (flags.json === true
        ? rebuilding
        : tellProgress(cli, { hub, pair }, rebuilding));
      printAnswer(cli, flags.json, report, () => renderReport(report, body.dryRun));
      if (report.unexplained.length > 0) cli.endWith(EXIT.problem);
    });
}

/** Says on standard error how far the rebuild has come, whenever that has changed. */
async function tellProgress<T>(
  cli: Cli,
  asked: Readonly<{ hub: HubClient; pair: string }>,
  rebuilding: Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const stop = () => over.abort();
  void rebuilding.then(stop, stop);
  const { hub, pair } = asked;
  let told = "";
  while (!over.signal.aborted) {
    await pause(PROGRESS_EVERY_MS, over.signal);
    if (over.signal.aborted) break;
    // A hub that does not say how far it is may still finish: its answer decides.
    const progress = await hub
      .get("/api/rebuild", RebuildProgress, { query: { pair } })
      .then((answer) => answer.progress)
      .catch(() => null);
    if (progress === null || progress === told) continue;
    told = progress;
    cli.terminal.warn(progress);
  }
  return rebuilding;
}

function renderReport(report: RebuildAnswer, isDryRun: boolean): string {
  const { inSl, adopted, reopened, woken, unexplained } = report;
  const named = reopened.length === 0 ? "" : `: ${reopened.join(", ")}`;
  const would = isDryRun ? "would be " : "";
  return [
    `${counted(inSl, "record")} of ours in SL`,
    `${adopted} of them new to the hub, ${would}taken over`,
    `${counted(reopened.length, "document")} that SL has lost, ${would}opened again${named}`,
    `${counted(woken, "fact")} at Stripe ${would}woken`,
    ...unexplained.map((what) => `left alone, its key is not that of its Stripe id: ${what}`),
  ].join("\n");
}
