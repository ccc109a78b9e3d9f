import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
  mkdirSync(home, { recursive: true, mode: 0o700 });
  try {
    const fresh = `${randomBytes(24).toString("base64url")}\n`;
    writeFileSync(tokenPath(home), fresh, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
  return readFileSync(tokenPath(home), "utf8").trim();
}
