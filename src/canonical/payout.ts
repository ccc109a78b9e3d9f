import type { Money } from "../base/money.ts";
import type { LedgerRow } from "./balance.ts";
import type { Metadata } from "./sale.ts";

/**
 * Money between the Stripe balance and a bank account, as it stands now: a payout, or its mirror, a
 * top-up or an inbound transfer. Of the last Stripe shows balance rows alone.
 */
export type Payout = Readonly<{
  kind: "payout" | "topup" | "inbound-transfer";
  /** `po_…`, `tu_…` or `ibt_…`. */
  id: string;
  /** As Stripe counts: what a payout takes from the balance, what the others bring to it. */
  amount: Money;
  /** Stripe's word: `pending`, `in_transit`, `paid`, `failed`, `canceled`, `succeeded` … */
  status: string;
  /** `undone`: failed, cancelled or reversed, whether or not its money had arrived. */
  state: "under-way" | "arrived" | "undone";
  createdAt: Date;
  /** When the bank has it, or is to: a calendar date as midnight UTC, else an instant. */
  arrivesAt: Date | undefined;
  /** The row by which it moved the balance; Stripe may show it a moment later. */
  row: LedgerRow | undefined;
  /** The row by which all of it came back. */
  undone: LedgerRow | undefined;
  /** Made by Stripe's own schedule: only of these does it list what they took along. */
  isAutomatic: boolean;
  /** `standard` or `instant`; empty for what comes in. */
  method: string;
  /** Whether Stripe's list of its rows is complete; `not_applicable` where there is none. */
  reconciliation: string;
  /** The bank's own number of it, or empty. */
  traceId: string;
  /** Why it failed, in Stripe's words, or empty. */
  failure: string;
  /** Of a reversal: the payout that it takes back; and the other way round. */
  reversalOf: string | undefined;
  reversedBy: string | undefined;
  metadata: Metadata;
  livemode: boolean;
}>;

/** What people call each kind. */
export const PAYOUT_NAMES: Readonly<Record<Payout["kind"], string>> = {
  payout: "Payout",
  topup: "Top-up",
  "inbound-transfer": "Inbound transfer",
};
