import { existsSync } from "node:fs";
import { join } from "node:path";
import { HubError } from "../base/errors.ts";
import type { HubEnv } from "../config/index.ts";
import { startEmbeddedPostgres } from "../db/index.ts";

/** Whether a hub of this home has ever had its own database. */
function hasEmbeddedData(home: string): boolean {
  return existsSync(join(home, "postgres"));
}

/**
 * Works on the home's database without a hub: the server of DATABASE_URL, else the embedded one,
 * which is started for it, or shared with the hub that runs on it.
 */
export async function withLocalDatabase<T>(
  env: HubEnv,
  work: (url: string, dataDir: string | undefined) => Promise<T>,
): Promise<T> {
  if (env.databaseUrl !== undefined) return work(env.databaseUrl, undefined);
  const server = await startEmbeddedPostgres({ home: env.home });
  try {
    return await work(server.url, server.dataDir);
  } finally {
    await server.stop();
  }
}

/** For commands that only look: they must not make a database where there is none. */
export function requireDatabase(env: HubEnv): void {
  if (env.databaseUrl !== undefined || hasEmbeddedData(env.home)) return;
  throw new HubError("db.unavailable", `There is no database in ${env.home} yet`, {
    cure: "Start a hub there with `slipway serve`, or name another home with --home.",
  });
}
