import type { Command } from "commander";
import { z } from "zod";
import { HubError } from "../../base/errors.ts";
import { defineCommand, type JsonFlag, withHome, withJson } from "../define-command.ts";
import { askSandbox, type SandboxFlags, type StatePath, sandboxOrigin } from "../sandbox-client.ts";

type Options = JsonFlag & SandboxFlags & Readonly<{ seconds: string }>;

/** The longest that the sandbox makes a caller wait. */
const SECONDS_MAX = 600;

/** `slipway sandbox slow`: the next invoice is saved in SL, and the hub does not get to know it. */
export function registerSandboxSlow(sandbox: Command, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "slow",
    summary: "let the sandbox Dynamics SL answer its next invoice late",
    paragraph:
      "The next invoice is saved in the sandbox Dynamics SL at once, and answered a minute " +
      "later: time enough to kill the hub with an order half way. Counts for one invoice. Finds " +
      "the sandbox that npm start runs by the home folder.",
    examples: ["slipway sandbox slow", "slipway sandbox slow --seconds 20"],
  });
  withJson(withHome(command))
    .option("--seconds <number>", "how long the answer takes, 1 to 600", "60")
    .option("--sl-url <url>", "URL of the sandbox, where npm start does not run it")
    // `--json` stands on `slipway sandbox` as well, which takes it from here.
    .action(async (_own: Options, self: Command) => {
      const options: Options = self.optsWithGlobals();
      const seconds = secondsOf(options.seconds);
      const origin = sandboxOrigin(options, statePath);
      await answerLate(origin, seconds);
      if (options.json === true) console.log(JSON.stringify({ url: origin, seconds }));
      else {
        console.log(
          `The next invoice is saved in SL at once, and the hub is answered ${seconds} s later.`,
        );
      }
    });
}

function secondsOf(given: string): number {
  const seconds = Number(given);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= SECONDS_MAX) return seconds;
  throw new HubError("api.invalid", `--seconds takes 1 to ${SECONDS_MAX}, not "${given}"`);
}

async function answerLate(origin: string, seconds: number): Promise<void> {
  const fault = {
    match: { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" },
    effect: { kind: "late-answer", ms: seconds * 1000 },
  };
  await askSandbox(origin, { path: "/faults", body: fault }, z.unknown());
}
