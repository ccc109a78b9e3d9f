import { createHmac, randomBytes } from "node:crypto";

/** Size of the body of each event; Stripe's charge events lie between two and four kilobytes. */
export const BODY_BYTES = 2_048;

/** A webhook as it goes over the wire. */
export type SignedEvent = Readonly<{ body: Buffer; signature: string }>;

/**
 * Makes `count` events `charge.succeeded` of `BODY_BYTES` each, no two of one charge, signed with
 * `secret` as Stripe signs ("Verify webhook signatures manually" in Stripe's documentation). The
 * signature holds for 300 seconds.
 */
export function signedChargeEvents(count: number, secret: string): SignedEvent[] {
  const timestamp = Math.floor(Date.now() / 1_000);
  const run = randomBytes(5).toString("hex");
  return Array.from({ length: count }, (_, index) => {
    const body = chargeEvent(`${run}${String(index).padStart(8, "0")}`, timestamp);
    const digest = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
    return { body, signature: `t=${timestamp},v1=${digest}` };
  });
}

function chargeEvent(suffix: string, created: number): Buffer {
  const event = { ...frameOf(suffix, created), data: { object: chargeOf(suffix, created) } };
  const missing = BODY_BYTES - Buffer.byteLength(JSON.stringify(event));
  // No two characters alike in a row: PostgreSQL compresses large values, one letter to nothing.
  event.data.object.description = randomBytes(Math.ceil(missing / 2))
    .toString("hex")
    .slice(0, missing);
  return Buffer.from(JSON.stringify(event));
}

/** As Stripe shows it in each charge; the hub keeps brand and last four digits of it. */
const CARD = {
  brand: "visa",
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
  country: "US",
  exp_month: 12,
  exp_year: 2034,
  fingerprint: "Xt5EWLLDS7FJjR1c",
  funding: "credit",
  last4: "4242",
  network: "visa",
  three_d_secure: null,
  wallet: null,
};

function frameOf(suffix: string, created: number) {
  return {
    id: `evt_${suffix}`,
    object: "event",
    api_version: "2026-10-28.endive",
    created,
    livemode: false,
    pending_webhooks: 1,
    request: { id: `req_${suffix}`, idempotency_key: null },
    type: "charge.succeeded",
  };
}

function chargeOf(suffix: string, created: number) {
  return {
    id: `ch_${suffix}`,
    object: "charge",
    amount: 10_825,
    amount_captured: 10_825,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: `txn_${suffix}`,
    billing_details: { address: null, email: "ada@example.com", name: "Ada", phone: null },
    calculated_statement_descriptor: "SHOP",
    captured: true,
    created,
    currency: "usd",
    customer: `cus_${suffix}`,
    description: "",
    disputed: false,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: { order_id: suffix },
    on_behalf_of: null,
    outcome: { network_status: "approved_by_network", risk_level: "normal", type: "authorized" },
    paid: true,
    payment_intent: `pi_${suffix}`,
    payment_method: `pm_${suffix}`,
    payment_method_details: { card: CARD, type: "card" },
    receipt_email: null,
    receipt_number: null,
    refunded: false,
    review: null,
    shipping: null,
    source_transfer: null,
    statement_descriptor: null,
    status: "succeeded",
    transfer_group: null,
  };
}
