import Stripe from "stripe";
import type { ErrorCode } from "../base/error-codes.ts";
import { HubError } from "../base/errors.ts";

/**
 * Any failure of a call as the HubError that `canonical/port.ts` promises. Messages of Stripe are
 * kept, without the secrets that they may repeat; an error of the SDK is no cause for that reason.
 */
export function asStripeError(thrown: unknown, operation: string): HubError {
  if (thrown instanceof HubError) return thrown;
  if (!(thrown instanceof Stripe.errors.StripeError)) {
    return new HubError("stripe.unavailable", `Stripe did not answer ${operation}`, {
      facts: { operation },
      cause: thrown,
    });
  }
  const facts = {
    operation,
    status: thrown.statusCode,
    type: thrown.type,
    stripeCode: thrown.code,
    param: thrown.param,
    requestId: thrown.requestId,
  };
  const message = `Stripe, ${operation}: ${withoutSecrets(thrown.message)}`;
  return new HubError(codeOf(thrown), message, { facts });
}

function codeOf(error: InstanceType<typeof Stripe.errors.StripeError>): ErrorCode {
  const status = error.statusCode ?? 0;
  // 409 is a lock of a moment or an idempotency key in use; both pass.
  if (status === 429 || status === 409) return "stripe.rate_limited";
  if (error.code === "lock_timeout") return "stripe.rate_limited";
  if (error instanceof Stripe.errors.StripeConnectionError) return "stripe.unavailable";
  if (status === 401 || status === 403) return "stripe.auth";
  if (status === 404 || error.code === "resource_missing") return "stripe.object_missing";
  if (status >= 500 || error instanceof Stripe.errors.StripeAPIError) return "stripe.unavailable";
  return "stripe.refused";
}

/** "Invalid API Key provided: sk_test_****abcd": even the masked form stays out of our texts. */
function withoutSecrets(message: string): string {
  return message.replace(/\b(sk|rk|pk|whsec)_[A-Za-z0-9_*+/=]+/g, "(key)");
}
