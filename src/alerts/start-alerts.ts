import type { Pool } from "pg";
import type { Log } from "../base/log.ts";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
import type { AlertSettings } from "../config/index.ts";
import type { JournalPair } from "../ledger/index.ts";
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
  pairs: () => readonly (WatchedPair & JournalPair & Readonly<{ takesWebhooks: boolean }>)[];
  onSent: SenderDeps["onSent"];
}>;

/** The alerts at work. */
export type Alerts = RepeatedWork;

/**
 * Looks at the rules every minute, in one hub of all, and sends what is to be told. Neither waits
 * for the other, and nothing else waits for either.
 */
export function startAlerts(options: AlertOptions): Alerts {
  const { pool, log, settings, onSent } = options;
  const endpoints = new EndpointWatch(options);
  const channels = () => settings().channels;
  const rounds = repeatWork({
    everyMs: LOOK_EVERY_MS,
    log,
    later: "The rules of alerts are looked at later",
    work: async (signal) => {
      if (!(await claimAlertRound(pool))) return;
      const conditions = await readConditions(options);
      const names = channels().map(({ name }) => name);
      await applyConditions(pool, conditions, names);
      const watched = options.pairs().filter(({ takesWebhooks }) => takesWebhooks);
      await endpoints.look(watched, signal);
    },
  });
  const sending = repeatWork({
    everyMs: LOOK_EVERY_MS,
    log,
    later: "Notices are sent later",
    work: (signal) => sendDue({ pool, log, channels, onSent }, signal),
  });
  return {
    lookNow: () => {
      rounds.lookNow();
      sending.lookNow();
    },
    stop: async () => {
      await Promise.all([rounds.stop(), sending.stop()]);
    },
  };
}

async function readConditions(options: AlertOptions): Promise<Condition[]> {
  const { pool, log, home } = options;
  const { limits } = options.settings();
  const disk = diskConditions(home, limits.diskFree).catch((thrown: unknown) => {
    log.warn({ error: String(thrown) }, "The disk of the home folder was not looked at");
    return [];
  });
  const parts = [pairConditions(pool, options.pairs(), limits), signalConditions(pool), disk];
  return (await Promise.all(parts)).flat();
}
