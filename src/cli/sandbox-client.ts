import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import { readEnv } from "../config/index.ts";
import type { DemoState } from "../demo/demo-state.ts";
import { readState } from "./hub-state.ts";

/** Where the demo of a home remembers its ports. */
export type StatePath = (home: string) => string;

/** How a command names the sandbox Dynamics SL: by its URL, or by the home of a demo. */
export type SandboxFlags = Readonly<{ home?: string; slUrl?: string }>;

/** Longer than any work of a sandbox takes; one that hangs shall not hang the command. */
const TIMEOUT_MS = 60_000;

/** The origin of the sandbox that the flags name. @throws HubError `api.invalid` */
export function sandboxOrigin({ home, slUrl }: SandboxFlags, statePath: StatePath): string {
  if (slUrl !== undefined && URL.canParse(slUrl)) return new URL(slUrl).origin;
  if (slUrl !== undefined) throw new HubError("api.invalid", `--sl-url "${slUrl}" is no URL`);
  const folder = home ?? readEnv(process.env).home;
  const known = readState<DemoState>(statePath(folder));
  if (known !== undefined) return `http://127.0.0.1:${known.slPort}`;
  throw new HubError("api.invalid", `No sandbox was ever started by npm start in ${folder}`, {
    cure: "Run npm start first, or name the sandbox with --sl-url.",
  });
}

/** One call of an admin route; with a body it is a POST. */
export type SandboxCall = Readonly<{ path: string; body?: object }>;

/**
 * What an admin route of the sandbox answers.
 *
 * @throws HubError `erp.refused` with SL's words, `api.invalid` for a value the route does not
 * take, `api.unreachable` where no sandbox answers
 */
export async function askSandbox<T>(
  origin: string,
  { path, body }: SandboxCall,
  schema: z.ZodType<T>,
): Promise<T> {
  const answer = await fetch(`${origin}/_sandbox${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new HubError("api.unreachable", `No sandbox answers at ${origin}`, {
      cause,
      cure: "Run npm start and leave it running, or name the sandbox with --sl-url.",
    });
  });
  const text = await answer.text();
  if (answer.status === 409) {
    const cure = "See what it holds: slipway sandbox orders.";
    throw new HubError("erp.refused", reasonIn(text), { cure });
  }
  if (answer.status === 400) throw new HubError("api.invalid", reasonIn(text));
  const read = answer.ok ? schema.safeParse(jsonIn(text)) : undefined;
  if (read?.success === true) return read.data;
  throw new HubError("api.unreachable", `${origin} answered ${answer.status}, not as expected`, {
    cure: "Name a sandbox Dynamics SL with --sl-url.",
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sandbox tells its reason as `error`. */
function reasonIn(text: string): string {
  const answer = jsonIn(text);
  const reason = (answer as { error?: unknown } | undefined)?.error;
  return typeof reason === "string" ? reason : text;
}
