import { HubError } from "../../base/errors.ts";
import { type Money, sum } from "../../base/money.ts";
import type { DocumentReading, ErpConnector, ShipmentReading } from "../../erp/port.ts";
import type { LedgerDocument } from "./order-ledger.ts";

/** An invoice that SL made of shipments of an order. */
export type OrderInvoice = Readonly<{
  document: LedgerDocument;
  /** What of it is this order's: all of it, but for one that several orders share. */
  own: Money;
}>;

/** What became of the shipments of an order so far. */
export type OrderInvoices = Readonly<{
  /** Released ones, oldest shipment first. */
  invoices: readonly OrderInvoice[];
  /** Credit memos of its shippers: the customer's credit, which is nobody's payment. */
  credits: readonly LedgerDocument[];
  /** What has yet to happen in SL before the rest can be paid, in words. */
  waitsFor: readonly string[];
}>;

/** What SL is read with. */
export type SlReader = Readonly<{
  door: Readonly<{
    erp: Pick<ErpConnector, "orders" | "readBatch">;
    signal?: AbortSignal | undefined;
  }>;
}>;

type Batched = Readonly<{ shipments: readonly ShipmentReading[]; batNbr: string; number: string }>;

/**
 * The receivable documents of an order's shipments: a shipper names the batch and the number that
 * it was invoiced under. Those in `known` that were paid in full are believed, since nothing that
 * is released ever changes.
 *
 * @throws HubError `erp.not_found` where a batch that was seen released is gone or lacks its number
 */
export async function readOrderInvoices(
  context: SlReader,
  shipments: readonly ShipmentReading[],
  known: readonly LedgerDocument[],
): Promise<OrderInvoices> {
  const alive = shipments.filter(({ isCancelled }) => !isCancelled);
  const waitsFor = alive
    .filter(({ batNbr }) => batNbr === "")
    .map(({ shipperId }) => `shipper ${shipperId} to be invoiced`);
  const invoices: OrderInvoice[] = [];
  const credits: LedgerDocument[] = [];
  for (const batched of byInvoice(alive)) {
    const before = known.find((one) => isPaid(one) && isOf(one, batched));
    const found = before ?? (await readOne(context, batched, known));
    if (typeof found === "string") waitsFor.push(found);
    else if (found.type === "CM") credits.push(found);
    else invoices.push(invoiceOf(found, batched));
  }
  return { invoices, credits, waitsFor };
}

function byInvoice(shipments: readonly ShipmentReading[]): readonly Batched[] {
  const groups = new Map<string, Batched>();
  for (const shipment of shipments) {
    const { batNbr, invoiceNumber } = shipment;
    if (batNbr === "") continue;
    const name = `${batNbr}\n${invoiceNumber}`;
    const before = groups.get(name)?.shipments ?? [];
    groups.set(name, { shipments: [...before, shipment], batNbr, number: invoiceNumber });
  }
  return [...groups.values()];
}

/** The released document, or in words what is waited for until it is one. */
async function readOne(
  { door }: SlReader,
  { batNbr, number, shipments }: Batched,
  known: readonly LedgerDocument[],
): Promise<LedgerDocument | string> {
  const batch = await door.erp.readBatch("invoice", batNbr, door.signal);
  const released = known.find((one) => one.batNbr === batNbr);
  if (batch === undefined && released !== undefined) {
    const { refNbr } = released;
    throw new HubError("erp.not_found", `SL no longer shows batch ${batNbr} of invoice ${refNbr}`, {
      facts: { batNbr, invoice: refNbr },
    });
  }
  if (batch === undefined) return `SL to show batch ${batNbr} of invoice ${number}`;
  if (batch.state === "voided") {
    return `invoice ${number} to be made anew in SL: its batch ${batNbr} is void`;
  }
  if (!batch.isReleased) return `invoice ${number} to be released in batch ${batNbr}`;
  const document = documentOf(batch.documents, number);
  if (document === undefined) {
    throw new HubError("erp.not_found", `SL's batch ${batNbr} holds no invoice ${number}`, {
      facts: { batNbr, invoice: number },
    });
  }
  const { type, refNbr, amount, balance, period, documentDate } = document;
  const shippers = shipments.map(({ shipperId }) => shipperId);
  return { type, refNbr, batNbr, amount, open: balance, period, documentDate, shippers };
}

/** A shipper's invoice number has 15 characters, a receivable document's 10. */
function documentOf(
  documents: readonly DocumentReading[],
  number: string,
): DocumentReading | undefined {
  const names = [number, number.slice(0, 10), number.slice(-10)].map((name) => name.toUpperCase());
  const named = documents.find(({ refNbr }) => names.includes(refNbr.trim().toUpperCase()));
  return named ?? (documents.length === 1 ? documents[0] : undefined);
}

function isPaid({ open, type }: LedgerDocument): boolean {
  return open.minor === 0n && type !== "CM";
}

/** The very same shipments: one that was added since makes another sum. */
function isOf({ batNbr, shippers }: LedgerDocument, { batNbr: wanted, shipments }: Batched) {
  return batNbr === wanted && shipments.every(({ shipperId }) => shippers.includes(shipperId));
}

function invoiceOf(document: LedgerDocument, { shipments }: Batched): OrderInvoice {
  const { amount } = document;
  const total = sum(
    shipments.map((shipment) => shipment.total),
    amount.currency,
  );
  // A site that keeps no total on its shippers has no invoices for several orders either.
  const own = total.minor > 0n && total.minor < amount.minor ? total : amount;
  return { document, own };
}
