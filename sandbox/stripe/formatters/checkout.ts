import { sessionTotals } from "../operations/checkout-totals.ts";
import type { CheckoutLineRow, CheckoutSessionRow } from "../store/billing-rows.ts";
import { type Json, type Wire, wireList } from "../wire.ts";
import type { World } from "../world.ts";
import { formatTax } from "./billing.ts";
import { formatPrice, formatTaxRate } from "./catalog.ts";

/** Checkout Session on the wire, as version 2026-10-28 has it. */
export function formatCheckoutSession(world: World, row: CheckoutSessionRow): Wire {
  const totals = sessionTotals(world, row);
  return {
    id: row.id,
    object: "checkout.session",
    ...FIXED,
    amount_subtotal: totals.subtotal,
    amount_total: totals.total,
    automatic_tax: {
      enabled: row.automatic_tax,
      liability: row.automatic_tax ? { type: "self" } : null,
      provider: row.automatic_tax ? "stripe" : null,
      status: row.automatic_tax ? "complete" : null,
    },
    cancel_url: row.cancel_url,
    client_reference_id: row.client_reference_id,
    collected_information: collected(row),
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_creation: row.customer_creation,
    customer_details: row.customer_details,
    customer_email: row.customer_email,
    discounts: row.coupons.map((coupon) => ({ coupon, promotion_code: null })),
    expires_at: row.expires_at,
    invoice: row.invoice,
    invoice_creation: {
      enabled: row.invoice_creation,
      invoice_data: { ...INVOICE_DATA, metadata: row.invoice_metadata },
    },
    locale: row.locale,
    metadata: row.metadata,
    mode: row.mode,
    payment_intent: row.payment_intent,
    payment_method_types: row.payment_method_types,
    payment_status: row.payment_status,
    ...(row.return_url === null ? {} : { return_url: row.return_url }),
    shipping_cost: shippingCost(row),
    shipping_options: row.shipping_options.map((option, index) => ({
      shipping_amount: option.amount,
      shipping_rate: shippingRateId(row, index),
    })),
    status: row.status,
    success_url: row.success_url,
    total_details: {
      amount_discount: totals.discount,
      amount_shipping: row.shipping_amount ?? 0,
      amount_tax: totals.tax,
    },
    ui_mode: row.ui_mode,
    url: row.status === "open" ? `https://checkout.stripe.com/c/pay/${row.id}` : null,
  };
}

const FIXED: Wire = {
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  billing_address_collection: null,
  client_secret: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: {
    after_submit: null,
    shipping_address: null,
    submit: null,
    terms_of_service_acceptance: null,
  },
  customer_account: null,
  integration_identifier: null,
  livemode: false,
  managed_payments: null,
  origin_context: null,
  payment_link: null,
  payment_method_collection: "if_required",
  payment_method_configuration_details: null,
  payment_method_options: {},
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  submit_type: null,
  subscription: null,
  wallet_options: null,
};

const INVOICE_DATA: Wire = {
  account_tax_ids: null,
  custom_fields: null,
  description: null,
  footer: null,
  issuer: null,
  rendering_options: null,
};

/** The id of the shipping rate that the session made from its own `shipping_rate_data`. */
function shippingRateId(row: CheckoutSessionRow, index: number): string {
  return `shr_1${row.id.slice(-22)}${index}`;
}

function shippingCost(row: CheckoutSessionRow): Json {
  if (row.shipping_amount === null) return null;
  return {
    amount_subtotal: row.shipping_amount,
    amount_tax: row.shipping_tax,
    amount_total: row.shipping_amount + row.shipping_tax,
    shipping_rate: row.shipping_options.length === 0 ? null : shippingRateId(row, 0),
  };
}

function collected(row: CheckoutSessionRow): Json {
  if (row.shipping_details === null) return null;
  return { business_name: null, individual_name: null, shipping_details: row.shipping_details };
}

/** Checkout line on the wire (`object` is "item"), its price always expanded. */
export function formatCheckoutLine(world: World, row: CheckoutLineRow): Wire {
  const price = world.tables.price.get(row.price);
  const exclusive = row.taxes.some((tax) => tax.inclusive) ? 0 : row.amount_tax;
  return {
    id: row.id,
    object: "item",
    adjustable_quantity: null,
    amount_discount: row.amount_discount,
    amount_subtotal: row.amount_subtotal,
    amount_tax: row.amount_tax,
    amount_total: row.amount_subtotal - row.amount_discount + exclusive,
    currency: row.currency,
    description: row.description,
    metadata: row.metadata,
    price: price === undefined ? null : formatPrice(world, price),
    quantity: row.quantity,
  };
}

/** `taxes` of a checkout line, which Stripe shows only when it is expanded. */
export function checkoutLineTaxes(world: World, row: CheckoutLineRow): Wire[] {
  return row.taxes.flatMap((tax) => {
    const rate = world.tables.tax_rate.get(tax.tax_rate);
    if (rate === undefined) return [];
    const { amount, taxability_reason, taxable_amount } = formatTax(tax);
    const shown: Wire = { amount: amount ?? 0, rate: formatTaxRate(world, rate) };
    return [
      {
        ...shown,
        taxability_reason: taxability_reason ?? null,
        taxable_amount: taxable_amount ?? null,
      },
    ];
  });
}

/** The lines of a session as the expanded `line_items` shows them. */
export function embeddedCheckoutLines(world: World, session: string): Wire {
  const rows = world.tables.checkout_line.by("session", session);
  const first = rows.slice(0, 10).map((row) => formatCheckoutLine(world, row));
  return wireList(`/v1/checkout/sessions/${session}/line_items`, first, rows.length > 10);
}
