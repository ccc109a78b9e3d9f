import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HubError } from "../base/errors.ts";
import { makeFirst } from "./first-file.ts";

const KEY_BYTES = 32;

/** Where the key lives when `SLIPWAY_KEY` is not set. */
export function keyPath(home: string): string {
  return join(home, "key");
}

/**
 * The 32 bytes that secrets are sealed with: from `SLIPWAY_KEY` (base64), else from `<home>/key`,
 * which is made on the first start with mode 0600. Two first starts at once end with one key.
 *
 * @throws HubError `config.invalid` for a key of another size, `config.file_unreadable` when the
 *   file cannot be read or made
 */
export function loadKey(home: string, fromEnvironment: string | undefined): Uint8Array {
  if (fromEnvironment !== undefined) return decodeKey(fromEnvironment, "SLIPWAY_KEY");
  const path = keyPath(home);
  try {
    return decodeKey(readFileSync(path, "utf8"), path);
  } catch (cause) {
    if (!isCode(cause, "ENOENT")) throw asUnreadable(cause, path);
  }
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    makeFirst(path, `${newKeyText()}\n`);
    return decodeKey(readFileSync(path, "utf8"), path);
  } catch (cause) {
    throw asUnreadable(cause, path);
  }
}

/** A new key in the form that `SLIPWAY_KEY` takes. */
export function newKeyText(): string {
  return randomBytes(KEY_BYTES).toString("base64");
}

function decodeKey(text: string, where: string): Uint8Array {
  const bytes = Buffer.from(text.trim(), "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new HubError("config.invalid", `${where} must hold ${KEY_BYTES} bytes in base64`, {
      cure: "Put the right key back; `openssl rand -base64 32` makes a new one for a new home.",
    });
  }
  return bytes;
}

function asUnreadable(cause: unknown, path: string): unknown {
  if (cause instanceof HubError) return cause;
  return new HubError("config.file_unreadable", `The key file ${path} cannot be read`, { cause });
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === code;
}
