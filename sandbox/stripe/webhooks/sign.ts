import { createHmac } from "node:crypto";

/**
 * The `Stripe-Signature` header for a body: HMAC-SHA256 over `t.body` in hex, one `v1` per secret,
 * and the decoy `v0` that Stripe adds in test mode (docs.stripe.com/webhooks).
 */
export function signatureHeader(
  body: string,
  secrets: readonly string[],
  timestampSeconds: number,
): string {
  const signed = `${timestampSeconds}.${body}`;
  const marks = secrets.map((secret) => `v1=${hmac(secret, signed)}`);
  return [`t=${timestampSeconds}`, ...marks, `v0=${hmac("decoy", signed)}`].join(",");
}

function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text, "utf8").digest("hex");
}
