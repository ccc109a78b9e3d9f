import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { isSameAmount, type Money, sum, toDecimal } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerReading, InvoiceLineDraft } from "../../erp/port.ts";
import {
  bookingZone,
  documentDate,
  mapCreditNote,
  mapCreditNoteVoid,
} from "../../mapping/index.ts";
import { applyMemo, applyTo } from "../apply/apply-to.ts";
import { noteUnapplied } from "../charges/unapplied.ts";
import type { RunContext } from "../context.ts";
import { isSaleDisputed } from "../disputes/dispute-causes.ts";
import { book, withNotes } from "../write/book.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { readBooked } from "../write/read-booked.ts";
import { linesInSl, shownMemo } from "../write/standing-memo.ts";
import { creditedAt, notePartsOf, voidOf } from "./credited.ts";
import {
  begunMemo,
  documentOf,
  documentPaid,
  doneMemo,
  type MemoIntent,
  memoContext,
  ownInvoice,
  paidDocument,
  partOf,
  type RefundedSale,
} from "./refund-parts.ts";

/** The credit notes of a sale that is a Stripe invoice, where anything tells that it has some. */
export async function readNotes(
  context: RunContext,
  sale: Sale,
  mayHave: boolean,
): Promise<readonly CreditNote[]> {
  const { invoiceId, document } = sale;
  const counted = document.withoutCharge.creditNotes.minor + (document.creditedLater?.minor ?? 0n);
  if (invoiceId === undefined || !(mayHave || counted > 0n)) return [];
  const notes = await context.pair.stripe.readCreditNotes(invoiceId, context.signal);
  await context.door.store.load(notes.map(({ creditNoteId }) => creditNoteId));
  return notes;
}

/**
 * Books the credit notes that came off an invoice before it was paid: each is a credit memo that is
 * applied to it, so that its payments find what is left. Returns the debit memos of those that were
 * voided after that, which stand for what the invoice owes again.
 */
export async function creditBeforePayment(
  context: RunContext,
  sale: Sale,
  booked: Readonly<{ invoice: DocumentReceipt; customer: CustomerReading }>,
): Promise<readonly DocumentReceipt[]> {
  const voided: DocumentReceipt[] = [];
  // One that is booked may have been voided since, and counts for nothing at Stripe then.
  const mayBeVoid = context.door.store.objectsOf("credit-note").length > 0;
  const notes = await readNotes(context, sale, mayBeVoid);
  const { customer, invoice } = booked;
  const of = { sale, refunds: [], notes, customer, isBooked: true };
  for (const note of notes.filter(({ beforePayment }) => beforePayment.minor > 0n)) {
    const { memo } = (await bookNote(context, of, note)) ?? {};
    const object = note.creditNoteId;
    const back = doneMemo(context, { object, purpose: "credit-note", part: voidOf("") });
    if (back !== undefined) voided.push(back);
    if (memo === undefined || note.voidedAt !== undefined) continue;
    const { customerId, refNbr } = memo;
    await applyTo(context, {
      object,
      payer: { type: "CM", customerId, refNbr },
      target: { type: "IN", refNbr: invoice.refNbr },
      amount: note.beforePayment,
    });
  }
  return voided;
}

/** What became of a credit note. */
export type BookedNote = Readonly<{ words: string; isNew: boolean }>;

/** Books a credit note of a sale, that of its refund too, and takes a voided one back. */
export async function bookCreditNote(
  context: RunContext,
  of: RefundedSale,
  note: CreditNote,
): Promise<BookedNote | undefined> {
  const covered = await coveredNote(context, of.sale, note);
  if (covered !== undefined) return covered;
  const booked = await bookNote(context, of, note);
  if (booked === undefined) return undefined;
  return { words: `${nameOf(note)}: credit memo ${booked.memo.refNbr}`, isNew: booked.isNew };
}

/**
 * A credit note that memos of its refunds have brought already; undefined for any other.
 *
 * @throws HubError `mapping.credit_note_differs`
 */
export async function coveredNote(
  context: RunContext,
  sale: Sale,
  note: CreditNote,
): Promise<BookedNote | undefined> {
  const covering = await coveringMemos(context, sale, note);
  if (covering.length === 0) return undefined;
  const memos = covering.map(({ receipt }) => receipt?.refNbr).join(", ");
  return { words: `${nameOf(note)}: covered by CM ${memos}`, isNew: false };
}

/** A credit note as people know it. */
export function nameOf({ number, creditNoteId }: CreditNote): string {
  return `credit note ${number || creditNoteId}`;
}

/**
 * Memos of refunds that were booked before their credit note was there: they are what it says. What
 * stands beside the note's own memo is for the rest of a refund that is more than the note.
 *
 * @throws HubError `mapping.credit_note_differs` where it says more, or another tax
 */
async function coveringMemos(
  context: RunContext,
  sale: Sale,
  note: CreditNote,
): Promise<readonly MemoIntent[]> {
  const begun = notePartsOf(context, note).some((part) => begunNote(context, note, part));
  if (begun) return [];
  const memos = note.refunds.flatMap(({ refundId: object }) =>
    context.door.store
      .parts(object, "refund-cause")
      .flatMap(
        ({ identity: { part } }) =>
          begunMemo(context, { object, purpose: "refund-cause", part }) ?? [],
      ),
  );
  if (memos.length === 0 || note.voidedAt !== undefined) return memos;
  const { currency } = note.total;
  const amounts: MemoAmounts[] = [];
  for (const memo of memos) amounts.push(await amountsOf(context, memo));
  const total = sum(
    amounts.map((one) => one.total),
    currency,
  );
  const tax = sum(
    amounts.flatMap((one) => one.taxes),
    currency,
  );
  // Of a document without taxes (`tax: none`) no memo has any.
  const isTaxed = tax.minor !== 0n || isTaxedSale(context, sale);
  const isSameTax = !isTaxed || isSameAmount(tax, note.tax);
  if (isSameAmount(total, note.total) && isSameTax) return memos;
  const numbers = memos.map(({ receipt }) => receipt?.refNbr ?? "").join(", ");
  const text = (amount: Money, taxed: Money) => `${toDecimal(amount)}, tax ${toDecimal(taxed)}`;
  const facts = { booked: text(total, tax), note: text(note.total, note.tax), memos: numbers };
  throw new HubError(
    "mapping.credit_note_differs",
    `${note.creditNoteId} is over ${facts.note}; its refund is booked as ${facts.booked}`,
    { facts },
  );
}

function begunNote(context: RunContext, { creditNoteId: object }: CreditNote, part: string) {
  return begunMemo(context, { object, purpose: "credit-note", part });
}

function isTaxedSale(context: RunContext, sale: Sale): boolean {
  const { lines } = documentPaid(context, sale, sale.payments[0]?.chargeId ?? "");
  return lines.some(({ kind, taxes }) => kind === "tax" || taxes.length > 0);
}

type MemoAmounts = Readonly<{ total: Money; taxes: readonly Money[] }>;

/** As it was drafted; of one that a rebuild took over, as SL shows it. */
async function amountsOf(
  context: RunContext,
  { draft, receipt }: MemoIntent,
): Promise<MemoAmounts> {
  const { total, lines = [] } = draft;
  if (total !== undefined) return { total, taxes: taxesOf(lines) };
  const known = present(receipt, "The receipt of a memo without a draft");
  const shown = await shownMemo(context, known);
  return { total: shown.amount, taxes: taxesOf(shown.lines.filter(({ isTax }) => !isTax)) };
}

type TaxedLine = Pick<InvoiceLineDraft, "description" | "itemId" | "amount" | "taxes">;

/** On lines without an item and under SL's ids. */
function taxesOf(lines: readonly TaxedLine[]): readonly Money[] {
  return lines.flatMap(({ description, itemId, amount, taxes = [] }) => [
    ...(itemId === "" && description === "Tax" ? [amount] : []),
    ...taxes.map((tax) => tax.amount),
  ]);
}

/** One that was voided before anything of it was booked never was. */
export async function bookNote(
  context: RunContext,
  of: RefundedSale,
  note: CreditNote,
): Promise<Readonly<{ memo: DocumentReceipt; isNew: boolean }> | undefined> {
  const part = partOf(of);
  const identity = { object: note.creditNoteId, purpose: "credit-note", part } as const;
  const begun = begunMemo(context, identity);
  if (note.voidedAt !== undefined && begun === undefined) return undefined;
  const before = doneMemo(context, identity);
  const memo = before ?? (await bookMemo(context, of, note));
  if (note.voidedAt === undefined) return { memo, isNew: before === undefined };
  return { memo, isNew: await takeBack(context, of, { note, memo }) };
}

async function bookMemo(
  context: RunContext,
  of: RefundedSale,
  note: CreditNote,
): Promise<DocumentReceipt> {
  const { door, pair, steps } = context;
  const part = partOf(of);
  const identity = { object: note.creditNoteId, purpose: "credit-note", part } as const;
  const chargeId = chargeOf(of, note);
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: note.total.currency,
    date: documentDate(note.effectiveAt, bookingZone(pair.settings)),
    original: paidDocument(context, of.sale, { chargeId, customerId: part }),
  });
  const document = documentOf(context, of.sale, chargeId);
  const isDisputed = isSaleDisputed(context);
  const credited = await creditedAt(context, of, { at: note.createdAt, but: identity });
  const memo = await book(door, {
    ...identity,
    make: (key) => {
      const asked = { ...mapping, key, document, credited, isDisputed };
      return withNotes(chosen, mapCreditNote(note, asked));
    },
    worth: await worthOfOriginal(context, ownInvoice(context, of.sale), of.sale),
    owners: [],
  });
  const { refNbr, batNbr } = memo;
  const open = [
    ...openText(note.customerBalance, "the customer's balance"),
    ...openText(note.outOfBand, "what was given back outside of Stripe"),
  ];
  const words = `credit memo ${refNbr}: ${note.creditNoteId}${open.join("")}`;
  steps.note("credit-note", words, { refNbr, batNbr });
  return memo;
}

/**
 * Lists what credit notes leave open for money that went back outside of Stripe, until it stands in
 * SL against the memo. To be called once all that went back is booked.
 */
export async function listOutOfBand(
  context: RunContext,
  notes: readonly CreditNote[],
): Promise<void> {
  const { door, pool, lane } = context;
  for (const { creditNoteId: object } of notes.filter(({ outOfBand }) => outOfBand.minor > 0n)) {
    const identity = { object, purpose: "credit-note", part: "" } as const;
    const memo = doneMemo(context, identity);
    if (memo === undefined) continue;
    const { key: intentKey } = present(door.store.find(identity), "The intent of a memo");
    const { balance: open } = await readBooked(door, memo);
    const { customerId, refNbr, type } = memo;
    await noteUnapplied(pool, lane, { intentKey, object, customerId, refNbr, type, open });
  }
}

/** What was paid by a customer whose part it is, else by whoever paid first. */
function chargeOf({ sale, refunds, share }: RefundedSale, note: CreditNote): string {
  const isOwn = ({ refundId }: Refund) => note.refunds.some((one) => one.refundId === refundId);
  const own = share === undefined ? undefined : refunds.find(isOwn);
  return own?.chargeId ?? sale.payments[0]?.chargeId ?? "";
}

function openText(amount: Money, what: string): readonly string[] {
  return amount.minor > 0n ? [`; ${toDecimal(amount)} of it stays open for ${what}`] : [];
}

/** @returns whether this run has booked the debit memo */
async function takeBack(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ note: CreditNote; memo: DocumentReceipt }>,
): Promise<boolean> {
  const { note, memo } = what;
  const object = note.creditNoteId;
  const part = voidOf(partOf(of));
  const before = doneMemo(context, { object, purpose: "credit-note", part });
  const back = before ?? (await bookVoid(context, of, what));
  await applyOpen(context, { object, memo, back });
  return before === undefined;
}

/** The debit memo over the lines of the note's own memo, as they were drafted or as SL has them. */
async function bookVoid(
  context: RunContext,
  of: RefundedSale,
  { note, memo }: Readonly<{ note: CreditNote; memo: DocumentReceipt }>,
): Promise<DocumentReceipt> {
  const { door, pair, steps } = context;
  const object = note.creditNoteId;
  const begun = begunNote(context, note, partOf(of));
  const { lines = await linesInSl(context, memo), userFields = {} } = begun?.draft ?? {};
  const date = note.voidedAt ?? note.effectiveAt;
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: note.total.currency,
    date: documentDate(date, bookingZone(pair.settings)),
    original: memo.refNbr,
  });
  const back = await book(door, {
    ...{ object, purpose: "credit-note", part: voidOf(partOf(of)) },
    make: (key) =>
      withNotes(chosen, mapCreditNoteVoid(note, { ...mapping, key, memo: { lines, userFields } })),
    worth: await worthOfOriginal(context, begun, of.sale),
    owners: [],
  });
  const { refNbr, batNbr } = back;
  steps.note("credit-note", `debit memo ${refNbr}: ${object} was voided`, { refNbr, batNbr });
  return back;
}

async function applyOpen(
  context: RunContext,
  of: Readonly<{ object: string; memo: DocumentReceipt; back: DocumentReceipt }>,
): Promise<void> {
  const { object, memo, back } = of;
  const { door } = context;
  const known = door.store.find({ object, purpose: "apply", part: back.refNbr });
  if (known?.stage === "done") return;
  const { balance } = await readBooked(door, memo);
  if (balance.minor <= 0n && known === undefined) return;
  const { customerId, refNbr } = memo;
  await applyMemo(context, {
    object,
    payer: { type: "CM", customerId, refNbr },
    target: { type: "DM", refNbr: back.refNbr },
    amount: balance,
  });
}
