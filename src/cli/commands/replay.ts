import type { Command } from "commander";
import { ReplayAnswer } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { readInstant } from "../instant-flag.ts";
import { personName } from "../parked-ids.ts";

type ReplayFlags = HubCommandFlags &
  Readonly<{
    pair?: string;
    type?: string;
    end?: string;
    since?: string;
    until?: string;
    reason?: string;
    by?: string;
    dryRun?: boolean;
    yes?: boolean;
  }>;

/** `slipway replay`: wakes lanes again. */
export function registerReplay(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "replay [event-or-lane]",
    summary: "let events or lanes run again",
    paragraph:
      "Wakes the lane of one event, one lane, or the lanes of all events that the filters " +
      "choose: each reads Stripe and SL anew and does what is missing, so nothing is booked " +
      "twice. Shows how many first and asks. A dismissed run stays dismissed. What was done is " +
      "kept with your name, and `slipway trace` shows it.",
    examples: [
      "slipway replay evt_1PqR7sLkdIwHu7ix",
      "slipway replay pi_3Pq --reason 'metadata was corrected' --yes",
      "slipway replay --pair acme-us --end not_applicable --since 2026-11-01 --dry-run",
    ],
  });
  withDryRun(withHub(command))
    .option("--pair <pair>", "only this pair")
    .option("--type <type>", "only events of this type, such as charge.succeeded")
    .option("--end <end>", "only events with this end: open, booked, not_applicable, parked")
    .option("--since <day>", "only events that Stripe made since then, a day or an instant")
    .option("--until <day>", "only events that Stripe made before")
    .option("--reason <words>", "why; kept with the lanes")
    .option("--by <name>", "who does it; default: the name of this login")
    .option("--yes", "go on without asking")
    .action((named: string | undefined, flags: ReplayFlags) => replay(cli, named, flags));
}

async function replay(cli: Cli, named: string | undefined, flags: ReplayFlags): Promise<void> {
  const hub = cli.hub(flags);
  const { pair, type, end, reason, by = personName() } = flags;
  const one = named?.startsWith("evt_") === true ? { event: named } : { lane: named };
  const time = { since: timeOf("since", flags.since), until: timeOf("until", flags.until) };
  const body = { ...one, ...time, pair, type, end, reason, by };
  const would = await hub.post("/api/replay", ReplayAnswer, { body: { ...body, dryRun: true } });
  if (flags.dryRun === true) return printAnswer(cli, flags.json, would, () => describe(would));
  cli.terminal.warn(describe(would));
  if (would.lanes === 0) return;
  if (!(await confirm(`Wake ${counted(would.lanes, "lane")}?`, flags.yes === true))) {
    return cli.terminal.warn("Nothing was changed.");
  }
  const done = await hub.post("/api/replay", ReplayAnswer, { body });
  printAnswer(cli, flags.json, done, () => `${counted(done.lanes, "lane")} woken`);
}

function describe({ lanes, events, parked, withoutLane, sample }: ReplayAnswer): string {
  const of = events === 0 ? "" : ` of ${counted(events, "event")}`;
  const waiting = parked === 0 ? "" : `, ${parked} parked at the moment`;
  const idle = withoutLane === 0 ? "" : `; ${counted(withoutLane, "event")} without work to do`;
  const more = lanes - sample.length;
  return [
    `${counted(lanes, "lane")}${of} would run again${waiting}${idle}`,
    ...sample.map(({ pair, laneKey }) => `  ${pair}  ${laneKey}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join("\n");
}

function timeOf(flag: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : readInstant(flag, text);
}
