import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HubError } from "../../base/errors.ts";
import { type Child, startChild } from "../../cli/child.ts";
import { createHubClient, type HubClient } from "../../cli/hub-client.ts";
import {
  loadKey,
  loadToken,
  readSettings,
  saveSettings,
  setSettingTree,
} from "../../config/index.ts";
import { startEmbeddedPostgres } from "../../db/index.ts";
import { DEMO_PAIR, demoSettings } from "../demo-pair.ts";
import { freePort } from "../free-port.ts";
import { createEndpoint } from "../guided-order.ts";
import type { SlSandboxReady, StripeSandboxReady } from "../sandbox-ready.ts";
import type { Act } from "./act.ts";
import { DatabaseClock } from "./database-clock.ts";
import type { HubUse, HubWord } from "./hub-words.ts";

/** How to bring a world up. */
export type WorldWanted = Readonly<{
  /** A folder of its own. */
  home: string;
  /** The first moment, in ms since 1970, and SL's first period. */
  startMs: number;
  firstPeriod: string;
  /** A database of the caller's own; default: the embedded one of the home. */
  databaseUrl?: string | undefined;
  /** Takes a server that may forget what it has committed: for tests, whose data nobody keeps. */
  mayLoseCommits?: boolean;
}>;

/** What is on its way from Stripe to the hub. */
type Sending = Readonly<{ queued: number; inFlight: number }>;
/** An act that Stripe refused, by its place among those that were to be played. */
type Refused = Readonly<{ index: number; status: number; answer: unknown }>;

/** A hub between two sandboxes, which all live in one time that only the caller moves. */
export type YearWorld = Readonly<{
  pair: string;
  hub: HubClient;
  database: DatabaseClock;
  urls: Readonly<{ hub: string; stripe: string; stripeKey: string; sl: string; home: string }>;
  stripeAdmin<T>(path: string, body?: object): Promise<T>;
  slAdmin<T>(path: string, body?: object): Promise<T>;
  /** Makes what happens at Stripe until its clock is at `untilMs`; nothing is sent meanwhile. */
  play(acts: readonly Act[], untilMs: number): Promise<readonly Refused[]>;
  /** Moves hub, database and SL to where Stripe's clock stands; false where work is under way. */
  follow(): Promise<boolean>;
  /** Lets the webhooks go whose time has come. */
  send(): Promise<Sending>;
  sending(): Promise<Sending>;
  /** Everything of the hub that comes round regularly does so now. */
  comeRound(): Promise<HubUse>;
  stop(): Promise<void>;
}>;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const HUB_MAIN = fileURLToPath(new URL("./hub-main.ts", import.meta.url));
const ANSWER_WITHIN_MS = 120_000;
const LAST_WORDS = 12;
/** A year in minutes has no time to compare five weeks of documents four times a day. */
const WATCH_EVERY_HOURS = 168;
/** The hours of a day arrive in one heap, which Stripe would not send one after the other. */
const WEBHOOKS_AT_ONCE = 64;
/** As many calls as keep two cores busy: the sandbox has licences for more than SL's sites have. */
const SL_CALL_LIMIT = 8;
/**
 * A hub needs a third of it; without a bound Node would rather let its heap grow than clean it.
 * What a run holds lives for some tenths of a second: of a young part that begins small and grows,
 * half was taken for old, so that the whole heap was gone over three times as often.
 */
const HUB_MEMORY = [
  "--max-old-space-size=160",
  "--min-semi-space-size=16",
  "--max-semi-space-size=16",
];

/** Starts all parts of a year's world, the hub last. */
export async function openYearWorld(wanted: WorldWanted): Promise<YearWorld> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    return await bringUp(wanted, stops, stop);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function bringUp(
  { home, startMs, firstPeriod, databaseUrl, mayLoseCommits = false }: WorldWanted,
  stops: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<YearWorld> {
  const own = databaseUrl === undefined ? await startEmbeddedPostgres({ home }) : undefined;
  if (own !== undefined) stops.push(() => own.stop());
  const url = databaseUrl ?? own?.url ?? "";
  const [stripe, sl] = await Promise.all([
    startSandbox<StripeSandboxReady>("stripe", []),
    startSandbox<SlSandboxReady>("dynamics-sl", ["--first-period", firstPeriod]),
  ]);
  stops.push(() => Promise.all([stripe.stop(), sl.stop()]));
  const stripeAdmin = adminOf(stripe.ready.url);
  const slAdmin = adminOf(new URL(sl.ready.url).origin);
  let shiftMs = startMs - Date.now();
  await DatabaseClock.install(url, shiftMs);
  await stripeAdmin("/clock", { shiftMs });
  await stripeAdmin("/webhooks", { ownTime: true, concurrency: WEBHOOKS_AT_ONCE });
  await slAdmin("/clock", { action: "shift", ms: shiftMs });
  const port = await freePort(0);
  await writePair(home, { stripe: stripe.ready, sl: sl.ready, port });
  const hub = await startHub({ home, url, port, shiftMs, mayLoseCommits });
  stops.push(() => hub.stop());
  const database = new DatabaseClock(url, shiftMs);
  stops.push(() => database.close());
  const client = createHubClient({ url: hub.url, token: loadToken(home, undefined) });
  const follow = async () => {
    if (!(await database.shift(shiftMs))) return false;
    await Promise.all([slAdmin("/clock", { action: "shift", ms: shiftMs }), hub.say({ shiftMs })]);
    await database.ring(DEMO_PAIR);
    return true;
  };
  return {
    ...{ pair: DEMO_PAIR, hub: client, database, stripeAdmin, slAdmin, follow, stop },
    urls: {
      ...{ hub: hub.url, stripe: stripe.ready.url, stripeKey: stripe.ready.secretKey },
      ...{ sl: sl.ready.url, home },
    },
    play: async (acts, untilMs) => {
      await stripeAdmin("/webhooks", { pause: true });
      // One number for all, so that no part is ahead of another.
      shiftMs = Math.round(untilMs - Date.now());
      const script = { acts: acts.map(({ mayBeRefused: _, ...act }) => act), shiftMs };
      return (await stripeAdmin<{ refused: readonly Refused[] }>("/script", script)).refused;
    },
    send: async () => {
      const { state } = await stripeAdmin<{ state: Sending }>("/webhooks", { pause: false });
      return state;
    },
    sending: async () => (await stripeAdmin<{ state: Sending }>("/webhooks")).state,
    comeRound: () => hub.say({ comeRound: true }),
  };
}

function startSandbox<Ready extends object>(
  folder: string,
  args: readonly string[],
): Promise<Child<Ready>> {
  return startChild<Ready>({
    name: `The sandbox ${folder}`,
    script: join(ROOT, "sandbox", folder, "main.ts"),
    args: ["--port", "0", "--stop-with-input", ...args],
  });
}

async function writePair(
  home: string,
  {
    port,
    ...sandboxes
  }: Readonly<{ stripe: StripeSandboxReady; sl: SlSandboxReady; port: number }>,
): Promise<void> {
  const { secret } = await createEndpoint({
    apiBase: sandboxes.stripe.url,
    secretKey: sandboxes.stripe.secretKey,
    url: `http://127.0.0.1:${port}/webhooks/stripe/${DEMO_PAIR}`,
  });
  const document = readSettings(home);
  const settings = demoSettings({ ...sandboxes, webhookSecret: secret });
  const key = () => loadKey(home, undefined);
  setSettingTree(document, DEMO_PAIR, { settings, key });
  const pace = { sl: { "watch-every": WATCH_EVERY_HOURS, "call-limit": SL_CALL_LIMIT } };
  setSettingTree(document, DEMO_PAIR, { settings: pace, key });
  saveSettings(home, document);
}

/** The hub in a process of its own, with a channel by which its clock is moved. */
async function startHub(
  of: Readonly<{
    home: string;
    url: string;
    port: number;
    shiftMs: number;
    mayLoseCommits: boolean;
  }>,
) {
  const logPath = join(of.home, "hub.log");
  const log = openSync(logPath, "a");
  const { SLIPWAY_KEY: _key, SLIPWAY_TOKEN: _token, SLIPWAY_URL: _url, ...inherited } = process.env;
  const child = fork(HUB_MAIN, [String(of.shiftMs), String(of.mayLoseCommits)], {
    execArgv: HUB_MEMORY,
    // A session of its own: Ctrl-C in the terminal reaches the parent, which stops it last.
    detached: process.platform !== "win32",
    stdio: ["ignore", log, log, "ipc"],
    env: {
      ...inherited,
      DATABASE_URL: of.url,
      SLIPWAY_HOME: of.home,
      SLIPWAY_PORT: String(of.port),
      SLIPWAY_HOST: "127.0.0.1",
      SLIPWAY_LOG_LEVEL: "warn",
    },
  });
  const ended = once(child, "exit").then(() => {
    // The folder goes with the year, so the last words are told at once.
    const words = readFileSync(logPath, "utf8").trim().split("\n").slice(-LAST_WORDS).join("\n");
    throw new HubError("start.failed", `The hub of the year ended:\n${words}`);
  });
  ended.catch(() => undefined);
  const answer = async <T>() => {
    const [word] = (await Promise.race([once(child, "message"), ended])) as [T];
    return word;
  };
  const { url } = await answer<{ url: string }>();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    url,
    say: (word: HubWord): Promise<HubUse> => {
      const said = turn.then(() => {
        const answered = answer<HubUse>();
        child.send(word);
        return answered;
      });
      turn = said.catch(() => undefined);
      return said;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await ended.catch(() => undefined);
    },
  };
}

/** Calls a sandbox's admin routes: POST with a body, else GET. */
function adminOf(origin: string) {
  return async <T>(path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${origin}/_sandbox${path}`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined
        ? {}
        : {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to ${path}: ${text}`);
    return JSON.parse(text) as T;
  };
}
