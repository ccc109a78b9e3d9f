import { createHmac } from "node:crypto";

export const SECRET = "whsec_test_of_the_intake";

export type SignedWebhook = Readonly<{ body: Buffer; headers: Record<string, string> }>;

/** A webhook as Stripe would send it now, or `ageSeconds` ago, signed with each of the secrets. */
export function aWebhook(
  event: object | Buffer,
  options: { secrets?: readonly string[]; ageSeconds?: number } = {},
): SignedWebhook {
  const body = Buffer.isBuffer(event) ? event : Buffer.from(JSON.stringify(event));
  const timestamp = Math.floor(Date.now() / 1_000) - (options.ageSeconds ?? 0);
  const signatures = (options.secrets ?? [SECRET]).map(
    (secret) => `v1=${sign(secret, timestamp, body)}`,
  );
  const header = [`t=${timestamp}`, ...signatures, "v0=decoy"].join(",");
  return { body, headers: { "content-type": "application/json", "stripe-signature": header } };
}

/** A charge that succeeded, on the PaymentIntent `pi_<suffix of the event id>`. */
export function aChargeEvent(id: string, overrides: object = {}): object {
  return {
    id,
    object: "event",
    api_version: "2026-10-28.endive",
    created: 1_790_000_000,
    livemode: false,
    type: "charge.succeeded",
    data: {
      object: {
        id: id.replace("evt_", "ch_"),
        object: "charge",
        payment_intent: id.replace("evt_", "pi_"),
        amount: 1_000,
        currency: "usd",
        metadata: {},
      },
    },
    ...overrides,
  };
}

export async function post(url: string, webhook: SignedWebhook): Promise<Response> {
  return fetch(url, { method: "POST", body: webhook.body, headers: webhook.headers });
}

function sign(secret: string, timestamp: number, body: Buffer): string {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
}
