import type { Money } from "../base/money.ts";
import type { BalanceRow, Metadata } from "./sale.ts";

/** A refund of a charge as it stands at Stripe; its anchor is the refund id. */
export type Refund = Readonly<{
  /** `re_…` or `pyr_…`. */
  refundId: string;
  chargeId: string;
  paymentIntentId: string | undefined;
  /** What goes back, above zero, in the charge's currency. */
  amount: Money;
  /**
   * Set where the sale is booked at what was settled for it: the refund's share of that, and what
   * left the balance. `amount` is then the greater of both, and the difference is exchange;
   * `charged` is what goes back in the charge's currency.
   */
  exchange?: Readonly<{ share: Money; moved: Money; charged: Money }>;
  /** Stripe's word: `pending`, `requires_action`, `succeeded`, `failed`, `canceled`. */
  status: string;
  /** Stripe's reason, such as `requested_by_customer`; empty where nobody gave one. */
  reason: string;
  /** The row by which the money left; undefined while it has not. */
  row: BalanceRow | undefined;
  /** The row by which it came back because the refund failed, perhaps days later. */
  failure: BalanceRow | undefined;
  createdAt: Date;
  metadata: Metadata;
  livemode: boolean;
}>;

/** A line of a credit note, before tax. */
export type CreditNoteLine = Readonly<{
  /** The invoice line that it credits; undefined for a line of its own. */
  invoiceLineId: string | undefined;
  description: string;
  /** Discounts taken off, inclusive tax taken out. */
  amount: Money;
  /** All taxes on it. */
  tax: Money;
}>;

/** A credit note of a Stripe invoice. Its parts add up to `total`. */
export type CreditNote = Readonly<{
  creditNoteId: string;
  /** The number people see at Stripe, or empty. */
  number: string;
  total: Money;
  tax: Money;
  lines: readonly CreditNoteLine[];
  /** What of it came off the invoice before it was paid. */
  beforePayment: Money;
  /** What of it each refund gave back. */
  refunds: readonly Readonly<{ refundId: string; amount: Money }>[];
  /** What went to the customer's balance at Stripe. */
  customerBalance: Money;
  /** What was given back outside of Stripe. */
  outOfBand: Money;
  reason: string;
  effectiveAt: Date;
  /** When somebody made it, whatever day they dated it. */
  createdAt: Date;
  /** Set once it was voided. */
  voidedAt: Date | undefined;
  metadata: Metadata;
  livemode: boolean;
}>;
