import { HubError } from "../base/errors.ts";
import type { HubEnv } from "./env.ts";

/** Why the hub cannot listen where it should, in words that say what to give instead. */
export function noPort({ port, host }: HubEnv, thrown: unknown): unknown {
  const { code } = thrown as NodeJS.ErrnoException;
  const refuse = (message: string, cure: string) =>
    new HubError("start.no_port", message, { cure, cause: thrown });
  switch (code) {
    case "EADDRINUSE":
      return refuse(
        `Port ${port} is taken, perhaps by another hub; give --port`,
        "Give another port with --port or SLIPWAY_PORT, or stop the program that listens there.",
      );
    case "EACCES":
      return refuse(
        `Port ${port} is not open to this user; give --port`,
        "Give a port from 1024 with --port or SLIPWAY_PORT.",
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return refuse(
        `SLIPWAY_HOST ${host} is no address of this machine`,
        "Set SLIPWAY_HOST to 127.0.0.1, to 0.0.0.0 or to an address of this machine.",
      );
    default:
      return thrown;
  }
}
