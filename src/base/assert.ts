import { type ErrorFacts, HubError } from "./errors.ts";

/**
 * Throws `bug.assertion` when `condition` does not hold: for what only our own mistake can break.
 */
export function assert(condition: boolean, message: string, facts?: ErrorFacts): asserts condition {
  if (!condition)
    throw new HubError("bug.assertion", message, facts === undefined ? {} : { facts });
}

/** The value, asserted to be there. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) {
    throw new HubError("bug.assertion", `${what} is missing`);
  }
  return value;
}
