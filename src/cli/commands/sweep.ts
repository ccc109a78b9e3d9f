import type { Command } from "commander";
import { SweepAnswer } from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { describeWalk } from "../event-gaps.ts";
import { ASKED_ELSEWHERE_WITHIN_MS } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { plain, troubleWords } from "../render/plain.ts";
import { localTime } from "../render/time.ts";

/** How often sweeps that are under way are asked how far they have come. */
const ASK_EVERY_MS = 500;

type Flags = HubCommandFlags & Readonly<{ list?: boolean }>;

/** `slipway sweep`: asks Stripe for all that webhooks did not bring. */
export function registerSweep(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "sweep [pair]",
    summary: "ask Stripe now for all that webhooks did not bring",
    paragraph:
      "Asks for events that were never delivered, for balance transactions, and for refunds, " +
      "disputes, payouts and top-ups of the last 35 days whose state is another one than the hub " +
      "has seen; their lanes are woken. Looks whether the webhook endpoint is enabled, at the " +
      "hub's API version and sent all types. The hub does all of it by itself: hourly, every " +
      "five minutes, daily and hourly. --list only tells how far it has come and what it found. " +
      "Exit code 1 where Stripe could not be asked or an endpoint is not as it should be.",
    examples: ["slipway sweep acme-us", "slipway sweep acme-us --list --json"],
  });
  withHub(command)
    .option("--list", "ask for nothing, tell what was found")
    .action(async (named: string | undefined, flags: Flags) => {
      const pair = named ?? (await onlyPair(cli.hub(flags), "sweep <pair>"));
      const answer =
        flags.list === true ? await read(cli, flags, pair) : await sweep(cli, flags, pair);
      printAnswer(cli, flags.json, answer, () => render(answer));
      const isTrouble = answer.walks.some(({ trouble, lost }) => trouble !== null || lost !== null);
      if (isTrouble || answer.endpoints.length > 0) cli.endWith(EXIT.problem);
    });
}

function read(cli: Cli, flags: Flags, pair: string): Promise<SweepAnswer> {
  return cli.hub(flags).get("/api/sweeps", SweepAnswer, { query: { pair } });
}

async function sweep(cli: Cli, flags: Flags, pair: string): Promise<SweepAnswer> {
  const { askedAt, endpoints } = await ask(cli, flags, pair);
  const isSince = (at: string | null) => at !== null && Date.parse(at) >= askedAt;
  for (let shown = ""; ; ) {
    await pause(ASK_EVERY_MS);
    const answer = await read(cli, flags, pair);
    // A round that was under way when it was asked for may be past what is looked for.
    const isStopped = answer.walks.every(
      ({ doneAt, triedAt, trouble }) => isSince(doneAt) || (trouble !== null && isSince(triedAt)),
    );
    if (isStopped) return { ...answer, askedAt: new Date(askedAt).toISOString(), endpoints };
    const words = answer.walks.map(describeWalk).join("; ");
    if (words !== shown && flags.json !== true) cli.terminal.warn(words);
    shown = words;
  }
}

async function ask(cli: Cli, flags: Flags, pair: string) {
  const path = `/api/pairs/${encodeURIComponent(pair)}/sweep`;
  const call = { body: {}, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
  for (;;) {
    const { askedAt, endpoints } = await cli.hub(flags).post(path, SweepAnswer, call);
    if (askedAt !== null) return { askedAt: Date.parse(askedAt), endpoints };
    // The hub meets a pair that was added a moment ago within a second.
    await pause(ASK_EVERY_MS);
  }
}

function render({ walks, found, endpoints }: SweepAnswer): string {
  const isWhole = walks.every(({ trouble }) => trouble === null);
  const changed =
    found.length === 0
      ? [`No refund, dispute or payout changed without an event${isWhole ? "" : ", so far"}.`]
      : found.map(({ id, state, wokenAt }) => `${localTime(wokenAt)} ${id}: ${plain(state)}`);
  return [
    ...walks.map((walk) => `${walk.pair}: ${describeWalk(walk)}`),
    ...endpoints.map(
      ({ pair, title, cure }) => `${pair}: ${troubleWords({ message: title, cure })}`,
    ),
    "",
    ...changed,
  ].join("\n");
}
