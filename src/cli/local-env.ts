import { type HubEnv, readEnv } from "../config/index.ts";
import type { Cli } from "./cli.ts";
import type { HubFlags } from "./hub-address.ts";

/**
 * The environment as the hub reads it, for commands that work without one. `SLIPWAY_URL` is the
 * command line's own: it says where a hub is, and a hub has no use for it.
 *
 * @throws HubError `config.invalid` with every bad variable
 */
export function readLocalEnv(cli: Cli, flags: HubFlags): HubEnv {
  const { SLIPWAY_URL: _url, ...env } = cli.env;
  return { ...readEnv(env), home: cli.home(flags) };
}
