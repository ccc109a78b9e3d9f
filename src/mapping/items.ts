import { HubError } from "../base/errors.ts";
import type { Metadata, Sale, SaleLine } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, InventoryReading } from "../erp/port.ts";
import { decidedFor } from "./overrides.ts";

/** What SL says of an item, or undefined where it has none of that id. */
export type ItemLookup = (itemId: string) => InventoryReading | undefined;

/** A Stripe product as an SL item. `chosenBy` says in words which rule found it. */
export type MappedItem = Readonly<{ itemId: string; sales: GlAccount; chosenBy: string }>;

/** A sold line with the sale that it belongs to. */
export type SoldLine = Readonly<{
  line: SaleLine;
  sale: Pick<Sale, "document" | "metadata" | "overrides">;
}>;

type Candidate = Readonly<{
  itemId: string;
  sales: GlAccount | undefined;
  chosenBy: string;
  /** Named by a person; then it must be right, and nothing else is tried instead. */
  isNamed: boolean;
}>;

/**
 * The SL ids that mapping this sale asks for, so that a run can read them all at once and pass
 * what it read as the `ItemLookup`. No id occurs twice.
 */
export function itemIdsToRead(sale: Sale, settings: PairSettings): readonly string[] {
  if (sale.presentment !== undefined) return itemIdsToRead(sale.presentment, settings);
  const { lines, source } = sale.document;
  const candidates =
    lines.length === 0 && source === "bare"
      ? [bareCandidate(sale, settings)]
      : lines.map((line) => candidateOf({ line, sale }, settings));
  return [...new Set(candidates.flatMap((candidate) => candidate?.itemId ?? []))];
}

/**
 * What a person's decision about an item may name in this sale: a line, its price or its product,
 * and nothing at all for a charge without lines. In mode `existing-invoice` no item is mapped.
 */
export function itemTargetsOf(
  { document }: Pick<Sale, "document">,
  { mode }: PairSettings,
): readonly string[] {
  if (mode === "existing-invoice") return [];
  const { lines, source } = document;
  if (lines.length === 0) return source === "bare" ? [""] : [];
  return [...new Set(lines.flatMap((line) => namesOf(line)))];
}

/** The strongest first. */
function namesOf({ lineId, priceId, productId }: SaleLine): readonly string[] {
  return [lineId, priceId, productId].filter((name) => name !== undefined);
}

/**
 * The SL item of a sold line: what a person has decided for this sale; else `items:` by price id,
 * then by product id; then metadata `InvtID` of
 * the line, the price, the product; then the product id itself where SL has an item of that id. A
 * line that names no product has metadata of the sale instead, since the metadata of a line cannot
 * be set any more once its invoice is finalised.
 *
 * @throws HubError `mapping.product_unmapped`, `mapping.stock_item`
 */
export function mapItem(sold: SoldLine, settings: PairSettings, inventory: ItemLookup): MappedItem {
  const candidate = candidateOf(sold, settings);
  const reading = candidate === undefined ? undefined : inventory(candidate.itemId);
  if (candidate === undefined) throw nameless(sold, settings);
  if (reading === undefined) throw unmapped(sold.line, candidate);
  return checkedItem(candidate, { ...reading, facts: factsOf(sold.line) }, settings);
}

/**
 * The item of a charge without lines: what a person has decided for it, else metadata `InvtID` of
 * the charge, else `item.default`.
 *
 * @throws HubError `mapping.item_default_missing`, `mapping.product_unmapped`, `mapping.stock_item`
 */
export function mapBareItem(
  sale: Pick<Sale, "metadata" | "overrides">,
  settings: PairSettings,
  inventory: ItemLookup,
): MappedItem {
  const candidate = bareCandidate(sale, settings);
  if (candidate === undefined) {
    throw new HubError("mapping.item_default_missing", "The charge has no lines to map");
  }
  const reading = inventory(candidate.itemId);
  if (reading === undefined) {
    throw new HubError(
      "mapping.product_unmapped",
      `SL has no item ${candidate.itemId}, named by ${candidate.chosenBy}`,
      {
        facts: { itemId: candidate.itemId },
      },
    );
  }
  return checkedItem(candidate, { ...reading, facts: {} }, settings);
}

function bareCandidate(
  sale: Pick<Sale, "metadata" | "overrides">,
  settings: PairSettings,
): Candidate | undefined {
  return (
    fromOverride(sale, [""]) ??
    fromMetadata(sale.metadata, settings, "the charge") ??
    defaultCandidate(settings)
  );
}

/** How a person's decision is named among the rules. */
const DECIDED = "a change of ";

function fromOverride(
  sale: Pick<Sale, "overrides">,
  targets: readonly string[],
): Candidate | undefined {
  const decided = decidedFor(sale, "item", targets);
  if (decided === undefined) return undefined;
  const chosenBy = `${DECIDED}${decided.by}`;
  return { itemId: decided.value, sales: undefined, chosenBy, isNamed: true };
}

function candidateOf({ line, sale }: SoldLine, settings: PairSettings): Candidate | undefined {
  const { priceId, productId } = line;
  return (
    fromOverride(sale, namesOf(line)) ??
    fromMap(settings, priceId, "price") ??
    fromMap(settings, productId, "product") ??
    fromMetadata(line.lineMetadata, settings, "the line") ??
    fromMetadata(line.priceMetadata, settings, "the price") ??
    fromMetadata(line.productMetadata, settings, "the product") ??
    fromProductId(productId) ??
    (productId === undefined ? fromMetadata(sale.metadata, settings, "the sale") : undefined)
  );
}

function fromMap(
  settings: PairSettings,
  stripeId: string | undefined,
  kind: string,
): Candidate | undefined {
  if (stripeId === undefined || !Object.hasOwn(settings.items, stripeId)) return undefined;
  const mapped = settings.items[stripeId];
  if (mapped === undefined) return undefined;
  const chosenBy = `items: ${kind} ${stripeId}`;
  if (typeof mapped === "string") {
    return { itemId: mapped, sales: undefined, chosenBy, isNamed: true };
  }
  return { itemId: mapped.item, sales: mapped.sales, chosenBy, isNamed: true };
}

function fromMetadata(
  metadata: Metadata,
  settings: PairSettings,
  where: string,
): Candidate | undefined {
  const key = settings.metadata.item;
  const itemId = metadata[key]?.trim() ?? "";
  if (itemId === "") return undefined;
  return { itemId, sales: undefined, chosenBy: `metadata ${key} of ${where}`, isNamed: true };
}

function fromProductId(productId: string | undefined): Candidate | undefined {
  if (productId === undefined || productId.length > 30) return undefined;
  return { itemId: productId, sales: undefined, chosenBy: "the product id", isNamed: false };
}

function defaultCandidate(settings: PairSettings): Candidate | undefined {
  const mapped = settings.item.default;
  if (mapped === undefined) return undefined;
  const chosenBy = "item.default";
  if (typeof mapped === "string") {
    return { itemId: mapped, sales: undefined, chosenBy, isNamed: true };
  }
  return { itemId: mapped.item, sales: mapped.sales, chosenBy, isNamed: true };
}

/** Why no line may name this item, in words that follow its id; or undefined. */
export function itemFault(
  { isActive, isStock }: InventoryReading,
  { invoice, mode }: PairSettings,
):
  | Readonly<{ code: "mapping.product_unmapped" | "mapping.stock_item"; words: string }>
  | undefined {
  if (!isActive) return { code: "mapping.product_unmapped", words: "is not active" };
  // A shipper relieves stock; an invoice that is typed in does not.
  if (!isStock || mode === "sales-order" || invoice.stockItems !== "park") return undefined;
  return { code: "mapping.stock_item", words: "is a stock item" };
}

function checkedItem(
  candidate: Candidate,
  reading: InventoryReading & Readonly<{ facts: LineFacts }>,
  settings: PairSettings,
): MappedItem {
  const { itemId } = reading;
  const fault = itemFault(reading, settings);
  if (fault !== undefined) {
    const facts = { ...reading.facts, itemId, chosenBy: candidate.chosenBy };
    throw new HubError(fault.code, `SL item ${itemId} ${fault.words}`, { facts });
  }
  const ofItem = reading.sales.account === "" ? settings.accounts.sales : reading.sales;
  return { itemId, sales: candidate.sales ?? ofItem, chosenBy: candidate.chosenBy };
}

/** What a person needs of a line to name an item for it; nothing of a charge without lines. */
type LineFacts = Readonly<Record<string, string | undefined>>;

function factsOf({ lineId, productId, priceId, description }: SaleLine): LineFacts {
  return { line: lineId, product: productId, price: priceId, description };
}

/** A candidate that SL does not have, whether a person named it or it is the product's id. */
function unmapped(line: SaleLine, { itemId, chosenBy, isNamed }: Candidate): HubError {
  const { productId: product, priceId: price } = line;
  const facts = factsOf(line);
  const hasMapping = product !== undefined || price !== undefined;
  const message = isNamed
    ? `SL has no item ${itemId}, named by ${chosenBy}`
    : `Product ${product} has no SL item`;
  const isDecided = chosenBy.startsWith(DECIDED);
  const mend = isDecided ? "edit the run again" : `correct ${chosenBy} at Stripe`;
  const cure = `Add item ${itemId} to SL, or ${mend}, then resume.`;
  return new HubError("mapping.product_unmapped", message, {
    facts,
    ...(hasMapping && !isDecided ? {} : { cure }),
  });
}

/** Nothing names an item, and with no product there is nothing to map either. */
function nameless({ line, sale }: SoldLine, settings: PairSettings): HubError {
  const { lineId, productId: product, priceId: price, description } = line;
  const facts = factsOf(line);
  if (product !== undefined || price !== undefined) {
    const words = product === undefined ? `Price ${price}` : `Product ${product}`;
    return new HubError("mapping.product_unmapped", `${words} has no SL item`, { facts });
  }
  const { identity } = sale.document;
  const key = settings.metadata.item;
  return new HubError(
    "mapping.product_unmapped",
    `Line ${lineId} "${description}" of ${identity} names no product`,
    {
      facts,
      cure:
        `Set metadata ${key} of ${identity} to an SL item, then resume: it is used for lines ` +
        `without a product, such as ${lineId}. For later invoices set ${key} on the invoice item.`,
    },
  );
}
