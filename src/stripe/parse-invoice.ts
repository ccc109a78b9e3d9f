import { type Money, subtract, sum } from "../base/money.ts";
import type { Metadata, SaleDocument, SaleLine, WithoutCharge } from "../canonical/sale.ts";
import {
  invoiceTaxes,
  type RateLookup,
  restOfTaxes,
  type TaxReader,
  taxExemptOf,
} from "./parse-taxes.ts";
import type { ToMoney } from "./units.ts";
import {
  amountOf,
  currencyOf,
  idOf,
  instantOf,
  integerOf,
  integerOrZero,
  listOf,
  metadataOf,
  objectOf,
  textOf,
  type Wire,
} from "./wire.ts";

/** What the lines of an invoice name: products by id, since lines carry ids only. */
export type ProductMetadata = (productId: string) => Metadata;
/** What an invoice is read with. */
export type InvoiceReader = Readonly<{
  productMetadata: ProductMetadata;
  toMoney: ToMoney;
  rateOf?: RateLookup;
}>;

/** The Stripe invoice as a sale's document; `lines` are all its lines, of all pages. */
export function parseInvoice(
  invoice: Wire,
  lines: readonly Wire[],
  reader: InvoiceReader,
): SaleDocument {
  const { toMoney } = reader;
  const currency = currencyOf(invoice);
  const taxes = { currency, toMoney, rateOf: reader.rateOf ?? (() => undefined) };
  const parsed = lines.map((line) => parseLine(line, { ...reader, ...taxes }));
  const whole = invoiceTaxes(invoice, ["total_taxes", "total_tax_amounts"], taxes);
  const onLines = parsed.flatMap((line) => line.taxes);
  const shipping = objectOf(invoice, "shipping_cost");
  const shippingTax = integerOrZero(shipping, "amount_tax");
  return {
    identity: textOf(invoice, "id"),
    source: "invoice",
    lines: parsed,
    documentDiscount: documentDiscount(invoice, lines, toMoney),
    shipping: toMoney(integerOrZero(shipping, "amount_total") - shippingTax, currency),
    shippingTax: toMoney(shippingTax, currency),
    shippingTaxes: shippingTax === 0 ? [] : restOfTaxes(whole, onLines),
    taxExempt: taxExemptOf(invoice, "customer_tax_exempt"),
    total: amountOf(invoice, "total", toMoney),
    ...standingOf(invoice),
    effectiveAt: effectiveAt(invoice),
    number: textOf(invoice, "number"),
    ...creditedLater(invoice, toMoney),
    withoutCharge: withoutCharge(invoice, toMoney),
  };
}

/** The product that a line sells, in the shape of any version, or undefined. */
export function productIdOfLine(line: Wire): string | undefined {
  return idOf(priceDetails(line), "product") ?? idOf(priceOfLine(line), "product");
}

function parseLine(line: Wire, reader: InvoiceReader & TaxReader): SaleLine {
  const { productMetadata, toMoney, currency } = reader;
  const taxes = invoiceTaxes(line, ["taxes", "tax_amounts"], reader);
  const inclusive = sum(
    taxes.filter((tax) => tax.isInclusive).map((tax) => tax.amount),
    currency,
  );
  const productId = productIdOfLine(line);
  return {
    lineId: textOf(line, "id"),
    description: textOf(line, "description"),
    productId,
    priceId: idOf(priceDetails(line), "price") ?? idOf(line, "price"),
    productMetadata: productId === undefined ? {} : productMetadata(productId),
    priceMetadata: metadataOf(priceOfLine(line)),
    lineMetadata: metadataOf(line),
    quantity: quantityOf(line),
    gross: subtract(toMoney(integerOf(line, "amount"), currency), inclusive),
    discount: toMoney(lineDiscount(line) + creditsOfLine(line), currency),
    tax: sum(
      taxes.map((tax) => tax.amount),
      currency,
    ),
    taxes,
  };
}

/** From basil on `pricing.price_details`; before that nothing. */
function priceDetails(line: Wire): Wire | undefined {
  return objectOf(objectOf(line, "pricing"), "price_details");
}

/** The expanded price; before basil it stood on the line itself, before 2020 as `plan`. */
function priceOfLine(line: Wire): Wire | undefined {
  return objectOf(priceDetails(line), "price") ?? objectOf(line, "price") ?? objectOf(line, "plan");
}

function lineDiscount(line: Wire): number {
  return listOf(line, "discount_amounts").reduce((so, one) => so + integerOf(one, "amount"), 0);
}

/** Billing credits lower the line as a discount does; discounts are listed here once more. */
function creditsOfLine(line: Wire): number {
  return listOf(line, "pretax_credit_amounts")
    .filter((one) => textOf(one, "type") === "credit_balance_transaction")
    .reduce((so, one) => so + integerOf(one, "amount"), 0);
}

/** Stripe cuts `quantity` to whole units; older versions of a line have nothing else. */
function quantityOf(line: Wire): string {
  // The SDK wraps decimals in a class of its own; on the wire they are text.
  const decimal: unknown = line.quantity_decimal;
  const text = decimal === null || decimal === undefined ? "" : String(decimal as string);
  if (/^\d+$/.test(text)) return text;
  if (/^\d+\.\d+$/.test(text)) return text.replace(/\.?0+$/, "");
  return typeof line.quantity === "number" ? String(line.quantity) : "1";
}

/** Discounts that no line carries, as old versions have them. */
function documentDiscount(invoice: Wire, lines: readonly Wire[], toMoney: ToMoney): Money {
  const whole = listOf(invoice, "total_discount_amounts").reduce(
    (so, one) => so + integerOf(one, "amount"),
    0,
  );
  const onLines = lines.reduce((so, line) => so + lineDiscount(line), 0);
  return toMoney(Math.max(0, whole - onLines), currencyOf(invoice));
}

/** What is not paid may be open, called off or given up. */
function standingOf(invoice: Wire): Pick<SaleDocument, "standing" | "endedAt"> {
  const status = textOf(invoice, "status");
  const times = objectOf(invoice, "status_transitions");
  if (status === "open") return { standing: "open" };
  if (status !== "void" && status !== "uncollectible") return {};
  const field = status === "void" ? "voided_at" : "marked_uncollectible_at";
  const endedAt = instantOf(times, field);
  return { standing: status, ...(endedAt === undefined ? {} : { endedAt }) };
}

function effectiveAt(invoice: Wire): Date | undefined {
  return (
    instantOf(invoice, "effective_at") ??
    instantOf(objectOf(invoice, "status_transitions"), "finalized_at") ??
    instantOf(invoice, "finalized_at")
  );
}

function creditedLater(invoice: Wire, toMoney: ToMoney): Pick<SaleDocument, "creditedLater"> {
  const units = integerOrZero(invoice, "post_payment_credit_notes_amount");
  return units === 0 ? {} : { creditedLater: toMoney(units, currencyOf(invoice)) };
}

function withoutCharge(invoice: Wire, toMoney: ToMoney): WithoutCharge {
  const currency = currencyOf(invoice);
  const hasEnding = typeof invoice.ending_balance === "number";
  const balanceUsed = hasEnding
    ? integerOf(invoice, "ending_balance") - integerOrZero(invoice, "starting_balance")
    : 0;
  return {
    customerBalance: toMoney(balanceUsed, currency),
    outOfBand: outOfBand(invoice, toMoney),
    creditNotes: toMoney(integerOrZero(invoice, "pre_payment_credit_notes_amount"), currency),
  };
}

function outOfBand(invoice: Wire, toMoney: ToMoney): Money {
  const currency = currencyOf(invoice);
  if (invoice.paid_out_of_band === true) return amountOf(invoice, "amount_due", toMoney);
  return toMoney(integerOrZero(invoice, "amount_paid_off_stripe"), currency);
}
