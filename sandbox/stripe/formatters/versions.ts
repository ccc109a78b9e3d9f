import { isWire, type Json, type Wire, wireList } from "../wire.ts";
import type { World } from "../world.ts";
import { formatCharge, formatRefund } from "./money.ts";

/**
 * The three shapes the sandbox can render: today's, the one before 2025-03-31.basil (invoices name
 * their charge), and the one before 2022-11-15 (a PaymentIntent lists its charges).
 */
export type Era = "before_2022_11_15" | "before_basil" | "current";

/** The era of an API version; versions compare by the date they begin with. */
export function eraOf(apiVersion: string): Era {
  const date = apiVersion.slice(0, 10);
  if (date < "2022-11-15") return "before_2022_11_15";
  return date < "2025-03-31" ? "before_basil" : "current";
}

/** Whether a text has the form of an API version. */
export function isApiVersion(text: string): boolean {
  return /^20\d\d-\d\d-\d\d(\.[a-z]+)?$/.test(text);
}

/** `wire` and every object within it in the shape of an older era. */
export function renderInEra(world: World, wire: Wire, era: Era): Wire {
  if (era === "current") return wire;
  const inner = Object.fromEntries(
    Object.entries(wire).map(([key, value]) => [key, renderValue(world, value, era)]),
  );
  return older(world, inner, era);
}

function renderValue(world: World, value: Json, era: Era): Json {
  if (Array.isArray(value)) return value.map((member) => renderValue(world, member, era));
  return isWire(value) ? renderInEra(world, value, era) : value;
}

function older(world: World, wire: Wire, era: Era): Wire {
  if (wire.deleted === true) return wire;
  const { object } = wire;
  if (object === "payment_intent") return olderPaymentIntent(world, wire, era);
  if (object === "charge") return olderCharge(world, wire, era);
  if (object === "invoice") return olderInvoice(world, wire);
  if (object === "credit_note") return olderCreditNote(wire);
  return object === "line_item" ? olderLine(world, wire) : wire;
}

/** Before 2025-03-31 a credit note named one refund. */
function olderCreditNote(wire: Wire): Wire {
  const { refunds, ...rest } = wire;
  const first: Json | undefined = Array.isArray(refunds) ? refunds[0] : undefined;
  return { ...rest, refund: isWire(first) ? (first.refund ?? null) : null };
}

function idOf(wire: Wire): string {
  return typeof wire.id === "string" ? wire.id : "";
}

function olderPaymentIntent(world: World, wire: Wire, era: Era): Wire {
  const row = world.tables.payment_intent.get(idOf(wire));
  const { latest_charge, ...rest } = wire;
  const shown: Wire = { ...rest, invoice: row?.invoice ?? null };
  if (era === "before_basil") return { ...shown, latest_charge: latest_charge ?? null };
  const rows = world.tables.charge.by("payment_intent", idOf(wire)).toReversed();
  const charges = rows.map((charge) => renderInEra(world, formatCharge(world, charge), era));
  return { ...shown, charges: wireList(`/v1/charges?payment_intent=${idOf(wire)}`, charges) };
}

function olderCharge(world: World, wire: Wire, era: Era): Wire {
  const charge = world.tables.charge.get(idOf(wire));
  const intent =
    charge?.payment_intent == null
      ? undefined
      : world.tables.payment_intent.get(charge.payment_intent);
  const shown: Wire = { ...wire, invoice: intent?.invoice ?? null };
  if (era === "before_basil" || shown.refunds !== undefined) return shown;
  const refunds = world.tables.refund.by("charge", idOf(wire)).toReversed();
  const url = `/v1/charges/${idOf(wire)}/refunds`;
  const list = wireList(
    url,
    refunds.map((refund) => formatRefund(world, refund)),
  );
  return { ...shown, refunds: { ...list, total_count: refunds.length } };
}

function olderInvoice(world: World, wire: Wire): Wire {
  const payments = world.tables.invoice_payment.by("invoice", idOf(wire));
  const payment = payments.find((one) => one.is_default) ?? payments[0];
  const intent =
    payment === undefined ? undefined : world.tables.payment_intent.get(payment.payment_intent);
  const taxes = Array.isArray(wire.total_taxes) ? wire.total_taxes.filter(isWire) : [];
  const { parent: _parent, payments: _payments, total_taxes: _taxes, ...rest } = wire;
  return {
    ...rest,
    application_fee_amount: null,
    charge: intent?.latest_charge ?? null,
    paid: wire.status === "paid",
    paid_out_of_band: Number(wire.amount_paid_off_stripe ?? 0) > 0,
    payment_intent: payment?.payment_intent ?? null,
    quote: null,
    subscription: null,
    tax: taxes.reduce((so, tax) => so + Number(tax.amount ?? 0), 0),
    total_tax_amounts: taxes.map(olderTax),
    transfer_data: null,
  };
}

function olderTax(tax: Wire): Wire {
  const details = tax.tax_rate_details;
  return {
    amount: tax.amount ?? 0,
    inclusive: tax.tax_behavior === "inclusive",
    tax_rate: isWire(details) ? (details.tax_rate ?? null) : null,
    taxability_reason: tax.taxability_reason ?? null,
    taxable_amount: tax.taxable_amount ?? null,
  };
}

function olderLine(world: World, wire: Wire): Wire {
  const row = world.tables.invoice_line.get(idOf(wire));
  const price = row?.price == null ? undefined : world.tables.price.get(row.price);
  const taxes = Array.isArray(wire.taxes) ? wire.taxes.filter(isWire) : [];
  const { parent: _parent, pricing: _pricing, taxes: _taxes, subtotal: _sub, ...rest } = wire;
  return {
    ...rest,
    invoice_item: row?.invoice_item ?? null,
    price:
      price === undefined
        ? null
        : { id: price.id, object: "price", product: price.product, unit_amount: price.unit_amount },
    proration: false,
    tax_amounts: taxes.map(olderTax),
    tax_rates: [],
    type: "invoiceitem",
  };
}
