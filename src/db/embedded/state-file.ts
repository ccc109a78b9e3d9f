import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { HubError } from "../../base/errors.ts";
import { isMissing } from "./fs-errors.ts";

/** What one start must know of the last; kept in a file that only its owner can read. */
export type ServerState = Readonly<{
  /** Tells this data folder's processes from those of every other home; random, never shown. */
  id: string;
  password: string;
  /** The port of the last start, taken again when it is free. */
  port: number | null;
  /** PostgreSQL's own name for the data folder, fixed at its making. */
  systemIdentifier: string | null;
  pid: number | null;
  /** When that process was started, in the platform's own form. */
  startedAt: string | null;
}>;

/** The state of a server that was never started, with a fresh password of 192 bits. */
export function newServerState(): ServerState {
  return {
    id: randomBytes(8).toString("hex"),
    password: randomBytes(24).toString("base64url"),
    port: null,
    systemIdentifier: null,
    pid: null,
    startedAt: null,
  };
}

/**
 * Reads the state file; undefined when there is none.
 *
 * @throws HubError `db.embedded_failed` when it cannot be understood
 */
export async function readServerState(path: string): Promise<ServerState | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const state = parseState(text);
  if (state === undefined) {
    throw new HubError("db.embedded_failed", `${path} is damaged`, {
      cure: "Put the file back from a backup: it holds the database's password.",
    });
  }
  return state;
}

/** Saves the state so that a crash leaves the old file or the new one, never a part. */
export async function writeServerState(path: string, state: ServerState): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

function parseState(text: string): ServerState | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const word = (name: string) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : null;
  };
  const number = (name: string) => {
    const value = fields.get(name);
    return typeof value === "number" ? value : null;
  };
  const id = word("id");
  const password = word("password");
  if (id === null || password === null) return undefined;
  return {
    id,
    password,
    port: number("port"),
    systemIdentifier: word("systemIdentifier"),
    pid: number("pid"),
    startedAt: word("startedAt"),
  };
}
