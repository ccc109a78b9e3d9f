import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { HubError } from "../../base/errors.ts";
import { readEnv } from "../../config/index.ts";
import { USUAL_FAULTS } from "../../demo/year/faults.ts";
import { openYearWorld } from "../../demo/year/world.ts";
import { playYear, type YearAsked } from "../../demo/year/year.ts";
import { spanOfDay } from "../../ledger/index.ts";
import { stopOnRequest } from "../child.ts";
import { type Cli, EXIT } from "../cli.ts";
import { defineCommand, type JsonFlag, withHome, withJson } from "../define-command.ts";
import { createYearTeller, type YearScreen } from "../render/year.ts";

type Flags = JsonFlag &
  Readonly<{
    home?: string;
    seed: string;
    transactions: string;
    from: string;
    months: string;
    faults: boolean;
    keep: boolean;
  }>;

/** The zone of the demo's pair. */
const ZONE = "America/New_York";
const TRANSACTIONS_MAX = 1_000_000;
const SEED_MAX = 2 ** 31;
const MONTHS_MAX = 12;

/** `slipway demo`: what can be played on this machine besides `slipway start`. */
export function registerDemo(program: Command, cli: Cli): void {
  const demo = defineCommand(program, {
    usage: "demo",
    summary: "play a whole trading year on this machine",
    paragraph:
      "Plays what a business does against the two sandboxes, in a folder of its own: nothing of " +
      "the hub that `slipway start` has made is touched.",
    examples: ["slipway demo year --seed 7 --transactions 300", "slipway demo year --json"],
  });
  const command = defineCommand(demo, {
    usage: "year",
    summary: "play a trading year, with each day's proof and each month's close",
    paragraph:
      "Starts PostgreSQL, a sandbox Stripe, a sandbox Dynamics SL and a hub in a folder of their " +
      "own, which live in one time that goes on from hour to hour: sales with seasons, refunds, " +
      "disputes with their life cycle, credit notes, payouts of every kind, fees. Webhooks are " +
      "lost, doubled and shuffled, and SL fails now and then. Every day is proved to the cent " +
      "and every month closed. The same seed plays the same year. Exit code 1 when a day has a " +
      "difference, a month does not close, or something is left that was not meant to be.",
    examples: [
      "slipway demo year --seed 7 --transactions 2000",
      "slipway demo year --seed 7 --transactions 20000 --json",
      "slipway demo year --transactions 300 --months 2 --no-faults --keep",
    ],
  });
  withJson(withHome(command))
    .option("--seed <number>", "what the year is drawn from", "7")
    .option("--transactions <count>", "balance transactions at Stripe, about", "2000")
    .option("--from <month>", "the first month, YYYY-MM", "2026-01")
    .option("--months <count>", "how many months, up to 12", "12")
    .option("--no-faults", "lose no webhook, and let SL never fail")
    .option("--keep", "leave everything up until Ctrl-C, and keep its folder", false)
    .action(async (flags: Flags) => cli.endWith(await runYear(cli, flags)));
}

async function runYear(cli: Cli, flags: Flags): Promise<number> {
  const asked = readFlags(flags);
  const { home: ownHome, width, paint } = { ...cli.terminal, home: cli.home(flags) };
  readEnv(process.env);
  mkdirSync(ownHome, { recursive: true });
  const home = mkdtempSync(join(ownHome, "year-"));
  const screen: YearScreen = {
    ...{ write: cli.terminal.write, paint, width, isJson: flags.json === true },
    isLive: process.stdout.isTTY === true,
  };
  const teller = createYearTeller(screen, asked);
  const stopping = new AbortController();
  let up: Awaited<ReturnType<typeof openYearWorld>> | undefined;
  const stop = async () => {
    stopping.abort(new HubError("start.failed", "The year was stopped"));
    await up?.stop();
    if (!flags.keep) rmSync(home, { recursive: true, force: true });
  };
  const stopped = stopOnRequest(stop, false);
  try {
    teller.starting(home);
    const world = await openYearWorld({ home, ...startOf(asked) });
    up = world;
    // Whoever has asked to stop meanwhile has found nothing to stop.
    if (stopping.signal.aborted) await world.stop();
    const end = await playYear(world, asked, { ...teller, signal: stopping.signal });
    const isRight = teller.end(end);
    if (flags.keep) {
      teller.keeping(world.urls);
      await stopped;
    } else await stop();
    return isRight ? EXIT.fine : EXIT.problem;
  } catch (thrown) {
    if (stopping.signal.aborted) {
      await stopped;
      teller.stopped();
      return EXIT.problem;
    }
    await stop();
    throw thrown;
  }
}

/** The hub is up an hour before the first sale, so that no sale is before its time. */
function startOf(asked: YearAsked) {
  const startMs = asked.startOf(`${asked.from}-01`).getTime() - 3_600_000;
  return { startMs, firstPeriod: asked.from.replace("-", "") };
}

function readFlags(flags: Flags): YearAsked {
  const { from, faults } = flags;
  if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(from)) {
    throw invalid("--from", from, "must be a month from 2000 on", "2026-01");
  }
  const count = (name: "seed" | "transactions" | "months", max: number, example: string) => {
    const value = Number(flags[name]);
    if (/^\d{1,10}$/.test(flags[name]) && value >= 1 && value <= max) return value;
    throw invalid(`--${name}`, flags[name], `must be a number from 1 to ${max}`, example);
  };
  return {
    seed: count("seed", SEED_MAX, "7"),
    transactions: count("transactions", TRANSACTIONS_MAX, "20000"),
    months: count("months", MONTHS_MAX, "12"),
    from,
    faults: faults ? USUAL_FAULTS : undefined,
    startOf: (date) => spanOfDay(date, ZONE).from,
  };
}

function invalid(field: string, value: string, rule: string, example: string): HubError {
  return new HubError("api.invalid", `${field} "${value}": ${rule}, such as ${example}`, {
    facts: { field, example },
  });
}
