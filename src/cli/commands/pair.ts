import type { Command } from "commander";
import { stringify } from "yaml";
import { ChecksAnswer, GapsAnswer, PairAnswer, PairList } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { isSecretSetting } from "../../config/index.ts";
import { type Cli, EXIT, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  withDryRun,
  withHub,
  withWho,
} from "../define-command.ts";
import { describeWalk } from "../event-gaps.ts";
import { ASKED_ELSEWHERE_WITHIN_MS, type HubClient, HubRefusal } from "../hub-client.ts";
import { readPairSettings, readSecretValue, refuseSecretArgument } from "../pair-input.ts";
import { personName } from "../parked-ids.ts";
import { renderChecks } from "../render/checks.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { getAtPath, readSettingValue } from "../setting-values.ts";
import { registerPairState } from "./pair-state.ts";
import { registerWizard } from "./pair-wizard.ts";

type WriteFlags = HubCommandFlags & Readonly<{ dryRun?: boolean; by?: string; stdin?: boolean }>;

/** `slipway pair`: one Stripe account joined to one SL company. */
export function registerPair(program: Command, cli: Cli): void {
  const pair = defineCommand(program, {
    usage: "pair",
    summary: "add, show, change, test and pause pairs",
    paragraph:
      "A pair joins one Stripe account to one SL company. Its settings stand in slipway.yaml in " +
      "the home folder; a change through these commands is checked as a whole and takes effect " +
      "at once.",
    examples: ["slipway pair wizard acme-us", "slipway pair add acme-us --from acme-us.yaml"],
  });
  registerWizard(pair, cli);
  registerAdd(pair, cli);
  registerShow(pair, cli);
  registerSet(pair, cli);
  registerTest(pair, cli);
  registerPairState(pair, cli);
}

const collect = (value: string, earlier: string[]) => [...earlier, value];

type AddFlags = WriteFlags & Readonly<{ from?: string; set: string[]; secret: string[] }>;

function registerAdd(pair: Command, cli: Cli): void {
  const command = defineCommand(pair, {
    usage: "add <id>",
    summary: "add a pair and show the webhook URL to register",
    paragraph:
      "Adds a pair from a YAML file, from single settings, or both. Secrets are sealed before " +
      "they are saved: name each with --secret to be asked for it, or pipe them in with --stdin, " +
      "one a line in the order of the flags. Then register the printed URL in Stripe's dashboard.",
    examples: [
      "slipway pair add acme-us --from acme-us.yaml --secret sl.password",
      "slipway pair add acme-us --from acme-us.yaml --set sl.company-id=0060 --dry-run",
    ],
  });
  withWho(withDryRun(withHub(command)))
    .option("--from <file>", "YAML file with the pair's settings")
    .option("--set <path=value>", "one setting; may be repeated", collect, [])
    .option("--secret <path>", "a secret setting to be asked for; may be repeated", collect, [])
    .option("--stdin", "read the secrets from standard input, one a line")
    .action(async (id: string, flags: AddFlags) => {
      const settings = await readPairSettings(id, {
        from: flags.from,
        assignments: flags.set,
        secrets: flags.secret,
        fromStdin: flags.stdin === true,
      });
      const body = { id, settings, by: flags.by ?? personName(), dryRun: flags.dryRun === true };
      const call = { body, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
      const added = await cli.hub(flags).post("/api/pairs", PairAnswer, call);
      printAnswer(cli, flags.json, added, () =>
        [
          body.dryRun ? `${id} would be added` : `${id} is added for SL company ${added.companyId}`,
          `Webhook URL to register at Stripe: ${added.webhookUrl}`,
          `Then: slipway pair test ${id}`,
        ].join("\n"),
      );
    });
}

function registerShow(pair: Command, cli: Cli): void {
  const command = defineCommand(pair, {
    usage: "show [id]",
    summary: "list the pairs, or show one with its settings",
    paragraph:
      "Without an id it lists the pairs with their webhook URLs. With an id it shows the " +
      "settings in effect, defaults included, every secret masked, and how far Stripe was asked " +
      "for the pair's events.",
    examples: ["slipway pair show", "slipway pair show acme-us --json"],
  });
  withHub(command).action(async (id: string | undefined, flags: HubCommandFlags) => {
    const hub = cli.hub(flags);
    if (id === undefined) await listPairs(cli, hub, flags);
    else {
      const shown = await readPair(hub, id);
      const query = { pair: id, limit: 1 };
      const { walks } = await hub.get("/api/events/gaps", GapsAnswer, { query });
      printAnswer(cli, flags.json, { ...shown, walks }, () =>
        [
          `# ${shown.id}, webhook URL ${shown.webhookUrl}`,
          ...walks.map((walk) => `# events ${describeWalk(walk)}`),
          stringify(shown.settings, { lineWidth: 0 }).trimEnd(),
        ].join("\n"),
      );
    }
  });
}

async function listPairs(cli: Cli, hub: HubClient, flags: HubCommandFlags): Promise<void> {
  const { pairs } = await hub.get("/api/pairs", PairList);
  printList(cli, flags.json, pairs, () => {
    if (pairs.length === 0) return "There is no pair yet: slipway pair add.";
    const modes = { true: "live", false: "test", null: "any" };
    return renderTable(
      [{ title: "Pair" }, { title: "SL company" }, { title: "Mode" }, { title: "Webhook URL" }],
      pairs.map(({ id, companyId, isLive, webhookUrl }) => [
        id,
        companyId,
        modes[`${isLive}`],
        webhookUrl,
      ]),
    );
  });
}

function registerSet(pair: Command, cli: Cli): void {
  const command = defineCommand(pair, {
    usage: "set <id> <path> [value]",
    summary: "change one setting of a pair",
    paragraph:
      "Changes one setting, named by its path in slipway.yaml. A secret is asked for without " +
      "showing it, or read from standard input with --stdin; as an argument it is refused. " +
      "--remove takes a setting away, so that its default holds.",
    examples: [
      "slipway pair set acme-us closed-period park",
      "slipway pair set acme-us stripe.secret-key --stdin < key.txt",
    ],
  });
  withWho(withDryRun(withHub(command)))
    .option("--stdin", "read the value from standard input")
    .option("--remove", "take the setting away")
    .action(async (id: string, path: string, value: string | undefined, flags: SetFlags) => {
      const candidates = await readCandidates(path, value, flags);
      const hub = cli.hub(flags);
      const before = flags.dryRun === true ? await readPair(hub, id) : undefined;
      const shown = await setFirstAccepted(hub, { id, path, candidates, flags });
      const verb = flags.remove === true ? "removed" : "set";
      printAnswer(cli, flags.json, shown, () =>
        before === undefined
          ? `${path} of ${id} is ${verb}\nThen: slipway pair test ${id}`
          : [
              `${path} of ${id} would be ${verb}`,
              `  now   ${settingText(before, path)}`,
              `  then  ${settingText(shown, path)}`,
            ].join("\n"),
      );
    });
}

function readPair(hub: HubClient, id: string): Promise<PairAnswer> {
  return hub.get(`/api/pairs/${encodeURIComponent(id)}`, PairAnswer);
}

/** A setting in effect as one line; the hub has masked every secret. */
function settingText({ settings }: PairAnswer, path: string): string {
  const value = getAtPath(settings, path);
  if (value === undefined || value === null) return "not set";
  return plain(typeof value === "string" ? value : JSON.stringify(value));
}

type SetFlags = WriteFlags & Readonly<{ remove?: boolean }>;

/** What the value may mean, likeliest first: few texts are written as a list or a map is. */
async function readCandidates(
  path: string,
  value: string | undefined,
  flags: SetFlags,
): Promise<unknown[]> {
  if (flags.remove === true) {
    if (value === undefined && flags.stdin !== true) return [null];
    throw new HubError("api.invalid", "--remove takes no value");
  }
  if (value !== undefined) refuseSecretArgument(path);
  const isSecret = isSecretSetting(path.split("."));
  if (isSecret) return [await readSecretValue(path, flags.stdin === true)];
  const text = flags.stdin === true ? await readSecretValue(path, true) : value;
  if (typeof text !== "string") {
    throw new HubError("api.invalid", `No value was given for ${path}`, {
      cure: "Give it as the last argument, or pipe it in with --stdin.",
    });
  }
  const meant = readSettingValue(text);
  if (meant === text) return [text];
  return typeof meant === "object" ? [meant, text] : [text, meant];
}

type Change = Readonly<{
  id: string;
  path: string;
  candidates: readonly unknown[];
  flags: WriteFlags;
}>;

/**
 * A refused value changes nothing, so the next meaning of the same text may be tried. Where all are
 * refused, what is wrong with the likeliest one is told.
 */
async function setFirstAccepted(hub: HubClient, change: Change): Promise<PairAnswer> {
  const { id, path, candidates, flags } = change;
  const [value, ...others] = candidates;
  const { by = personName(), dryRun = false } = flags;
  const body = { path, value, by, dryRun };
  try {
    const call = { body, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
    return await hub.patch(`/api/pairs/${encodeURIComponent(id)}`, PairAnswer, call);
  } catch (thrown) {
    if (!isRefusedValue(thrown) || others.length === 0) throw thrown;
    return await setFirstAccepted(hub, { ...change, candidates: others }).catch((again) => {
      throw isRefusedValue(again) ? thrown : again;
    });
  }
}

function isRefusedValue(thrown: unknown): boolean {
  return thrown instanceof HubRefusal && thrown.status === 422;
}

function registerTest(pair: Command, cli: Cli): void {
  const command = defineCommand(pair, {
    usage: "test <id>",
    summary: "call Stripe and SL with the pair's credentials",
    paragraph:
      "Calls both sides and looks up whatever the settings name. Writes nothing. Exit code 1 " +
      "when one of them refuses.",
    examples: ["slipway pair test acme-us", "slipway pair test acme-us --json"],
  });
  withHub(command).action(async (id: string, flags: HubCommandFlags) => {
    const path = `/api/pairs/${encodeURIComponent(id)}/test`;
    const call = { withinMs: ASKED_ELSEWHERE_WITHIN_MS };
    const { checks } = await cli.hub(flags).post(path, ChecksAnswer, call);
    printList(cli, flags.json, checks, () =>
      renderChecks(checks, cli.terminal.paint, cli.terminal.width),
    );
    if (checks.some((check) => check.state === "problem")) cli.endWith(EXIT.problem);
  });
}
