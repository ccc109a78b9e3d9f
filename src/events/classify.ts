import { HubError } from "../base/errors.ts";

/** The parts of a Stripe event that intake reads; `data.object` is as Stripe sent it. */
export type EventHead = Readonly<{
  id: string;
  type: string;
  /** `event`, or `v2.core.event` for thin ones. */
  object: unknown;
  data?: unknown;
  related_object?: unknown;
}>;

/** What an event is to the hub: a lane to wake, or the reason why there is nothing to do. */
export type EventClass = Readonly<{ laneKey: string }> | Readonly<{ notApplicable: string }>;

/** What Stripe's ids look like, and with it everything that may become an id in our tables. */
export const ID_PATTERN = /^[A-Za-z0-9_.:-]{1,255}$/;

type Root = (object: Fields) => unknown;
type Fields = Readonly<Record<string, unknown>>;

// A PaymentIntent gathers everything that hangs on one payment, so it is the best root wherever it
// can be seen. Invoices and charges show it in old API versions only; the run finds the true root
// by reading Stripe, and hands the events over.
const rootOfCharge: Root = (charge) => idOf(charge.payment_intent) ?? charge.id;
const rootOfPaymentIntent: Root = (intent) => intent.id;
const rootOfInvoice: Root = (invoice) => idOf(invoice.payment_intent) ?? invoice.id;
const rootOfInvoicePayment: Root = (invoicePayment) =>
  idOf(fieldsOf(invoicePayment.payment).payment_intent) ?? idOf(invoicePayment.invoice);
const rootOfCustomer: Root = (customer) => customer.id;
/** A tax id may also be the merchant's own, and then it is no customer's. */
const rootOfTaxId: Root = (taxId) => idOf(taxId.customer);
const rootOfSession: Root = (session) => idOf(session.payment_intent) ?? session.id;

const rootOfCreditNote: Root = (note) => idOf(note.invoice);
/** A refund or a dispute hangs on its payment. */
const rootOfMoneyBack: Root = (refund) => idOf(refund.payment_intent) ?? idOf(refund.charge);

/** Money between balance and bank stands for itself. */
const rootOfPayout: Root = (payout) => payout.id;
const OF_PAYOUTS = [
  ...["created", "updated", "paid", "failed", "canceled"].map((what) => `payout.${what}`),
  "payout.reconciliation_completed",
  ...["created", "succeeded", "failed", "canceled", "reversed"].map((what) => `topup.${what}`),
];

/** Event types that wake a lane, with the way to its key. */
const ROOTS: ReadonlyMap<string, Root> = new Map([
  ["charge.succeeded", rootOfCharge],
  ["charge.captured", rootOfCharge],
  ["charge.updated", rootOfCharge],
  // A bank debit is in Stripe's balance before it succeeds; some pairs book it in transit.
  ["charge.pending", rootOfCharge],
  ["payment_intent.succeeded", rootOfPaymentIntent],
  ["invoice.paid", rootOfInvoice],
  ["invoice.payment_succeeded", rootOfInvoice],
  ["invoice_payment.paid", rootOfInvoicePayment],
  ["charge.refunded", rootOfCharge],
  ["charge.refund.updated", rootOfMoneyBack],
  ["refund.created", rootOfMoneyBack],
  ["refund.updated", rootOfMoneyBack],
  ["refund.failed", rootOfMoneyBack],
  ["charge.dispute.created", rootOfMoneyBack],
  ["charge.dispute.updated", rootOfMoneyBack],
  ["charge.dispute.funds_withdrawn", rootOfMoneyBack],
  ["charge.dispute.funds_reinstated", rootOfMoneyBack],
  ["charge.dispute.closed", rootOfMoneyBack],
  ["credit_note.created", rootOfCreditNote],
  ["credit_note.updated", rootOfCreditNote],
  ["credit_note.voided", rootOfCreditNote],
  ["customer.updated", rootOfCustomer],
  ["customer.tax_id.created", rootOfTaxId],
  ["customer.tax_id.updated", rootOfTaxId],
  ["customer.tax_id.deleted", rootOfTaxId],
  ["checkout.session.completed", rootOfSession],
  ["checkout.session.async_payment_succeeded", rootOfSession],
  ...OF_PAYOUTS.map((type) => [type, rootOfPayout] as const),
]);

/** The types that wake a lane: what the check for gaps asks Stripe for. */
export const WORKED_TYPES: readonly string[] = [
  ...ROOTS.keys(),
  "charge.failed",
  "invoice.finalized",
  "invoice.voided",
  "invoice.marked_uncollectible",
];

/** Types by which a Stripe invoice begins and ends that is booked before it is paid. */
const OF_OPEN_INVOICES = new Set([
  "invoice.finalized",
  "invoice.voided",
  "invoice.marked_uncollectible",
]);

const NO_MONEY_YET = "No money has moved yet; the success brings an event of its own";
const NO_MONEY = "No money has moved";
const BY_ITS_ROW = "Its money is booked by its balance row, with those of the day";

/** Types known to need nothing, or nothing yet, by their beginning; the first that fits counts. */
const REASONS: readonly (readonly [string, string])[] = [
  ["charge.failed", NO_MONEY],
  ["charge.expired", "An authorisation expired without a capture; no money has moved"],
  ["transfer.", BY_ITS_ROW],
  ["application_fee.", BY_ITS_ROW],
  ["invoice.marked_uncollectible", "Nothing of it is booked before it is paid"],
  ["payment_intent.canceled", "The payment was cancelled; no money has moved"],
  ["payment_intent.payment_failed", NO_MONEY],
  ["payment_intent.", NO_MONEY_YET],
  ["checkout.session.", NO_MONEY],
  ["invoice_payment.", NO_MONEY],
  ["invoice.", NO_MONEY],
];

/**
 * What an event of this type means, decided from the event alone without reading Stripe. The body
 * is kept whatever the answer, so a later version can work on what this one does not.
 *
 * @param booksOpenInvoices whether the pair books invoices before they are paid
 * @throws HubError `intake.body_invalid` when the object of an event to work on has no usable id
 */
export function classifyEvent(event: EventHead, booksOpenInvoices = false): EventClass {
  // A thin event names its object only by type and id; a run of its own parks it with the cure.
  if (isThinEvent(event)) return { laneKey: `thin:${event.id}` };
  const root = rootOf(event, booksOpenInvoices);
  if (root === undefined) return { notApplicable: reasonOf(event.type) };
  if (event.type === "customer.updated" && !touchesWhatSlKeeps(event)) {
    return { notApplicable: "Nothing of the customer has changed that SL keeps" };
  }
  if (event.type === "payout.updated" && touchesMetadataAlone(event)) {
    return { notApplicable: "Nothing of the payout has changed but its metadata" };
  }
  if (event.type === "charge.dispute.updated" && touchesMetadataAlone(event)) {
    return { notApplicable: "Nothing of the dispute has changed but its metadata" };
  }
  const laneKey = root(objectOf(event));
  if (laneKey === undefined && root === rootOfMoneyBack) {
    return { notApplicable: "It names no charge; its balance rows are found by the sweep" };
  }
  if (laneKey === undefined && root === rootOfTaxId) {
    return { notApplicable: "It is a tax id of no customer" };
  }
  if (typeof laneKey !== "string" || !ID_PATTERN.test(laneKey)) {
    throw new HubError("intake.body_invalid", "The event's object carries no usable id", {
      facts: { eventId: event.id, type: event.type },
    });
  }
  return { laneKey };
}

/** What SL keeps of a customer; metadata are not among it, so the hub's own write ends here. */
const KEPT = ["name", "business_name", "individual_name", "email", "phone", "address"];

function touchesWhatSlKeeps(event: EventHead): boolean {
  const before = fieldsOf(event.data).previous_attributes;
  // A version that does not tell what changed may have changed anything.
  return before == null || KEPT.some((field) => Object.hasOwn(fieldsOf(before), field));
}

/** The hub's own write comes back like this; of payouts it reads no word in metadata. */
function touchesMetadataAlone(event: EventHead): boolean {
  const before = fieldsOf(event.data).previous_attributes;
  return before != null && Object.keys(fieldsOf(before)).every((field) => field === "metadata");
}

function rootOf(event: EventHead, booksOpenInvoices: boolean): Root | undefined {
  if (isReturn(event)) return rootOfCharge;
  if (booksOpenInvoices && OF_OPEN_INVOICES.has(event.type)) return rootOfInvoice;
  return ROOTS.get(event.type);
}

/**
 * A card that is declined moves no money. A bank that takes a payment back does, and may do so days
 * after its success.
 */
function isReturn(event: EventHead): boolean {
  return event.type === "charge.failed" && objectOf(event).failure_balance_transaction != null;
}

/** Whether the event carries no object of its own: Stripe's "thin" payload style. */
export function isThinEvent(event: EventHead): boolean {
  if (event.object === "v2.core.event") return true;
  return event.related_object != null && fieldsOf(event.data).object === undefined;
}

/** The id of the object that the event speaks of; undefined where none has Stripe's form. */
export function objectIdOf(event: EventHead): string | undefined {
  const id = idOf(objectOf(event)) ?? idOf(event.related_object);
  return id !== undefined && ID_PATTERN.test(id) ? id : undefined;
}

function objectOf(event: EventHead): Fields {
  return fieldsOf(fieldsOf(event.data).object);
}

function reasonOf(type: string): string {
  const known = REASONS.find(([beginning]) => type.startsWith(beginning));
  return known?.[1] ?? `Events of type ${type} say nothing that is booked`;
}

/** The id of a reference, which Stripe sends as text or, expanded, as the object. */
function idOf(reference: unknown): string | undefined {
  const id = typeof reference === "object" ? fieldsOf(reference).id : reference;
  return typeof id === "string" && id !== "" ? id : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
