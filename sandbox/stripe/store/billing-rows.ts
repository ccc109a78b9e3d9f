import type { Json, Metadata } from "../wire.ts";
import type { DiscountAmount, TaxAmount } from "./catalog-rows.ts";
import type { Row } from "./table.ts";

export type InvoiceStatus = "draft" | "open" | "paid" | "uncollectible" | "void";

/** Amounts are in minor units of `currency`; totals follow from the lines. */
export type InvoiceRow = Row & {
  customer: string;
  currency: string;
  status: InvoiceStatus;
  number: string | null;
  description: string | null;
  metadata: Metadata;
  collection_method: string;
  auto_advance: boolean;
  billing_reason: string;
  due_date: number | null;
  days_until_due: number | null;
  default_payment_method: string | null;
  default_tax_rates: string[];
  discounts: string[];
  footer: string | null;
  statement_descriptor: string | null;
  custom_fields: Json;
  shipping_details: Json;
  amount_shipping: number;
  amount_paid: number;
  amount_paid_off_stripe: number;
  /** What credit notes took off it before it was paid, and gave back after. */
  pre_payment_credit?: number;
  post_payment_credit?: number;
  attempt_count: number;
  starting_balance: number;
  ending_balance: number | null;
  effective_at: number | null;
  finalized_at: number | null;
  paid_at: number | null;
  voided_at: number | null;
  marked_uncollectible_at: number | null;
  test_clock: string | null;
  /** The customer as it stood at finalisation. */
  customer_snapshot: { [key: string]: Json } | null;
  deleted: boolean;
};

/** One line; `amount` is before discounts and before exclusive tax. */
export type InvoiceLineRow = Row & {
  invoice: string;
  invoice_item: string | null;
  amount: number;
  currency: string;
  description: string | null;
  quantity: number;
  unit_amount_decimal: string | null;
  price: string | null;
  product: string | null;
  discountable: boolean;
  discounts: string[];
  discount_amounts: DiscountAmount[];
  taxes: TaxAmount[];
  tax_rates: string[];
  /** Tax given line by line by the caller, instead of rates. */
  manual_taxes: TaxAmount[] | null;
  period_start: number;
  period_end: number;
  metadata: Metadata;
};

export type InvoiceItemRow = Row & {
  customer: string;
  invoice: string | null;
  line: string | null;
  amount: number;
  currency: string;
  description: string | null;
  quantity: number;
  unit_amount_decimal: string | null;
  price: string | null;
  product: string | null;
  discountable: boolean;
  discounts: string[];
  tax_rates: string[];
  period_start: number;
  period_end: number;
  metadata: Metadata;
  test_clock: string | null;
};

export type InvoicePaymentRow = Row & {
  invoice: string;
  payment_intent: string;
  amount_requested: number;
  amount_paid: number | null;
  currency: string;
  is_default: boolean;
  status: "canceled" | "open" | "paid";
  paid_at: number | null;
  canceled_at: number | null;
};

/** Amounts are in minor units of `currency`. */
export type CheckoutSessionRow = Row & {
  mode: string;
  currency: string;
  status: "complete" | "expired" | "open";
  payment_status: "no_payment_required" | "paid" | "unpaid";
  customer: string | null;
  customer_creation: string | null;
  customer_email: string | null;
  customer_details: { [key: string]: Json } | null;
  client_reference_id: string | null;
  metadata: Metadata;
  payment_intent: string | null;
  payment_intent_data: { [key: string]: Json };
  payment_intent_metadata: Metadata;
  invoice: string | null;
  invoice_creation: boolean;
  invoice_metadata: Metadata;
  discounts: string[];
  coupons: string[];
  automatic_tax: boolean;
  shipping_amount: number | null;
  shipping_tax: number;
  shipping_options: { amount: number; display_name: string }[];
  shipping_details: Json;
  success_url: string | null;
  cancel_url: string | null;
  return_url: string | null;
  ui_mode: string;
  expires_at: number;
  locale: string | null;
  payment_method_types: string[];
};

export type CheckoutLineRow = Row & {
  session: string;
  price: string;
  quantity: number;
  description: string | null;
  amount_subtotal: number;
  amount_discount: number;
  amount_tax: number;
  currency: string;
  taxes: TaxAmount[];
  tax_rates: string[];
  metadata: Metadata;
};
