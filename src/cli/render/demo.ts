import type { GuidedOrder } from "../../demo/guided-order.ts";
import type { Line } from "../../demo/narrate.ts";
import type { Played } from "../../demo/play.ts";
import { type ChildEnd, describeEnd } from "../child.ts";
import { processTerminal } from "../terminal.ts";
import { renderEntries } from "./entries.ts";

type Urls = Readonly<{ hub: string; stripe: string; stripeKey: string; sl: string }>;

/** Tells the guided demo: for people in lines, for programs in one JSON object a line. */
export type Teller = Readonly<{
  starting(home: string, isSecond: boolean): void;
  ready(urls: Urls): void;
  line(line: Line): void;
  result(played: Played): void;
  next(running: Urls & Readonly<{ hubPid: number; order: GuidedOrder }>): void;
  /** The hub's process ended while the demo was up. */
  hubEnded(end: ChildEnd): void;
  stopped(): void;
}>;

export function createTeller(isJson: boolean): Teller {
  return isJson ? jsonTeller() : personTeller();
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

function personTeller(): Teller {
  const { write, warn, paint } = processTerminal();
  const startedMs = performance.now();
  const row = (name: string, text: string) => write(`  ${name.padEnd(22)} ${text}`);
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
      write(`${paint.faint(`${seconds} s`)}  ${paint.good("✓")} ${step.padEnd(22)} ${text}`);
    },
    result: ({ books, metadata, order }) => {
      write(`\n${paint.strong("Entries in SL's general ledger")}\n`);
      write(renderEntries(books.entries));
      write(`\nAR balance of the customer in SL: ${books.receivable}`);
      const numbers = Object.entries(metadata).filter(([name]) => name.startsWith("DynamicsSL_"));
      write(`\n${paint.strong(`Metadata of ${order.paymentIntentId} at Stripe`)}`);
      for (const [name, value] of numbers) row(name, value);
    },
    next: (running) => write(nextSteps(running)),
    hubEnded: (end) =>
      write(
        `\nThe hub ended: ${describeEnd(end)}. The sandboxes and the database are still up.\n` +
          `Start it again with  ${serveAgain(hubUrl)}  and it finishes what it had begun.`,
      ),
    stopped: () => warn("Stopped; nothing is lost. The next start finds everything again."),
  };
}

function nextSteps(running: Urls & Readonly<{ hubPid: number; order: GuidedOrder }>): string {
  const { hub, stripe, stripeKey, hubPid, order } = running;
  const at = `--api-base ${stripe} --api-key ${stripeKey}`;
  const trigger = `npx stripe trigger payment_intent.succeeded ${at}`;
  return [
    "",
    "Three things to try next, in a second terminal:",
    "",
    "  1. The whole story of this order, forward and back:",
    `     npm run slipway -- trace ${order.paymentIntentId}`,
    "  2. Another payment, by Stripe's own CLI, and what became of it:",
    `     ${trigger}`,
    "     npm run slipway -- runs",
    "  3. Kill the hub in the middle, start it again, and see one invoice:",
    ...killAmid(trigger, hubPid).map((line) => `     ${line}`),
    `     ${serveAgain(hub)}`,
    "     npm run slipway -- runs",
    "",
    "Ctrl-C stops everything.",
  ].join("\n");
}

/** At the very port that Stripe sends its events to, whatever the environment says. */
function serveAgain(hubUrl: string): string {
  return `npm run slipway -- serve --port ${new URL(hubUrl).port}`;
}

function killAmid(trigger: string, pid: number): string[] {
  if (process.platform === "win32") return [trigger, `taskkill /F /PID ${pid}`];
  return [`${trigger} & kill -9 ${pid}`];
}
