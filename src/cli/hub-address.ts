import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { HubError } from "../base/errors.ts";

const DEFAULT_HOME = "./.slipway";

/** What `slipway serve` leaves in the home while it runs. */
const HubState = z.object({ url: z.url({ protocol: /^https?$/ }) });

/** Flags that say which hub is meant. */
export type HubFlags = Readonly<{
  url?: string | undefined;
  token?: string | undefined;
  home?: string | undefined;
}>;

export type HubAddress = Readonly<{ url: string; token: string }>;
type Env = Readonly<Record<string, string | undefined>>;

/** The folder of settings, key, token and database: the flag, else SLIPWAY_HOME, else here. */
export function findHome(flags: HubFlags, env: Env): string {
  return resolve(flags.home ?? (env.SLIPWAY_HOME || DEFAULT_HOME));
}

/**
 * Where the hub is and what opens it: flags before environment before the files that a running hub
 * keeps in its home.
 *
 * @throws HubError `api.unreachable` in words that say what to start or to set
 */
export function findHub(flags: HubFlags, env: Env): HubAddress {
  const home = findHome(flags, env);
  const url = flags.url ?? (env.SLIPWAY_URL || readUrl(home));
  const token = flags.token ?? (env.SLIPWAY_TOKEN || readToken(home));
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new HubError("api.invalid", `"${url}" is no http or https URL`, {
      cure: "Give the hub's URL, for example --url http://127.0.0.1:4747.",
    });
  }
  return { url: url.replace(/\/+$/, ""), token };
}

function readUrl(home: string): string {
  const path = join(home, "hub.json");
  const text = readIfThere(path);
  if (text === undefined) {
    throw new HubError("api.unreachable", `No hub runs in ${home}`, {
      cure: "Start it with `slipway serve`, or name another with --home or --url.",
    });
  }
  try {
    return HubState.parse(JSON.parse(text)).url;
  } catch (cause) {
    throw new HubError("api.unreachable", `${path} does not say where the hub is`, {
      cure: "Start the hub again with `slipway serve`, or give --url.",
      cause,
    });
  }
}

function readToken(home: string): string {
  const token = readIfThere(join(home, "token"))?.trim();
  if (token !== undefined && token !== "") return token;
  throw new HubError("api.unreachable", `There is no token in ${home}`, {
    cure: "Set SLIPWAY_TOKEN to the hub's token, or give --home of the hub.",
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new HubError("config.file_unreadable", `${path} cannot be read`, { cause });
  }
}
