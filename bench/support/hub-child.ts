import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../src/cli/child.ts";

export type HubChild = Readonly<{
  pid: number;
  url: string;
  stop(): Promise<void>;
}>;

const CLI = fileURLToPath(new URL("../../bin/slipway.js", import.meta.url));

/**
 * Starts `slipway serve` as users do, with nothing set but database, home and port.
 *
 * @param options.profile folder that gets a CPU profile when the hub stops
 */
export async function startHub(options: {
  databaseUrl: string;
  home: string;
  port: number;
  profile?: string | undefined;
}): Promise<HubChild> {
  const { databaseUrl, home, port, profile } = options;
  const child: Child<{ url: string }> = await startChild({
    name: "The hub",
    script: CLI,
    args: ["serve", "--json", "--stop-with-input"],
    env: {
      ...withoutOurs(process.env),
      DATABASE_URL: databaseUrl,
      SLIPWAY_HOME: home,
      SLIPWAY_PORT: String(port),
      ...(profile === undefined
        ? {}
        : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile} --cpu-prof-name=hub.cpuprofile` }),
    },
  });
  const { url } = child.ready;
  return { pid: child.pid, url, stop: () => child.stop() };
}

/** The machine's own settings of a hub must not reach the one that is measured. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("SLIPWAY_") && name !== "DATABASE_URL"),
  );
}
