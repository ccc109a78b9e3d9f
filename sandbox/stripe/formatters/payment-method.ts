import type { PaymentMethodRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";

/** PaymentMethod on the wire. */
export function formatPaymentMethod(row: PaymentMethodRow): Wire {
  return {
    id: row.id,
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: row.billing_details,
    created: row.created,
    customer: row.customer,
    customer_account: null,
    livemode: false,
    metadata: row.metadata,
    type: row.type,
    [row.type]: row.details,
  };
}

/** The stored details of a card from its brand and last four digits. */
export function cardDetails(brand: string, last4: string, funding: string): Wire {
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: "US",
    display_brand: brand,
    exp_month: 12,
    exp_year: 2034,
    fingerprint: `fp${brand}${last4}`,
    funding,
    generated_from: null,
    last4,
    networks: { available: [brand], preferred: null },
    regulated_status: "unregulated",
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

/** `payment_method_details` of a charge made with this payment method. */
export function chargeDetails(
  row: PaymentMethodRow,
  authorisedAmount: number | null,
  captureBefore: number | null,
): Wire {
  if (row.type !== "card") {
    const extra = row.type === "us_bank_account" ? { payment_reference: null } : { mandate: null };
    return { type: row.type, [row.type]: { ...row.details, ...extra } };
  }
  const { brand, country, exp_month, exp_year, fingerprint, funding, last4 } = row.details;
  const card: Wire = {
    amount_authorized: authorisedAmount,
    authorization_code: null,
    brand: brand ?? null,
    ...(captureBefore === null ? {} : { capture_before: captureBefore }),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: country ?? null,
    electronic_commerce_indicator: null,
    exp_month: exp_month ?? 12,
    exp_year: exp_year ?? 2034,
    extended_authorization: { status: "disabled" },
    fingerprint: fingerprint ?? null,
    funding: funding ?? null,
    incremental_authorization: { status: "unavailable" },
    installments: null,
    last4: last4 ?? null,
    mandate: null,
    multicapture: { status: "unavailable" },
    network: brand ?? null,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: authorisedAmount ?? 0, status: "unavailable" },
    regulated_status: "unregulated",
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
  return { type: "card", card };
}

/** Billing details with every field Stripe has, empty ones null. */
export function billingDetails(given: Wire | null | undefined): Wire {
  const address = given?.address;
  return {
    address: fullAddress(typeof address === "object" ? address : null),
    email: given?.email ?? null,
    name: given?.name ?? null,
    phone: given?.phone ?? null,
    tax_id: given?.tax_id ?? null,
  };
}

/** An address with every field Stripe has; what was not given is null. */
export function fullAddress(given: unknown): Wire {
  const address = typeof given === "object" && given !== null ? (given as Wire) : {};
  return {
    city: address.city ?? null,
    country: address.country ?? null,
    line1: address.line1 ?? null,
    line2: address.line2 ?? null,
    postal_code: address.postal_code ?? null,
    state: address.state ?? null,
  };
}
