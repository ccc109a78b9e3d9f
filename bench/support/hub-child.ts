import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../src/cli/child.ts";

/** Token of the API of every hub that a bench starts; it listens on the loopback address only. */
const TOKEN = "bench-token-of-sixteen-or-more";

export type HubChild = Readonly<{
  pid: number;
  url: string;
  /** Calls the hub's API; throws for an answer that is not 2xx. */
  api<T>(path: string, init?: { method: string; body: unknown }): Promise<T>;
  stop(): Promise<void>;
}>;

const CLI = fileURLToPath(new URL("../../bin/slipway.js", import.meta.url));

/**
 * Starts `slipway serve` as users do, with nothing set but database, home, port and token.
 *
 * @param options.profile folder that gets a CPU profile when the hub stops
 */
export async function startHub(options: {
  databaseUrl: string;
  home: string;
  profile?: string | undefined;
}): Promise<HubChild> {
  const { databaseUrl, home, profile } = options;
  const child: Child<{ url: string }> = await startChild({
    name: "The hub",
    script: CLI,
    args: ["serve", "--json", "--stop-with-input"],
    env: {
      ...withoutOurs(process.env),
      DATABASE_URL: databaseUrl,
      SLIPWAY_HOME: mkdtempSync(join(home, "hub-")),
      SLIPWAY_PORT: "0",
      SLIPWAY_TOKEN: TOKEN,
      ...(profile === undefined
        ? {}
        : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile} --cpu-prof-name=hub.cpuprofile` }),
    },
  });
  const { url } = child.ready;
  return { pid: child.pid, url, api: apiOf(url), stop: () => child.stop() };
}

function apiOf(url: string): HubChild["api"] {
  return async <T>(path: string, init?: { method: string; body: unknown }): Promise<T> => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const response = await fetch(`${url}${path}`, {
      headers,
      ...(init === undefined ? {} : { method: init.method, body: JSON.stringify(init.body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
}

/** The machine's own settings of a hub must not reach the one that is measured. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("SLIPWAY_") && name !== "DATABASE_URL"),
  );
}
