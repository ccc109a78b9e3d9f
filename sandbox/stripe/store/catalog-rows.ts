import type { Json, Metadata, Wire } from "../wire.ts";
import type { Row } from "./table.ts";

/** A tax id of a customer, oldest first. */
export type TaxIdRow = { id: string; created: number; type: string; value: string };

export type CustomerRow = Row & {
  email: string | null;
  name: string | null;
  business_name: string | null;
  individual_name: string | null;
  phone: string | null;
  description: string | null;
  address: Json;
  shipping: Json;
  /** Minor units of `currency`; negative is credit that the next invoice uses up. */
  balance: number;
  currency: string | null;
  metadata: Metadata;
  default_payment_method: string | null;
  invoice_footer: string | null;
  tax_exempt: string;
  tax_ids: TaxIdRow[];
  preferred_locales: string[];
  invoice_prefix: string;
  next_invoice_sequence: number;
  test_clock: string | null;
  deleted: boolean;
};

export type ProductRow = Row & {
  updated: number;
  active: boolean;
  name: string;
  description: string | null;
  default_price: string | null;
  images: string[];
  metadata: Metadata;
  shippable: boolean | null;
  statement_descriptor: string | null;
  tax_code: string | null;
  unit_label: string | null;
  url: string | null;
  type: string;
  deleted: boolean;
};

export type PriceRow = Row & {
  active: boolean;
  currency: string;
  product: string;
  unit_amount: number | null;
  unit_amount_decimal: string | null;
  nickname: string | null;
  lookup_key: string | null;
  metadata: Metadata;
  recurring: Json;
  tax_behavior: string;
};

export type CouponRow = Row & {
  amount_off: number | null;
  percent_off: number | null;
  currency: string | null;
  duration: string;
  duration_in_months: number | null;
  max_redemptions: number | null;
  metadata: Metadata;
  name: string | null;
  redeem_by: number | null;
  times_redeemed: number;
};

export type TaxRateRow = Row & {
  active: boolean;
  country: string | null;
  description: string | null;
  display_name: string;
  inclusive: boolean;
  jurisdiction: string | null;
  metadata: Metadata;
  /** A decimal text, so that 8.875 stays 8.875. */
  percentage: string;
  state: string | null;
  tax_type: string | null;
};

/** A coupon as it hangs on an invoice or a session. */
export type DiscountRow = Row & {
  coupon: string;
  customer: string | null;
  invoice: string | null;
  checkout_session: string | null;
};

export type TestClockRow = Row & {
  frozen_time: number;
  name: string | null;
  status: string;
};

/** The tax of one line, in the words of `taxes` on the wire. */
export type TaxAmount = {
  amount: number;
  inclusive: boolean;
  tax_rate: string;
  taxable_amount: number;
  /** Why the amount is what it is, in Stripe's word; absent for `standard_rated`. */
  reason?: string;
};

/** The part of a discount that one line bears. */
export type DiscountAmount = { amount: number; discount: string };

/** A request that a repeated idempotency key answers with. */
export type IdempotencyRow = Row & {
  fingerprint: string;
  status: number;
  body: string;
  request_id: string;
};

/** Who asked: null for what the sandbox did by itself. */
export type RequestOrigin = { id: string | null; idempotency_key: string | null };

export type EventRow = Row & {
  type: string;
  /** The object in the current shape, as it stood when the event was made. */
  object: Wire;
  previous_attributes: Wire | null;
  /** The object in older shapes, by era, for those endpoints that ask for them. */
  older: { [era: string]: Wire };
  request: RequestOrigin;
  /** Ms on the sandbox clock from which on lists and reads show it; absent: at once. */
  visible_ms?: number;
};

export type WebhookEndpointRow = Row & {
  url: string;
  /** Newest first; more than one while a secret is being rolled. */
  secrets: { secret: string; expires_ms: number | null }[];
  enabled_events: string[];
  api_version: string | null;
  description: string | null;
  metadata: Metadata;
  status: "disabled" | "enabled";
};

export type DeliveryRow = Row & {
  event: string;
  endpoint: string;
  status: "delivered" | "failed" | "pending";
  attempts: number;
  /** Ms on the sandbox clock of the next attempt, while pending. */
  next_ms: number;
  last_status: number | null;
};
