import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { AlertSettings } from "../config/index.ts";
import {
  diskConditions,
  EndpointWatch,
  signalConditions,
  type WatchedPair,
} from "./hub-conditions.ts";
import { pairConditions } from "./pair-conditions.ts";
import type { Condition } from "./rules.ts";
import { type SenderDeps, sendDue } from "./sender.ts";
import { applyConditions, claimAlertRound } from "./store.ts";

/** How often a process looks whether a round or a notice is due: two small statements. */
const LOOK_EVERY_MS = 1_000;

/** What alerts need of the hub; settings and pairs are read anew each time. */
export type AlertOptions = Readonly<{
  pool: Pool;
  log: Log;
  home: string;
  pinnedVersion: string;
  /** Every event type that wakes a lane: endpoints have to be sent them. */
  workedTypes: readonly string[];
  settings: () => AlertSettings;
  pairs: () => readonly (WatchedPair & Readonly<{ takesWebhooks: boolean }>)[];
  onSent: SenderDeps["onSent"];
}>;

/** The alerts at work. */
export type Alerts = Readonly<{ stop(): Promise<void> }>;

/**
 * Looks at the rules every minute, in one hub of all, and sends what is to be told. Neither waits
 * for the other, and nothing else waits for either.
 */
export function startAlerts(options: AlertOptions): Alerts {
  const closing = new AbortController();
  const { pool, log, settings, onSent } = options;
  const endpoints = new EndpointWatch(options);
  const rounds = oneAtATime(log, "The rules of alerts are looked at later", async () => {
    if (!(await claimAlertRound(pool))) return;
    const conditions = await readConditions(options);
    const channels = settings().channels.map(({ name }) => name);
    await applyConditions(pool, conditions, channels);
    const watched = options.pairs().filter(({ takesWebhooks }) => takesWebhooks);
    await endpoints.look(watched, closing.signal);
  });
  const channels = () => settings().channels;
  const sending = oneAtATime(log, "Notices are sent later", () =>
    sendDue({ pool, log, channels, onSent }, closing.signal),
  );
  const look = () => {
    rounds.go();
    sending.go();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return {
    stop: async () => {
      clearInterval(timer);
      closing.abort();
      await Promise.all([rounds.ended(), sending.ended()]);
    },
  };
}

async function readConditions(options: AlertOptions): Promise<Condition[]> {
  const { pool, log, home } = options;
  const { limits } = options.settings();
  const pairs = options.pairs().map(({ id }) => id);
  const disk = diskConditions(home, limits.diskFree).catch((thrown: unknown) => {
    log.warn({ error: String(thrown) }, "The disk of the home folder was not looked at");
    return [];
  });
  const parts = [pairConditions(pool, pairs, limits), signalConditions(pool), disk];
  return (await Promise.all(parts)).flat();
}

function oneAtATime(log: Log, later: string, work: () => Promise<void>) {
  let running: Promise<void> | undefined;
  let hasFailed = false;
  return {
    go: () => {
      running ??= work()
        .then(() => {
          hasFailed = false;
        })
        .catch((thrown: unknown) => {
          const { code, message } = toHubError(thrown);
          // Once a row: a database that is away for an hour is not told of every second.
          if (!hasFailed) log.warn({ code, error: message }, later);
          hasFailed = true;
        })
        .finally(() => {
          running = undefined;
        });
    },
    ended: async () => running,
  };
}
