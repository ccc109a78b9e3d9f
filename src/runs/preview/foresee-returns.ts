import { leastMinor, type Money, money, subtract } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { BalanceRow, Sale } from "../../canonical/sale.ts";
import type { InvoiceDraft, MemoDraft } from "../../erp/port.ts";
import {
  type Creditable,
  type Credited,
  creditableInvoice,
  creditableSale,
  inReturnOrder,
  instantOfNote,
  instantOfRefund,
  isBackBefore,
  isBeforeStart,
  isPaymentOnly,
  isReturnOrder,
  type MemoContext,
  mapCauseBack,
  mapCreditNote,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  refundsInSettlement,
} from "../../mapping/index.ts";
import { assertNoNotes } from "../charges/book-in.ts";
import { DisputeMemos } from "./foresee-dispute-memos.ts";
import {
  type ForeseenDispute,
  foreseeReceivable,
  readForeseenDisputes,
} from "./foresee-disputes.ts";
import { amountOf, type ForeseeingReturns, SaleMemos } from "./foresee-memos.ts";
import { tell } from "./foreseen.ts";

/**
 * What went back of a sale, after the documents that the sale itself would have: what its refunds,
 * credit notes and disputes would book, as if nothing of it was.
 *
 * @throws HubError as a run that books them; what was foreseen until then is kept
 */
export async function foreseeWentBack(of: ForeseeingReturns, sale: Sale): Promise<void> {
  const { policy } = of.pair.settings.dispute;
  const disputes = await readForeseenDisputes(of, sale);
  await foreseeReturns(of, sale, policy === "reverse-sale" ? disputes : []);
  const memos = new SaleMemos(of, sale);
  for (const one of disputes) {
    if (policy === "receivable") await foreseeReceivable(of, one);
    if (policy === "customer") await foreseeDebt(new DisputeMemos(of, { memos, sale }, one));
  }
}

/** A dispute that its customer bears until there is a verdict. */
async function foreseeDebt(dispute: DisputeMemos): Promise<void> {
  for (const move of dispute.state.moves) await dispute.cash(move);
  await dispute.losses();
}

/**
 * The memos of what went back of a sale by refunds and credit notes, cash leg,
 * cause leg and failure of each refund, oldest first, and between them the rows of disputes that
 * take the sale back. What is applied to what stands in their notes.
 *
 * @param disputes those that take the sale back
 */
async function foreseeReturns(
  of: ForeseeingReturns,
  sale: Sale,
  disputes: readonly ForeseenDispute[],
): Promise<void> {
  const { pair, signal } = of;
  const asked = sale.payments.filter(({ refunded }) => refunded.minor > 0n);
  const found: Refund[] = [];
  for (const { chargeId } of asked) {
    const { livemode } = sale;
    found.push(...(await pair.stripe.readRefunds({ chargeId, livemode }, signal)));
  }
  const { withoutCharge, creditedLater } = sale.document;
  const counted = withoutCharge.creditNotes.minor + (creditedLater?.minor ?? 0n);
  const mayHaveNotes = sale.invoiceId !== undefined && (counted > 0n || found.length > 0);
  const notes = mayHaveNotes ? await pair.stripe.readCreditNotes(sale.invoiceId ?? "", signal) : [];
  assertNoNotes(sale, notes);
  const returns = new Returns(of, sale, notes);
  const steps = [
    ...notes.map((note) => {
      return {
        ...{ kind: "note" as const, at: instantOfNote(note, found), id: note.creditNoteId },
        foresee: () => returns.note(note),
      };
    }),
    ...refundsInSettlement(found, sale).map((refund) => ({
      ...{ kind: "refund" as const, at: instantOfRefund(refund) },
      ...{ id: refund.refundId, foresee: () => returns.refund(refund) },
    })),
    ...disputes.flatMap((one) => returns.disputeSteps(one)),
  ];
  for (const step of inReturnOrder(steps)) await step.foresee();
}

/** A refund that came back; where it was not reversed its money is the customer's. */
type FailedRefund = Readonly<{ refund: Refund; cause: MemoDraft | undefined; isReversed: boolean }>;

/** What is left of a sale while its returns are foreseen one after the other. */
class Returns {
  readonly #of: ForeseeingReturns;
  readonly #sale: Sale;
  readonly #memos: SaleMemos;
  readonly #notes: readonly CreditNote[];
  readonly #document: Creditable;
  readonly #credited: Credited[number][] = [];
  /** Minor units of each charge that nothing has taken. */
  readonly #open = new Map<string, bigint>();
  #failed: readonly FailedRefund[] = [];
  /** Whether a dispute has taken of what was sold. */
  #isDisputed = false;

  constructor(of: ForeseeingReturns, sale: Sale, notes: readonly CreditNote[]) {
    this.#of = of;
    this.#sale = sale;
    this.#memos = new SaleMemos(of, sale);
    this.#notes = notes.filter(({ voidedAt }) => voidedAt === undefined);
    const { settings } = of.pair;
    const { total } = sale.document;
    const invoice = of.documents.find(({ purpose }) => purpose === "invoice")?.draft;
    this.#document =
      invoice === undefined
        ? creditableSale(sale, { refNbr: "", total, settings })
        : creditableInvoice({ refNbr: "", ...(invoice as InvoiceDraft) }, sale);
    for (const { object, draft } of this.#memos.payments()) {
      const applied = draft.applications.reduce((so, { amount }) => so + amount.minor, 0n);
      const left = draft.amount.minor - applied;
      this.#open.set(object, (this.#open.get(object) ?? 0n) + left);
    }
  }

  /** One that was voided before anything of it was booked never was. */
  async note(note: CreditNote): Promise<void> {
    if (note.voidedAt !== undefined) return;
    const { beforePayment, creditNoteId: object, effectiveAt, createdAt } = note;
    const credited = this.#creditedAt(createdAt);
    const toInvoice =
      beforePayment.minor > 0n
        ? [`${amountOf(beforePayment)} of it is applied to the invoice.`]
        : [];
    const isDisputed = this.#isDisputed;
    const memo = await this.#memos.memo(
      {
        ...{ object, purpose: "credit-note", notes: toInvoice, at: effectiveAt },
        make: (context) => {
          const asked = { ...context, document: this.#document, credited, isDisputed };
          return mapCreditNote(note, asked);
        },
      },
      await this.#memos.worthOfSale(),
    );
    this.#credited.push({ lines: memo.lines });
  }

  async refund(refund: Refund): Promise<void> {
    const { row, failure, refundId: object } = refund;
    const { settings } = this.#of.pair;
    if (row === undefined || isBeforeStart(row.created, settings)) return;
    // What is whose follows from balances that only the booked payments have.
    if (this.#memos.customersOf(refund.chargeId).length > 1) {
      const words = `${object} is shared out by what is open then, and not shown here.`;
      return tell(this.#of.documents, words);
    }
    const covered = this.#cover(refund);
    const paid = covered.minor > 0n ? [`${amountOf(covered)} of it is paid by ${OWN}.`] : [];
    await this.#cash(refund, row, { purpose: "refund-cash", notes: paid });
    const cause = await this.#cause(refund, { row, covered });
    if (failure === undefined) return;
    await this.#cash(refund, failure, { purpose: "refund-back-cash", notes: [] });
    const isReversed = settings.refundFailed === "reverse";
    this.#failed = [...this.#failed, { refund, cause, isReversed }];
    if (!isReversed || cause === undefined) return;
    await this.#memos.memo(
      {
        ...{ object, purpose: "refund-back-cause", at: failure.created },
        make: (context) => mapCauseBack(refund, failure, { ...context, cause }),
      },
      await this.#memos.worthOfSale(),
    );
  }

  /** The rows of a dispute, each of which takes the sale back or lets it stand again. */
  disputeSteps(one: ForeseenDispute) {
    const of = { memos: this.#memos, sale: this.#sale };
    const dispute = new DisputeMemos(this.#of, of, one);
    return dispute.state.moves.map((move) => ({
      ...{ kind: "dispute" as const, at: move.row.created, id: move.row.id },
      foresee: async () => {
        if (!(await dispute.cash(move))) return;
        const credited = this.#creditedAt(move.row.created);
        const lines = await dispute.cause(move, { document: this.#document, credited });
        this.#credited.push({ lines });
        this.#isDisputed ||= lines.length > 0;
      },
    }));
  }

  /** Money of the charge that is applied to nothing pays first. */
  #cover(refund: Refund): Money {
    const { chargeId, amount } = refund;
    const left = this.#open.get(chargeId) ?? 0n;
    const free = this.#failed.filter(
      (one) =>
        !one.isReversed && one.refund.chargeId === chargeId && isBackBefore(one.refund, refund),
    );
    this.#failed = this.#failed.filter((one) => !free.includes(one));
    const open = free.reduce((so, one) => so + one.refund.amount.minor, left);
    const covered = leastMinor(open, amount.minor);
    this.#open.set(chargeId, open - covered);
    return money(covered, amount.currency);
  }

  /** What was credited until then, without what had come back by then. */
  #creditedAt(at: Date): Credited {
    const isBy = (back: Date | undefined) => back !== undefined && back.getTime() <= at.getTime();
    return this.#creditedBefore(({ failure }) => isBy(failure?.created));
  }

  /** What failed later still has its share: the customer was to get both. */
  #creditedBefore(isBack: (failed: Refund) => boolean): Credited {
    const back = this.#failed.filter((one) => one.isReversed && isBack(one.refund));
    const lines = back.map(({ cause }) => cause?.lines);
    return this.#credited.filter((one) => !lines.includes(one.lines));
  }

  async #cause(
    refund: Refund,
    of: Readonly<{ row: BalanceRow; covered: Money }>,
  ): Promise<MemoDraft | undefined> {
    const { settings } = this.#of.pair;
    const { row, covered } = of;
    const left = subtract(refund.amount, covered);
    if (left.minor <= 0n || isPaymentOnly(refund, settings)) return undefined;
    const isOrder = this.#of.documents.some(({ purpose }) => purpose === "order");
    if (isOrder && isReturnOrder(refund, settings)) return undefined;
    const parts = this.#notes.flatMap(({ refunds }) => refunds);
    const own = parts.filter(({ refundId }) => refundId === refund.refundId);
    const noted = own.reduce((so, part) => so + part.amount.minor, 0n);
    const amount = money(left.minor - leastMinor(noted, left.minor), left.currency);
    if (amount.minor === 0n) return undefined;
    const credited = this.#creditedBefore((failed) => isBackBefore(failed, refund));
    const isDisputed = this.#isDisputed;
    const memo = await this.#memos.memo(
      {
        ...{ object: refund.refundId, purpose: "refund-cause", at: row.created },
        notes: [`${amountOf(amount)} of it is applied to the refund's debit memo.`],
        make: (context) => {
          const asked = { ...context, row, amount, document: this.#document };
          return mapRefundCause(refund, { ...asked, credited, isDisputed });
        },
      },
      await this.#memos.worthOfSale(),
    );
    this.#credited.push({ lines: memo.lines });
    return memo;
  }

  /** A memo on clearing, or on the bridge with the journals behind it. */
  async #cash(
    refund: Refund,
    row: BalanceRow,
    how: Readonly<{ purpose: "refund-cash" | "refund-back-cash"; notes: readonly string[] }>,
  ): Promise<void> {
    const { refundId: object, amount } = refund;
    const isOut = how.purpose === "refund-cash";
    const map = isOut ? mapRefundCash : mapRefundBack;
    const make = (context: MemoContext) => map(refund, row, context);
    await this.#memos.cash({ object, ...how, row, isOut, amount, of: refund, make });
  }
}

const OWN = "money of the charge that is applied to nothing";
