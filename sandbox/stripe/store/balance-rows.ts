import type { Metadata, Wire } from "../wire.ts";
import type { Row } from "./table.ts";

export type PayoutStatus = "canceled" | "failed" | "in_transit" | "paid" | "pending";

/** Amounts are in minor units of `currency`; a negative payout collects from the bank. */
export type PayoutRow = Row & {
  amount: number;
  currency: string;
  /** The second at which it reaches the bank, midnight UTC but for an instant one. */
  arrival_date: number;
  automatic: boolean;
  balance_transaction: string | null;
  description: string | null;
  destination: string;
  failure_balance_transaction: string | null;
  failure_code: string | null;
  failure_message: string | null;
  metadata: Metadata;
  method: "instant" | "standard";
  original_payout: string | null;
  reversed_by: string | null;
  reconciliation_status: "completed" | "in_progress" | "not_applicable";
  statement_descriptor: string | null;
  status: PayoutStatus;
  /** The bank's reference, known once it is paid. */
  trace: string | null;
};

/** Amounts are in minor units of `currency`. */
export type TopupRow = Row & {
  amount: number;
  currency: string;
  balance_transaction: string | null;
  description: string | null;
  expected_availability_date: number;
  failure_code: string | null;
  failure_message: string | null;
  metadata: Metadata;
  statement_descriptor: string | null;
  status: "canceled" | "failed" | "pending" | "reversed" | "succeeded";
  transfer_group: string | null;
};

export type DisputeStatus =
  | "appeal_needs_response"
  | "appeal_under_review"
  | "lost"
  | "needs_response"
  | "prevented"
  | "under_review"
  | "warning_closed"
  | "warning_needs_response"
  | "warning_under_review"
  | "won";

/** Amounts are in minor units of `currency`, that of the charge; its rows name it as source. */
export type DisputeRow = Row & {
  amount: number;
  charge: string;
  currency: string;
  payment_intent: string | null;
  status: DisputeStatus;
  reason: string;
  case_type: "chargeback" | "inquiry";
  /** The texts that were given; the rest is null on the wire. */
  evidence: Wire;
  submission_count: number;
  due_by: number | null;
  metadata: Metadata;
};
