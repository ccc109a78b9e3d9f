import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import type { ErrorCategory, Retry } from "./error-kinds.ts";

export type { ErrorCategory } from "./error-kinds.ts";

/** Named values that explain an error. Never a secret: they go to the log and to the console. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type HubErrorOptions = Readonly<{ facts?: ErrorFacts; cause?: unknown; cure?: string }>;

/**
 * The one error type that crosses a border inside the hub. Its code stands in
 * `base/error-codes.ts`, which gives it a category, a retry rule and, for people, a cure.
 */
export class HubError extends Error {
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly retry: Retry;
  /** What a person does about it, in words that name the record or the setting. */
  readonly cure: string;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, message: string, options: HubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const entry = ERROR_CODES[code];
    this.name = "HubError";
    this.code = code;
    this.category = entry.category;
    this.retry = entry.retry;
    this.cure = options.cure ?? entry.cure;
    this.facts = options.facts ?? {};
  }
}

/**
 * The HubError for anything that was thrown: itself, or a `bug.unexpected` that keeps it as its
 * cause, since an error without a code is one that nobody thought of.
 */
export function toHubError(thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HubError("bug.unexpected", message, { cause: thrown });
}
