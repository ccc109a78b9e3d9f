import type { Command } from "commander";
import { PairStateAnswer } from "../../api/contract.ts";
import { type Cli, printAnswer } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  withDryRun,
  withHub,
  withWho,
} from "../define-command.ts";
import { personName } from "../parked-ids.ts";
import { wrapUnder } from "../render/wrap.ts";

type StateFlags = HubCommandFlags & Readonly<{ dryRun?: boolean; by?: string; reason?: string }>;

/** `slipway pair pause` and `slipway pair resume`. */
export function registerPairState(pair: Command, cli: Cli): void {
  const pause = defineCommand(pair, {
    usage: "pause <id>",
    summary: "stop the work of a pair for a while",
    paragraph:
      "Begins no lane of the pair until you resume it; what is at work ends by itself. Webhooks " +
      "are taken and stored meanwhile, so nothing is lost. For a month-end close, an upgrade of " +
      "SL, or a look at what is going on. `slipway lanes`, `slipway trace` and `slipway doctor` " +
      "show who has paused it and why.",
    examples: [
      "slipway pair pause acme-us --reason 'month-end close in SL'",
      "slipway pair pause acme-us --reason 'upgrade of SL' --by maria --dry-run",
    ],
  });
  withWho(withDryRun(withHub(pause)))
    .requiredOption("--reason <words>", "why; shown to everybody")
    .action((id: string, flags: StateFlags) => send(cli, id, { verb: "pause", flags }));
  const resume = defineCommand(pair, {
    usage: "resume <id>",
    summary: "let a paused pair go on",
    paragraph:
      "Takes back what `slipway pair pause` did: the lanes that came due meanwhile are worked " +
      "on within the pair's call limit. A pause of the hub's own (refused credentials, a gap " +
      "between hub and SL) has its own cure and stays.",
    examples: ["slipway pair resume acme-us", "slipway pair resume acme-us --dry-run"],
  });
  withWho(withDryRun(withHub(resume)))
    .option("--reason <words>", "why it can go on; kept")
    .action((id: string, flags: StateFlags) => send(cli, id, { verb: "resume", flags }));
}

async function send(
  cli: Cli,
  id: string,
  { verb, flags }: { verb: "pause" | "resume"; flags: StateFlags },
): Promise<void> {
  const { reason, by = personName(), dryRun = false } = flags;
  const path = `/api/pairs/${encodeURIComponent(id)}/${verb}`;
  const call = { body: { reason, by, dryRun } };
  const answer = await cli.hub(flags).post(path, PairStateAnswer, call);
  const { due, waiting, owned } = answer.lanes;
  const head = dryRun ? `${verb} ${id}: would happen` : `${verb} ${id}: done`;
  printAnswer(cli, flags.json, answer, () =>
    [
      head,
      ...answer.effects.map((effect) => wrapUnder("  ", effect, cli.terminal.width)),
      `  now ${owned} at work, ${due} due, ${waiting} waiting`,
    ].join("\n"),
  );
}
