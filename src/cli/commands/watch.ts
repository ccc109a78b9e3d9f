import type { Command } from "commander";
import { FindingAnswer, WatchAnswer, WatchFinding } from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { counted } from "../../base/counted.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { ASKED_ELSEWHERE_WITHIN_MS } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { personName } from "../parked-ids.ts";
import { plain, troubleWords } from "../render/plain.ts";

/** How often a look that is under way is asked how far it has come. */
const ASK_EVERY_MS = 500;

type LookFlags = HubCommandFlags & Readonly<{ full?: boolean; list?: boolean; all?: boolean }>;
type ActFlags = HubCommandFlags & Readonly<{ by?: string; reason?: string; dryRun?: boolean }>;

/** `slipway watch`: what somebody changed in SL of the hub's documents. */
export function registerWatch(program: Command, cli: Cli): void {
  const watch = defineCommand(program, {
    usage: "watch",
    summary: "find documents of the hub that somebody changed in SL, heal or accept them",
    paragraph:
      "What the hub has booked is compared with what SL shows: header, ledger lines, user fields " +
      "and what is open. Nothing is changed by looking.",
    examples: ["slipway watch acme-us", "slipway watch heal 12 --by maria"],
  });
  registerLook(watch, cli);
  registerAccept(watch, cli);
  registerHeal(watch, cli);
}

function registerLook(watch: Command, cli: Cli): void {
  const look = defineCommand(watch, {
    usage: "look [pair]",
    summary: "look now, and list what differs",
    paragraph:
      "Goes over what was booked since the first open period or in the last 35 days, and over " +
      "everything that is not released; the hub does so by itself every six hours, or as " +
      "`sl.watch-every` says. --full goes over all that was ever booked. --list only lists what " +
      "earlier looks have found. Exit code 1 where something differs that nobody has accepted.",
    examples: [
      "slipway watch acme-us",
      "slipway watch look acme-us --full",
      "slipway watch look acme-us --list --all --json",
    ],
    isDefault: true,
  });
  withHub(look)
    .option("--full", "over all that was ever booked")
    .option("--list", "look at nothing, list what was found")
    .option("--all", "with those that are over")
    .action(async (named: string | undefined, flags: LookFlags) => {
      const hub = cli.hub(flags);
      const pair = named ?? (await onlyPair(hub, "watch <pair>"));
      const path = `/api/pairs/${encodeURIComponent(pair)}/watch`;
      if (flags.list !== true) await lookNow(cli, flags, path);
      const query = flags.all === true ? { all: "true" } : {};
      const answer = await hub.get(path, WatchAnswer, { query });
      printAnswer(cli, flags.json, answer, () => render(answer));
      const isOpen = answer.findings.some(({ state }) => state === "open");
      if (isOpen || answer.state?.trouble != null) cli.endWith(EXIT.problem);
    });
}

async function lookNow(cli: Cli, flags: LookFlags, path: string): Promise<void> {
  const hub = cli.hub(flags);
  const asked = await hub.post(path, WatchAnswer, { body: { full: flags.full === true } });
  const before = asked.state?.endedAt ?? null;
  for (let shown = ""; ; ) {
    await pause(ASK_EVERY_MS);
    const { state } = await hub.get(path, WatchAnswer);
    if (state === null) continue;
    const isOver = !state.isAsked && !state.isRunning && state.endedAt !== before;
    if (isOver) return;
    const words = `${state.checked} of ${state.total} documents`;
    if (words !== shown && state.isRunning && flags.json !== true) cli.terminal.warn(words);
    shown = words;
  }
}

function registerAccept(watch: Command, cli: Cli): void {
  const command = defineCommand(watch, {
    usage: "accept <id>",
    summary: "take a change as it is",
    paragraph:
      "It is kept with who and why, and reported no more until the document changes again. The " +
      "proof goes on showing what differs on the clearing account until it is corrected there by " +
      "a journal, and both are matched (slipway proof match).",
    examples: [
      'slipway watch accept 12 --by maria --reason "moved to the right customer"',
      'slipway watch accept 12 --reason "ours" --dry-run',
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--reason <words>", "why")
    .option("--by <name>", "who accepts it; default: the name of this login")
    .action((id: string, flags: ActFlags) => act(cli, flags, { id, verb: "accept" }));
}

function registerHeal(watch: Command, cli: Cli): void {
  const command = defineCommand(watch, {
    usage: "heal <id>",
    summary: "put a change right",
    paragraph:
      "The hub books again what is gone and applies again what was taken back. Where SL's " +
      "screens alone can do it, the exact steps are printed. Either way the hub looks at the " +
      "document until SL shows it as booked, and the finding closes.",
    examples: ["slipway watch heal 12 --by maria", "slipway watch heal 12 --dry-run"],
  });
  withDryRun(withHub(command))
    .option("--by <name>", "who heals it; default: the name of this login")
    .action((id: string, flags: ActFlags) => act(cli, flags, { id, verb: "heal" }));
}

async function act(
  cli: Cli,
  { by = personName(), reason, dryRun = false, json, ...at }: ActFlags,
  { id, verb }: Readonly<{ id: string; verb: "accept" | "heal" }>,
): Promise<void> {
  const hub = cli.hub(at);
  const path = `/api/watch/${encodeURIComponent(id)}`;
  const { version } = await hub.get(path, WatchFinding);
  const body = { version, by, dryRun, ...(reason === undefined ? {} : { reason }) };
  const call = { body, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
  const answer = await hub.post(`${path}/${verb}`, FindingAnswer, call);
  printAnswer(cli, json, answer, () =>
    [
      ...(answer.isDryRun ? ["Nothing is changed."] : []),
      ...answer.effects.map((words) => `- ${plain(words)}`),
    ].join("\n"),
  );
}

function render({ state, findings }: WatchAnswer): string {
  const looked =
    state?.endedAt == null
      ? "No look has ended yet."
      : `${counted(state.checked, "document")} compared: ${scopeWords(state.isFull)}.`;
  const trouble = state?.trouble == null ? [] : [troubleWords(state.trouble)];
  const found =
    findings.length === 0 ? ["SL shows every document as it was booked."] : findings.map(renderOne);
  return [looked, ...trouble, ...found].join("\n\n");
}

/** A document is left for the next look while it is younger than a minute. */
function scopeWords(isFull: boolean): string {
  const scope = isFull ? "all that was ever booked" : "open periods and the last 35 days";
  return `${scope}, but for the last minute`;
}

function renderOne(finding: WatchFinding): string {
  const { id, kind, state, document, object, purpose, period, differences, effect, heal } = finding;
  const decided =
    finding.decidedBy === "" ? "" : ` by ${finding.decidedBy}${because(finding.reason)}`;
  const about = `${document}, ${purpose} of ${object}, ${period}`;
  const head = `${id}  ${kind}, ${state}${decided}: ${about}`;
  const points = differences.map(
    ({ what, was, is }) => `    ${what}: was ${was || "nothing"}, is ${is || "nothing"}`,
  );
  const proof = `    proof: ${proofWords(effect)}`;
  const steps = state === "open" || state === "healing" ? heal.steps : [];
  return [head, ...points, proof, ...steps.map((step) => `    heal: ${step}`)]
    .map(plain)
    .join("\n");
}

function proofWords({ amount, currency, on }: WatchFinding["effect"]): string {
  return on === "nothing" ? "not touched" : `${amount} ${currency} on ${on}`;
}

const because = (reason: string) => (reason === "" ? "" : ` (${reason})`);
