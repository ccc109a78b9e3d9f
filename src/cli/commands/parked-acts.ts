import type { Command } from "commander";
import { CommandAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { bulkCommand } from "../bulk.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { type FilterFlags, isFiltered, withFilter } from "../parked-filter.ts";
import { personName, readSeen } from "../parked-ids.ts";

type ActFlags = HubCommandFlags &
  FilterFlags &
  Readonly<{ dryRun?: boolean; by?: string; all?: boolean; yes?: boolean }>;

/** The flags of every command that settles single cases or all that filters choose. */
function withMany(command: Command): Command {
  return withFilter(withDryRun(withHub(command)).option("--pair <pair>", "only this pair"))
    .option("--all", "every open case, where no other filter is given")
    .option("--yes", "go on without asking")
    .option("--by <name>", "who does it; default: the name of this login");
}

const MANY =
  "Name each case with the version you saw, such as 12@1, or choose open cases with filters: " +
  "then the count and a sample are shown and you are asked first, each case is taken at the " +
  "version that was shown, and the result is told for each.";

export function registerResume(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "resume [ids...]",
    summary: "let parked runs go on",
    paragraph:
      "Wakes the lanes of cases: each reads Stripe and SL anew and does what is missing. A case " +
      "that was dismissed is taken back so, by its number. " +
      `${MANY} Refused while a call to SL has no answer yet.`,
    examples: [
      "slipway parked resume 12@1 --comment 'period opened'",
      "slipway parked resume 12@1 15@2 --dry-run",
      "slipway parked resume --code mapping.product_unmapped --text prod_Widget",
    ],
  });
  withMany(command)
    .option("--comment <words>", "why it can go on now; kept with the run")
    .action(async (ids: string[], flags: ActFlags & { comment?: string }) => {
      const { comment } = flags;
      await act(cli, ids, {
        flags,
        verb: "resume",
        body: { comment },
        bulk: { reason: comment },
      });
    });
}

export function registerDismiss(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "dismiss [ids...]",
    summary: "close parked runs without a document",
    paragraph:
      "Closes cases: their events end as not applicable, with your name and reason. " +
      `For what was booked by hand or must not be booked. ${MANY} Refused while a call to SL ` +
      "has no answer yet.",
    examples: [
      "slipway parked dismiss 12@1 --reason 'booked by hand as IN 004711'",
      "slipway parked dismiss 12@1 --reason 'test order' --dry-run",
      "slipway parked dismiss --pair acme-test --older-than 30d --reason 'old tests' --yes",
    ],
  });
  withMany(command)
    .requiredOption("--reason <words>", "why there is no document; kept with the events")
    .action(async (ids: string[], flags: ActFlags & { reason: string }) => {
      const { reason } = flags;
      await act(cli, ids, { flags, verb: "dismiss", body: { reason }, bulk: { reason } });
    });
}

export function registerAssign(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "assign [ids...]",
    summary: "say who looks after parked runs",
    paragraph: `Gives cases to a person, or with --to nobody to no one. ${MANY}`,
    examples: [
      "slipway parked assign 12@1 --to maria",
      "slipway parked assign --unassigned --category mapping --to maria --dry-run",
    ],
  });
  withMany(command)
    .requiredOption("--to <name>", "who looks after it; nobody to take it away")
    .action(async (ids: string[], flags: ActFlags & { to: string }) => {
      const to = flags.to === "nobody" ? null : flags.to;
      await act(cli, ids, { flags, verb: "assign", body: { to }, bulk: { to } });
    });
}

type CommentFlags = HubCommandFlags & Readonly<{ dryRun?: boolean; by?: string }>;

export function registerComment(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "comment <id> <words>",
    summary: "keep words with a parked run",
    paragraph:
      "Keeps a comment with the case, for whoever looks at it next; `slipway parked show` and " +
      "`slipway trace` show it with your name. Changes nothing else.",
    examples: [
      "slipway parked comment 12@1 'asked the warehouse about the item'",
      "slipway parked comment 12@1 'waits for the auditor' --by maria",
    ],
  });
  withDryRun(withHub(command))
    .option("--by <name>", "who says it; default: the name of this login")
    .action(async (id: string, comment: string, flags: CommentFlags) => {
      await actEach(cli, [id], { flags, verb: "comment", body: { comment }, bulk: {} });
    });
}

type Verb = Readonly<{
  flags: ActFlags;
  verb: "resume" | "dismiss" | "assign" | "comment";
  /** What the command of one case takes beside version, person and dry run. */
  body: object;
  /** The same for the command of many. */
  bulk: object;
}>;

async function act(cli: Cli, ids: readonly string[], verb: Verb): Promise<void> {
  const { flags, bulk } = verb;
  const isChosen = flags.all === true || isFiltered(flags);
  if (ids.length > 0 && isChosen) {
    throw new HubError("api.invalid", "Give cases or filters, not both");
  }
  if (ids.length > 0) return actEach(cli, ids, verb);
  if (!isChosen) {
    throw new HubError("api.invalid", "No case is named and no filter is given", {
      cure: "Name cases such as 12@1, give filters, or --all for every open case.",
    });
  }
  const by = flags.by ?? personName();
  const command = verb.verb as Exclude<Verb["verb"], "comment">;
  return bulkCommand(cli, { flags, command, body: { ...bulk, by } });
}

/** All ids are read before the first command is sent: a typing mistake settles nothing. */
async function actEach(cli: Cli, ids: readonly string[], verb: Verb): Promise<void> {
  const { flags } = verb;
  const seen = ids.map((id) => readSeen(id));
  const hub = cli.hub(flags);
  const by = flags.by ?? personName();
  for (const { id, version } of seen) {
    const path = `/api/parked/${id}/${verb.verb}`;
    const body = { ...verb.body, by, dryRun: flags.dryRun === true, version };
    const answer = await hub.post(path, CommandAnswer, { body });
    printAnswer(cli, flags.json, answer, () => {
      const would = answer.isDryRun ? "would happen" : "done";
      return [
        `${id}@${version} ${verb.verb}: ${would}`,
        ...answer.effects.map((effect) => `  ${effect}`),
        ...(verb.verb === "resume" && !answer.isDryRun ? [`  ${whereItShows(answer)}`] : []),
      ].join("\n");
    });
  }
}

/** A resumed run works on its own time: the answer cannot say what comes of it. */
function whereItShows({ parked: { pair, laneKey } }: CommandAnswer): string {
  return `see the result: slipway runs --pair ${pair} --lane ${laneKey}`;
}
