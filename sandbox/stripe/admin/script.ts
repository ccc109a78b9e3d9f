import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { AdminParts } from "./parts.ts";

const Act = z.strictObject({
  /** The sandbox's moment in ms; one that has passed is made at once. */
  at: z.number().int(),
  /** Below `/v1/` with the secret key and a form, or below `/_sandbox/` with JSON. */
  path: z.string().startsWith("/"),
  body: z.record(z.string(), z.unknown()).default({}),
  /** By which later acts name the answer: `{{name}}` is its id, `{{name.field}}` a text of it. */
  name: z.string().optional(),
});
const Script = z.strictObject({
  acts: z.array(Act).max(10_000),
  /** Where the clock is left, as milliseconds from the machine's. */
  shiftMs: z.number().int(),
});
type Act = z.infer<typeof Act>;

/** The texts of an answer, and nothing else: a script of a year keeps one for each act. */
type Kept = Readonly<Record<string, string>>;

const NAMED = /\{\{([\w-]+)(?:\.(\w+))?\}\}/g;

/**
 * Makes many objects in one call, each at its own moment: the clock goes on from act to act, and
 * what comes due between two of them has its own date.
 */
export function serveScript(app: FastifyInstance, { world }: AdminParts, secretKey: string): void {
  const answers = new Map<string, Kept>();
  app.get<{ Querystring: { name?: string } }>("/_sandbox/script", (request) => {
    return { id: answers.get(request.query.name ?? "")?.id ?? null };
  });
  app.post("/_sandbox/script", { bodyLimit: 64 * 1024 * 1024 }, async (request) => {
    const { acts, shiftMs } = Script.parse(request.body);
    const refused: Readonly<{ index: number; status: number; answer: unknown }>[] = [];
    for (const [index, act] of acts.entries()) {
      if (act.at > world.clock.nowMs()) world.clock.shift(act.at - Date.now());
      const { status, answer } = await perform(app, secretKey, filledIn(act, answers));
      if (status >= 300) refused.push({ index, status, answer });
      else if (act.name !== undefined) answers.set(act.name, textsOf(answer));
    }
    world.clock.shift(shiftMs);
    return { made: acts.length - refused.length, refused };
  });
}

async function perform(
  app: FastifyInstance,
  secretKey: string,
  { path, body }: Act,
): Promise<{ status: number; answer: unknown }> {
  const isApi = path.startsWith("/v1/");
  const answered = await app.inject({
    method: "POST",
    url: path,
    headers: isApi
      ? {
          authorization: `Bearer ${secretKey}`,
          "content-type": "application/x-www-form-urlencoded",
        }
      : { "content-type": "application/json" },
    payload: isApi ? new URLSearchParams(pairsOf(body)).toString() : JSON.stringify(body),
  });
  return { status: answered.statusCode, answer: answered.json() };
}

/** `{a: {b: [1]}}` as `a[b][0]=1`. */
function pairsOf(body: object, prefix = ""): [string, string][] {
  return Object.entries(body).flatMap(([key, value]: [string, unknown]) => {
    const name = prefix === "" ? key : `${prefix}[${key}]`;
    if (typeof value === "object" && value !== null) return pairsOf(value, name);
    return [[name, String(value)] satisfies [string, string]];
  });
}

function filledIn(act: Act, answers: ReadonlyMap<string, Kept>): Act {
  const fill = (text: string) =>
    text.replaceAll(NAMED, (whole: string, name: string, field: string = "id") => {
      return answers.get(name)?.[field] ?? whole;
    });
  const body = JSON.parse(fill(JSON.stringify(act.body))) as Act["body"];
  return { ...act, path: fill(act.path), body };
}

/** An answer that is a list of objects is kept as its first one. */
function textsOf(answer: unknown): Kept {
  const entries = Object.entries(answer as object);
  const list = entries.find(([, value]) => Array.isArray(value) && entries.length === 1);
  if (list !== undefined) return textsOf((list[1] as readonly unknown[])[0] ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => {
      return typeof entry[1] === "string" && entry[1].length < 200;
    }),
  );
}
