import { type Money, subtract, zero } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { CustomerReading, PaymentDraft } from "../../erp/port.ts";
import {
  ENDINGS,
  type InvoiceToPay,
  isCollected,
  keptPeriod,
  mapInvoice,
  mapPayment,
  ownedRows,
  receivableOf,
} from "../../mapping/index.ts";
import type { Target } from "../apply/apply-plan.ts";
import { applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import { refuseAutoApply } from "../customers/auto-apply.ts";
import { chooseCustomer } from "../customers/choose-customer.ts";
import { ensureShipTo } from "../customers/ship-to.ts";
import { wakeLateFees } from "../days/late-fees.ts";
import type { Held } from "../held.ts";
import { creditBeforePayment } from "../refunds/credit-notes.ts";
import { collectSale, customerCollectedFor } from "../summary/collect-sale.ts";
import { isToldBooked } from "../summary/collected-store.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import { checkBooked } from "../write/check-booked.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { numberTryOf } from "../write/payment-number.ts";
import { readBooked } from "../write/read-booked.ts";
import { checkBookedAsOne, checkPaysNoOther, checkSale } from "./check-sale.ts";
import { endInvoice } from "./end-invoice.ts";
import { isLeftUnapplied } from "./left-unapplied.ts";
import { bridgePayment, crossingOfPayment } from "./payment-way.ts";
import { bookReturns, type Returned, standingCharges } from "./returns.ts";
import { periodFor, readForInvoice } from "./sale-readings.ts";
import { findCredit, settleCredit } from "./settle-credit.ts";
import { noteUnapplied } from "./unapplied.ts";
import { writeBack } from "./write-back.ts";

/**
 * What a charge does outside, in order. Every effect is restartable and finds out by itself that it
 * is done; crash tests are made from this table, and docs/architecture.md shows it.
 */
export const CHARGE_EFFECTS = [
  { purpose: "customer", target: "SL", writes: ["create"], perPayment: false },
  { purpose: "invoice", target: "SL", writes: ["reserve", "fill", "release"], perPayment: false },
  { purpose: "payment", target: "SL", writes: ["reserve", "fill", "release"], perPayment: true },
  { purpose: "writeback", target: "Stripe", writes: ["write"], perPayment: false },
] as const;

/** How the reason of a run begins that found all of its sale in the books already. */
export const NOTHING_NEW = "nothing new";

/** How a sale came out, in words: booked, or left alone because the merchant says so. */
export type SaleResult = Readonly<{
  outcome: "booked" | "not_applicable";
  reason: string;
  /** What it was left alone for. */
  held?: Held;
  /** What was booked now came after the sale's own money: a later shipment. */
  isLater?: boolean;
  /** Something about the sale is awaited still, and looked at again by then. */
  next?: Readonly<{ dueInMs: number; waitsFor: string }>;
}>;

/**
 * Books a sale in mode `invoice`: customer, one invoice, a payment for each charge applied to it,
 * and SL's numbers back to Stripe.
 */
export async function runCharge(context: RunContext, read: Sale): Promise<SaleResult> {
  const { door } = context;
  checkBookedAsOne(context, read);
  const begun = door.store.find({ object: read.document.identity, purpose: "invoice", part: "" });
  const returned =
    begun === undefined ? [] : await bookReturns(context, { standing: standingCharges(read) });
  const sale = withoutNeverBooked(context, read);
  // Nothing of it stands in SL, nor can it arrive there.
  const isAbsent = begun === undefined || !isFrozen(begun);
  if (isAbsent && sale.payments.length < read.payments.length) {
    return { outcome: "not_applicable", reason: RETURNED_UNBOOKED };
  }
  if (isAbsent && sale.document.standing === "void") {
    return { outcome: "not_applicable", reason: "The invoice is void, and was never booked" };
  }
  if (isAbsent) checkPaysNoOther(context, sale, { kind: "invoice", number: undefined });
  if (begun === undefined || begun.stage === "reversed") await checkSale(context, sale);
  const wasBooked = isAllBooked(context, sale);
  const collectedFor = await customerCollectedFor(context, sale);
  const { customer, isOwn } =
    collectedFor === undefined
      ? await chooseCustomer(context, sale)
      : { customer: collectedFor, isOwn: false };
  const paysFirst = door.erp.capabilities["pay-and-apply"] === "no" && sale.payments.length > 0;
  if (paysFirst && !wasBooked) refuseAutoApply(customer, "it is applied to its own invoice");
  const leftAlone = await collectSale(context, { sale, customer });
  if (leftAlone !== undefined) return { outcome: "not_applicable", reason: leftAlone };
  if (isOwn && context.pair.settings.customer.shipTo === "sl") {
    await ensureShipTo(context, sale, customer);
  }
  const credit = await findCredit(context, sale, customer);
  const invoice = await bookInvoice(context, sale, customer);
  // What was begun before is finished as it was saved; nothing may be applied to the wrong amount.
  checkBooked(context, sale);
  checkPaysNoOther(context, sale, { kind: "invoice", number: invoice.refNbr });
  const voided = await creditBeforePayment(context, sale, { invoice, customer });
  const payments: DocumentReceipt[] = [];
  const { total, withoutCharge } = sale.document;
  let balance = subtract(total, withoutCharge.creditNotes);
  for (const payment of sale.payments) {
    const of = { payment, balance, customer, invoice, returned, voided };
    const paid = await asOpenInSl(context, sale, { ...of, memos: [], isEnded: false });
    payments.push(await bookPayment(context, sale, paid));
    await bridgePayment(context, sale, payment);
    balance = subtract(balance, smaller(payment.amount, balance));
  }
  await settleCredit(context, sale, { credit, invoice });
  const ended = await endInvoice(context, sale, { invoice, customer });
  const booked = { customer, isOwnCustomer: isOwn, invoices: [invoice], payments };
  const written = await writeBack(context, sale, booked);
  checkBooked(context, sale);
  const numbers = payments.map((payment) => `payment ${payment.refNbr}, `).join("");
  const memos = returned
    .flatMap(({ memo }) => (memo ? [`debit memo ${memo.refNbr}, `] : []))
    .join("");
  const closed = ended === undefined ? "" : `credit memo ${ended.memo.refNbr}, `;
  const documents = `invoice ${invoice.refNbr}, ${numbers}${memos}${closed}`;
  const books = `${documents}customer ${customer.customerId}`;
  const isLater = wasBooked && (ended?.isNew === true || returned.some(({ isNew }) => isNew));
  const isFirst = await isFirstToTell(context, begun);
  const reason = wasBooked && !isLater && !isFirst ? againAs(books, written) : books;
  return { outcome: "booked", reason, isLater };
}

/** The summary of its day has booked the sale, and a run of its own has yet to tell that. */
async function isFirstToTell({ pool, lane }: RunContext, begun: Intent | undefined) {
  if (begun === undefined || !isCollected(begun.draft)) return false;
  return !(await isToldBooked(pool, lane, begun.key));
}

/** The reason of a run that found its sale in the books: what is there, and what was written. */
export function againAs(books: string, written: readonly string[]): string {
  const before = `already booked as ${books}`;
  return written.length === 0
    ? `${NOTHING_NEW}: ${before}`
    : `${NOTHING_NEW} to book: ${before}; SL's values written to ${written.join(", ")}`;
}

/** Whether an earlier run has booked the invoice and every payment that there is by now. */
function isAllBooked({ door }: RunContext, sale: Sale): boolean {
  const isDone = (object: string, purpose: "invoice" | "payment") =>
    door.store.find({ object, purpose, part: "" })?.stage === "done";
  const { payments, document } = sale;
  return (
    isDone(document.identity, "invoice") &&
    payments.every(({ chargeId }) => isDone(chargeId, "payment"))
  );
}

async function bookInvoice(
  context: RunContext,
  sale: Sale,
  customer: CustomerReading,
): Promise<DocumentReceipt> {
  const { pair, steps, door } = context;
  const object = sale.document.identity;
  const before = doneReceipt(door.store.find({ object, purpose: "invoice", part: "" }));
  if (before !== undefined) return before;
  const { settings } = pair;
  const { chosen, ...readings } = await readForInvoice(context, sale);
  const receipt = await book(context.door, {
    object,
    purpose: "invoice",
    part: "",
    make: (key) =>
      withNotes(
        chosen,
        mapInvoice(sale, { settings, key, customer, period: chosen.period, ...readings }),
      ),
    owners: [],
  });
  const { refNbr, batNbr } = receipt;
  steps.note("invoice", `invoice ${refNbr} released`, { refNbr, batNbr });
  return receipt;
}

/** What a bank has taken back before this hub booked it leaves nothing: its rows cancel. */
function withoutNeverBooked({ door }: RunContext, sale: Sale): Sale {
  const isKept = ({ chargeId, returned }: SalePayment) =>
    returned === undefined ||
    door.store.find({ object: chargeId, purpose: "payment", part: "" })?.stage === "done";
  return { ...sale, payments: sale.payments.filter(isKept) };
}

const RETURNED_UNBOOKED =
  "The bank took the payment back before it was booked: its two balance rows cancel each other";

type Paid = Readonly<{
  payment: SalePayment;
  /** What the invoice still has open when this payment comes. */
  balance: Money;
  /** Debit memos of returned payments and of voided credit notes that it may pay too. */
  memos: readonly InvoiceToPay[];
  customer: CustomerReading;
  invoice: DocumentReceipt;
  returned: readonly Returned[];
  /** Debit memos of credit notes that came off the invoice and were voided. */
  voided: readonly DocumentReceipt[];
  /** The invoice had ended without its money before, and owes nothing any more. */
  isEnded: boolean;
}>;

/**
 * After a return the invoice may be closed by a payment that is gone, after the void of a credit
 * note it owes less than Stripe says, and one that ended without its money owes nothing: what is
 * owed stands in debit memos, and SL tells what a new payment finds open.
 */
async function asOpenInSl(context: RunContext, sale: Sale, paid: Paid): Promise<Paid> {
  const { door, pair } = context;
  const { payment, returned, voided, invoice, customer } = paid;
  const isEnded = ENDINGS.some((part) => {
    const slot = { object: sale.document.identity, purpose: "reverse", part } as const;
    return doneReceipt(door.store.find(slot)) !== undefined;
  });
  const known = door.store.find({ object: payment.chargeId, purpose: "payment", part: "" });
  const isMoved = returned.length + voided.length > 0 && known?.stage !== "done";
  if (!isMoved && !isEnded) return paid;
  const receivable = receivableOf(customer, pair.settings);
  const open = async (document: DocumentReceipt) => {
    const { refNbr, balance } = await readBooked(door, document);
    return { refNbr, receivable, balance };
  };
  const memos: InvoiceToPay[] = [];
  const debts = [...returned.flatMap(({ memo }) => memo ?? []), ...voided];
  for (const memo of debts) memos.push(await open(memo));
  return { ...paid, balance: (await open(invoice)).balance, memos, isEnded };
}

async function bookPayment(context: RunContext, sale: Sale, paid: Paid): Promise<DocumentReceipt> {
  const { pair, steps, door } = context;
  const { payment, balance, memos, customer, invoice, returned, isEnded } = paid;
  const object = payment.chargeId;
  const known = door.store.find({ object, purpose: "payment", part: "" });
  const before = doneReceipt(known);
  if (known !== undefined && before !== undefined) {
    await ownRows(context, sale, { booked: known, payment });
    await applySaved(context, paid, before);
    // A hub may have died between the payment and its place on the list.
    if (isEnded) await noteLeft(context, before, object);
    return before;
  }
  // A number that was found to be taken is not tried again.
  const saved = (known?.draft as Partial<PaymentDraft> | undefined)?.refNbr;
  const { settings, reference } = pair;
  // One fact, one period: the first payment goes where its invoice went.
  const isFirst =
    payment === sale.payments[0] &&
    returned.length === 0 &&
    settings.invoice.when === "paid" &&
    invoice.period !== "";
  const chosen = isFirst
    ? keptPeriod(invoice.period, await pair.reference.calendar())
    : await periodFor(context, sale, payment);
  const slDecimals = await reference.decimals(payment.amount.currency);
  const { isBridged, worth } = await crossingOfPayment(pair, sale, payment, known);
  const receivable = receivableOf(customer, settings);
  const isAppliedAtOnce = door.erp.capabilities["pay-and-apply"] !== "no";
  const toPay = { refNbr: invoice.refNbr, balance, receivable };
  const map = (key: string) =>
    withNotes(
      chosen,
      mapPayment(sale, payment, {
        settings,
        key,
        customer,
        period: chosen.period,
        invoice: isAppliedAtOnce ? toPay : undefined,
        memos,
        slDecimals,
        isBridged,
        numberTry: numberTryOf(key, saved),
      }),
    );
  const receipt = await book(context.door, {
    object,
    purpose: "payment",
    part: "",
    make: map,
    // What goes over the bridge moves clearing by its journal, which owns the rows.
    owners: isBridged ? [] : ownedRows(payment),
    worth,
  });
  const { refNbr, batNbr } = receipt;
  await wakeLateFees(context, payment);
  const how = isAppliedAtOnce ? `applied to invoice ${invoice.refNbr}` : "released";
  const words = isEnded ? `left open: invoice ${invoice.refNbr} was closed before` : how;
  steps.note("payment", `payment ${refNbr} ${words}`, { refNbr, batNbr });
  await applySaved(context, paid, receipt);
  if (isEnded) await noteLeft(context, receipt, object);
  return receipt;
}

/** Money for an invoice that was closed without it is listed: a person says what becomes of it. */
async function noteLeft(
  { door, pool, lane }: RunContext,
  receipt: DocumentReceipt,
  object: string,
): Promise<void> {
  const intentKey = door.store.find({ object, purpose: "payment", part: "" })?.key ?? "";
  const { customerId, refNbr } = receipt;
  const { balance: open } = await readBooked(door, receipt);
  await noteUnapplied(pool, lane, { intentKey, object, customerId, refNbr, open });
}

/**
 * Applies a payment that was saved without its invoice, since the site takes no applications with
 * it. One that a rebuild took over from SL is left as it is: nobody knows what it was saved with.
 */
async function applySaved(
  context: RunContext,
  paid: Paid,
  receipt: DocumentReceipt,
): Promise<void> {
  const { payment, invoice, balance, memos } = paid;
  const saved = context.door.store.find({
    object: payment.chargeId,
    purpose: "payment",
    part: "",
  }) as Intent<Partial<PaymentDraft>> | undefined;
  if (!(await isLeftUnapplied(context, saved?.draft, receipt))) return;
  let left = payment.amount;
  const targets: readonly (Target & Readonly<{ balance: Money }>)[] = [
    { type: "IN", refNbr: invoice.refNbr, balance },
    ...memos.map(({ refNbr, balance: open }) => ({ type: "DM", refNbr, balance: open }) as const),
  ];
  for (const { balance: open, ...target } of targets) {
    const amount = smaller(left, open);
    if (amount.minor === 0n) continue;
    await applyTo(context, {
      object: payment.chargeId,
      payer: { type: "PA", customerId: receipt.customerId, refNbr: receipt.refNbr },
      target,
      amount,
    });
    left = subtract(left, amount);
  }
}

/** A payment that a rebuild took over from SL owns its balance rows from its next run on. */
export async function ownRows(
  { door, pair }: RunContext,
  sale: Sale,
  { booked, payment }: Readonly<{ booked: Intent; payment: SalePayment }>,
): Promise<void> {
  const owners = ownedRows(payment);
  if (booked.owned.length > 0 || owners.length === 0) return;
  const { isBridged } = await crossingOfPayment(pair, sale, payment, booked);
  if (isBridged) return;
  await door.store.advance(booked, { stage: "done", rows: { owners } });
}

function smaller(a: Money, b: Money): Money {
  const least = a.minor < b.minor ? a : b;
  return least.minor < 0n ? zero(least.currency) : least;
}
