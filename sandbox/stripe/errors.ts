import type { Json, Wire } from "./wire.ts";

type ErrorParts = {
  status: number;
  type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  message: string;
  code?: string;
  param?: string;
  /** What the error carries besides, such as the PaymentIntent of a declined card. */
  extra?: Wire;
  /** Whether the rows written before it stay: a declined card leaves its failed charge behind. */
  keepsRows?: boolean;
  headers?: Record<string, string>;
};

/** An answer of Stripe's error shape; thrown by routes, written by the pipeline. */
export class StripeError extends Error {
  readonly status: number;
  readonly keepsRows: boolean;
  readonly headers: Record<string, string>;
  readonly #parts: ErrorParts;

  constructor(parts: ErrorParts) {
    super(parts.message);
    this.name = "StripeError";
    this.status = parts.status;
    this.keepsRows = parts.keepsRows ?? false;
    this.headers = parts.headers ?? {};
    this.#parts = parts;
  }

  /** Whether it arose while executing, not while reading the request: such answers are replayed. */
  get isExecution(): boolean {
    const { code, status } = this.#parts;
    return status !== 401 && status !== 429 && code !== undefined && !code.startsWith("parameter_");
  }

  /** The body `{error: …}` as Stripe writes it. */
  body(): Wire {
    const { type, message, code, param, extra } = this.#parts;
    const error: { [key: string]: Json } = { message, type };
    if (code !== undefined) {
      error.code = code;
      error.doc_url = `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;
    }
    if (param !== undefined) error.param = param;
    return { error: { ...error, ...extra } };
  }
}

/** 400 with a code and the parameter it is about. */
export function invalidRequest(message: string, code?: string, param?: string): StripeError {
  return new StripeError({
    status: 400,
    type: "invalid_request_error",
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

/** 400 `parameter_missing`. */
export function parameterMissing(param: string): StripeError {
  return invalidRequest(`Missing required param: ${param}.`, "parameter_missing", param);
}

/** 404 `resource_missing`, as for an id that is not there. */
export function resourceMissing(kind: string, id: string, param = "id"): StripeError {
  return new StripeError({
    status: 404,
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${kind}: '${id}'`,
    param,
  });
}
