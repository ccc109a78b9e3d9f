import { present } from "../base/assert.ts";
import { leastMinor, type Money, subtract, sum, zero } from "../base/money.ts";
import type { Sale, SaleLine } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, InvoiceLineDraft } from "../erp/port.ts";
import { type Cell, creditShares } from "./credit-shares.ts";

/** A line of a document that can be credited. */
export type CreditableLine = Readonly<{
  kind: "sold" | "tax";
  description: string;
  itemId: string;
  /** The account that it was booked on; a credit of tax goes back there. */
  sales: GlAccount;
  amount: Money;
  taxes: NonNullable<InvoiceLineDraft["taxes"]>;
  /** What a merchant may call it by: ids of line, price and product, and the item. */
  names: readonly string[];
}>;

/** A document with what it sold, as far as a refund may take it back. */
export type Creditable = Readonly<{
  /** Its number in SL; empty where the hub knows none. */
  refNbr: string;
  total: Money;
  lines: readonly CreditableLine[];
  notes: readonly string[];
}>;

/** The tax line of an invoice: it names no item, and is the only line of that text. */
const TAX_TEXT = "Tax";

/** What lines of memos are called that credit nothing of a sale; SL tells it when all is lost. */
export const BEYOND = {
  sale: "Above what was left",
  withdrawn: "Above what was withdrawn",
  exchange: "Exchange on refund",
} as const;

/** Whether a line of a memo is a loss, or exchange, beside what the memo credits of the sale. */
export function isBeyondSale({
  credits,
  description,
}: Pick<InvoiceLineDraft, "credits" | "description">): boolean {
  return credits === undefined && Object.values<string>(BEYOND).includes(description.trim());
}

/** Whether each line says which line of the document it credits, as far as it credits any. */
export function isTold(lines: readonly InvoiceLineDraft[]): boolean {
  return lines.every((line) => line.credits !== undefined || isBeyondSale(line));
}

/** An invoice that the hub has booked, by the lines of its draft. */
export function creditableInvoice(
  invoice: Readonly<{ refNbr: string; total: Money; lines: readonly InvoiceLineDraft[] }>,
  sale: Pick<Sale, "document" | "presentment">,
): Creditable {
  const { refNbr, total, lines } = invoice;
  const sold = (sale.presentment ?? sale).document.lines;
  const named = namesOf(sold, lines);
  return {
    refNbr,
    total,
    lines: lines.map((line, at) => ({
      kind: line.itemId === "" && line.description === TAX_TEXT ? "tax" : "sold",
      description: line.description,
      itemId: line.itemId,
      sales: line.sales,
      amount: line.amount,
      taxes: line.taxes ?? [],
      names: [...(named.get(at) ?? []), ...(line.itemId === "" ? [] : [line.itemId])],
    })),
    notes: [],
  };
}

/** What of the sale's own lines became lines of the draft: credits among them did not. */
function namesOf(
  sold: readonly SaleLine[],
  lines: readonly InvoiceLineDraft[],
): ReadonlyMap<number, readonly string[]> {
  const kept = sold.filter(({ gross, discount }) => gross.minor >= discount.minor);
  const booked = lines.filter(({ itemId }) => itemId !== "");
  if (kept.length !== booked.length) return new Map();
  return new Map(kept.map((line, at) => [at, idsOf(line)]));
}

function idsOf({ lineId, priceId, productId }: SaleLine): readonly string[] {
  return [lineId, priceId, productId].filter((id) => id !== undefined && id !== "") as string[];
}

/**
 * What a charge paid for, where SL has made the document itself (a shipment's invoice) or the hub
 * does not know its lines: the lines of the sale, with its tax on the pair's own account.
 */
export function creditableSale(
  sale: Pick<Sale, "document">,
  of: Readonly<{ refNbr: string; total: Money; settings: PairSettings }>,
): Creditable {
  const { document } = sale;
  const { refNbr, total, settings } = of;
  const { currency } = total;
  const account = settings.tax === "line" ? settings.accounts.tax : undefined;
  const taxes = [...document.lines.map(({ tax }) => tax), document.shippingTax];
  const isWhole = total.minor === document.total.minor;
  const tax = account === undefined || !isWhole ? zero(currency) : sum(taxes, currency);
  const sold = soldLines(sale, { net: subtract(total, tax), settings });
  const ofTax: readonly CreditableLine[] =
    account === undefined || tax.minor <= 0n
      ? []
      : [{ ...plain(TAX_TEXT, tax, account), kind: "tax" }];
  return {
    refNbr,
    total,
    lines: [...sold, ...ofTax],
    notes: isWhole ? [] : ["The hub does not know the invoice's own lines and taxes."],
  };
}

/** A sale that the hub never booked: one line over its money, whose account the reason gives. */
export function creditableUnknown({ payments }: Sale, { accounts }: PairSettings): Creditable {
  const amounts = payments.map(({ amount }) => amount);
  const total = sum(amounts, present(amounts[0], "A payment of a sale").currency);
  return {
    refNbr: "",
    total,
    lines: [plain("Sale before the start", total, accounts.sales)],
    notes: ["The sale was not booked by this hub: its lines and taxes are not known."],
  };
}

/** The sale's lines, where they alone add up; else one line for all. */
function soldLines(
  { document }: Pick<Sale, "document">,
  of: Readonly<{ net: Money; settings: PairSettings }>,
): readonly CreditableLine[] {
  const { net, settings } = of;
  const { sales, shipping } = settings.accounts;
  const lines = document.lines.map((line) => ({
    ...plain(line.description, subtract(line.gross, line.discount), sales),
    names: idsOf(line),
  }));
  const freight =
    document.shipping.minor === 0n ? [] : [plain("Shipping", document.shipping, shipping)];
  const all = [...lines, ...freight];
  const added = sum(
    all.map(({ amount }) => amount),
    net.currency,
  );
  const isPlain = added.minor === net.minor && all.every(({ amount }) => amount.minor >= 0n);
  return isPlain && all.length > 0 ? all : [plain("Stripe payment", net, sales)];
}

function plain(description: string, amount: Money, sales: GlAccount): CreditableLine {
  return { kind: "sold", description, itemId: "", sales, amount, taxes: [], names: [] };
}

/** What earlier memos have taken of a document, but for those that were taken back. */
export type Credited = readonly Readonly<{
  /** The lines of its draft; absent where they do not tell what they credit: then its total is. */
  lines?: readonly InvoiceLineDraft[];
  total?: Money;
}>[];

/**
 * What lines of a memo have credited: cell by cell, or all of it where nobody knows of which cells,
 * as of a sale that the hub never booked and of a memo that was drafted as SL shows it.
 */
export function creditedByLines(lines: readonly InvoiceLineDraft[]): Credited[number] {
  if (isTold(lines)) return { lines };
  const own = lines.filter((line) => !isBeyondSale(line));
  const amounts = own.flatMap(({ amount, taxes = [] }) => [
    amount,
    ...taxes.map((tax) => tax.amount),
  ]);
  return { total: sum(amounts, present(amounts[0], "A line of a sale").currency) };
}

/**
 * The document cell by cell, with what is credited of each. Memos that count by their totals may
 * have taken more than there was, as those of earlier versions: then nothing is left.
 */
export function cellsOf(document: Creditable, credited: Credited): readonly Cell[] {
  const taken = takenOf(document, credited);
  const found = (at: number, tax: string) => taken.get(`${at} ${tax}`) ?? 0n;
  const known = plainCells(document, found);
  const totals = credited.flatMap(({ lines, total }) => (lines === undefined ? (total ?? []) : []));
  return totals.reduce((cells, total) => {
    const left = cells.reduce((so, { booked, credited: taken }) => so + booked - taken, 0n);
    const shares = creditShares(cells, { ...total, minor: leastMinor(total.minor, left) });
    return cells.map((cell, at) => ({ ...cell, credited: cell.credited + (shares[at] ?? 0n) }));
  }, known);
}

function plainCells(
  document: Creditable,
  found: (at: number, tax: string) => bigint,
): readonly Cell[] {
  return document.lines.flatMap((line, at): Cell[] => {
    const own = line.kind === "tax" ? LINE_TAX : "";
    const cell = { at, tax: own, booked: line.amount.minor, credited: found(at, own) };
    return [
      cell,
      ...line.taxes.map(({ taxId, amount }) => ({
        at,
        tax: taxId,
        booked: amount.minor,
        credited: found(at, taxId),
      })),
    ];
  });
}

/** Stands for the id of tax that is a line of its own. */
const LINE_TAX = "line";

function takenOf(document: Creditable, credited: Credited): Map<string, bigint> {
  const taken = new Map<string, bigint>();
  const add = (key: string, minor: bigint) => taken.set(key, (taken.get(key) ?? 0n) + minor);
  for (const { lines = [] } of credited) {
    for (const { credits, amount, taxes = [] } of lines) {
      // A line of no invoice line (a clearing line) credits nothing.
      if (credits === undefined) continue;
      const isTax = document.lines[credits]?.kind === "tax";
      add(`${credits} ${isTax ? LINE_TAX : ""}`, amount.minor);
      for (const tax of taxes) add(`${credits} ${tax.taxId}`, tax.amount.minor);
    }
  }
  return taken;
}
