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

const RECORD =
  "(?:customer|account|subaccount|acct|sub|terms|tax|currency|rate|item|company|cpny|user|batch)";

/**
 * Words that speak of a record, a period, a right or a sum, and so of nothing that a site can or
 * cannot do: with another customer, day or user it would have answered otherwise. "Not supported"
 * and "not found" alone are no such words: an action that a site lacks is told like that.
 */
const OTHER_MATTER = new RegExp(
  [
    `\\b${RECORD}\\b.{0,60}\\b(?:not (?:found|exist|active|valid)|inactive|invalid|unknown)`,
    `\\b(?:unknown|invalid|inactive|no such) ${RECORD}\\b`,
    "\\bcustomer\\b.{0,40}\\bon hold\\b|\\bcredit (?:limit|hold)\\b",
    "\\bperiods?\\b|\\bfiscal\\b|\\bout of balance\\b|\\bnot balanced?\\b|\\bno rate\\b",
    "\\bpermissions?\\b|\\bnot authori[sz]ed\\b|\\baccess (?:rights?|(?:is )?denied)\\b|licen[cs]e",
    "\\balready (?:exists|been used)\\b|\\bduplicate\\b",
  ].join("|"),
  "i",
);

/**
 * The "no" of a site that refused what was asked. A refusal that speaks of something else is no
 * answer, since its cause may be gone tomorrow while a stored "no" would stay.
 *
 * @throws CannotAsk
 */
export function noBy(refused: string): ProbeFinding {
  assertToThePoint(refused);
  return no(refused);
}

/** @throws CannotAsk for a refusal that speaks of something else than what was asked */
export function assertToThePoint(refused: string): void {
  if (OTHER_MATTER.test(refused))
    throw new CannotAsk(`it was refused for another reason: ${refused}`);
}

/** Does what the probe asks about; whether SL's refusal is its answer, `noBy` tells. */
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
