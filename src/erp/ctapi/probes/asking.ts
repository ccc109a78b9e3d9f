import { HubError } from "../../../base/errors.ts";
import type { ProbeFinding, SiteProbe } from "../../port.ts";

/** Thrown where a question cannot be put: what it needs is refused, or the contract lacks it. */
export class CannotAsk extends Error {}

/** What a probe is, without how it ends. */
export type Question = Omit<SiteProbe, "run"> &
  Readonly<{ ask: (signal: AbortSignal | undefined) => Promise<ProbeFinding> }>;

/** A probe whose obstacles are no answers. */
export function toProbe({ ask, ...probe }: Question): SiteProbe {
  return {
    ...probe,
    run: async (signal) => {
      try {
        return await ask(signal);
      } catch (thrown) {
        if (thrown instanceof CannotAsk) return { answer: "cannot", detail: thrown.message };
        // The server's contract lacks what the question needs: nothing was executed.
        if (isCode(thrown, "erp.contract")) {
          return { answer: "cannot", detail: (thrown as HubError).message };
        }
        throw thrown;
      }
    },
  };
}

export function yes(detail: string): ProbeFinding {
  return { answer: "yes", detail };
}

export function no(detail: string): ProbeFinding {
  return { answer: "no", detail };
}

/** Does what the probe asks about. A refusal of SL is its answer, in SL's words. */
export async function tried<T>(step: () => Promise<T>): Promise<{ done: T } | { refused: string }> {
  try {
    return { done: await step() };
  } catch (thrown) {
    if (isCode(thrown, "erp.refused")) return { refused: (thrown as HubError).message };
    throw thrown;
  }
}

/**
 * Does what the probe only needs: a refusal says nothing about the question.
 *
 * @throws CannotAsk
 */
export async function needed<T>(what: string, step: () => Promise<T>): Promise<T> {
  const end = await tried(step);
  if ("done" in end) return end.done;
  throw new CannotAsk(`it needs ${what}: ${end.refused}`);
}

function isCode(thrown: unknown, code: string): thrown is HubError {
  return thrown instanceof HubError && thrown.code === code;
}
