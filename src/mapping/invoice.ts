import { HubError } from "../base/errors.ts";
import { type Money, negate, toDecimal } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading, GlAccount, InvoiceDraft, TermsReading } from "../erp/port.ts";
import { singleLine } from "./address.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { normaliseEmail } from "./customer.ts";
import { bookingZone, documentDate, dueDate } from "./dates.ts";
import { ANY_DECIMALS, invoiceInSettlement } from "./in-settlement.ts";
import type { ItemLookup } from "./items.ts";
import { mapLines } from "./lines.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { decidedFor } from "./overrides.ts";
import { factInstant } from "./payment.ts";
import { shipToLine } from "./ship-to.ts";
import { taxRemarks } from "./taxes.ts";
import { fits, fitText, shortStripeId } from "./text.ts";
import { mapUserFields } from "./user-fields.ts";

/** All that an invoice is mapped from beside the sale: the run reads it, mapping reads nothing. */
export type InvoiceContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the invoice. */
  key: string;
  customer: CustomerReading;
  /** Chosen once for the fact, by `choosePeriod`. */
  period: string;
  /** The terms that `terms.paid` names. */
  terms: TermsReading;
  /** Answers for every id of `itemIdsToRead`. */
  inventory: ItemLookup;
  /** Decimals SL keeps for the currency, undefined where it does not know it. */
  slDecimals: number | undefined;
}>;

/**
 * The AR invoice (`IN`) of a sale: its lines, tax and shipping, its total equal to Stripe's.
 *
 * @throws HubError `mapping.*` and `money.precision` where a person has to decide,
 *   `config.invalid` for instalment terms
 */
export function mapInvoice(sale: Sale, context: InvoiceContext): Mapped<InvoiceDraft> {
  const { settings, terms } = context;
  const { document, presentment } = sale;
  if (presentment !== undefined) {
    checkCurrency(document.total.currency, settings, context.slDecimals);
    const charged = mapInvoice(presentment, { ...context, slDecimals: ANY_DECIMALS });
    return { draft: invoiceInSettlement(charged.draft, sale), notes: charged.notes };
  }
  const isForNothing = document.total.minor === 0n && settings.zeroInvoice === "book";
  if (!isForNothing) checkAmount(document.total, "A sale");
  checkCurrency(document.total.currency, settings, context.slDecimals);
  if (terms.isInstalment) throw instalmentTerms(terms);
  checkSettled(sale);
  const lines = mapLines(sale, settings, context.inventory);
  const date = invoiceDate(sale, settings);
  const fields = mapUserFields("Invoice", { sale, payment: undefined }, settings);
  const order = orderNumberOf(sale, settings);
  const remarks = taxRemarks(document);
  const shopper = shopperTexts(sale, context.customer);
  const texts = [...shopper, ...longDescriptions(sale), ...order.notes, ...remarks];
  const fullTexts = [...texts, ...fields.notes];
  const draft: InvoiceDraft = {
    kind: "invoice",
    key: context.key,
    stripeId: shortStripeId(document.identity),
    customerId: context.customer.customerId,
    documentDate: date,
    period: context.period,
    currency: document.total.currency,
    description: describeInvoice(sale),
    note: composeNote(sale, settings, { linkTo: document.identity, ids: idsOf(sale), fullTexts }),
    userFields: fields.fields,
    total: document.total,
    receivable: receivableOf(context.customer, settings),
    lines: lines.lines,
    terms: terms.termsId,
    dueDate: dueDate(date, terms),
    orderNumber: order.number,
  };
  const notes = [...lines.notes, ...remarks, ...order.notes, ...fields.notes, ...openParts(sale)];
  return { draft, notes };
}

/** The AR account that the customer's documents hit. */
export function receivableOf(customer: CustomerReading, settings: PairSettings): GlAccount {
  return customer.receivable.account === "" ? settings.accounts.ar : customer.receivable;
}

/** A Stripe invoice dates itself; anything else is dated by the money. */
function invoiceDate(sale: Sale, settings: PairSettings): string {
  return documentDate(sale.document.effectiveAt ?? factInstant(sale), bookingZone(settings));
}

function describeInvoice(sale: Sale): string {
  const decided = decidedFor(sale, "text", [""]);
  if (decided !== undefined) return fitText(decided.value, 30).text;
  const { number, identity } = sale.document;
  return number === "" ? shortStripeId(identity) : fitText(`Stripe ${number}`, 30).text;
}

function idsOf(sale: Sale): readonly string[] {
  const { invoiceId, paymentIntentId, document, buyer } = sale;
  return [
    ...idLine("invoice", invoiceId),
    ...(document.number === "" ? [] : [`Stripe invoice number ${document.number}`]),
    ...idLine("payment intent", paymentIntentId),
    ...((invoiceId ?? paymentIntentId) ? [] : idLine("charge", document.identity)),
    ...idLine("customer", buyer.stripeCustomerId),
  ];
}

/**
 * Who bought and where the goods go, as far as the SL customer does not tell: it may stand for all
 * shoppers, or be somebody whom metadata name.
 */
function shopperTexts(sale: Sale, customer: CustomerReading): readonly string[] {
  const { name, email, phone, address } = sale.buyer;
  const isSame =
    normaliseEmail(email) === normaliseEmail(customer.email) &&
    fitText(name, 60).text.toLowerCase() === customer.name.toLowerCase();
  const parts = [name.trim(), email.trim(), phone.trim()].filter((part) => part !== "");
  const line = singleLine(address);
  return [
    ...(isSame || parts.length === 0 ? [] : [`Shopper: ${parts.join(", ")}`]),
    ...(isSame || line === "" ? [] : [`Shopper's address: ${line}`]),
    ...(sale.shipTo === undefined ? [] : [`Ship to: ${shipToLine(sale.shipTo)}`]),
  ];
}

function longDescriptions(sale: Sale): readonly string[] {
  return sale.document.lines.flatMap(({ description }, index) =>
    fits(description, 30) ? [] : [`Line ${index + 1} in full: ${description}`],
  );
}

/** The merchant's order number from metadata, and in full where it is too long for SL. */
export function orderNumberOf(
  sale: Sale,
  settings: PairSettings,
): Readonly<{ number: string; notes: readonly string[] }> {
  const full = sale.metadata[settings.metadata.orderId] ?? "";
  const number = fitText(full, 25).text;
  return { number, notes: number === full ? [] : [`Order number in full: ${full}`] };
}

/**
 * Asserts that charges alone have settled the document: where nothing applies SL's document behind
 * a credit at Stripe, nothing is booked rather than left half paid.
 *
 * @throws HubError `mapping.amount_out_of_range`
 */
export function checkSettledByCharges(sale: Sale): void {
  const { customerBalance, creditNotes } = sale.document.withoutCharge;
  refusePart(sale, customerBalance, "was settled over the customer's balance at Stripe");
  refusePart(sale, creditNotes, "was credited by a credit note before payment");
  checkSettled(sale);
}

/**
 * The run applies SL's document behind a credit at Stripe, and the credit memos of credit notes. A
 * debt that Stripe asked for on top is another document's.
 */
function checkSettled(sale: Sale): void {
  const { customerBalance } = sale.document.withoutCharge;
  if (customerBalance.minor < 0n) {
    const words = "is an older debt of the customer that Stripe asked for with it";
    refusePart(sale, negate(customerBalance), words);
  }
}

function refusePart({ document }: Sale, amount: Money, words: string): void {
  if (amount.minor === 0n) return;
  throw new HubError(
    "mapping.amount_out_of_range",
    `${toDecimal(amount)} of ${document.identity} ${words}; SL has no document to apply for it`,
    { facts: { document: document.identity, amount: toDecimal(amount) } },
  );
}

/** What was paid elsewhere stays open for the site's own receipt; a person must see why. */
function openParts(sale: Sale): readonly string[] {
  const { outOfBand } = sale.document.withoutCharge;
  if (outOfBand.minor === 0n) return [];
  const amount = toDecimal(outOfBand);
  return [`${amount} was marked as paid outside Stripe; it stays open for the site's own receipt.`];
}

function instalmentTerms(terms: TermsReading): HubError {
  return new HubError(
    "config.invalid",
    `Terms ${terms.termsId} (terms.paid) are instalment terms`,
    {
      facts: { setting: "terms.paid", terms: terms.termsId },
      cure: "Set terms.paid to terms with one due date, then resume.",
    },
  );
}
