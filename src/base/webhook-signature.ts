import { createHmac } from "node:crypto";

/** One message to be signed: `id` stays the same over all tries, `sentAt` is the try's own. */
export type WebhookMessage = Readonly<{ id: string; sentAt: Date; body: string }>;

/**
 * The headers by which a receiver checks a webhook of ours, as Standard Webhooks 1.0 has them:
 * HMAC-SHA256 over `id.seconds.body`, in base64.
 *
 * @param secret base64 of the key, with or without `whsec_` before it
 */
export function webhookHeaders(secret: string, message: WebhookMessage): Record<string, string> {
  const seconds = String(Math.floor(message.sentAt.getTime() / 1_000));
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${message.id}.${seconds}.${message.body}`;
  const signature = createHmac("sha256", key).update(signed).digest("base64");
  return {
    "webhook-id": message.id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${signature}`,
  };
}
