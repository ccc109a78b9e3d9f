import { toHubError } from "../../base/errors.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { PairSettings } from "../../config/index.ts";
import type { ApplicationDraft } from "../../erp/port.ts";
import type { RunContext } from "../context.ts";
import type { Disputed } from "../disputes/dispute-run.ts";
import { runOrder } from "../orders/order-run.ts";
import { isLeftElsewhere } from "../other-lane.ts";
import type { Refunded } from "../refunds/refund-run.ts";
import { isSharedOut } from "../refunds/refund-shares.ts";
import { awaitReturns } from "../refunds/return-orders.ts";
import { leaveSummary } from "../summary/leave-summary.ts";
import { obeySync } from "../sync-word.ts";
import { Waiting, WaitingForNextRun } from "../waiting.ts";
import { type Intent, isFrozen, isOver } from "../write/intent.ts";
import { beforeStartWords, isSoldBefore, refuseLeftUnpaid } from "./before-start.ts";
import { inBookedCurrency } from "./book-in.ts";
import { bookReturns } from "./book-returns.ts";
import { NOTHING_NEW, runCharge, type SaleResult } from "./charge-run.ts";
import { checkLeftAlone } from "./check-sale.ts";
import { runExistingInvoices } from "./existing-invoice.ts";
import { bookPending, settlePending, withTransit } from "./in-transit.ts";
import { modeBeforeLoss } from "./mode-before.ts";
import { standingCharges } from "./returns.ts";
import { withTakenBack } from "./taken-back.ts";

/**
 * Books a sale in the mode of its pair. Returns what was booked, or why nothing was, in words.
 */
export async function bookSale(context: RunContext, read: Sale): Promise<SaleResult> {
  const { steps, door } = context;
  const charges = chargesOf(read);
  const intents = read.payments.flatMap(({ paymentIntentId }) => paymentIntentId ?? []);
  await door.store.load([...new Set([read.document.identity, ...charges, ...intents])]);
  steps.note("charge", `charge ${charges.join(", ")} read from Stripe`);
  await leaveSummary(context, read);
  const left = obeySync(context, read);
  if (left !== undefined) return { outcome: "not_applicable", ...left };
  const { sale: told, words } = await settleTransit(context, read);
  const begun = door.store.find({ object: read.document.identity, purpose: "invoice", part: "" });
  const sale = await inBookedCurrency(context.pair, told, begun);
  const isBegun = () => sale.payments.some((one) => isPaymentBegun(context, one));
  if (isSoldBefore(sale, context.pair.settings, isBegun)) return bookLaterOnly(context, sale);
  await checkLeftAlone(context, sale);
  const run = RUNS[await modeOf(context, sale)];
  const booked = await bookDocuments(context, sale, run);
  if (booked.outcome !== "booked") return withTransitWords(booked, words);
  const whole = await withTakenBack(context, sale);
  const { refunded, bookDisputes } = await bookReturns(context, whole, true);
  // What went back of an order changes what is left of its money.
  const isFollowed = refunded.isNew && run === runOrder;
  const result = isFollowed ? { ...(await run(context, sale)), ...newsOf(booked) } : booked;
  awaitCreditNote(refunded);
  const news = withNews(withTransitWords(result, words), refunded);
  const ended = withDisputes(news, await bookDisputes());
  const next = await awaitReturns(context, sale, refunded.awaited);
  return next === undefined ? ended : withNext(ended, next);
}

/**
 * The sale's own documents. Where they wait for somebody, or park, after their money has come to
 * stand in SL, what went back of it waits for nobody: it has left the balance. What is tried again
 * soon comes first: a refund takes of a payment what is applied to nothing yet.
 */
async function bookDocuments(
  context: RunContext,
  sale: Sale,
  run: (typeof RUNS)[keyof typeof RUNS],
): Promise<SaleResult> {
  try {
    return await run(context, sale);
  } catch (thrown) {
    const isLeft = isForPerson(thrown, run) && isMoneyStanding(context, sale);
    if (isLeft && !(await isLeftElsewhere(context, chargesOf(sale)))) {
      await loadPaid(context, sale);
      const whole = await withTakenBack(context, sale);
      const { refunded, bookDisputes } = await bookReturns(context, whole, true);
      await bookDisputes();
      // Nothing else wakes a sale that is parked for the rest of its refund.
      awaitCreditNote(refunded);
    }
    throw thrown;
  }
}

function chargesOf({ payments }: Sale): readonly string[] {
  return payments.map(({ chargeId }) => chargeId);
}

/** What the money of a sale has paid, where it was booked with another one: that goes back. */
async function loadPaid({ door }: RunContext, { payments }: Sale): Promise<void> {
  const booked = payments.flatMap(({ chargeId }) => door.store.parts(chargeId, "payment"));
  await door.store.load([...new Set(booked.map(({ laneKey }) => laneKey))]);
}

/** By then all invoices that SL has made of an order are paid as far as its money goes. */
const AFTER_PAYING = ["erp.order_left_open", "erp.order_unfinished"];

/** Whether a run that ends by this goes on once somebody has done something, and not by itself. */
function isForPerson(thrown: unknown, run: (typeof RUNS)[keyof typeof RUNS]): boolean {
  const { code, category } = toHubError(thrown);
  if (run === runOrder) return AFTER_PAYING.includes(code);
  if (thrown instanceof Waiting) return !(thrown instanceof WaitingForNextRun);
  return !["transient", "auth", "bug"].includes(category);
}

/** Whether all that was paid for a sale stands in SL, and nothing of it waits for its invoice. */
function isMoneyStanding(context: RunContext, { payments }: Sale): boolean {
  const { store } = context.door;
  const isBooked = payments.every(
    ({ chargeId }) =>
      store.parts(chargeId, "payment").some(({ stage }) => stage === "done") &&
      isSharedOut(context, chargeId) &&
      !store.parts(chargeId, "apply").some(isOwedToInvoice),
  );
  return isBooked && payments.length > 0;
}

function isOwedToInvoice(intent: Intent): boolean {
  const { applications = [] } = intent.draft as Partial<ApplicationDraft>;
  const isOpen = intent.stage !== "done" && !isOver(intent);
  return isOpen && applications.some(({ type }) => type === "IN");
}

/** Debits in transit: those that failed are taken back, those that succeeded are told. */
async function settleTransit(context: RunContext, read: Sale) {
  const { door, lane, pair } = context;
  // Off, only what the run has loaded anyway is looked at: each order would pay for the rest.
  if (pair.settings.pendingPayments === "in-transit") await door.store.loadLane(lane.key);
  const { words } = await settlePending(context, standingCharges(read));
  const sale = await withTransit(context, read);
  // Of an order that is paid in part the rest may be on its way.
  const pending = await bookPending(context);
  return { sale, words: [...words, ...pending.words] };
}

function withTransitWords(result: SaleResult, words: readonly string[]): SaleResult {
  return words.length === 0 ? result : { ...result, reason: [result.reason, ...words].join("; ") };
}

/** An open dispute is looked at again, as an order is that waits for its next shipment. */
function withDisputes(result: SaleResult, disputed: Disputed): SaleResult {
  const told = withNews(result, disputed);
  return disputed.next === undefined ? told : withNext(told, disputed.next);
}

/** Due by whatever comes first of all that is awaited. */
function withNext(told: SaleResult, next: NonNullable<SaleResult["next"]>): SaleResult {
  const waits = [told.next ?? [], next].flat();
  const dueInMs = Math.min(...waits.map((one) => one.dueInMs));
  return { ...told, next: { dueInMs, waitsFor: waits.map((one) => one.waitsFor).join(", ") } };
}

const RUNS = {
  invoice: runCharge,
  "existing-invoice": runExistingInvoices,
  "sales-order": runOrder,
} as const;

function newsOf({ reason, isLater = false }: SaleResult) {
  return { reason, isLater };
}

/** What went back of a sale is told with it; alone it is news of a sale that was told before. */
function withNews(
  result: SaleResult,
  { words, isNew }: Pick<Refunded | Disputed, "words" | "isNew">,
): SaleResult {
  if (words === "") return result;
  const isOld = result.reason.startsWith(NOTHING_NEW);
  if (isOld && !isNew) return { ...result, reason: `${result.reason}; ${words}` };
  if (isOld) return { ...result, reason: words, isLater: true };
  return { ...result, reason: `${result.reason}; ${words}` };
}

function awaitCreditNote({ waitMs }: Refunded): void {
  if (waitMs !== undefined) throw new Waiting("the credit note of a refund", waitMs);
}

function isPaymentBegun({ door }: RunContext, { chargeId }: SalePayment): boolean {
  return door.store.parts(chargeId, "payment").some(isFrozen);
}

/** What went back, or was disputed, of a sale from before the pair's start. */
async function bookLaterOnly(context: RunContext, sale: Sale): Promise<SaleResult> {
  const { words: all, isNew, next } = await bookWentBack(context, sale, false);
  refuseLeftUnpaid(context, sale);
  const before = beforeStartWords(context.pair.settings);
  if (all === "") return { outcome: "not_applicable", reason: before };
  const words = `${all}; its sale is from before the pair's start`;
  const reason = isNew ? words : `${NOTHING_NEW}: ${words}`;
  return { outcome: "booked", reason, isLater: true, ...(next === undefined ? {} : { next }) };
}

/** What went back of a sale by refunds and disputes, where all else of it stands or is not ours. */
export async function bookWentBack(
  context: RunContext,
  sale: Sale,
  isBooked: boolean,
): Promise<Pick<Disputed, "words" | "isNew" | "next">> {
  const { refunded, bookDisputes } = await bookReturns(context, sale, isBooked);
  const disputed = await bookDisputes();
  awaitCreditNote(refunded);
  const words = [refunded.words, disputed.words].filter((one) => one !== "").join("; ");
  return { words, isNew: refunded.isNew || disputed.isNew, next: disputed.next };
}

/**
 * The pair's mode, except for a sale that was begun in another one before the setting was changed:
 * it is finished as it was begun, or its money would be booked twice. An invoice that stands in SL
 * is not to ship as well, and an order not to be invoiced by hand.
 */
async function modeOf(context: RunContext, sale: Sale): Promise<PairSettings["mode"]> {
  const { door, pair } = context;
  const hasBegun = (object: string, purpose: "invoice" | "order" | "share-out") =>
    door.store.parts(object, purpose).some(isFrozen);
  const isShared = sale.payments.some(
    ({ chargeId }) =>
      hasBegun(chargeId, "share-out") ||
      door.store
        .parts(chargeId, "payment")
        .some((one) => one.identity.part !== "" && isFrozen(one)),
  );
  if (isShared) return "existing-invoice";
  const { identity } = sale.document;
  if (hasBegun(identity, "invoice")) return "invoice";
  if (hasBegun(identity, "order")) return "sales-order";
  return (await modeBeforeLoss(context, sale)) ?? pair.settings.mode;
}
