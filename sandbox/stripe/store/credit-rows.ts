import type { Metadata } from "../wire.ts";
import type { DiscountAmount, TaxAmount } from "./catalog-rows.ts";
import type { Row } from "./table.ts";

/** Amounts are in minor units of `currency`; `amount` is the total with tax. */
export type CreditNoteRow = Row & {
  amount: number;
  currency: string;
  customer: string;
  invoice: string;
  number: string;
  memo: string | null;
  reason: string | null;
  metadata: Metadata;
  effective_at: number;
  status: "issued" | "void";
  voided_at: number | null;
  amount_shipping: number;
  /** What it took off the invoice before it was paid. */
  pre_payment_amount: number;
  /** What it gave back after: refunds, the customer's balance, outside Stripe. */
  post_payment_amount: number;
  out_of_band_amount: number | null;
  customer_balance_transaction: string | null;
  refunds: { refund: string; amount_refunded: number }[];
};

/** One line; `amount` is before discounts and before exclusive tax. */
export type CreditNoteLineRow = Row & {
  credit_note: string;
  type: "custom_line_item" | "invoice_line_item";
  amount: number;
  description: string | null;
  invoice_line_item: string | null;
  quantity: number | null;
  unit_amount_decimal: string | null;
  discount_amounts: DiscountAmount[];
  taxes: TaxAmount[];
  tax_rates: string[];
  metadata: Metadata;
};

/** One movement of what a customer has to good (negative) or owes; minor units. */
export type CustomerBalanceRow = Row & {
  amount: number;
  currency: string;
  customer: string;
  ending_balance: number;
  type: string;
  credit_note: string | null;
  invoice: string | null;
  description: string | null;
  metadata: Metadata;
};
