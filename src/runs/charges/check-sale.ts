import { HubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerReading, InvoiceDraft, PaymentDraft } from "../../erp/port.ts";
import { mapInvoice, mapPayment, openOnly, type PeriodChoice } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import type { OrderReceipt } from "../orders/place-order.ts";
import { mayBeInRebuilt } from "../summary/collect-sale.ts";
import { doneReceipt, valued } from "../write/book.ts";
import { type DocumentReceipt, isFrozen, isOver, type Stage } from "../write/intent.ts";
import { crossingOfPayment } from "./payment-way.ts";
import { periodFor, readForInvoice } from "./sale-readings.ts";

/** Stands in for a customer that is not chosen yet; no rule of mapping refuses a customer. */
export const NOBODY: CustomerReading = {
  customerId: "",
  key: "",
  stripeId: "",
  name: "",
  addressLine1: "",
  addressLine2: "",
  city: "",
  state: "",
  zip: "",
  country: "",
  email: "",
  phone: "",
  status: "active",
  currency: "",
  classId: "",
  terms: "",
  autoApply: false,
  hasPrepay: true,
  taxNumbers: { TaxRegNbr: "", TaxExemptNbr: "" },
  receivable: { account: "", subaccount: "" },
};

/**
 * Maps the invoice and every payment of a sale once for nobody, and forgets what came out: whatever
 * mapping refuses is refused while SL holds nothing of the sale. Otherwise a charge that cannot be
 * booked would leave a new customer behind, and a payment that cannot be an open invoice.
 *
 * @throws HubError `mapping.*`, `money.precision`, `config.invalid`, and those of the readings
 */
export async function checkSale(context: RunContext, sale: Sale): Promise<void> {
  const { settings, reference } = context.pair;
  const { chosen, ...readings } = await readForInvoice(context, sale);
  const { period: ofInvoice } = await inPeriod(context, sale, chosen);
  const draftFor = { settings, key: "", customer: NOBODY };
  const mapped = mapInvoice(sale, { ...draftFor, ...readings, period: ofInvoice });
  assertKeepsTaxes(context, mapped.draft);
  await valued(context.door, mapped);
  for (const payment of sale.payments) {
    const slDecimals = await reference.decimals(payment.amount.currency);
    const chosenFor = await periodFor(context, sale, payment);
    const { period } = await inPeriod(context, sale, chosenFor);
    const { isBridged, worth } = await crossingOfPayment(context.pair, sale, payment);
    const unapplied = { invoice: undefined, numberTry: 0, isBridged };
    const paid = mapPayment(sale, payment, { ...draftFor, ...unapplied, period, slDecimals });
    await valued(context.door, paid, worth);
  }
}

/** What a rebuild may have found booked is refused by no period that was closed since. */
async function inPeriod(
  context: RunContext,
  sale: Sale,
  chosen: PeriodChoice,
): Promise<PeriodChoice> {
  const isClosed = chosen.closed !== undefined;
  return isClosed && (await mayBeInRebuilt(context, sale)) ? chosen : openOnly(chosen);
}

/**
 * SL computes taxes anew unless it keeps those that are given, which only a probe can tell; the
 * comparison before the release would find out too, and leave a batch behind.
 */
function assertKeepsTaxes({ pair }: RunContext, draft: InvoiceDraft): void {
  const answer = pair.erp.capabilities["supplied-tax"];
  if (answer === "yes" || draft.lines.every(({ taxes = [] }) => taxes.length === 0)) return;
  const words = answer === "no" ? "keeps no tax amounts" : "was not asked whether it keeps tax";
  throw new HubError("config.tax_not_kept", `The pair has tax: sl, and its SL site ${words}`, {
    facts: { setting: "tax", answer },
  });
}

/**
 * Money that was booked as a sale of its own and is tied to a Stripe invoice later, as Stripe
 * allows for a PaymentIntent that has succeeded: its revenue would be booked a second time, and its
 * payment is applied to the first document. A person has to decide.
 *
 * @throws HubError `conflict.draft_changed`
 */
export function checkBookedAsOne({ door }: RunContext, sale: Sale): void {
  const { identity } = sale.document;
  for (const { chargeId, paymentIntentId } of sale.payments) {
    for (const object of [paymentIntentId, chargeId]) {
      if (object === undefined || object === identity) continue;
      const other =
        door.store.find({ object, purpose: "invoice", part: "" }) ??
        door.store.find({ object, purpose: "order", part: "" });
      if (other === undefined || NOT_IN_SL.includes(other.stage)) continue;
      const receipt = other.receipt as Partial<DocumentReceipt & OrderReceipt> | undefined;
      const number = receipt?.refNbr ?? receipt?.orderNumber;
      const { purpose } = other.identity;
      const booked = number === undefined ? "begun" : `booked as ${purpose} ${number}`;
      throw new HubError(
        "conflict.draft_changed",
        `${object} is ${booked} by itself, and now it pays ${identity}`,
        { facts: { object, identity, refNbr: number, batNbr: other.batNbr } },
      );
    }
  }
}

/** $1 pair, $2 lanes. */
const LEFT_SQL = `
select p.id::text, p.lane_key, p.closed_by as by, p.comment as reason,
  coalesce(p.facts ->> 'money', '') as money
from unnest($2::text[]) as k (key)
cross join lateral (
  select * from parked
  where lane_key = k.key and pair = $1 and state in ('dismissed', 'resumed')
  order by id desc limit 1) p
where p.state = 'dismissed'`;

type LeftRow = { id: string; lane_key: string; by: string; reason: string; money: string };

/**
 * The same of money that a person has left alone while it was a sale of its own: it was booked by
 * hand, and nothing of it stands under a key.
 *
 * @throws HubError `conflict.dismissed`
 */
export async function checkLeftAlone({ door, pool, lane }: RunContext, sale: Sale): Promise<void> {
  const { document, invoiceId } = sale;
  const isBegun = (chargeId: string) => door.store.parts(chargeId, "payment").some(isFrozen);
  const payments = sale.payments.filter(({ chargeId }) => !isBegun(chargeId));
  if (invoiceId === undefined || payments.length === 0) return;
  const keys = payments.flatMap(({ chargeId, paymentIntentId = chargeId }) => [
    ...new Set([chargeId, paymentIntentId]),
  ]);
  const { rows } = await pool.query<LeftRow>(LEFT_SQL, [lane.pair, keys]);
  for (const { id, lane_key: key, by, reason, money } of rows) {
    const seen = payments.find(({ chargeId }) => money === "" || money.includes(`${chargeId} `));
    if (seen === undefined) continue;
    const { chargeId } = seen;
    throw new HubError(
      "conflict.dismissed",
      `${chargeId} was dismissed with ${key} by ${by}: ${reason}; now it pays ${document.identity}`,
      {
        facts: { object: chargeId, identity: document.identity, case: id },
        cure: `Dismiss where it is booked by hand; else resume case ${id}, then this one.`,
      },
    );
  }
}

/** What the money of a sale is for in SL. */
type PaidFor = Readonly<{ kind: "invoice" | "order"; number: string | undefined }>;

/**
 * At Stripe a PaymentIntent may be tied to several invoices, or to one after it was taken off
 * another. In SL a charge is one payment, applied to the invoice that was booked with it or on the
 * order that was placed with it: how much of it is another one's, a person has to decide. A payment
 * of the sale's own lane is its own: where it was booked again the invoice has another number.
 *
 * @param own the sale's own document in SL, its number undefined while there is none
 * @throws HubError `conflict.draft_changed`
 */
export function checkPaysNoOther({ door, lane }: RunContext, sale: Sale, own: PaidFor): void {
  for (const { chargeId } of sale.payments) {
    const known = door.store.find({ object: chargeId, purpose: "payment", part: "" });
    // One that another lane has only begun is no less that lane's: this one would finish it, and
    // tell its own invoice as paid.
    if (known === undefined || isOver(known)) continue;
    const draft = known.draft as Partial<PaymentDraft>;
    const number = doneReceipt(known)?.refNbr ?? draft.refNbr;
    const paid = paidBy(draft);
    const [first] = paid;
    const isOwn = ({ kind, number: of }: PaidFor) => kind === own.kind && of === own.number;
    if (first === undefined || known.laneKey === lane.key || paid.some(isOwn)) continue;
    const { identity } = sale.document;
    const payment = `payment ${number}`;
    throw new HubError(
      "conflict.draft_changed",
      `${chargeId} is ${payment} of ${first.kind} ${first.number}, and it pays ${identity} too`,
      {
        facts: { object: chargeId, identity, refNbr: number, [first.kind]: first.number },
        cure: applyRestCure(own, { identity, payment }),
      },
    );
  }
}

/** What a payment stands for in SL; nothing is known of one that a rebuild took over. */
function paidBy({ applications = [], salesOrder = "" }: Partial<PaymentDraft>): PaidFor[] {
  if (salesOrder !== "") return [{ kind: "order", number: salesOrder }];
  return applications.map(({ invoiceRefNbr: number }) => ({ kind: "invoice", number }));
}

function applyRestCure(
  { kind, number }: PaidFor,
  { identity, payment }: Readonly<{ identity: string; payment: string }>,
): string {
  const rest = `what ${payment} has left to`;
  if (number === undefined) {
    return `Enter ${identity} by hand in SL, apply ${rest} it (08.030), then dismiss.`;
  }
  if (kind === "invoice") return `Apply ${rest} invoice ${number} (08.030), then dismiss.`;
  const ship = `Take the hold off order ${number} and ship it`;
  return `${ship}, apply ${rest} its invoice (08.030), then dismiss.`;
}

const NOT_IN_SL: readonly Stage[] = ["planned", "reserving", "reserved", "abandoned", "reversed"];
