import { statSync } from "node:fs";
import type { Pool } from "pg";
import { readChannels } from "../alerts/index.ts";
import { counted } from "../base/counted.ts";
import { HubError } from "../base/errors.ts";
import {
  type AlertChannel,
  keyPath,
  readWholeSettings,
  settingsPath,
  tokenPath,
} from "../config/index.ts";
import type { Finding, Look } from "./check.ts";
import type { DoctorDeps } from "./deps.ts";

const GIGABYTE = 1024 ** 3;
const DISK_LOW_BYTES = 2 * GIGABYTE;
/** Below this PostgreSQL may stop at any moment, and with it the intake. */
const DISK_FULL_BYTES = GIGABYTE / 4;
/** Each hub process takes up to 25 connections; a backup and a person need some as well. */
const CONNECTIONS_FREE_MIN = 10;
const CLOCK_OFF_SECONDS = 5;
/** Stripe's signatures are refused at 300 seconds; both clocks may be wrong. */
const CLOCK_WRONG_SECONDS = 120;
/** A process renews its sign of life every 4 seconds. */
const ALIVE_WITHIN = "12 seconds";

/** What is looked at for the hub as a whole. */
export function hubLooks(deps: DoctorDeps): Look[] {
  const { pool, home, book } = deps;
  return [
    { name: "database", look: () => lookAtDatabase(pool) },
    { name: "database.migrations", look: () => lookAtMigrations(deps) },
    { name: "database.connections", look: () => lookAtConnections(pool) },
    { name: "database.clock", look: () => lookAtClock(deps) },
    { name: "disk", look: () => lookAtDisk(deps) },
    {
      name: "key-file",
      look: async () => lookAtFile(keyPath(home), "the key file", "SLIPWAY_KEY"),
    },
    {
      name: "token-file",
      look: async () => lookAtFile(tokenPath(home), "the file with the API token", "SLIPWAY_TOKEN"),
    },
    {
      name: "settings-file",
      look: async () => lookAtSettings(home),
    },
    { name: "workers", look: () => lookAtWorkers(pool) },
    { name: "stray-events", look: () => lookAtStrays(pool) },
    {
      name: "pairs",
      look: async () =>
        book.all().length > 0
          ? `${book.all().length} configured`
          : { warning: "no pair is configured", cure: "Add one with `slipway pair add`." },
    },
    { name: "alerts", look: () => lookAtChannels(pool, deps.channels()) },
  ];
}

async function lookAtChannels(pool: Pool, channels: readonly AlertChannel[]): Promise<Finding> {
  if (channels.length === 0) return "nobody is told: no channel is configured (docs/alerts.md)";
  const failing = (await readChannels(pool, channels)).filter(({ error }) => error !== null);
  if (failing.length === 0) return `notices go to ${channels.map(({ name }) => name).join(", ")}`;
  return {
    warning: failing.map(({ name, error }) => `${name} takes no notice: ${error}`).join("; "),
    cure: "Correct the channel in `alerts:` of slipway.yaml; try it with slipway alerts test.",
  };
}

async function lookAtDatabase(pool: Pool): Promise<Finding> {
  const rows = await pool.query<{ version: string; fsync: string }>(
    "select current_setting('server_version') as version, current_setting('fsync') as fsync",
  );
  const { version, fsync } = rows.rows[0] ?? { version: "", fsync: "" };
  if (fsync === "on") return `PostgreSQL ${version}`;
  throw new HubError("config.invalid", "PostgreSQL runs with fsync off", {
    cure: "Switch fsync on: without it an acknowledged webhook can be lost.",
  });
}

async function lookAtMigrations({ pendingMigrations }: DoctorDeps): Promise<Finding> {
  const pending = await pendingMigrations();
  if (pending.length === 0) return "every migration is applied";
  throw new HubError("config.invalid", `not applied: ${pending.join(", ")}`, {
    cure: "Stop every hub of this database, then start again: the first applies them.",
  });
}

async function lookAtConnections(pool: Pool): Promise<Finding> {
  const rows = await pool.query<{ max: number; used: number }>(
    `select current_setting('max_connections')::int as max,
       (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as used`,
  );
  const { max, used } = rows.rows[0] ?? { max: 0, used: 0 };
  const words = `${used} of ${max} connections are in use`;
  if (max - used >= CONNECTIONS_FREE_MIN) return words;
  return { warning: words, cure: "Raise max_connections of PostgreSQL, or run fewer hubs on it." };
}

async function lookAtClock({ pool, nowMs }: DoctorDeps): Promise<Finding> {
  const beforeMs = nowMs();
  const rows = await pool.query<{ ms: number }>(
    "select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms",
  );
  const hubMs = (beforeMs + nowMs()) / 2;
  const seconds = Math.round(Math.abs((rows.rows[0]?.ms ?? hubMs) - hubMs) / 100) / 10;
  const words = `hub and database differ by ${seconds} s`;
  if (seconds <= CLOCK_OFF_SECONDS) return words;
  const cure = "Let both machines take their time from a time server.";
  if (seconds <= CLOCK_WRONG_SECONDS) return { warning: words, cure };
  throw new HubError("config.invalid", words, { cure });
}

async function lookAtDisk({ home, freeBytes }: DoctorDeps): Promise<Finding> {
  const free = await freeBytes(home);
  const words = `${(free / GIGABYTE).toFixed(1)} GB are free in the home folder`;
  const cure = "Give the disk more room, or move the home folder to a larger one.";
  if (free >= DISK_LOW_BYTES) return words;
  if (free >= DISK_FULL_BYTES) return { warning: words, cure };
  throw new HubError("config.invalid", words, { cure });
}

/** A file with secrets is for its owner alone. */
function lookAtFile(path: string, what: string, variable: string | undefined): Finding {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) {
    return variable === undefined ? "there is none yet" : `its text comes from ${variable}`;
  }
  if (process.platform === "win32") return "its rights are those of the home folder";
  if ((mode & 0o077) === 0) return "only its owner may read it";
  return { warning: `others may read ${what}`, cure: `Run chmod 600 ${path}.` };
}

/** A hub at work has read its settings; a broken file stops the next change and the next start. */
function lookAtSettings(home: string): Finding {
  readWholeSettings(home);
  return lookAtFile(settingsPath(home), "the settings file", undefined);
}

async function lookAtWorkers(pool: Pool): Promise<Finding> {
  const rows = await pool.query<{ alive: number }>(
    `select count(*)::int as alive from hub_process
     where heartbeat_at > clock_timestamp() - interval '${ALIVE_WITHIN}'`,
  );
  const alive = rows.rows[0]?.alive ?? 0;
  if (alive > 0) return `${counted(alive, "hub process", "hub processes")} at work`;
  throw new HubError("run.frozen", "no hub process works on lanes", {
    cure: "Start the hub again with `slipway serve`, and read its log.",
  });
}

/** The sweeper wakes them within a minute, so that there are some is a fault of ours. */
async function lookAtStrays(pool: Pool): Promise<Finding> {
  const rows = await pool.query<{ count: number }>(
    `select count(*)::int as count from event e
     left join lane l on l.pair = e.pair and l.key = e.lane_key
     where e.end_state is null and l.due_at is null and l.owner is null
       and e.received_at < clock_timestamp() - interval '2 minutes'`,
  );
  const count = rows.rows[0]?.count ?? 0;
  if (count === 0) return "every event has its end, or somebody at work on it";
  const words = `${counted(count, "event has", "events have")} neither an end nor a lane at work`;
  return { warning: words, cure: "See `slipway events --end open`, then `slipway replay` them." };
}
