import { present } from "../../base/assert.ts";
import { generationOfKey } from "../../base/ids.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { BalanceRow, Sale } from "../../canonical/sale.ts";
import type { CustomerReading, KeyedDocument } from "../../erp/port.ts";
import { dayLane } from "../../ledger/index.ts";
import {
  accountsOf,
  bookingZone,
  type CollectedInvoice,
  clearingOf,
  collectedOf,
  factDate,
  isCollected,
  isForSummary,
  isPaymentOnly,
  mapInvoice,
  mapPayment,
  mapRefundCash,
  mapRefundCause,
  mayBeSummedUp,
  ownedRows,
  receivableOf,
  shortStripeId,
} from "../../mapping/index.ts";
import { readForInvoice } from "../charges/sale-readings.ts";
import type { RunContext } from "../context.ts";
import { type Dismissal, decisionOf, notCovered } from "../dismissal.ts";
import { creditedBefore } from "../refunds/credited.ts";
import { dayOfRow, documentOf, memoContext } from "../refunds/refund-parts.ts";
import { readWentBack } from "../refunds/refund-run.ts";
import { identify } from "../write/identify.ts";
import { canFindByKey } from "../write/route.ts";
import { awaitSummary } from "./await-summary.ts";
import { collect, readSummaryOf, type SummaryBook, type SummaryKind } from "./collected-store.ts";
import { isKnown, isTakenOver, mayBeSummed } from "./taken-over.ts";

/** A sale with the SL customer that stands for its shoppers. */
type OnCustomer = Readonly<{ sale: Sale; customer: CustomerReading }>;

/**
 * With `summary: daily` a sale is collected for the documents of its day, and so are its refunds of
 * that day: then the run waits until these stand.
 *
 * @returns undefined for a sale that is booked by itself, and for one whose summary stands; else
 *   the words of whoever has left its summary alone
 * @throws Waiting while it waits for the summary; HubError those of the mapping, and
 *   `conflict.dismissed` for what went back since the summary was left alone
 */
export async function collectSale(
  context: RunContext,
  of: OnCustomer,
): Promise<string | undefined> {
  const { pool, pair } = context;
  const { document } = of.sale;
  const invoice = { object: document.identity, purpose: "invoice", part: "" } as const;
  const begun = context.door.store.find(invoice);
  if (begun === undefined) {
    if (!(await isToCollect(context, of))) return undefined;
    await collectOwn(context, of);
  } else if (begun.stage !== "collected") {
    return undefined;
  }
  const kept = present(
    await readSummaryOf(pool, pair.id, document.identity),
    `The day that ${document.identity} is collected for`,
  );
  if (kept.dismissal !== undefined) return leftAloneNow(context, of.sale, kept.dismissal);
  const hasMore = await collectRefunds(context, of.sale, kept.day);
  return awaitSummary(context, { day: kept.day, isNew: begun === undefined || hasMore });
}

/** Whoever left the day's summary alone has seen what was collected for it, and nothing else. */
async function leftAloneNow(
  context: RunContext,
  sale: Sale,
  dismissal: Dismissal,
): Promise<string> {
  const { refunds } = await readWentBack(context, { sale, isBooked: true });
  const isSeen = ({ refundId: object }: Refund) =>
    context.door.store.find({ object, purpose: "refund-cash", part: "" }) !== undefined;
  const unseen = [
    ...refunds.filter((refund) => !isSeen(refund)).map(({ refundId }) => refundId),
    ...sale.payments.flatMap((one) => (one.isDisputed ? [`the dispute of ${one.chargeId}`] : [])),
  ];
  if (unseen.length > 0) throw notCovered(dismissal, unseen.join(", "));
  return decisionOf(dismissal);
}

function dayOf({ pair }: RunContext, sale: Sale): string {
  return factDate(sale, undefined, pair.settings);
}

/**
 * A charge that was booked, or begun, by itself stays so. Where a rebuild has taken documents of
 * the day over, whatever may be in them is, until it is known, whatever the settings say by now.
 */
async function isToCollect(context: RunContext, { sale, customer }: OnCustomer): Promise<boolean> {
  if (isPaymentKnown(context, sale)) return false;
  const { document, payments } = sale;
  const ids = payments.map(({ chargeId }) => chargeId);
  const isOne =
    isForSummary(sale, customer, context.pair.settings) || (await mayBeInRebuilt(context, sale));
  return isOne && !(await mayStandAlone(context, [document.identity, ...ids]));
}

function isPaymentKnown({ door }: RunContext, { payments }: Sale): boolean {
  return payments.some(({ chargeId }) => door.store.parts(chargeId, "payment").length > 0);
}

/** Whether the hub knows nothing of a sale whose day a rebuild took over. */
export async function isMissedInRebuilt(context: RunContext, sale: Sale): Promise<boolean> {
  return !isPaymentKnown(context, sale) && (await mayBeInRebuilt(context, sale));
}

/** Whether a rebuild took documents of the sale's day over, which it mostly is in then. */
export async function mayBeInRebuilt(context: RunContext, sale: Sale): Promise<boolean> {
  if (!mayBeSummedUp(sale, context.pair.settings)) return false;
  return isDayRebuilt(context, dayOf(context, sale));
}

/** Of today's sales, which are nearly all, nothing is asked. */
async function isDayRebuilt(
  context: RunContext,
  day: string,
  kind: SummaryKind = "sale",
): Promise<boolean> {
  const { pool, pair } = context;
  if (!mayBeSummed(day, bookingZone(pair.settings), new Date())) return false;
  return (await isTakenOver(pool, pair.id, { day, kind })) || isDayForgotten(context, day, kind);
}

/** Whether SL holds documents of a day of which the hub, not rebuilt yet, knows nothing. */
async function isDayForgotten(
  { pool, pair, door }: RunContext,
  day: string,
  kind: SummaryKind,
): Promise<boolean> {
  if (!door.mustLookUp || !(await canFindByKey(door))) return false;
  if (await isKnown(pool, pair.id, { day, kind })) return false;
  const standing = await door.erp.findOfStripeId(shortStripeId(dayLane(day)), door.signal);
  const [wanted, purpose] =
    kind === "sale" ? (["IN", "invoice"] as const) : (["DM", "return"] as const);
  for (const { key, stripeId, customerId, type, isReleased } of standing) {
    if (!isReleased || type !== wanted) continue;
    // Another pair of the same company may have summed up that day.
    const record = { key: key.trim(), stripeId, purpose, email: "", customerId: customerId.trim() };
    if ((await identify(pair, record)) !== undefined) return true;
  }
  return false;
}

/**
 * Whether SL may hold a document of these objects themselves, where hub and SL may have lost sight
 * of each other: the write protocol takes it over then, or refuses.
 */
async function mayStandAlone(
  { door }: RunContext,
  ids: readonly string[],
  isWanted: (document: KeyedDocument) => boolean = () => true,
): Promise<boolean> {
  if (!door.mustLookUp || !(await canFindByKey(door))) return false;
  for (const id of ids) {
    const standing = await door.erp.findOfStripeId(shortStripeId(id), door.signal);
    if (standing.some(isWanted)) return true;
  }
  return false;
}

async function collectOwn(context: RunContext, { sale, customer }: OnCustomer): Promise<void> {
  const { pool, lane, pair, door, steps } = context;
  const { settings, reference } = pair;
  const { document, payments } = sale;
  // Which period it comes to is said of the day's document, not of a part of that.
  const { chosen, ...readings } = await readForInvoice(context, sale);
  const { period } = chosen;
  const slDecimals = await reference.decimals(document.total.currency);
  const receivable = receivableOf(customer, settings);
  const mapSold = (key: string) =>
    mapInvoice(sale, { settings, key, customer, period, ...readings });
  const invoice = {
    slot: { object: document.identity, purpose: "invoice", part: "" },
    make: (key: string) => {
      const { draft, notes } = mapSold(key);
      return { draft: collectedOf(draft, []), notes };
    },
  } as const;
  const paid = payments.map((payment) => ({
    slot: { object: payment.chargeId, purpose: "payment", part: "" } as const,
    make: (key: string) => {
      // The number of the day's invoice is put in once it has one.
      const toPay = { refNbr: "", balance: payment.amount, receivable };
      const to = { settings, key, customer, period, slDecimals, invoice: toPay, numberTry: 0 };
      const { draft, notes } = mapPayment(sale, payment, to);
      const rows = ownedRows(payment).map(({ rowId }) => rowId);
      return { draft: collectedOf(draft, rows), notes };
    },
  }));
  const { currency } = document.total;
  const day = dayOf(context, sale);
  const others = [clearingOf(currency, settings), receivable];
  const accounts = accountsOf(mapSold("").draft.lines, others);
  const book: SummaryBook = {
    ...{ day, kind: "sale", currency, accounts },
    customerId: customer.customerId.trim(),
  };
  await collect(pool, lane, { book, documents: [invoice, ...paid] });
  steps.note("summary", `collected for the summary of ${day}`);
  await door.store.load([document.identity, ...payments.map(({ chargeId }) => chargeId)]);
}

/**
 * Refunds of the very day; a later one is the customer's by itself, once the summary stands.
 *
 * @returns whether any was collected now
 */
async function collectRefunds(context: RunContext, sale: Sale, day: string): Promise<boolean> {
  const { pair, door } = context;
  // What stands in memos of the day stays there, whatever a setting or a word says by now.
  const isRebuilt = await isDayRebuilt(context, day, "refund");
  // Each memo over the wash account has a journal of its own, which owns its row.
  if (pair.settings.clearing.cashAccount === "yes" && !isRebuilt) return false;
  let isAny = false;
  const { refunds } = await readWentBack(context, { sale, isBooked: true }, isRebuilt);
  for (const refund of refunds) {
    const { row, failure, refundId, chargeId: object } = refund;
    const paid = door.store.find({ object, purpose: "payment", part: "" });
    if (paid?.stage !== "collected") continue;
    // What came after one that failed counts it as gone back, or as not: they are booked in order.
    // One that has failed since may be in what a rebuild took over.
    if (failure !== undefined && !isRebuilt) return isAny;
    if (row === undefined) continue;
    if (isPaymentOnly(refund, pair.settings) && !isRebuilt) continue;
    if (dayOfRow(context, row) !== day || row.gross.currency !== refund.amount.currency) continue;
    const cash = { object: refundId, purpose: "refund-cash", part: "" } as const;
    if (door.store.find(cash) !== undefined) continue;
    // What has brought its money back stands alone in any case.
    const back = { ...cash, pair: pair.id, purpose: "refund-back-cash" } as const;
    const isOther = ({ key }: KeyedDocument) => generationOfKey(back, key) === undefined;
    if (await mayStandAlone(context, [refundId], isOther)) continue;
    const customer = present(await customerCollectedFor(context, sale), "The sale's customer");
    await collectRefund(context, { sale, customer }, { refund, row, refunds, day });
    await door.store.load([refundId]);
    isAny = true;
  }
  return isAny;
}

/**
 * The customer that a sale was collected for, and is booked on with its day, whomever a setting or
 * a word names since; undefined for a sale that was never collected.
 */
export async function customerCollectedFor(
  { door, pair }: RunContext,
  { document }: Sale,
): Promise<CustomerReading | undefined> {
  const sold = door.store.find({ object: document.identity, purpose: "invoice", part: "" });
  if (sold === undefined || !isCollected(sold.draft)) return undefined;
  const { customerId } = sold.draft as CollectedInvoice;
  return present(await pair.reference.customer(customerId), `SL's customer ${customerId}`);
}

async function collectRefund(
  context: RunContext,
  { sale, customer }: OnCustomer,
  what: Readonly<{ refund: Refund; row: BalanceRow; refunds: readonly Refund[]; day: string }>,
): Promise<void> {
  const { pool, lane, pair, steps } = context;
  const { refund, row, refunds, day } = what;
  const { amount, refundId: object } = refund;
  const { context: mapping } = await memoContext(context, {
    ...{ customer, currency: amount.currency, date: day, original: "" },
  });
  const document = documentOf(context, sale, refund.chargeId);
  const credited = await creditedBefore(context, { refunds, notes: [] }, refund);
  const mapCash = (key: string) => mapRefundCash(refund, row, { ...mapping, key });
  const sold = { ...mapping, row, amount, document, credited, isDisputed: false };
  const mapCause = (key: string) => mapRefundCause(refund, { ...sold, key });
  const lines = [...mapCause("").draft.lines];
  const accounts = accountsOf(lines, [
    ...mapCash("").draft.lines.map(({ sales }) => sales),
    receivableOf(customer, pair.settings),
  ]);
  const book: SummaryBook = {
    ...{ day, kind: "refund", currency: amount.currency, accounts },
    customerId: customer.customerId.trim(),
  };
  const documents = [
    {
      slot: { object, purpose: "refund-cash", part: "" } as const,
      make: (key: string) => {
        const { draft, notes } = mapCash(key);
        return { draft: collectedOf(draft, [row.id]), notes };
      },
    },
    {
      slot: { object, purpose: "refund-cause", part: "" } as const,
      make: (key: string) => {
        const { draft, notes } = mapCause(key);
        return { draft: collectedOf(draft, []), notes };
      },
    },
  ];
  await collect(pool, lane, { book, documents });
  steps.note("summary", `${object} collected for the summary of ${day}`);
}
