import type { GuidedOrder } from "../../demo/guided-order.ts";
import type { Line } from "../../demo/narrate.ts";
import type { Played } from "../../demo/play.ts";
import { type ChildEnd, describeEnd } from "../child.ts";
import { processTerminal, type Terminal } from "../terminal.ts";
import { renderEntries } from "./entries.ts";
import { wrapCommand, wrapUnder } from "./wrap.ts";

type Urls = Readonly<{ hub: string; stripe: string; stripeKey: string; sl: string }>;
type Running = Urls & Readonly<{ hubPid: number; order: GuidedOrder }>;
type Screen = Pick<Terminal, "write" | "warn" | "paint" | "width">;

const INDENT = "     ";

/** Tells the guided demo: for people in lines, for programs in one JSON object a line. */
export type Teller = Readonly<{
  starting(home: string, isSecond: boolean): void;
  ready(urls: Urls): void;
  line(line: Line): void;
  result(played: Played): void;
  next(running: Running): void;
  /** The hub's process ended while the demo was up. */
  hubEnded(end: ChildEnd): void;
  stopped(): void;
}>;

/** The teller for a program, or for the person at this terminal. */
export function createTeller(isJson: boolean, terminal: Screen = processTerminal()): Teller {
  return isJson ? jsonTeller() : personTeller(terminal);
}

function jsonTeller(): Teller {
  const print = (step: string, facts: object) => console.log(JSON.stringify({ step, ...facts }));
  return {
    starting: (home, isSecond) => print("starting", { home, isSecond }),
    ready: (urls) => print("ready", urls),
    line: ({ step, text, facts }) => print(step, { text, ...facts }),
    result: ({ order, books, metadata }) => print("booked", { order, ...books, metadata }),
    hubEnded: (end) => print("hub ended", { ...end }),
    next: (running) => print("next", { ...running }),
    stopped: () => print("stopped", {}),
  };
}

function personTeller({ write, warn, paint, width }: Screen): Teller {
  const startedMs = performance.now();
  const row = (name: string, text: string) =>
    write(wrapUnder(`  ${name.padEnd(22)} `, text, width));
  let hubUrl = "";
  return {
    starting: (home, isSecond) => {
      write(paint.strong("Slipway: one paid charge, once, in Dynamics SL"));
      write(isSecond ? `Found an earlier start in ${home}` : `First start, everything in ${home}`);
    },
    ready: (urls) => {
      hubUrl = urls.hub;
      row("hub", urls.hub);
      row("sandbox Stripe", urls.stripe);
      row("sandbox Dynamics SL", urls.sl);
      write("");
    },
    line: ({ step, text }) => {
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(5);
      const head = `${seconds} s  ✓ ${step.padEnd(22)} `;
      const told = wrapUnder(head, text, width).slice(head.length);
      write(`${paint.faint(`${seconds} s`)}  ${paint.good("✓")} ${step.padEnd(22)} ${told}`);
    },
    result: ({ books, metadata, order }) => {
      write(`\n${paint.strong("Entries in SL's general ledger")}\n`);
      write(renderEntries(books.entries, width));
      write(`\nAR balance of the customer in SL: ${books.receivable}`);
      const numbers = Object.entries(metadata).filter(([name]) => name.startsWith("DynamicsSL_"));
      write(`\n${paint.strong(`Metadata of ${order.paymentIntentId} at Stripe`)}`);
      for (const [name, value] of numbers) row(name, value);
    },
    next: (running) => write(nextSteps(running, width)),
    hubEnded: (end) => {
      const up = "The sandboxes and the database are still up.";
      const again = "Start it again, and it finishes what it had begun:";
      write(
        [
          "",
          wrapUnder("", `The hub ended: ${describeEnd(end)}. ${up}`, width),
          wrapUnder("", again, width),
          `  ${serveAgain(hubUrl)}`,
        ].join("\n"),
      );
    },
    stopped: () => warn("Stopped; nothing is lost. The next start finds everything again."),
  };
}

/** What a person can do now. Every command can be copied as it stands. */
function nextSteps(running: Running, columns: number | undefined): string {
  const { hub, stripe, stripeKey, hubPid, order } = running;
  const { platform } = process;
  const room = columns === undefined ? undefined : columns - INDENT.length;
  const run = (command: string) =>
    wrapCommand(command, room, platform).map((line) => `${INDENT}${line}`);
  const say = (head: string, text: string) => wrapUnder(head, text, columns);
  const at = `--api-base ${stripe} --api-key ${stripeKey}`;
  const trigger = run(`npx stripe trigger payment_intent.succeeded ${at}`);
  return [
    "",
    "Three things to try next, in a second terminal:",
    "",
    say("  1. ", "The whole story of this order, forward and back:"),
    ...run(`npm run slipway -- trace ${order.paymentIntentId}`),
    say("  2. ", "Another payment, by Stripe's own CLI, and what became of it:"),
    ...trigger,
    ...run("npm run slipway -- runs"),
    say("  3. ", "Kill the hub with an order half way, start it again, and see one invoice:"),
    say(INDENT, "SL saves the invoice at once and is made to answer a minute later;"),
    say(INDENT, '"Owned 1" is the order that waits for that answer.'),
    ...run("npm run slipway -- sandbox slow"),
    ...trigger,
    ...run("npm run slipway -- lanes"),
    ...run(platform === "win32" ? `taskkill /F /PID ${hubPid}` : `kill -9 ${hubPid}`),
    ...run(serveAgain(hub)),
    say(INDENT, "The new hub takes the order over within 15 s. In a third terminal:"),
    ...run("npm run slipway -- runs"),
    "",
    "Ctrl-C stops everything.",
  ].join("\n");
}

/** At the very port that Stripe sends its events to, whatever the environment says. */
function serveAgain(hubUrl: string): string {
  return `npm run slipway -- serve --port ${new URL(hubUrl).port}`;
}
