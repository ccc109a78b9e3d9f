import { HubError } from "../base/errors.ts";
import { add, type Money, subtract, sum, toDecimal } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type {
  CustomerReading,
  OrderChargeDraft,
  OrderDraft,
  OrderTotals,
  ShipToDraft,
} from "../erp/port.ts";
import { fitAddress } from "./address.ts";
import { checkAmount, checkCurrency, priceOf } from "./amounts.ts";
import { mapEmail } from "./customer.ts";
import { checkSettledByCharges, orderNumberOf } from "./invoice.ts";
import type { ItemLookup } from "./items.ts";
import { mapParts, type Part } from "./lines.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { factDate } from "./payment.ts";
import { fitText, shortStripeId } from "./text.ts";

/** All that an order is mapped from beside the sale: the run reads it, mapping reads nothing. */
export type OrderContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the order. */
  key: string;
  customer: CustomerReading;
  /** Answers for every id of `itemIdsToRead`. */
  inventory: ItemLookup;
  slDecimals: number | undefined;
  /** A rounding difference to what SL makes of the order, within `order.tolerance`. */
  rounding: Money | undefined;
  /** The customer's ship-to address in SL that it goes to; undefined: its own. */
  shipToId?: string | undefined;
}>;

/**
 * The sales order of a sale: each sold line with its item and the price after discount, so that SL
 * prices nothing; tax, shipping and rounding as miscellaneous charges. It is for goods that are
 * paid: its total is what the charges brought.
 *
 * @throws HubError as `mapInvoice`; `mapping.order_unpaid`, `mapping.order_total` for a line whose
 *   price SL cannot hold
 */
export function mapOrder(sale: Sale, context: OrderContext): Mapped<OrderDraft> {
  const { settings, key, customer, rounding } = context;
  const { document } = sale;
  checkAmount(document.total, "An order");
  checkCurrency(document.total.currency, settings, context.slDecimals);
  checkSettledByCharges(sale);
  checkPaidInFull(sale);
  const { parts, notes } = mapParts(sale, settings, context.inventory);
  const sold = parts.filter(({ kind }) => kind === "sold");
  const others = parts.filter(({ kind }) => kind !== "sold");
  const lines = sold.filter((part) => !isNothing(part)).map(lineOf);
  if (lines.length === 0) throw nothingSold(sale);
  const number = orderNumberOf(sale, settings);
  const shipTo = shipToOf(sale, settings);
  const email = mapEmail(sale.buyer.email);
  const charges = others.map((part) => chargeOf(part.kind, part.amount, settings));
  const draft: OrderDraft = {
    kind: "order",
    key,
    stripeId: shortStripeId(document.identity),
    customerId: customer.customerId,
    type: settings.order.type,
    customerOrderNumber: number.number || fitText(document.identity, 25).text,
    orderDate: factDate(sale, undefined, settings),
    currency: document.total.currency,
    total: document.total,
    lines,
    charges: withRounding(charges, rounding, settings),
    shipTo: shipTo.address,
    ...(context.shipToId === undefined ? {} : { shipToId: context.shipToId }),
    shipVia: settings.order.shipVia ?? "",
    email: email.text,
    note: composeNote(sale, settings, {
      linkTo: document.identity,
      ids: idsOf(sale),
      fullTexts: [...number.notes, ...shipTo.notes, ...email.notes],
    }),
    userFields: {},
  };
  return { draft, notes: [...notes, ...number.notes, ...shipTo.notes, ...email.notes] };
}

/**
 * What is missing from SL's total of the order to what was paid, where it may be rounded away;
 * undefined where nothing is.
 *
 * @throws HubError `mapping.order_total` where it is more than `order.tolerance`
 */
export function orderDifference(
  draft: OrderDraft,
  totals: OrderTotals,
  settings: PairSettings,
): Money | undefined {
  const missing = subtract(draft.total, totals.total);
  if (missing.minor === 0n) return undefined;
  const size = missing.minor < 0n ? -missing.minor : missing.minor;
  if (size <= BigInt(settings.order.tolerance)) return missing;
  const { total, merchandise, charges, freight, tax } = totals;
  const parts = [
    `goods ${toDecimal(merchandise)}`,
    `charges ${toDecimal(charges)}`,
    `freight ${toDecimal(freight)}`,
    `tax ${toDecimal(tax)}`,
  ].join(", ");
  throw new HubError(
    "mapping.order_total",
    `SL makes ${toDecimal(total)} of an order that was paid with ${toDecimal(draft.total)}: ` +
      `${parts}`,
    { facts: { paid: toDecimal(draft.total), order: toDecimal(total) } },
  );
}

function isNothing({ amount, quantity }: Part): boolean {
  return amount.minor === 0n && Number(quantity) === 0;
}

function lineOf(part: Part): OrderDraft["lines"][number] {
  const { amount, itemId, quantity } = part;
  const priced = priceOf(amount, quantity);
  // Another quantity would ship another number of pieces.
  if (Number(priced.quantity) !== Number(quantity)) {
    throw new HubError(
      "mapping.order_total",
      `No price of six decimals makes ${quantity} of item ${itemId} cost ${toDecimal(amount)}`,
      { facts: { itemId, quantity, amount: toDecimal(amount) } },
    );
  }
  const description = fitText(part.description, 60).text;
  return { itemId, ...priced, amount, description };
}

const CHARGE_TEXTS = { shipping: "Shipping", tax: "Tax", rounding: "Rounding" } as const;

function chargeOf(kind: Part["kind"], amount: Money, settings: PairSettings): OrderChargeDraft {
  if (kind === "sold") throw new HubError("bug.assertion", "Goods are no charge");
  const chargeId = settings.order.charges[kind];
  if (chargeId !== undefined) return { chargeId, amount, description: CHARGE_TEXTS[kind] };
  throw new HubError("mapping.account_missing", `order.charges.${kind} is not set`, {
    facts: { setting: `order.charges.${kind}` },
    cure: `Set order.charges.${kind} to the id of a misc charge in SL, then resume.`,
  });
}

/** One rounding charge at most: what the lines leave and what SL's own prices leave are one. */
function withRounding(
  charges: readonly OrderChargeDraft[],
  rounding: Money | undefined,
  settings: PairSettings,
): readonly OrderChargeDraft[] {
  if (rounding === undefined) return charges;
  const made = chargeOf("rounding", rounding, settings);
  const before = charges.find(({ chargeId }) => chargeId === made.chargeId);
  if (before === undefined) return [...charges, made];
  const whole = { ...before, amount: add(before.amount, rounding) };
  const others = charges.filter((charge) => charge !== before);
  return whole.amount.minor === 0n ? others : [...others, whole];
}

/** Where the goods go, in SL's widths; the customer's own ship-to where Stripe names nothing. */
function shipToOf(
  { shipTo }: Sale,
  settings: PairSettings,
): Readonly<{ address: ShipToDraft | undefined; notes: readonly string[] }> {
  if (shipTo === undefined || shipTo.address.line1.trim() === "") {
    return { address: undefined, notes: [] };
  }
  const { notes, line1, line2, ...place } = fitAddress(
    shipTo.address,
    settings.customer.stateCountries,
  );
  const name = fitText(shipTo.name, 60);
  const lost = name.isCut || name.isAltered ? [`Ship to in full: ${shipTo.name}`] : [];
  const phone = fitText(shipTo.phone, 30).text;
  const lines = { addressLine1: line1, addressLine2: line2 };
  return {
    address: { name: name.text, attention: "", ...lines, ...place, phone },
    notes: [...lost, ...notes],
  };
}

/** Goods of an order that is paid in part would ship before the rest of the money comes. */
function checkPaidInFull({ document, payments }: Sale): void {
  const { total, identity } = document;
  const amounts = payments.map(({ amount }) => amount);
  const paid = sum(amounts, total.currency);
  if (paid.minor === total.minor) return;
  throw new HubError(
    "mapping.order_unpaid",
    `${identity} of ${toDecimal(total)} is paid with ${toDecimal(paid)} by charges`,
    { facts: { document: identity, total: toDecimal(total), paid: toDecimal(paid) } },
  );
}

function nothingSold({ document }: Sale): HubError {
  return new HubError("mapping.amount_out_of_range", `${document.identity} sells nothing`, {
    facts: { document: document.identity },
  });
}

function idsOf(sale: Sale): readonly string[] {
  const { invoiceId, paymentIntentId, payments, buyer } = sale;
  return [
    ...idLine("invoice", invoiceId),
    ...idLine("payment intent", paymentIntentId),
    ...payments.flatMap(({ chargeId }) => idLine("charge", chargeId)),
    ...idLine("customer", buyer.stripeCustomerId),
  ];
}
