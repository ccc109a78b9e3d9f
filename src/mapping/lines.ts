import { HubError } from "../base/errors.ts";
import { add, allocate, type Money, money, subtract, sum, toDecimal, zero } from "../base/money.ts";
import type { Sale, SaleDocument, SaleLine } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, InvoiceLineDraft, LineTax } from "../erp/port.ts";
import { priceOf } from "./amounts.ts";
import { type ItemLookup, mapBareItem, mapItem } from "./items.ts";
import { absorbTaxes, checkTaxes, slTaxes, taxOf } from "./taxes.ts";
import { fitText } from "./text.ts";

/** Residues above these are no rounding: minor units a sold line, and a document. */
const RESIDUE_MAX_PER_LINE = 1n;
export const RESIDUE_MAX_PER_DOCUMENT = 5n;

/** A line on its way into the document; its amount moves until the sum is Stripe's total. */
export type Part = Readonly<{
  kind: "sold" | "shipping" | "tax" | "rounding";
  amount: Money;
  sales: GlAccount;
  itemId: string;
  quantity: string;
  description: string;
  /** Under SL's own ids; only with `tax: sl`. */
  taxes: readonly LineTax[];
}>;

export type MappedLines = Readonly<{
  lines: readonly InvoiceLineDraft[];
  notes: readonly string[];
}>;
/** The same before they are lines of a certain document. */
export type MappedParts = Readonly<{ parts: readonly Part[]; notes: readonly string[] }>;

/** The lines of the SL invoice: the parts of `mapParts`, each with quantity and price. */
export function mapLines(
  sale: Pick<Sale, "document" | "metadata">,
  settings: PairSettings,
  inventory: ItemLookup,
): MappedLines {
  const { parts, notes } = mapParts(sale, settings, inventory);
  return { lines: parts.map(draftOf), notes };
}

/**
 * What a sale's document is made of; the parts add up to its total exactly and none is negative.
 *
 * Sold lines carry what they add, their discount taken off. A negative sold line (a proration
 * credit) and the document's own discount are spread over the others by largest remainder. Tax is
 * one line, or with `tax: none` stays in the lines it belongs to, or with `tax: sl` stands under
 * SL's ids beside them; shipping is one line. What then
 * is missing to the total is the residue: a line on `rounding`, or, when it is negative, taken
 * off the largest line. Every spread and residue is noted.
 *
 * @throws HubError `mapping.rounding_cap`, and those of `mapItem` and `slTaxes`
 */
export function mapParts(
  sale: Pick<Sale, "document" | "metadata" | "overrides">,
  settings: PairSettings,
  inventory: ItemLookup,
): MappedParts {
  const { document } = sale;
  const notes: string[] = [];
  const sold = soldParts(sale, settings, inventory, notes);
  const positive = absorbNegatives(sold, notes);
  const discounted = takeOffDocumentDiscount(positive, document.documentDiscount, notes);
  const parts = [
    ...discounted,
    ...shippingPart(document, settings),
    ...taxPart(document, settings, notes),
  ];
  checkTaxes(parts, document);
  const whole = settleResidue(parts, document, { settings, soldCount: sold.length, notes });
  return { parts: whole, notes };
}

function soldParts(
  sale: Pick<Sale, "document" | "metadata" | "overrides">,
  settings: PairSettings,
  inventory: ItemLookup,
  notes: string[],
): Part[] {
  const { document } = sale;
  if (document.lines.length === 0 && document.source === "bare") {
    const { itemId, sales, chosenBy } = mapBareItem(sale, settings, inventory);
    notes.push(`A charge without lines: one line of item ${itemId}, by ${chosenBy}.`);
    const description = "Stripe payment";
    const amount = document.total;
    return [{ kind: "sold", amount, sales, itemId, quantity: "1", description, taxes: [] }];
  }
  return document.lines.map((line) => {
    const { itemId, sales, chosenBy } = mapItem({ line, sale }, settings, inventory);
    notes.push(`"${line.description}": item ${itemId}, by ${chosenBy}.`);
    return {
      kind: "sold",
      amount: netOf(line, settings),
      sales,
      itemId,
      quantity: line.quantity,
      description: line.description,
      taxes: taxesOf(line, settings),
    };
  });
}

function taxesOf(line: SaleLine, settings: PairSettings): readonly LineTax[] {
  if (settings.tax !== "sl") return [];
  const { tax, taxes, description } = line;
  const net = subtract(line.gross, line.discount);
  return slTaxes({ what: `"${description}"`, tax, taxes, net }, settings);
}

function netOf(line: SaleLine, settings: PairSettings): Money {
  const net = subtract(line.gross, line.discount);
  return settings.tax === "none" ? add(net, line.tax) : net;
}

/** First off lines of the same sales account, so that income stays where it was earned. */
function absorbNegatives(sold: readonly Part[], notes: string[]): readonly Part[] {
  const credits = sold.filter((part) => part.amount.minor < 0n);
  let parts = absorbTaxes(
    sold.filter((part) => part.amount.minor >= 0n),
    credits.flatMap(({ taxes }) => taxes),
  );
  for (const credit of credits) {
    const amount = money(-credit.amount.minor, credit.amount.currency);
    notes.push(
      `"${credit.description}" of ${toDecimal(credit.amount)} (item ${credit.itemId}) ` +
        "is a credit: taken off the other lines.",
    );
    const own = spread(parts, amount, (part) => isSame(part.sales, credit.sales));
    const rest = spread(own.parts, own.left, () => true);
    parts = rest.parts;
  }
  return parts;
}

function takeOffDocumentDiscount(
  parts: readonly Part[],
  discount: Money,
  notes: string[],
): readonly Part[] {
  if (discount.minor <= 0n) return parts;
  notes.push(`Discount of ${toDecimal(discount)} on the whole document: taken off its lines.`);
  return spread(parts, discount, () => true).parts;
}

/** Takes `amount` off the chosen parts in proportion; what they cannot carry is left. */
function spread(
  parts: readonly Part[],
  amount: Money,
  isChosen: (part: Part) => boolean,
): Readonly<{ parts: Part[]; left: Money }> {
  const weights = parts.map((part) => (isChosen(part) ? part.amount.minor : 0n));
  const whole = weights.reduce((a, b) => a + b, 0n);
  const minor = smaller(amount.minor, whole);
  if (minor <= 0n) return { parts: [...parts], left: amount };
  const shares = allocate(money(minor, amount.currency), weights);
  return {
    parts: parts.map((part, index) => ({
      ...part,
      amount: subtract(part.amount, shares[index] ?? zero(amount.currency)),
    })),
    left: money(amount.minor - minor, amount.currency),
  };
}

function shippingPart(document: SaleDocument, settings: PairSettings): Part[] {
  const { shipping, shippingTax, shippingTaxes } = document;
  const amount = settings.tax === "none" ? add(shipping, shippingTax) : shipping;
  const owed = { what: "shipping", tax: shippingTax, taxes: shippingTaxes, net: shipping };
  const taxes = settings.tax === "sl" ? slTaxes(owed, settings) : [];
  if (amount.minor === 0n && taxes.length === 0) return [];
  if (amount.minor < 0n) throw negative(document, "shipping");
  const part = plainPart("shipping", amount, settings.accounts.shipping, "Shipping");
  return [{ ...part, taxes }];
}

function taxPart(document: SaleDocument, settings: PairSettings, notes: string[]): Part[] {
  if (settings.tax !== "line") return [];
  const { currency } = document.total;
  const ofLines = sum(
    document.lines.map((line) => line.tax),
    currency,
  );
  const amount = add(ofLines, document.shippingTax);
  if (amount.minor === 0n) return [];
  if (amount.minor < 0n) throw negative(document, "tax");
  const account = settings.accounts.tax;
  if (account === undefined) {
    throw new HubError("mapping.account_missing", "accounts.tax is not set", {
      facts: { setting: "accounts.tax" },
    });
  }
  notes.push(`Tax of ${toDecimal(amount)} is a line; this document is not in SL's tax reports.`);
  return [plainPart("tax", amount, account, "Tax")];
}

function settleResidue(
  parts: readonly Part[],
  document: SaleDocument,
  context: Readonly<{ settings: PairSettings; soldCount: number; notes: string[] }>,
): readonly Part[] {
  const { currency } = document.total;
  const added = sum(
    parts.map((part) => part.amount),
    currency,
  );
  const residue = subtract(document.total, add(added, taxOf(parts, currency)));
  if (residue.minor === 0n) return parts;
  checkCap(residue, document, context.soldCount);
  if (residue.minor > 0n) {
    context.notes.push(`Rounding of ${toDecimal(residue)} booked on its own account.`);
    const { rounding } = context.settings.accounts;
    return [...parts, plainPart("rounding", residue, rounding, "Rounding")];
  }
  return takeOffLargest(parts, residue, context.notes);
}

function checkCap(residue: Money, document: SaleDocument, soldCount: number): void {
  const size = residue.minor < 0n ? -residue.minor : residue.minor;
  const cap = smaller(BigInt(soldCount) * RESIDUE_MAX_PER_LINE, RESIDUE_MAX_PER_DOCUMENT);
  if (size <= cap) return;
  throw new HubError(
    "mapping.rounding_cap",
    `The lines of ${document.identity} miss its total of ${toDecimal(document.total)} ` +
      `by ${toDecimal(residue)}`,
    { facts: { residueMinor: Number(residue.minor), capMinor: Number(cap), lines: soldCount } },
  );
}

/** Ties go to the first line, sold lines before shipping and tax. */
function takeOffLargest(parts: readonly Part[], residue: Money, notes: string[]): readonly Part[] {
  const ranked = [...parts.entries()].sort(([, a], [, b]) => {
    if ((a.kind === "sold") !== (b.kind === "sold")) return a.kind === "sold" ? -1 : 1;
    return a.amount.minor === b.amount.minor ? 0 : a.amount.minor > b.amount.minor ? -1 : 1;
  });
  const largest = ranked.find(([, part]) => part.amount.minor + residue.minor >= 0n);
  if (largest === undefined) {
    throw new HubError("mapping.rounding_cap", "No line can carry the rounding difference");
  }
  const [at, part] = largest;
  notes.push(
    `Rounding of ${toDecimal(residue)} taken off the largest line, "${part.description}".`,
  );
  return parts.map((one, index) =>
    index === at ? { ...one, amount: add(one.amount, residue) } : one,
  );
}

/** Lines of one document have one side. */
function negative(document: SaleDocument, what: "shipping" | "tax"): HubError {
  const code = what === "tax" ? "mapping.tax_split" : "mapping.amount_out_of_range";
  return new HubError(code, `The ${what} of ${document.identity} is below zero`, {
    facts: { document: document.identity },
  });
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function plainPart(kind: Part["kind"], amount: Money, sales: GlAccount, description: string): Part {
  return { kind, amount, sales, itemId: "", quantity: "1", description, taxes: [] };
}

function draftOf(part: Part): InvoiceLineDraft {
  const { amount, sales, itemId, taxes } = part;
  const description = fitText(part.description, 30).text;
  const line = { amount, sales, itemId, description, ...priceOf(amount, part.quantity) };
  return taxes.length === 0 ? line : { ...line, taxes };
}

function isSame(a: GlAccount, b: GlAccount): boolean {
  return a.account === b.account && a.subaccount === b.subaccount;
}
