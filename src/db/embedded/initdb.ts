import { HubError } from "../../base/errors.ts";

/** The superuser and the database that the hub uses. */
export const SUPERUSER = "slipway";
export const DATABASE = "slipway";

/**
 * How a data folder is made. The built-in C.UTF-8 sorts the same on every machine and for ever, so
 * indexes survive a move; page checksums find a lying disk; no password travels in the clear.
 */
export const INITDB_ARGUMENTS: readonly string[] = [
  "--encoding=UTF8",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--locale=C",
  "--data-checksums",
  "--auth=scram-sha-256",
  `--username=${SUPERUSER}`,
  "--no-instructions",
];

/** The error for an initdb that failed, with what it said. */
export function initdbFailed(thrown: unknown): HubError {
  const said =
    thrown instanceof Error && "stderr" in thrown && typeof thrown.stderr === "string"
      ? thrown.stderr.trim()
      : "";
  const reason = thrown instanceof Error && said === "" ? thrown.message : said;
  return new HubError("db.embedded_failed", `initdb failed: ${reason}`, {
    cause: thrown,
    cure: "Mend what initdb names (often a full or read-only disk), then start again.",
  });
}
