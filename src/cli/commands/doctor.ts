import type { Command } from "commander";
import { DoctorAnswer, TouchesAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, EXIT, printAnswer, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { renderCapabilities } from "../render/capabilities.ts";
import { renderChecks } from "../render/checks.ts";
import { renderTouches } from "../render/touches.ts";

/** Probes write to SL, and a site may take a minute for each. */
const DOCTOR_WITHIN_MS = 15 * 60_000;

type DoctorFlags = HubCommandFlags & {
  pair?: string;
  probe?: boolean;
  touches?: boolean;
  dryRun?: boolean;
  again?: boolean;
  testCompany?: string;
  customer?: string;
  autoApplyCustomer?: string;
  foreignCurrency?: string;
};

/** `slipway doctor`: looks for what is wrong, names the cures, and tells what SL can do. */
export function registerDoctor(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "doctor",
    summary: "look for what is wrong, and ask an SL site what it can do",
    paragraph:
      "Checks the hub, its database and each pair: credentials, accounts, periods, contracts, " +
      "views, batches that are left over, and whether hub and SL know the same newest " +
      "documents; then lists what each SL site can do and how that is known. --probe asks the " +
      "sites, with empty held batches that book nothing, one for each question that its server " +
      "has not answered yet; the answers are stored and choose the hub's way of writing. Most " +
      "questions need documents, some of them released: they are asked only in a test company " +
      "that --test-company names, with the least amount, are reversed afterwards, and whatever " +
      "stays in SL is named. --touches lists every screen, table, field and view of SL that the " +
      "hub touches. Exit code 1 when there is a problem.",
    examples: [
      "slipway doctor",
      "slipway doctor --touches",
      "slipway doctor --pair acme-us --probe",
      "slipway doctor --pair acme-test --probe --test-company 0060 --customer C300 --dry-run",
      "slipway doctor --pair acme-test --probe --test-company 0060 --customer C300",
    ],
  });
  withHub(command)
    .option("--pair <pair>", "only this pair")
    .option("--touches", "list what the hub touches in SL: screens, tables, fields, views")
    .option("--probe", "also write an empty held batch into each screen of SL")
    .option("--test-company <id>", "the pair's company is for tests: also write documents into it")
    .option("--customer <id>", "the SL customer of the test documents")
    .option("--auto-apply-customer <id>", "a customer with AutoApply on, to ask about prepayments")
    .option("--foreign-currency <code>", "a currency of SL besides the base, to ask about rates")
    .option("--again", "write empty batches also for questions that are answered already")
    .option("--dry-run", "only list what a probe would ask and write")
    .action(async (flags: DoctorFlags) => {
      if (flags.touches === true) return showTouches(cli, flags);
      const call = { body: requestOf(flags), withinMs: DOCTOR_WITHIN_MS };
      const { checks, capabilities } = await cli.hub(flags).post("/api/doctor", DoctorAnswer, call);
      const { paint, width } = cli.terminal;
      printList(cli, flags.json, [...checks, ...capabilities], () =>
        [renderChecks(checks, paint, width), renderCapabilities(capabilities, width)]
          .filter((part) => part !== "")
          .join("\n\n"),
      );
      if (checks.some((check) => check.state === "problem")) cli.endWith(EXIT.problem);
    });
}

async function showTouches(cli: Cli, flags: DoctorFlags): Promise<void> {
  const touches = await cli.hub(flags).get("/api/doctor/touches", TouchesAnswer);
  printAnswer(cli, flags.json, touches, () => renderTouches(touches, cli.terminal));
}

function requestOf(flags: DoctorFlags): Record<string, unknown> {
  const { pair, testCompany, customer, autoApplyCustomer, foreignCurrency } = flags;
  const consent = { testCompany, customer, autoApplyCustomer, foreignCurrency };
  const isConsent = Object.values(consent).some((value) => value !== undefined);
  const { probe = false, dryRun = false, again = false } = flags;
  if ((isConsent || dryRun || again) && !probe) {
    throw new HubError("api.invalid", "These flags belong to --probe: add it");
  }
  if (isConsent && testCompany === undefined) {
    throw new HubError(
      "api.invalid",
      "Test documents are written only into a company that --test-company names",
    );
  }
  // A company and its customers are one pair's: no other pair is to be written to by the way.
  if (isConsent && pair === undefined) {
    throw new HubError(
      "api.invalid",
      "Test documents are written for one pair: name it with --pair",
    );
  }
  return { pair, probe, dryRun, again, ...consent };
}
