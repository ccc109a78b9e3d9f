import type { ErrorCode } from "../base/error-codes.ts";
import { type ErrorCategory, HubError, toHubError } from "../base/errors.ts";
import { isUnavailable } from "../db/index.ts";
import type { ErrorAnswer } from "./contract.ts";

const STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = {
  "api.unauthorized": 401,
  "api.not_found": 404,
  "api.position_unknown": 409,
  "api.position_gone": 410,
  "api.subscriber_exists": 409,
  "config.pair_unknown": 404,
  "conflict.version": 409,
  "conflict.rebuild_running": 409,
  "erp.outcome_open": 409,
  "lookup.not_found": 404,
  "lookup.timeout": 504,
};
const STATUS_BY_CATEGORY: Record<ErrorCategory, number> = {
  input: 422,
  config: 422,
  mapping: 422,
  conflict: 409,
  auth: 502,
  stripe: 502,
  erp: 502,
  transient: 503,
  bug: 500,
};

/** Seconds after which the same request may be answered, for the head of the answer. */
export const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  "api.streams_full": 60,
  "lookup.busy": 1,
  "lookup.unavailable": 30,
};

const REFUSAL_CHARS_MAX = 200;

/** The hub tries its own work again; what a person has asked for, nobody does. */
const CURES_WHEN_ASKED: Partial<Record<ErrorCode, string>> = {
  "stripe.unavailable": "Stripe does not answer at this moment; ask again in a minute.",
  "stripe.rate_limited": "Stripe takes no more calls at this moment; ask again in a minute.",
  "erp.unavailable": "SL does not answer at this moment; ask again in a minute.",
  "erp.busy": "SL was locked; ask again in a minute.",
};

export type AnsweredError = Readonly<{ status: number; error: HubError; body: ErrorAnswer }>;

/** The status and body for anything that was thrown while answering a request. */
export function answerFor(thrown: unknown, requestId: string): AnsweredError {
  const error = asApiError(thrown);
  const status =
    refusedStatus(thrown) ?? STATUS_BY_CODE[error.code] ?? STATUS_BY_CATEGORY[error.category];
  // A bug's words are for the log: they may name tables, files or values.
  const message =
    error.category === "bug" ? "The hub met something it did not expect" : error.message;
  const { field, example } = error.facts;
  const body: ErrorAnswer = {
    error: {
      code: error.code,
      message,
      cure: CURES_WHEN_ASKED[error.code] ?? error.cure,
      requestId,
      ...(typeof field === "string" ? { field } : {}),
      ...(typeof example === "string" ? { example } : {}),
    },
  };
  return { status, error, body };
}

function asApiError(thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown;
  if (refusedStatus(thrown) !== undefined && thrown instanceof Error) {
    // Some of the server's own words repeat the whole path.
    const words = thrown.message.slice(0, REFUSAL_CHARS_MAX);
    return new HubError("api.invalid", words, { cause: thrown });
  }
  if (isUnavailable(thrown)) {
    return new HubError("db.unavailable", "The database does not answer", { cause: thrown });
  }
  return toHubError(thrown);
}

/** The status with which the HTTP server itself refused a request, such as 413 for a large body. */
function refusedStatus(thrown: unknown): number | undefined {
  if (thrown instanceof HubError || !(thrown instanceof Error)) return undefined;
  const { statusCode } = thrown as { statusCode?: unknown };
  const isRefusal = typeof statusCode === "number" && statusCode >= 400 && statusCode < 500;
  return isRefusal ? statusCode : undefined;
}
