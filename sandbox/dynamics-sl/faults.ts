import { z } from "zod";

/** What an injected fault does to a call; see README.md for each. */
export const FaultEffect = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("latency"), ms: z.number().int().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal("late-answer"), ms: z.number().int().min(0).max(600_000) }),
  z.strictObject({
    kind: z.literal("http"),
    status: z.number().int().min(400).max(599),
    commit: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("refuse"),
    message: z.string(),
    messageNbr: z.number().int().optional(),
    /** The call takes effect all the same, as when a step after the save fails. */
    commit: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("deadlock"),
    as: z.enum(["fault", "errorMessage"]).default("fault"),
  }),
  z.strictObject({ kind: z.literal("auth") }),
  z.strictObject({
    kind: z.literal("drop"),
    commit: z.enum(["never", "first", "later"]),
    /** For `later`: how long after the drop the call takes effect, on the sandbox's clock. */
    afterMs: z.number().int().min(0).max(600_000).default(0),
  }),
  z.strictObject({
    kind: z.literal("half-save"),
    /** How many lines are still written. */
    lines: z.number().int().min(0).default(0),
    end: z.enum(["drop", "http", "answer"]).default("drop"),
  }),
  z.strictObject({
    kind: z.literal("stuck-release"),
    /** How long the batch stays locked, on the sandbox's clock. */
    lockMs: z.number().int().min(0).default(0),
    end: z.enum(["drop", "http"]).default("drop"),
  }),
]);
/** An effect with its defaults filled in. */
export type FaultEffect = z.infer<typeof FaultEffect>;

/** A fault as `POST /_sandbox/faults` takes it. */
export const FaultInput = z.strictObject({
  match: z
    .strictObject({
      service: z.string().optional(),
      operation: z.string().optional(),
      actionType: z.string().optional(),
      /** A piece of the request's XML, such as an intent key. */
      contains: z.string().optional(),
    })
    .default({}),
  effect: FaultEffect,
  /** Hits after which the fault is spent; null means never. */
  times: z.number().int().min(1).nullable().default(1),
  /** Matching calls that pass before the first hit. */
  skip: z.number().int().min(0).default(0),
  /** Chance of a hit on each matching call, from a generator seeded with `seed`. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.number().int().default(1),
});
/** A fault with its defaults filled in. */
export type FaultInput = z.infer<typeof FaultInput>;

/** What a fault is matched against; `actionType` in upper case, `body` the XML as it came. */
export type CallIdentity = Readonly<{
  service: string;
  operation: string;
  actionType: string;
  body: string;
}>;

/** A small seeded generator (mulberry32): the same seed gives the same faults. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type ActiveFault = {
  readonly id: number;
  readonly input: FaultInput;
  readonly random: () => number;
  seen: number;
  hits: number;
};

/** The faults in force, in the order they were set. */
export class Faults {
  readonly #faults: ActiveFault[] = [];
  #lastId = 0;

  add(input: FaultInput): number {
    this.#lastId += 1;
    this.#faults.push({
      id: this.#lastId,
      input,
      random: generator(input.seed),
      seen: 0,
      hits: 0,
    });
    return this.#lastId;
  }

  /** Removes one fault, or all. */
  clear(id?: number): void {
    const kept = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id);
    this.#faults.splice(0, this.#faults.length, ...kept);
  }

  list(): readonly Readonly<Record<string, unknown>>[] {
    return this.#faults.map(({ id, input, seen, hits }) => ({ id, ...input, seen, hits }));
  }

  /** The effects on this call: all latencies that hit, and the first other effect that hits. */
  take(call: CallIdentity): Readonly<{ latencyMs: number; effect: FaultEffect | undefined }> {
    let latencyMs = 0;
    let effect: FaultEffect | undefined;
    for (const fault of this.#faults) {
      const isLatency = fault.input.effect.kind === "latency";
      if (!isLatency && effect !== undefined) continue;
      if (!hits(fault, call)) continue;
      if (fault.input.effect.kind === "latency") latencyMs += fault.input.effect.ms;
      else effect = fault.input.effect;
    }
    return { latencyMs, effect };
  }
}

function hits(fault: ActiveFault, call: CallIdentity): boolean {
  const { match, times, skip, probability } = fault.input;
  if (times !== null && fault.hits >= times) return false;
  if (match.service !== undefined && match.service !== call.service) return false;
  if (match.operation !== undefined && match.operation !== call.operation) return false;
  if (match.actionType !== undefined && match.actionType !== call.actionType) return false;
  if (match.contains !== undefined && !call.body.includes(match.contains)) return false;
  fault.seen += 1;
  if (fault.seen <= skip) return false;
  if (probability < 1 && fault.random() >= probability) return false;
  fault.hits += 1;
  return true;
}
