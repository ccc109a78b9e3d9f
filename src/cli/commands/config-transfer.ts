import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { parseDocument } from "yaml";
import { ConfigExport, ConfigImport } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import { HubError } from "../../base/errors.ts";
import { askSecret, readStdinLines } from "../ask-secret.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { confirm } from "../confirm.ts";
import {
  defineCommand,
  type HubCommandFlags,
  withDryRun,
  withHub,
  withWho,
} from "../define-command.ts";
import { ASKED_ELSEWHERE_WITHIN_MS } from "../hub-client.ts";
import { personName } from "../parked-ids.ts";
import { plain } from "../render/plain.ts";

export function registerExport(config: Command, cli: Cli): void {
  const command = defineCommand(config, {
    usage: "export",
    summary: "write the settings without their secrets",
    paragraph:
      "Writes slipway.yaml as the hub has it, with <kept> in the place of each secret, so that " +
      "it can be looked at, versioned and sent to somebody. `slipway config import` takes it " +
      "back: what is <kept> stays as it is there.",
    examples: [
      "slipway config export > settings.yaml",
      "slipway config export --out settings.yaml --json",
    ],
  });
  withHub(command)
    .option("--out <file>", "write it to a new file instead of standard output")
    .action(async (flags: HubCommandFlags & { out?: string }) => {
      const exported = await cli.hub(flags).get("/api/config", ConfigExport);
      if (flags.out !== undefined) writeNew(flags.out, exported.text);
      printAnswer(cli, flags.json, exported, () =>
        flags.out === undefined ? exported.text.trimEnd() : `settings written to ${flags.out}`,
      );
    });
}

type ImportFlags = HubCommandFlags &
  Readonly<{ secret: string[]; stdin?: boolean; by?: string; dryRun?: boolean; yes?: boolean }>;

const collect = (value: string, earlier: string[]) => [...earlier, value];

export function registerImport(config: Command, cli: Cli): void {
  const command = defineCommand(config, {
    usage: "import <file>",
    summary: "put another settings file in the place of the hub's",
    paragraph:
      "Checks the whole file, shows what would change, and asks. The old file stays beside the " +
      "new one, as the answer says. A secret that is <kept> stays as the hub has it; one that " +
      "the hub does not have is asked for with --secret, or piped in with --stdin. Takes effect " +
      "at once; refused where the settings have changed since the differences were shown.",
    examples: [
      "slipway config import settings.yaml --dry-run",
      "slipway config import settings.yaml --secret pairs.acme-us.sl.password",
    ],
  });
  withWho(withDryRun(withHub(command)))
    .option("--secret <path>", "a secret to be asked for; may be repeated", collect, [])
    .option("--stdin", "read the secrets from standard input, one a line")
    .option("--yes", "go on without asking")
    .action((file: string, flags: ImportFlags) => importFile(cli, file, flags));
}

async function importFile(cli: Cli, file: string, flags: ImportFlags): Promise<void> {
  const text = await withSecrets(readText(file), flags);
  const hub = cli.hub(flags);
  const call = { body: { text, dryRun: true }, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
  const would = await hub.post("/api/config", ConfigImport, call);
  if (flags.dryRun === true) return printAnswer(cli, flags.json, would, () => describe(would));
  cli.terminal.warn(describe(would));
  if (would.changes.length === 0) return;
  if (!(await confirm("Import these settings?", flags.yes === true))) {
    return cli.terminal.warn("Nothing was changed.");
  }
  const body = { text, version: would.version, by: flags.by ?? personName() };
  const done = await hub.post("/api/config", ConfigImport, { ...call, body });
  printAnswer(cli, flags.json, done, () =>
    [
      `${counted(done.changes.length, "setting")} changed`,
      ...(done.backup === null ? [] : [`The old file: ${done.backup}`]),
    ].join("\n"),
  );
}

function describe({ changes }: ConfigImport): string {
  if (changes.length === 0) return "Nothing differs.";
  const lines = changes.flatMap(({ path, before, after }) => [
    plain(path),
    ...(before === null ? [] : [plain(`  - ${before}`)]),
    ...(after === null ? [] : [plain(`  + ${after}`)]),
  ]);
  return [`${counted(changes.length, "setting")} would change`, ...lines].join("\n");
}

/** Secrets are put into the text here; the hub seals them before it saves. */
async function withSecrets(text: string, flags: ImportFlags): Promise<string> {
  const { secret: paths } = flags;
  if (paths.length === 0) return text;
  const piped = flags.stdin === true ? await readStdinLines() : undefined;
  if (piped !== undefined && piped.length !== paths.length) {
    const named = counted(paths.length, "secret");
    const counts = `${named} named, ${counted(piped.length, "line")} given`;
    throw new HubError("api.invalid", counts, {
      cure: "Pipe one line for each --secret, in the same order.",
    });
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  for (const [index, path] of paths.entries()) {
    const value = piped?.[index] ?? (await askSecret(path));
    const isList = path.endsWith(".webhook-secrets");
    document.setIn(path.split("."), document.createNode(isList ? [value] : value));
  }
  return document.toString({ lineWidth: 0 });
}

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HubError("api.invalid", `${file} cannot be read: ${why}`, { cause });
  }
  if (text.trim() !== "") return text;
  throw new HubError("api.invalid", `${file} is empty: a settings file has the map \`pairs\``, {
    cure: "Give a file that `slipway config export` wrote.",
  });
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HubError("api.invalid", `${file} cannot be written: ${why}`, {
      cause,
      cure: "Name a file that is not there yet.",
    });
  }
}
