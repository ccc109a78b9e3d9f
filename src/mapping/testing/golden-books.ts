import { present } from "../../base/assert.ts";
import { type Money, money, negate, sum, toDecimal } from "../../base/money.ts";
import type { LedgerRow } from "../../canonical/balance.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import type { Payout } from "../../canonical/payout.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { JournalDraft, MemoDraft } from "../../erp/port.ts";
import {
  type BookedLegs,
  bookingZone,
  type Creditable,
  choosePeriod,
  closePostings,
  creditableInvoice,
  type DayPurpose,
  disputeState,
  documentDate,
  mapCauseBack,
  mapCreditNote,
  mapDayJournal,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeJournal,
  mapDisputeLoss,
  mapInvoice,
  mapLeg,
  mapPayment,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  mapReturn,
  movePostings,
  planLegs,
  rowParts,
} from "../index.ts";
import { aCustomer, aLine, anItem, aPayment, aRefund, aSale, stockOf } from "./builders.ts";
import { aDispute } from "./disputes.ts";
import { GoldenLedger, type GoldenOptions } from "./golden-ledger.ts";
import { aPayout } from "./payouts.ts";

const MONTHS = "0131 0228 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231";

/** A sale as it stands in the books, with what memos have taken of it. */
export type GoldenSale = Readonly<{
  sale: Sale;
  document: Creditable;
  credited: MemoDraft[];
}>;

/** What was sold, in decimals: `["100.00"]`, or with `- 10.00` taken off and `+ 8.25` of tax. */
export type GoldenCart = Readonly<{
  goods: readonly string[];
  shipping?: string;
  shippingTax?: string;
  total?: string;
  /** A day that the invoice has of its own. */
  finalized?: string;
}>;

/**
 * Books an example of the booking rules by the mapping alone, document by document, and holds the
 * outcome against the example's own text.
 */
export class GoldenBooks {
  readonly #ledger: GoldenLedger;

  constructor(text: string, options: GoldenOptions = {}) {
    this.#ledger = new GoldenLedger(text, options);
  }

  /** A row of the example. */
  row(id: string): LedgerRow {
    const rows = this.#ledger.text.rows;
    return present(
      rows.find((row) => row.id === id),
      `Row ${id} of the example`,
    );
  }

  amount(decimal: string): Money {
    return this.#ledger.amount(decimal);
  }

  /** A sale with its invoice and a payment for each row. */
  sale(rowIds: readonly string[], cart: GoldenCart): GoldenSale {
    const sale = this.#saleOf(rowIds, cart);
    const period = this.#period(documentDate(this.row(rowIds[0] ?? "").created, this.#zone));
    const base = { ...this.#context(period), inventory: stockOf(anItem()) };
    const terms = { termsId: "01", dueDays: 0, isInstalment: false };
    const invoice = mapInvoice(sale, { ...base, terms }).draft;
    this.#ledger.invoice(invoice);
    let left = invoice.total.minor;
    for (const payment of sale.payments) {
      const [row] = payment.rows;
      const own = this.#period(documentDate(row?.created ?? payment.createdAt, this.#zone));
      const balance = money(left, this.#ledger.base);
      const open = { refNbr: "000123", balance, receivable: base.customer.receivable };
      const paid = mapPayment(sale, payment, {
        ...{ ...this.#context(own), invoice: open, numberTry: 0 },
      }).draft;
      left -= paid.amount.minor;
      this.#ledger.payment(paid);
    }
    const { total, lines } = invoice;
    const document = creditableInvoice({ refNbr: "000123", total, lines }, sale);
    return { sale, document, credited: [] };
  }

  /** One more payment of a sale that was returned: it pays the memo of the return. */
  payAgain({ sale }: GoldenSale, rowId: string): void {
    const row = this.row(rowId);
    const payment = aPayment({ amount: row.gross, rows: [row], chargeId: "ch_2" });
    const { receivable } = aCustomer();
    const closed = { refNbr: "000123", balance: money(0, this.#ledger.base), receivable };
    const memo = { refNbr: "000200", balance: row.gross, receivable };
    const context = this.#context(this.#periodOf(row));
    const asked = { ...context, invoice: closed, memos: [memo], numberTry: 0 };
    this.#ledger.payment(mapPayment(sale, payment, asked).draft);
  }

  /** The bank takes a payment back after it had succeeded. */
  returned({ sale }: GoldenSale, rowId: string): void {
    const row = this.row(rowId);
    const [payment = aPayment()] = sale.payments;
    const context = { ...this.#context(this.#periodOf(row)), livemode: false };
    const invoice = { refNbr: "000123", dueDate: "2026-04-01" };
    this.#ledger.memo(
      mapReturn(payment, row, { ...context, amount: payment.amount, invoice }).draft,
    );
  }

  /** The cash leg of a refund and its cause leg, but for what money of the charge has covered. */
  refund(
    of: GoldenSale,
    rowId: string,
    how: Readonly<{ covered?: string; change?: Partial<Refund>; isOfNote?: boolean }> = {},
  ): Readonly<{ refund: Refund; cause: MemoDraft | undefined }> {
    const row = this.row(rowId);
    const amount = negate(row.gross);
    const refund = aRefund({ refundId: `re_${rowId}`, amount, row, ...how.change });
    const context = this.#context(this.#periodOf(row));
    this.#ledger.memo(mapRefundCash(refund, row, context).draft);
    const rest = sum([amount, negate(this.amount(how.covered ?? "0"))], this.#ledger.base);
    if (rest.minor === 0n || how.isOfNote === true) return { refund, cause: undefined };
    const { document, credited } = of;
    const isDisputed = false;
    const asked = { ...context, row, amount: rest, document, credited, isDisputed };
    const cause = mapRefundCause(refund, asked).draft;
    credited.push(cause);
    this.#ledger.memo(cause);
    return { refund, cause };
  }

  /** The money of a refund is back; with `reverse` what it took stands again. */
  refundFails(
    of: GoldenSale,
    rowId: string,
    { refund, cause }: Readonly<{ refund: Refund; cause?: MemoDraft | undefined }>,
  ): void {
    const row = this.row(rowId);
    const context = this.#context(this.#periodOf(row));
    this.#ledger.memo(mapRefundBack(refund, row, context).draft);
    if (this.#ledger.settings.refundFailed !== "reverse" || cause === undefined) return;
    of.credited.splice(of.credited.indexOf(cause), 1);
    this.#ledger.memo(mapCauseBack(refund, row, { ...context, cause }).draft);
  }

  /** The one memo of a credit note. */
  creditNote(of: GoldenSale, note: Readonly<{ total: string; tax?: string; day: string }>): void {
    const drafted: CreditNote = {
      ...{ creditNoteId: "cn_1", number: "CN-0001", lines: [], refunds: [], reason: "" },
      ...{ total: this.amount(note.total), tax: this.amount(note.tax ?? "0") },
      ...{ beforePayment: this.amount("0"), customerBalance: this.amount("0") },
      ...{ outOfBand: this.amount("0"), effectiveAt: new Date(`${note.day}T17:00:00Z`) },
      ...{ createdAt: new Date(`${note.day}T17:00:00Z`) },
      ...{ voidedAt: undefined, metadata: {}, livemode: false },
    };
    const { document, credited } = of;
    const context = this.#context(this.#period(note.day));
    const memo = mapCreditNote(drafted, {
      ...context,
      document,
      credited,
      isDisputed: false,
    }).draft;
    credited.push(memo);
    this.#ledger.memo(memo);
  }

  /** A dispute under policy `receivable`: its rows, then its verdicts as they came. */
  held(rowIds: readonly string[], verdicts: readonly (readonly [status: string, day: string])[]) {
    const lines: JournalDraft["lines"][number][] = [];
    const ends: DisputeClosing[] = [];
    const rows: LedgerRow[] = [];
    const book = (at: Date, postings: Parameters<typeof mapDisputeJournal>[1]["postings"]) => {
      if (postings.length === 0) return;
      const context = this.#context(this.#period(documentDate(at, this.#zone)));
      const about = { at, words: "Dispute of", postings, rowId: undefined, reference: "000123" };
      const { draft } = mapDisputeJournal(this.#disputeOf(rows, ends), { ...context, ...about });
      lines.push(...draft.lines);
      this.#ledger.journal(draft);
    };
    const steps = [
      ...rowIds.map((id) => ({ at: this.row(id).created, row: this.row(id), status: "" })),
      ...verdicts.map(([status, day]) => ({
        at: new Date(`${day}T18:00:00Z`),
        row: undefined,
        status,
      })),
    ].sort((a, b) => a.at.getTime() - b.at.getTime());
    for (const { at, row, status } of steps) {
      if (row === undefined) ends.push({ status, at });
      else rows.push(row);
      const dispute = this.#disputeOf(rows, ends);
      const state = disputeState(dispute, ends);
      const move = state.moves.find((one) => one.row === row);
      if (move !== undefined) book(at, movePostings(move, this.#ledger.settings));
      if (row === undefined) {
        book(at, closePostings(dispute, state, { settings: this.#ledger.settings, booked: lines }));
      }
    }
  }

  /** A dispute that takes its sale back, row by row; its fees are journals. */
  takenBack(of: GoldenSale, rowIds: readonly string[]): void {
    const rows = rowIds.map((id) => this.row(id));
    const dispute = this.#disputeOf(rows, []);
    const taken: { lines: MemoDraft["lines"]; isBack: boolean }[] = [];
    for (const move of disputeState(dispute, []).moves) {
      const context = this.#context(this.#periodOf(move.row));
      this.#ledger.memo(mapDisputeCash(dispute, move, context).draft);
      const isBack = move.kind === "reinstated";
      const asked = { ...context, document: of.document, credited: of.credited };
      const memo = isBack
        ? mapDisputeCauseBack(dispute, move, { ...context, taken }).draft
        : mapDisputeCause(dispute, move, asked).draft;
      taken.push({ lines: memo.lines, isBack });
      if (!isBack) of.credited.push(memo);
      this.#ledger.memo(memo);
      this.#disputeFee(dispute, move.row);
    }
  }

  /** A dispute that the customer owes, row by row, and what is given up of it. */
  owed(rowIds: readonly string[], lost?: Readonly<{ amount: string; day: string }>): void {
    const rows = rowIds.map((id) => this.row(id));
    const dispute = this.#disputeOf(rows, []);
    for (const move of disputeState(dispute, []).moves) {
      const context = this.#context(this.#periodOf(move.row));
      this.#ledger.memo(mapDisputeCash(dispute, move, context).draft);
      this.#disputeFee(dispute, move.row);
    }
    if (lost === undefined) return;
    const at = new Date(`${lost.day}T18:00:00Z`);
    const loss = { amount: this.amount(lost.amount), role: "bad-debt", at } as const;
    this.#ledger.memo(mapDisputeLoss(dispute, loss, this.#context(this.#period(lost.day))).draft);
  }

  /** The journals of a payout or top-up as it stands in the end. */
  payout(change: Partial<Payout>, how: Readonly<{ isBooked?: boolean }> = {}): void {
    const payout = aPayout(change);
    const bank = { account: "1010", subaccount: "000000000000" };
    const booked: BookedLegs = how.isBooked === true ? { in: bank } : {};
    const settings = this.#ledger.settings;
    for (const leg of planLegs(payout, { settings, booked })) {
      const calendar = this.#calendar;
      const chosen = choosePeriod(leg.date, calendar, settings.closedPeriod);
      const context = { settings, key: "K".repeat(26), chosen, calendar, slDecimals: 2 };
      this.#ledger.journal(mapLeg(payout, leg, context).draft);
    }
  }

  /** The journal of all rows of the example on a day that a journal of this kind owns. */
  day(purpose: DayPurpose, date: string): void {
    const settings = this.#ledger.settings;
    const parts = this.#ledger.text.rows
      .filter((row) => documentDate(row.created, this.#zone) === date)
      .flatMap((row) =>
        rowParts(row, settings)
          .filter(({ owner }) => owner === purpose)
          .map(({ part }) => ({ row, part })),
      );
    const context = { settings, purpose, object: `day:${date}`, key: "K" };
    this.#ledger.journal(mapDayJournal(parts, { ...context, period: this.#period(date) }).draft);
  }

  /** Holds what was booked against the example: every document, every balance, and the proof. */
  agree(): void {
    this.#ledger.agree();
  }

  get #zone(): string {
    return bookingZone(this.#ledger.settings);
  }

  get #calendar() {
    return {
      ...{ periods: 12, periodEnds: MONTHS.split(" "), namedAfterStart: false },
      ...{ firstOpenReceivables: this.#ledger.firstOpen, firstOpenLedger: this.#ledger.firstOpen },
    };
  }

  #period(day: string): string {
    return choosePeriod(day, this.#calendar, this.#ledger.settings.closedPeriod).period;
  }

  #periodOf(row: LedgerRow): string {
    return this.#period(documentDate(row.created, this.#zone));
  }

  #context(period: string) {
    const customer = aCustomer({ currency: this.#ledger.base });
    const slDecimals = this.#ledger.text.decimals;
    const settings = this.#ledger.settings;
    return {
      ...{ settings, key: "K".repeat(26), customer, period, slDecimals },
      ...{ terms: "01", original: "000123" },
    };
  }

  #saleOf(rowIds: readonly string[], cart: GoldenCart): Sale {
    const zero = this.amount("0");
    const lines = cart.goods.map((text, nr) => {
      const [, gross = "0", , off = "0", , tax = "0"] =
        /^(\S+)( - (\S+))?( \+ (\S+))?$/.exec(text) ?? [];
      return aLine({
        ...{ lineId: `il_${nr + 1}`, description: `Goods ${nr + 1}` },
        ...{ gross: this.amount(gross), discount: this.amount(off), tax: this.amount(tax) },
      });
    });
    const charges = rowIds.filter((id) => this.row(id).category === "charge");
    const others = rowIds.filter((id) => !charges.includes(id)).map((id) => this.row(id));
    const payments = charges.map((id, nr) => {
      const rows = [this.row(id), ...others];
      const amount = sum(
        rows.map(({ gross }) => gross),
        this.#ledger.base,
      );
      return aPayment({ amount, rows, chargeId: `ch_${nr + 1}`, refunded: zero });
    });
    const paid = sum(
      payments.map(({ amount }) => amount),
      this.#ledger.base,
    );
    const total = cart.total === undefined ? paid : this.amount(cart.total);
    const none = { customerBalance: zero, outOfBand: zero, creditNotes: zero };
    const day = cart.finalized;
    return aSale({
      document: {
        ...{ lines, total, documentDiscount: zero, withoutCharge: none },
        ...{ shipping: this.amount(cart.shipping ?? "0") },
        ...{ shippingTax: this.amount(cart.shippingTax ?? "0") },
        ...{ effectiveAt: day === undefined ? undefined : new Date(`${day}T17:00:00Z`) },
      },
      payments,
    });
  }

  #disputeOf(rows: readonly LedgerRow[], ends: readonly DisputeClosing[]): Dispute {
    const status = ends.at(-1)?.status ?? "needs_response";
    const amount = this.amount(toDecimal(rows[0]?.gross ?? this.amount("0")).replace("-", ""));
    return aDispute({ rows, status, amount });
  }

  #disputeFee(dispute: Dispute, row: LedgerRow): void {
    if (row.fee.minor === 0n) return;
    const bare = { ...row, gross: this.amount("0") };
    const [move] = disputeState({ ...dispute, rows: [row] }, []).moves;
    const postings = movePostings(
      { ...present(move, "A move"), row: bare, amount: this.amount("0") },
      this.#ledger.settings,
    ).filter(({ cost }) => cost.minor !== 0n);
    const context = this.#context(this.#periodOf(row));
    const about = { at: row.created, words: "Fee of", postings, rowId: row.id, reference: "" };
    this.#ledger.journal(mapDisputeJournal(dispute, { ...context, ...about }).draft);
  }
}
