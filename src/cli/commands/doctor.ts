import type { Command } from "commander";
import { ChecksAnswer } from "../../api/contract.ts";
import { type Cli, EXIT, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { renderChecks } from "../render/checks.ts";

/** Probes write to SL, and a site may take a minute for each. */
const DOCTOR_WITHIN_MS = 15 * 60_000;

/** `slipway doctor`: looks for what is wrong, and names the cures. */
export function registerDoctor(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "doctor",
    summary: "look for what is wrong and name the cures",
    paragraph:
      "Checks the hub, its database and each pair: credentials, accounts, periods, contracts, " +
      "views, and whether hub and SL know the same newest documents. With --probe it also tries, " +
      "with empty held batches, what this SL site can do. Exit code 1 when there is a problem.",
    examples: ["slipway doctor", "slipway doctor --pair acme-us --probe"],
  });
  withHub(command)
    .option("--pair <pair>", "only this pair")
    .option("--probe", "also write an empty held batch into each screen of SL")
    .action(async (flags: HubCommandFlags & { pair?: string; probe?: boolean }) => {
      const body = { pair: flags.pair, probe: flags.probe === true };
      const call = { body, withinMs: DOCTOR_WITHIN_MS };
      const { checks } = await cli.hub(flags).post("/api/doctor", ChecksAnswer, call);
      printList(cli, flags.json, checks, () => renderChecks(checks, cli.terminal.paint));
      if (checks.some((check) => check.state === "problem")) process.exitCode = EXIT.problem;
    });
}
