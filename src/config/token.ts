import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFirst } from "./first-file.ts";

/** Where the API's token lives when `SLIPWAY_TOKEN` is not set. */
export function tokenPath(home: string): string {
  return join(home, "token");
}

/**
 * The bearer token of the API: the given one, else the one in `<home>/token`, which is made on the
 * first start with mode 0600. Two first starts at once end with one token.
 */
export function loadToken(home: string, fromEnvironment: string | undefined): string {
  if (fromEnvironment !== undefined) return fromEnvironment;
  const path = tokenPath(home);
  if (!existsSync(path)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    makeFirst(path, `${randomBytes(24).toString("base64url")}\n`);
  }
  return readFileSync(path, "utf8").trim();
}
