import { type Money, subtract, sum } from "../base/money.ts";
import type { CreditNote, CreditNoteLine, Refund } from "../canonical/refund.ts";
import type { BalanceRow } from "../canonical/sale.ts";
import { isOfPayments, parseRow } from "./parse-charge.ts";
import type { Reads } from "./reads.ts";
import type { ToMoney } from "./units.ts";
import {
  amountOf,
  currencyOf,
  idOf,
  instantOf,
  integerOrZero,
  listOf,
  metadataOf,
  objectOf,
  textOf,
  type Wire,
} from "./wire.ts";

/** A released part of an authorisation: it belongs to the payment of its charge. */
const OF_A_CAPTURE = "partial_capture_reversal";

type Refunded = Readonly<{ chargeId: string; livemode: boolean }>;

/** See `StripePort.readRefunds`. */
export async function readRefunds(reads: Reads, charge: Refunded): Promise<readonly Refund[]> {
  const listed = await reads.refundsOfCharge(charge.chargeId);
  const found = await Promise.all(listed.map((refund) => parseRefund(reads, refund, charge)));
  return found
    .filter(({ row }) => row?.category !== OF_A_CAPTURE)
    .sort((a, b) => instantOfRefund(a) - instantOfRefund(b) || compareIds(a, b));
}

/** By the row: it is what is booked. A refund without one waits at the end of its second. */
function instantOfRefund({ row, createdAt }: Refund): number {
  return (row?.created ?? createdAt).getTime();
}

function compareIds(a: Refund, b: Refund): number {
  if (a.refundId === b.refundId) return 0;
  return a.refundId < b.refundId ? -1 : 1;
}

async function parseRefund(reads: Reads, refund: Wire, charge: Refunded): Promise<Refund> {
  const [row, failure] = await Promise.all([
    rowIn(reads, refund, "balance_transaction"),
    rowIn(reads, refund, "failure_balance_transaction"),
  ]);
  return {
    refundId: textOf(refund, "id"),
    chargeId: idOf(refund, "charge") ?? charge.chargeId,
    paymentIntentId: idOf(refund, "payment_intent"),
    amount: amountOf(refund, "amount", reads.toMoney),
    // Refunds were always successful before they had a status.
    status: textOf(refund, "status") || "succeeded",
    reason: textOf(refund, "reason"),
    row,
    failure,
    createdAt: instantOf(refund, "created") ?? new Date(0),
    metadata: metadataOf(refund),
    // A refund does not say so itself.
    livemode: charge.livemode,
  };
}

async function rowIn(reads: Reads, refund: Wire, field: string): Promise<BalanceRow | undefined> {
  const id = idOf(refund, field);
  if (id === undefined) return undefined;
  const row = objectOf(refund, field) ?? (await reads.balanceRow(id));
  return isOfPayments(row) ? parseRow(row, reads.toMoney) : undefined;
}

/** See `StripePort.readCreditNotes`. */
export async function readCreditNotes(
  reads: Reads,
  invoiceId: string,
): Promise<readonly CreditNote[]> {
  const listed = await reads.creditNotesOfInvoice(invoiceId);
  const found = await Promise.all(listed.map((note) => parseCreditNote(reads, note)));
  return found.toSorted((a, b) => a.effectiveAt.getTime() - b.effectiveAt.getTime());
}

async function parseCreditNote(reads: Reads, note: Wire): Promise<CreditNote> {
  const { toMoney } = reads;
  const id = textOf(note, "id");
  const isPaged = objectOf(note, "lines")?.has_more === true;
  const lines = isPaged ? await reads.creditNoteLines(id) : listOf(note, "lines");
  const total = amountOf(note, "amount", toMoney);
  const currency = currencyOf(note);
  const sumOf = (minors: readonly number[]) => toMoney(addUp(minors), currency);
  const tax = sumOf(taxesOf(note, ["total_taxes", "tax_amounts"]).map((one) => one.units));
  const beforePayment = beforePaymentOf(note, total, toMoney);
  const refunds = refundsOf(note, { after: subtract(total, beforePayment), toMoney });
  const outOfBand = toMoney(integerOrZero(note, "out_of_band_amount"), currency);
  const given = sum([beforePayment, outOfBand, ...refunds.map(({ amount }) => amount)], currency);
  const isVoid = textOf(note, "status") === "void";
  return {
    creditNoteId: id,
    number: textOf(note, "number"),
    total,
    tax,
    lines: lines.map((line) => parseLine(line, { currency, toMoney })),
    beforePayment,
    refunds,
    customerBalance: subtract(total, given),
    outOfBand,
    reason: textOf(note, "reason"),
    effectiveAt: instantOf(note, "effective_at") ?? instantOf(note, "created") ?? new Date(0),
    createdAt: instantOf(note, "created") ?? new Date(0),
    voidedAt: isVoid ? (instantOf(note, "voided_at") ?? new Date(0)) : undefined,
    metadata: metadataOf(note),
    livemode: note.livemode === true,
  };
}

/** `mixed` ones say how much of each; before 2025 a note was wholly of one kind. */
function beforePaymentOf(note: Wire, total: Money, toMoney: ToMoney): Money {
  if (typeof note.pre_payment_amount === "number") {
    return amountOf(note, "pre_payment_amount", toMoney);
  }
  return textOf(note, "type") === "pre_payment" ? total : subtract(total, total);
}

/** `refunds[]` with what of each is the note's; before basil one `refund`, all of the note. */
function refundsOf(
  note: Wire,
  of: Readonly<{ after: Money; toMoney: ToMoney }>,
): CreditNote["refunds"] {
  const currency = currencyOf(note);
  const listed = listOf(note, "refunds").flatMap((one) => {
    const refundId = idOf(one, "refund");
    if (refundId === undefined) return [];
    return [{ refundId, amount: of.toMoney(integerOrZero(one, "amount_refunded"), currency) }];
  });
  const single = idOf(note, "refund");
  if (listed.length > 0 || single === undefined) return listed;
  return [{ refundId: single, amount: of.after }];
}

type LineReader = Readonly<{ currency: string; toMoney: ToMoney }>;

function parseLine(line: Wire, { currency, toMoney }: LineReader): CreditNoteLine {
  const taxes = taxesOf(line, ["taxes", "tax_amounts"]);
  const taken = addUp(taxes.filter((one) => one.isInclusive).map((one) => one.units));
  const units = integerOrZero(line, "amount") - integerOrZero(line, "discount_amount") - taken;
  return {
    invoiceLineId: idOf(line, "invoice_line_item"),
    description: textOf(line, "description"),
    amount: toMoney(units, currency),
    tax: toMoney(addUp(taxes.map((one) => one.units)), currency),
  };
}

function taxesOf(wire: Wire, fields: readonly string[]) {
  const field = fields.find((name) => listOf(wire, name).length > 0) ?? "";
  return listOf(wire, field).map((tax) => ({
    units: integerOrZero(tax, "amount"),
    isInclusive: tax.inclusive === true || textOf(tax, "tax_behavior") === "inclusive",
  }));
}

function addUp(units: readonly number[]): number {
  return units.reduce((a, b) => a + b, 0);
}
