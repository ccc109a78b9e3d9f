import type { Json, Metadata, Wire } from "../wire.ts";
import type { Row } from "./table.ts";

/** How a payment method behaves when it is charged. */
export type PaymentBehaviour =
  | { kind: "succeeds" }
  | { kind: "available_at_once" }
  | { kind: "declined"; code: string; declineCode: string; message: string }
  | { kind: "needs_authentication" }
  /** Its refunds succeed and fail some time later. */
  | { kind: "refund_fails" }
  /** Its refunds are pending and succeed some time later. */
  | { kind: "refund_waits" }
  /** Disputed as soon as it is paid. */
  | { kind: "disputed"; as: "chargeback" | "inquiry" }
  /** A bank debit: pending until the admin route settles it. */
  | { kind: "delayed" };

/** A saved way to pay; made anew from a test token each time one is used, as Stripe does. */
export type PaymentMethodRow = Row & {
  type: string;
  /** The details under the type's own name: card, sepa_debit, us_bank_account. */
  details: Wire;
  behaviour: PaymentBehaviour;
  customer: string | null;
  billing_details: Wire;
  metadata: Metadata;
};

export type PaymentIntentStatus =
  | "canceled"
  | "processing"
  | "requires_action"
  | "requires_capture"
  | "requires_confirmation"
  | "requires_payment_method"
  | "succeeded";

/** Amounts are in minor units of `currency`. */
export type PaymentIntentRow = Row & {
  amount: number;
  amount_capturable: number;
  amount_received: number;
  currency: string;
  status: PaymentIntentStatus;
  capture_method: string;
  confirmation_method: string;
  customer: string | null;
  description: string | null;
  metadata: Metadata;
  payment_method: string | null;
  payment_method_types: string[];
  allowed_payment_method_types: string[] | null;
  automatic_payment_methods: Json;
  latest_charge: string | null;
  canceled_at: number | null;
  cancellation_reason: string | null;
  client_secret: string;
  receipt_email: string | null;
  setup_future_usage: string | null;
  shipping: Json;
  statement_descriptor: string | null;
  statement_descriptor_suffix: string | null;
  transfer_group: string | null;
  last_payment_error: Json;
  /** The invoice it pays, which only versions before Basil show. */
  invoice: string | null;
};

/** Amounts are in minor units of `currency`, the presentment currency. */
export type ChargeRow = Row & {
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  currency: string;
  customer: string | null;
  description: string | null;
  metadata: Metadata;
  payment_intent: string | null;
  payment_method: string | null;
  paid: boolean;
  captured: boolean;
  status: "failed" | "pending" | "succeeded";
  balance_transaction: string | null;
  failure_balance_transaction: string | null;
  billing_details: Wire;
  failure_code: string | null;
  failure_message: string | null;
  outcome: Json;
  receipt_email: string | null;
  shipping: Json;
  statement_descriptor: string | null;
  statement_descriptor_suffix: string | null;
  transfer_group: string | null;
  fraud_details: Wire;
  /** Set while its balance transaction is still to come (asynchronous capture), in ms. */
  balance_due_ms: number | null;
  /** A test card's charge that is to be disputed once it stands in the balance. */
  awaits_dispute?: "chargeback" | "inquiry" | null;
};

export type RefundStatus = "canceled" | "failed" | "pending" | "requires_action" | "succeeded";

/** Amounts are in minor units of `currency`, the presentment currency of the charge. */
export type RefundRow = Row & {
  amount: number;
  charge: string;
  currency: string;
  payment_intent: string | null;
  balance_transaction: string | null;
  metadata: Metadata;
  reason: string | null;
  status: RefundStatus;
  /** A capture of less than was authorised gives the rest back by such a row, unasked. */
  is_partial_capture: boolean;
  failure_balance_transaction?: string | null;
  failure_reason?: string | null;
  pending_reason?: string | null;
  instructions_email?: string | null;
  /** What becomes of it by itself, and when, in ms. */
  next?: { status: RefundStatus; ms: number } | null;
};

/** Amounts are in minor units of `currency`, the settlement currency. */
export type BalanceTransactionRow = Row & {
  amount: number;
  currency: string;
  fee: number;
  fee_details: Wire[];
  exchange_rate: number | null;
  net: number;
  type: string;
  reporting_category: string;
  source: string | null;
  description: string | null;
  available_on: number;
  balance_type: string;
  payout: string | null;
};
