import type { Command } from "commander";
import { DoctorAnswer, WizardPairAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { readStdinLines } from "../ask-secret.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { confirm } from "../confirm.ts";
import {
  defineCommand,
  type HubCommandFlags,
  withDryRun,
  withHub,
  withWho,
} from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { refuseSecretArgument } from "../pair-input.ts";
import { personName } from "../parked-ids.ts";
import { renderChecks } from "../render/checks.ts";
import { readAssignment, setAtPath } from "../setting-values.ts";
import type { WizardFlags } from "../wizard/collect.ts";
import { renderPreviews } from "../wizard/render.ts";

/** Fifty charges are read from Stripe one after the other, and SL is asked for what they name. */
const TRY_WITHIN_MS = 10 * 60_000;

type Flags = HubCommandFlags &
  WizardFlags &
  Readonly<{
    set: string[];
    preview: string;
    probe?: boolean;
    stdin?: boolean;
    yes?: boolean;
    by?: string;
    dryRun?: boolean;
  }>;

const collect = (value: string, earlier: string[]) => [...earlier, value];

/** `slipway pair wizard`: from nothing to a pair at work, one question after the other. */
export function registerWizard(pair: Command, cli: Cli): void {
  const command = defineCommand(pair, {
    usage: "wizard <id>",
    summary: "set a pair up, one question after the other",
    paragraph:
      "Asks for everything that a pair needs; every answer can also be a flag. Looks at the " +
      "rights of the Stripe key by calls that change nothing and prints the minimal restricted " +
      "key; reads companies, accounts, periods, customer classes and terms of SL and offers " +
      "them; maps the newest charges and shows their entries, writing nothing; shows the " +
      "settings, and asks. Only then is the webhook endpoint made, at the hub's API version, " +
      "and the pair saved and at work. Left before, it leaves nothing behind. With --yes it " +
      "asks nothing.",
    examples: [
      "slipway pair wizard acme-us",
      "slipway pair wizard acme-us --public-url https://hub.example.com --preview 50",
      "slipway pair wizard acme-us --intake pull --sl-url https://sl.example.com/ctDynamicsSL " +
        "--sl-user slipway --company 0060 --clearing 1095/000 --ar 1210/000 --sales 4010/000 " +
        "--shipping 4050/000 --rounding 6900/000 --class RETAIL --terms 01 --stdin --yes",
    ],
  });
  withAnswers(withWho(withDryRun(withHub(command)))).action((id: string, flags: Flags) =>
    runWizard(cli, id, flags),
  );
}

function withAnswers(command: Command): Command {
  return command
    .option("--api-base <url>", "another address than Stripe's, for a sandbox")
    .option("--intake <way>", "webhook, pull or both; default: pull without --public-url")
    .option("--public-url <url>", "where Stripe reaches this hub; an endpoint is made there")
    .option("--sl-url <url>", "address of SL's ctAPI server")
    .option("--sl-user <name>", "SL user of the hub")
    .option("--site-id <id>", "site of the ctAPI server; default: DEFAULT")
    .option("--site-key", "the site has a key: ask for it")
    .option("--company <id>", "SL company (CpnyID)")
    .option("--time-zone <zone>", "zone of the company's books; default: this machine's")
    .option("--clearing <account/sub>", "stands for the Stripe balance")
    .option("--ar <account/sub>", "receivables, where the customer has none")
    .option("--sales <account/sub>", "sales, where the item has none")
    .option("--shipping <account/sub>", "shipping that is charged")
    .option("--rounding <account/sub>", "rounding of a cent")
    .option("--tax <account/sub>", "tax as a line; without it tax stays in the lines")
    .option("--class <id>", "class of new SL customers")
    .option("--terms <id>", "terms of paid invoices")
    .option("--item <id>", "SL item of charges without lines")
    .option("--fallback <id>", "SL customer of payments that name nobody")
    .option("--set <path=value>", "any other setting; may be repeated", collect, [])
    .option("--preview <count>", "newest charges to map and show, up to 50", "50")
    .option("--probe", "also ask the SL site what it can do, by empty held batches")
    .option("--stdin", "secrets from standard input: Stripe key, SL password, site key")
    .option("--yes", "ask nothing: what has no flag takes its default");
}

async function runWizard(cli: Cli, id: string, flags: Flags): Promise<void> {
  const hub = cli.hub(flags);
  const { terminal } = cli;
  const wanted = await collectWanted(cli, hub, { id, flags });
  const preview = Number(flags.preview);
  const call = { body: { ...wanted, preview, dryRun: true }, withinMs: TRY_WITHIN_MS };
  const tried = await hub.post("/api/wizard/pair", WizardPairAnswer, call);
  const shown = () =>
    [renderPreviews(tried.previews, terminal.paint, terminal.width), tried.yaml.trimEnd()].join(
      "\n\n",
    );
  if (flags.dryRun === true) return printAnswer(cli, flags.json, tried, shown);
  terminal.warn(shown());
  if (!(await confirm(`Save ${id} and switch it on?`, flags.yes === true))) {
    return terminal.warn("Nothing was kept.");
  }
  const body = { ...wanted, by: flags.by ?? personName(), dryRun: false };
  const made = await hub.post("/api/wizard/pair", WizardPairAnswer, { ...call, body });
  const answer = { ...made, previews: tried.previews };
  printAnswer(cli, flags.json, answer, () => renderMade(wanted, made));
  if (flags.probe === true) await probe(cli, hub, id);
}

type Wanted = Readonly<{ id: string; settings: object; webhookUrl: string | undefined }>;

/** The prompts are loaded here alone: no other command waits for them. */
async function collectWanted(
  cli: Cli,
  hub: HubClient,
  { id, flags }: { id: string; flags: Flags },
): Promise<Wanted> {
  const { createAsker } = await import("../wizard/ask.ts");
  const { collectPair } = await import("../wizard/collect.ts");
  const isSilent = flags.yes === true || process.stdin.isTTY !== true;
  if (isSilent && flags.stdin !== true) {
    throw new HubError("api.invalid", "The Stripe key and SL's password are secrets", {
      facts: { field: "--stdin" },
      cure: "Pipe them in, one a line, and add --stdin.",
    });
  }
  const secrets = flags.stdin === true ? await readStdinLines() : undefined;
  const ask = createAsker(isSilent, secrets);
  const { terminal } = cli;
  const collected = await collectPair(id, { ask, hub, terminal, flags });
  for (const assignment of flags.set) {
    const { path, value } = readAssignment(assignment);
    refuseSecretArgument(path);
    setAtPath(collected.settings, path, value);
  }
  return { id, ...collected };
}

function renderMade(
  { id, webhookUrl }: Wanted,
  { pair, webhookEndpoint }: WizardPairAnswer,
): string {
  const intake =
    webhookEndpoint === null
      ? "The hub asks Stripe for its events every 15 s"
      : `Stripe sends its events to ${webhookUrl} (${webhookEndpoint})`;
  return [
    `${id} is saved and at work for SL company ${pair.companyId}`,
    intake,
    `Then: slipway pair test ${id}`,
  ].join("\n");
}

async function probe(cli: Cli, hub: HubClient, pair: string): Promise<void> {
  const { paint, width } = cli.terminal;
  const call = { body: { pair, probe: true }, withinMs: TRY_WITHIN_MS };
  const { checks } = await hub.post("/api/doctor", DoctorAnswer, call);
  cli.terminal.warn(renderChecks(checks, paint, width));
  if (checks.some(({ state }) => state === "problem")) cli.endWith(EXIT.problem);
}
