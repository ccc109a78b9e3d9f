import { type Money, zero } from "../base/money.ts";
import type { SaleDocument, SaleLine } from "../canonical/sale.ts";
import { checkoutTaxes, type TaxReader, taxExemptOf } from "./parse-taxes.ts";
import type { ToMoney } from "./units.ts";
import {
  currencyOf,
  idOf,
  integerOf,
  integerOrZero,
  metadataOf,
  objectOf,
  shapeError,
  textOf,
  type Wire,
} from "./wire.ts";

/** The part of a document that its money decides. */
export type Captured = Readonly<{ identity: string; amount: Money }>;
/** What a Checkout session sold, and the charge that paid it. */
export type Checkout = Readonly<{ session: Wire; lines: readonly Wire[]; captured: Captured }>;

/**
 * The lines of a Checkout session as the document of the PaymentIntent it made. The total is what
 * was captured, since that is what was sold; lines that say otherwise are mapping's to judge.
 *
 * @throws HubError `stripe.shape` where session and charge are in two currencies
 */
export function parseCheckout(checkout: Checkout, toMoney: ToMoney): SaleDocument {
  const { session, lines, captured } = checkout;
  const currency = currencyOf(session);
  if (currency !== captured.amount.currency) {
    throw shapeError(
      textOf(session, "id"),
      `is in ${currency}, its charge in ${captured.amount.currency}`,
    );
  }
  const reader = { currency, toMoney, rateOf: () => undefined };
  const parsed = lines.map((line) => parseLine(line, reader));
  const shipping = objectOf(session, "shipping_cost");
  const shippingTax = integerOrZero(shipping, "amount_tax");
  const discount = integerOrZero(objectOf(session, "total_details"), "amount_discount");
  const onLines = lines.reduce((so, line) => so + integerOrZero(line, "amount_discount"), 0);
  return {
    ...bareDocument(captured),
    source: "checkout",
    lines: parsed,
    documentDiscount: toMoney(Math.max(0, discount - onLines), currency),
    shipping: toMoney(integerOrZero(shipping, "amount_total") - shippingTax, currency),
    shippingTax: toMoney(shippingTax, currency),
    shippingTaxes: checkoutTaxes(shipping, reader),
    taxExempt: taxExemptOf(objectOf(session, "customer_details"), "tax_exempt"),
  };
}

/** A document that is nothing but an amount. */
export function bareDocument(captured: Captured): SaleDocument {
  const nothing = zero(captured.amount.currency);
  return {
    identity: captured.identity,
    source: "bare",
    lines: [],
    documentDiscount: nothing,
    shipping: nothing,
    shippingTax: nothing,
    shippingTaxes: [],
    taxExempt: "none",
    total: captured.amount,
    effectiveAt: undefined,
    number: "",
    withoutCharge: { customerBalance: nothing, outOfBand: nothing, creditNotes: nothing },
  };
}

/**
 * `amount_total` is what the line adds, its discount off and its tax in, whether the tax came on
 * top or was inclusive; so the net price is the total with both taken back.
 */
function parseLine(line: Wire, reader: TaxReader): SaleLine {
  const { currency, toMoney } = reader;
  const price = objectOf(line, "price");
  const product = objectOf(price, "product");
  const tax = integerOrZero(line, "amount_tax");
  const discount = integerOrZero(line, "amount_discount");
  const quantity = line.quantity;
  return {
    lineId: textOf(line, "id"),
    description: textOf(line, "description"),
    productId: idOf(price, "product"),
    priceId: idOf(line, "price"),
    productMetadata: metadataOf(product),
    priceMetadata: metadataOf(price),
    lineMetadata: metadataOf(line),
    quantity: typeof quantity === "number" ? String(quantity) : "1",
    gross: toMoney(integerOf(line, "amount_total") + discount - tax, currency),
    discount: toMoney(discount, currency),
    tax: toMoney(tax, currency),
    taxes: checkoutTaxes(line, reader),
  };
}
