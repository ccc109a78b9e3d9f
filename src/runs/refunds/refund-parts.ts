import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import type { RefundPurpose } from "../../base/ids.ts";
import { type Money, sum } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { BalanceRow, Sale, SalePayment } from "../../canonical/sale.ts";
import type {
  CustomerReading,
  InvoiceDraft,
  MemoDraft,
  OrderDraft,
  PaymentDraft,
} from "../../erp/port.ts";
import {
  bookingZone,
  type Creditable,
  choosePeriod,
  creditableInvoice,
  creditableSale,
  documentDate,
  keptPeriod,
  type MemoContext,
  type PeriodChoice,
} from "../../mapping/index.ts";
import type { ApplicationIntent } from "../apply/apply.ts";
import { canListApplications } from "../apply/apply-route.ts";
import { listApplicationsOf } from "../apply/listed.ts";
import type { RunContext } from "../context.ts";
import { doneReceipt } from "../write/book.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { originalInSl } from "../write/standing-memo.ts";

/** A memo of a refund or credit note as the hub means to make it, or has made it. */
export type MemoIntent = Intent<Partial<MemoDraft>, DocumentReceipt>;

/** What of a sale its refunds and credit notes are about. */
export type RefundedSale = Readonly<{
  sale: Sale;
  refunds: readonly Refund[];
  notes: readonly CreditNote[];
  customer: CustomerReading;
  /** Whether the hub has booked the sale itself. */
  isBooked: boolean;
  /** Set where several customers share the charge: whose part of a refund it is about. */
  share?: RefundShare;
}>;

/** One customer's part of what goes back of a charge that several share. */
export type RefundShare = Readonly<{
  /** The part of its intents. */
  customerId: string;
  /** Whether its memos own the balance rows: one document does. */
  ownsRow: boolean;
  /** The refund that it is a part of; a credit note has none. */
  whole: Refund | undefined;
}>;

/** The part of the intents of a refund: whose it is, or empty where it is one customer's. */
export function partOf({ share }: Pick<RefundedSale, "share">): string {
  return share?.customerId ?? "";
}

/** A memo that stands in SL, and whether this run has made it. */
export type BookedMemo = Readonly<{ memo: DocumentReceipt; isNew: boolean }>;

/** Payments of a charge that stand in SL; where it is shared those of one customer, or of all. */
export function paymentsOf(
  { door }: RunContext,
  chargeId: string,
  customerId = "",
): readonly Intent<Partial<PaymentDraft>, DocumentReceipt>[] {
  const all = door.store.parts(chargeId, "payment") as readonly Intent<
    Partial<PaymentDraft>,
    DocumentReceipt
  >[];
  return all.filter(({ stage, identity }) => {
    return stage === "done" && (customerId === "" || identity.part === customerId);
  });
}

/** The SL customers that a charge was booked on, each once. */
export function customersOf(context: RunContext, chargeId: string): readonly string[] {
  const receipts = paymentsOf(context, chargeId).flatMap(({ receipt }) => receipt ?? []);
  return [...new Set(receipts.map(({ customerId }) => customerId.trim()))];
}

/**
 * The SL customer that a charge was booked on; undefined where the hub has booked nothing of it.
 *
 * @throws HubError `mapping.refund_shared` where several share it
 */
export async function customerOfCharge(
  context: RunContext,
  { chargeId }: Pick<SalePayment, "chargeId">,
): Promise<CustomerReading | undefined> {
  const ids = customersOf(context, chargeId);
  const [customerId] = ids;
  if (customerId === undefined) return undefined;
  if (ids.length > 1) throw sharedCharge(chargeId, ids);
  return present(await context.pair.reference.customer(customerId), `SL's customer ${customerId}`);
}

/** What is to be one customer's, and is of a charge that several share. */
export function sharedCharge(chargeId: string, customerIds: readonly string[]): HubError {
  const customers = customerIds.join(", ");
  return new HubError("mapping.refund_shared", `${chargeId} was shared out over ${customers}`, {
    facts: { chargeId, customers },
  });
}

/** The SL customer that a sale was booked on, whether a charge has paid it or not. */
export async function customerOfSale(
  context: RunContext,
  { document, payments }: Sale,
): Promise<CustomerReading | undefined> {
  const { door, pair } = context;
  const object = document.identity;
  const invoice = doneReceipt(door.store.find({ object, purpose: "invoice", part: "" }));
  if (invoice !== undefined) return pair.reference.customer(invoice.customerId.trim());
  const [first] = payments;
  return first === undefined ? undefined : customerOfCharge(context, first);
}

/** The SL customers that a sale was booked on, each once: several may share its charges. */
export function customersOfSale(context: RunContext, { document, payments }: Sale) {
  const { store } = context.door;
  const object = document.identity;
  const invoice = doneReceipt(store.find({ object, purpose: "invoice", part: "" }));
  if (invoice !== undefined) return [invoice.customerId.trim()];
  return [...new Set(payments.flatMap(({ chargeId }) => customersOf(context, chargeId)))];
}

/** The part of the memos of a sale's credit notes: whose they are where customers share it. */
export function partOfNotes(
  context: RunContext,
  { sale, customer, share }: Pick<RefundedSale, "sale" | "customer" | "share">,
): string {
  if (share !== undefined) return share.customerId;
  return customersOfSale(context, sale).length > 1 ? customer.customerId.trim() : "";
}

/** What every memo on a day needs; the period of the fact where its first document has one. */
export async function memoContext(
  { pair }: RunContext,
  of: Readonly<{
    customer: CustomerReading;
    currency: string;
    date: string;
    original: string;
    period?: string;
  }>,
): Promise<Readonly<{ chosen: PeriodChoice; context: Omit<MemoContext, "key"> }>> {
  const { settings, reference } = pair;
  const { customer, currency, date, original, period = "" } = of;
  const calendar = await reference.calendar();
  const chosen =
    period === ""
      ? choosePeriod(date, calendar, settings.closedPeriod)
      : keptPeriod(period, calendar);
  const { termsId: terms } = await reference.terms(settings.terms.paid);
  const slDecimals = await reference.decimals(currency);
  return {
    chosen,
    context: { settings, customer, period: chosen.period, slDecimals, terms, original },
  };
}

/** The day of a balance row. */
export function dayOfRow({ pair }: RunContext, row: BalanceRow): string {
  return documentDate(row.created, bookingZone(pair.settings));
}

/** The memo of an object that stands in SL. */
export function doneMemo(
  { door }: RunContext,
  of: Readonly<{ object: string; purpose: RefundPurpose; part?: string }>,
): DocumentReceipt | undefined {
  const { object, purpose, part = "" } = of;
  return doneReceipt(door.store.find({ object, purpose, part }));
}

/** A draft that is begun, or done: what it credits counts. */
export function begunMemo(
  { door }: RunContext,
  of: Readonly<{ object: string; purpose: RefundPurpose; part?: string }>,
): MemoIntent | undefined {
  const { object, purpose, part = "" } = of;
  const intent = door.store.find({ object, purpose, part }) as MemoIntent | undefined;
  return intent !== undefined && isFrozen(intent) ? intent : undefined;
}

/** The hub's own invoice or order of the sale, whose rate a credit of it has. */
export function ownInvoice({ door }: RunContext, { document }: Sale): Intent | undefined {
  const object = document.identity;
  const order = door.store.find({ object, purpose: "order", part: "" });
  const isRated = (order?.draft as Partial<OrderDraft> | undefined)?.rate !== undefined;
  const invoice = door.store.find({ object, purpose: "invoice", part: "" });
  return invoice ?? (isRated ? order : undefined);
}

/** The hub's own document that a charge has paid, whose rate a credit of it has. */
export function paidIntent(context: RunContext, sale: Sale, chargeId: string): Intent | undefined {
  return otherInvoice(context, sale, chargeId) ?? ownInvoice(context, sale);
}

type InvoiceIntent = Intent<Partial<InvoiceDraft>, DocumentReceipt>;

/** The invoice that a charge was booked with before it came to be tied to this sale. */
function otherInvoice(
  context: RunContext,
  { document }: Sale,
  chargeId: string,
): InvoiceIntent | undefined {
  const { store } = context.door;
  const lanes = paymentsOf(context, chargeId).map(({ laneKey }) => laneKey);
  const others = lanes.filter((object) => object !== document.identity);
  const found = others.flatMap(
    (object) => store.find({ object, purpose: "invoice", part: "" }) ?? [],
  );
  return found.find(({ stage }) => stage === "done") as InvoiceIntent | undefined;
}

/** A memo that a rebuild took over from SL keeps no amount: SL knows it. */
export async function amountOfMemo(
  { door }: RunContext,
  { draft, receipt }: MemoIntent,
): Promise<Money> {
  if (draft.total !== undefined) return draft.total;
  const known = present(receipt, "The receipt of a memo without a draft");
  return (await readBooked(door, known)).amount;
}

/** Whose memo it is, of whatever generation. */
type MemoSlot = Readonly<{ object: string; purpose: RefundPurpose; part: string }>;

/** The number of the document in SL that a charge has paid; empty where it has paid none. */
export function paidDocument(
  context: RunContext,
  sale: Sale,
  { chargeId, customerId = "" }: Readonly<{ chargeId: string; customerId?: string }>,
): string {
  const { door } = context;
  const object = sale.document.identity;
  const own = doneReceipt(door.store.find({ object, purpose: "invoice", part: "" }));
  if (own !== undefined) return own.refNbr;
  const applied = door.store.parts(chargeId, "apply") as readonly ApplicationIntent[];
  const later = applied
    .filter(({ stage }) => stage === "done")
    .filter(({ draft }) => customerId === "" || draft.customerId.trim() === customerId)
    .flatMap(({ draft }) => draft.applications)
    .filter(({ type }) => type === "IN");
  const payments = paymentsOf(context, chargeId, customerId);
  const atEntry = payments.flatMap(({ draft }) => draft.applications ?? []);
  return later.at(-1)?.refNbr ?? atEntry.at(-1)?.invoiceRefNbr ?? "";
}

/**
 * The same for what a refund gives back of it. A hub that lost its database knows no more what the
 * money of an order had paid when the memo was made, and would draft it otherwise than it stands: a
 * memo that stands in SL says so itself, and for one that does not SL lists what was paid.
 */
export async function originalOf(
  context: RunContext,
  of: RefundedSale,
  { chargeId, memo }: Pick<Refund, "chargeId"> & Readonly<{ memo: MemoSlot }>,
): Promise<string> {
  const { door } = context;
  const standing = await originalInSl(context, memo);
  if (standing !== undefined) return standing;
  const known = paidDocument(context, of.sale, { chargeId, customerId: partOf(of) });
  if (known !== "" || !(await canListApplications(door))) return known;
  const applied = await listApplicationsOf(door, chargeId, partOf(of));
  const paid = applied.filter(({ target }) => target.type === "IN");
  return paid.at(-1)?.target.refNbr.trim() ?? "";
}

/** What the sale's document sold: the hub's own invoice line by line, else the sale at Stripe. */
export function documentOf(context: RunContext, sale: Sale, chargeId: string): Creditable {
  const { door, pair } = context;
  const object = sale.document.identity;
  const invoice = door.store.find({ object, purpose: "invoice", part: "" }) as
    | InvoiceIntent
    | undefined;
  const { total, lines } = invoice?.draft ?? {};
  const refNbr = paidDocument(context, sale, { chargeId });
  if (total !== undefined && lines !== undefined) {
    return creditableInvoice({ refNbr, total, lines }, sale);
  }
  return creditableSale(sale, { refNbr, total: sale.document.total, settings: pair.settings });
}

/** The same of what a charge has paid, which may be tied to a sale that it was not booked with. */
export function documentPaid(context: RunContext, sale: Sale, chargeId: string): Creditable {
  const { total, lines } = otherInvoice(context, sale, chargeId)?.draft ?? {};
  if (total === undefined || lines === undefined) return documentOf(context, sale, chargeId);
  const refNbr = paidDocument(context, sale, { chargeId });
  // What the merchant calls the lines of this sale is not said of that one's.
  return creditableInvoice({ refNbr, total, lines }, { document: { ...sale.document, lines: [] } });
}

/** What went back of a sale. */
export type WentBack = Pick<RefundedSale, "refunds" | "notes">;

/** What an application of the hub has brought; undefined while it is not done. */
export function appliedAmount(intent: Intent | undefined, currency: string): Money | undefined {
  if (intent?.stage !== "done") return undefined;
  const { applications = [] } = (intent as ApplicationIntent).draft;
  return sum(
    applications.map(({ amount }) => amount),
    currency,
  );
}
