import { createHmac, timingSafeEqual } from "node:crypto";
import { assert } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";

/** How far Stripe's time stamp may lie from our clock, on either side, in seconds. */
const TOLERANCE_SECONDS = 300;

const HEX_SHA256 = /^[0-9a-f]{64}$/;
const UNIX_SECONDS = /^[0-9]{1,12}$/;

/** A webhook as it came, and what it is checked against. */
export type SignedBody = Readonly<{
  /** The `Stripe-Signature` header; undefined where none was sent. */
  header: string | undefined;
  rawBody: Uint8Array;
  /** Every secret that may have signed: two while one is being rolled. */
  secrets: readonly string[];
  toleranceSeconds?: number;
  now: Date;
}>;

/**
 * Passes when one of the header's v1 signatures was made over these bytes with one of the secrets,
 * not longer ago than the tolerance. ("Verify webhook signatures manually" in Stripe's
 * documentation; unlike Stripe's SDK it also refuses a time stamp from the future.)
 *
 * @throws HubError `intake.signature_missing`, `intake.signature_invalid`, `intake.signature_stale`
 */
export function verifySignature(signed: SignedBody): void {
  const { header, rawBody, secrets, toleranceSeconds = TOLERANCE_SECONDS, now } = signed;
  assert(toleranceSeconds > 0, "a tolerance of nothing would switch the check off");
  if (header === undefined || header === "") {
    throw new HubError("intake.signature_missing", "The Stripe-Signature header is missing");
  }
  const { timestamp, signatures } = parseHeader(header);
  if (!secrets.some((secret) => hasSigned(secret, { timestamp, rawBody, signatures }))) {
    throw new HubError("intake.signature_invalid", "No secret of the pair made this signature");
  }
  const ageSeconds = now.getTime() / 1_000 - Number(timestamp);
  if (Math.abs(ageSeconds) > toleranceSeconds) {
    throw new HubError("intake.signature_stale", "The signature's time is too far from now", {
      facts: { ageSeconds: Math.round(ageSeconds), toleranceSeconds },
    });
  }
}

function parseHeader(header: string): { timestamp: string; signatures: Buffer[] } {
  let timestamp: string | undefined;
  const signatures: Buffer[] = [];
  for (const element of header.split(",")) {
    const [scheme, value = ""] = element.trim().split("=", 2);
    if (scheme === "t" && UNIX_SECONDS.test(value)) timestamp = value;
    // Other schemes are decoys or of the future: Stripe sends a v0 in test mode.
    if (scheme === "v1" && HEX_SHA256.test(value)) signatures.push(Buffer.from(value, "hex"));
  }
  if (timestamp === undefined || signatures.length === 0) {
    throw new HubError("intake.signature_invalid", "The Stripe-Signature header is not readable");
  }
  return { timestamp, signatures };
}

function hasSigned(
  secret: string,
  signed: { timestamp: string; rawBody: Uint8Array; signatures: readonly Buffer[] },
): boolean {
  // An empty secret is one that anybody knows.
  if (secret === "") return false;
  const expected = createHmac("sha256", secret)
    .update(`${signed.timestamp}.`)
    .update(signed.rawBody)
    .digest();
  return signed.signatures.some((signature) => timingSafeEqual(signature, expected));
}
