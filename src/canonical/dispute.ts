import type { Money } from "../base/money.ts";
import type { LedgerRow } from "./balance.ts";
import type { Metadata } from "./sale.ts";

/** A dispute of a charge as it stands at Stripe; its anchor is the dispute id. */
export type Dispute = Readonly<{
  /** `dp_…` or `du_…`. */
  disputeId: string;
  chargeId: string;
  paymentIntentId: string | undefined;
  /** What is disputed, above zero, in the charge's currency. The rows may differ. */
  amount: Money;
  /** Stripe's word, such as `needs_response`, `won`, `lost`, `warning_closed`. */
  status: string;
  /** Stripe's reason, such as `fraudulent`. */
  reason: string;
  /** The card network's own code for it, or empty. */
  networkReasonCode: string;
  openedAt: Date;
  /** Until when evidence can be submitted; undefined where Stripe wants none. */
  evidenceDueAt: Date | undefined;
  hasEvidence: boolean;
  /** What it did to the payments balance, in whatever order Stripe lists it. */
  rows: readonly LedgerRow[];
  metadata: Metadata;
  livemode: boolean;
}>;

/** A verdict that Stripe has told of by `charge.dispute.closed`; an appeal may follow it. */
export type DisputeClosing = Readonly<{ status: string; at: Date }>;
