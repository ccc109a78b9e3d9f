import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Hub, openHub } from "../../src/compose.ts";
import { pathsOf } from "../../src/db/embedded/index.ts";
import { keepLines, type LogLine } from "../support/log-lines.ts";
import { makeTestHome, removeTestHome } from "../support/test-home.ts";
import { until } from "../support/wait.ts";
import { openWorld } from "../support/world.ts";

let home: string;

beforeEach(async () => {
  home = await makeTestHome();
});
afterEach(() => removeTestHome(home));

function openEmbedded(kept: ReturnType<typeof keepLines>): Promise<Hub> {
  const env = {
    databaseUrl: undefined,
    home,
    port: 0,
    host: "127.0.0.1",
    logLevel: "info",
    eventDays: 90,
    key: undefined,
    token: undefined,
  } as const;
  return openHub(env, kept.log);
}

async function killServer(): Promise<void> {
  const file = await readFile(join(pathsOf(home).dataFolder, "postmaster.pid"), "utf8");
  process.kill(Number(file.split("\n")[0]), "SIGKILL");
}

function told(lines: readonly LogLine[], level: string, message: string): Promise<LogLine> {
  const what = `"${message}" in the log`;
  return until(what, () => lines.find((line) => line.level === level && line.message === message));
}

test("the log tells that the embedded server died and is back", async () => {
  const kept = keepLines();
  const hub = await openEmbedded(kept);

  await killServer();

  await told(kept.lines, "warn", "The connection to PostgreSQL was lost and is back");
  await hub.close();
});

test("the log tells of an idle connection that broke", async () => {
  const kept = keepLines();
  const world = await openWorld({}, { log: kept.log });

  // A connection that somebody holds between two queries tells by its next: so again and again.
  const line = await until("a broken idle connection in the log", async () => {
    await world.api("/api/runs");
    await world.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'slipway' and state = 'idle'`,
    );
    return kept.lines.find(({ message }) => message === "An idle connection broke");
  });

  expect(line.facts).toMatchObject({
    pool: "slipway",
    error: expect.stringMatching(/\w/) as unknown,
  });
  await world.close();
});

test("the log tells why hub and SL could not be compared", async () => {
  const kept = keepLines();
  const world = await openWorld({}, { log: kept.log });
  await world.stopSl();
  await world.sql("update lineage set is_green = false");

  await world.restartHub();

  const line = await told(kept.lines, "warn", "Hub and SL could not be compared");
  expect(line.facts).toMatchObject({
    code: "erp.unavailable",
    error: expect.stringMatching(/\w+ \w+/) as unknown,
  });
  await world.close();
});
