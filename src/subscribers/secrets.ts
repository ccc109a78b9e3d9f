import { randomBytes } from "node:crypto";
import { webhookHeaders } from "../base/webhook-signature.ts";
import { openSecret, sealSecret } from "../config/index.ts";

const SECRET_BYTES = 32;
const PREFIX = "whsec_";

/** The hub's key for secrets at rest. */
export type SealingKey = () => Uint8Array;

/** A new secret of Standard Webhooks, and the sealed form that is stored. */
export function newSecret(subscriber: string, key: SealingKey): { secret: string; sealed: string } {
  const secret = `${PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
  return { secret, sealed: sealSecret(secret, placeOf(subscriber), key()) };
}

/**
 * The headers of one try, signed with each of the secrets: while a roll is under way a receiver may
 * check with either.
 *
 * @throws HubError `config.secret_unreadable` where the key is not the one they were sealed with
 */
export function signedHeaders(
  subscriber: string,
  sealed: readonly string[],
  message: { id: string; body: string; sentAt: Date; key: SealingKey },
): Record<string, string> {
  const key = message.key();
  const signed = sealed.map((text) =>
    webhookHeaders(openSecret(text, placeOf(subscriber), key).reveal(), message),
  );
  const signatures = signed.map((headers) => headers["webhook-signature"] ?? "");
  return { ...signed[0], "webhook-signature": signatures.join(" ") };
}

/** Part of the seal: a sealed secret that is copied to another subscriber does not open there. */
function placeOf(subscriber: string) {
  return { pair: "(none)", setting: `subscriber.${subscriber}.secret` };
}
