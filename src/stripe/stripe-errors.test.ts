import Stripe from "stripe";
import { expect, test } from "vitest";
import { asStripeError } from "./stripe-errors.ts";

test.each([
  ["a secret key", "sk_test_51Habc"],
  ["a restricted key as Stripe shortens it", "rk_live_****abcd"],
  ["a signing secret", "whsec_aB3/c+d="],
])("an error in whose words Stripe repeats %s holds nothing of it", (_what, secret) => {
  const message = `Received unknown value: ${secret}`;
  const type = "invalid_request_error";
  const thrown = new Stripe.errors.StripeInvalidRequestError({ type, message });

  const error = asStripeError(thrown, "charges.list");

  expect(error.message).toBe("Stripe, charges.list: Received unknown value: (key)");
  // The log writes the cause as well.
  expect(`${JSON.stringify(error.facts)} ${String(error.cause)}`).not.toContain(secret);
});
