import type { HubError } from "../../base/errors.ts";
import { leastMinor, type Money, money, subtract } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { BalanceRow, Sale } from "../../canonical/sale.ts";
import type { InvoiceDraft, MemoDraft } from "../../erp/port.ts";
import {
  type Creditable,
  type Credited,
  creditableInvoice,
  creditableSale,
  creditableUnknown,
  creditedByLines,
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
  mapRefundSurplus,
  mapRefundUnknown,
  noteOfPart,
  type RefundPart,
  refundsInSettlement,
  SURPLUS,
  shareNote,
  surplusOf,
} from "../../mapping/index.ts";
import { assertNoNotes } from "../charges/book-in.ts";
import { restOfNote } from "../refunds/shared-notes.ts";
import { DisputeMemos } from "./foresee-dispute-memos.ts";
import {
  type ForeseenDispute,
  foreseeReceivable,
  readForeseenDisputes,
} from "./foresee-disputes.ts";
import { amountOf, type ForeseeingReturns, SaleMemos } from "./foresee-memos.ts";
import { SharedRefunds } from "./foresee-shared.ts";
import { type FailedPart, isFreeOf, type Part } from "./refund-part.ts";

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
  const { livemode, payments } = sale;
  const found: Refund[] = [];
  // All are asked for: what Stripe counts as refunded of a charge has no refund that came back.
  for (const { chargeId } of payments) {
    found.push(...(await pair.stripe.readRefunds({ chargeId, livemode }, signal)));
  }
  const { withoutCharge, creditedLater } = sale.document;
  const counted = withoutCharge.creditNotes.minor + (creditedLater?.minor ?? 0n);
  const isOurs = sale.invoiceId !== undefined && of.soldBeforeTo === undefined;
  const mayHaveNotes = isOurs && (counted > 0n || found.length > 0);
  const notes = mayHaveNotes ? await pair.stripe.readCreditNotes(sale.invoiceId ?? "", signal) : [];
  assertNoNotes(sale, notes);
  const refunds = refundsInSettlement(found, sale);
  const returns = new Returns(of, sale, { notes, refunds });
  const steps = [
    ...notes.map((note) => {
      return {
        ...{ kind: "note" as const, at: instantOfNote(note, found), id: note.creditNoteId },
        foresee: () => returns.note(note),
      };
    }),
    ...refunds.map((refund) => ({
      ...{ kind: "refund" as const, at: instantOfRefund(refund) },
      ...{ id: refund.refundId, foresee: () => returns.refund(refund) },
    })),
    ...disputes.flatMap((one) => returns.disputeSteps(one)),
  ];
  for (const step of inReturnOrder(steps)) await step.foresee();
  if (returns.stop !== undefined) throw returns.stop;
}

/** What is left of a sale while its returns are foreseen one after the other. */
class Returns {
  readonly #of: ForeseeingReturns;
  readonly #sale: Sale;
  readonly #memos: SaleMemos;
  readonly #notes: readonly CreditNote[];
  readonly #refunds: readonly Refund[];
  readonly #document: Creditable;
  readonly #credited: Credited[number][] = [];
  /** Minor units of each charge that nothing has taken, by customer where several share it. */
  readonly #open = new Map<string, bigint>();
  readonly #shares: SharedRefunds;
  #failed: readonly FailedPart[] = [];
  /** Whether a dispute has taken of what was sold. */
  #isDisputed = false;
  /** What a person has to book beside all that is foreseen. */
  stop: HubError | undefined;

  constructor(
    of: ForeseeingReturns,
    sale: Sale,
    went: Readonly<{ notes: readonly CreditNote[]; refunds: readonly Refund[] }>,
  ) {
    this.#of = of;
    this.#sale = sale;
    this.#memos = new SaleMemos(of, sale);
    this.#shares = new SharedRefunds(this.#memos, of.pair.settings);
    this.#notes = went.notes.filter(({ voidedAt }) => voidedAt === undefined);
    this.#refunds = went.refunds;
    const { settings } = of.pair;
    const { total } = sale.document;
    const invoice = of.documents.find(({ purpose }) => purpose === "invoice")?.draft;
    const sold =
      invoice === undefined
        ? creditableSale(sale, { refNbr: "", total, settings })
        : creditableInvoice({ refNbr: "", ...(invoice as InvoiceDraft) }, sale);
    this.#document = of.soldBeforeTo === undefined ? sold : creditableUnknown(sale, settings);
    for (const { object, draft } of this.#memos.payments()) {
      const applied = draft.applications.reduce((so, { amount }) => so + amount.minor, 0n);
      const left = draft.amount.minor - applied;
      const isShared = this.#memos.customersOf(object).length > 1;
      const key = keyOf(object, isShared ? draft.customerId.trim() : "");
      this.#open.set(key, (this.#open.get(key) ?? 0n) + left);
    }
  }

  /** One that was voided before anything of it was booked never was. */
  async note(note: CreditNote): Promise<void> {
    if (note.voidedAt !== undefined) return;
    if (this.#memos.customersOf(undefined).length > 1) return this.#sharedNote(note);
    await this.#noteMemo(note, undefined);
  }

  /** One memo for each customer, over what they get of its refunds. */
  async #sharedNote(note: CreditNote): Promise<void> {
    const refunds = note.refunds.flatMap(({ refundId }) => {
      return this.#refunds.find((one) => one.refundId === refundId && one.row !== undefined) ?? [];
    });
    // What of a refund is whose is not known before it has moved the balance.
    if (refunds.length < note.refunds.length) return;
    const parts = new Map(refunds.map((one) => [one.refundId, this.#namedPartsOf(one)]));
    const shared = shareNote(note, (refundId) => parts.get(refundId) ?? []);
    for (const part of shared) await this.#noteMemo(part.note, part.customerId);
    this.stop ??= restOfNote(note, shared, this.#memos.customersOf(undefined));
  }

  async #noteMemo(note: CreditNote, customerId: string | undefined): Promise<void> {
    const { beforePayment, creditNoteId: object, effectiveAt, createdAt } = note;
    const credited = this.#creditedAt(createdAt);
    const toInvoice =
      beforePayment.minor > 0n
        ? [`${amountOf(beforePayment)} of it is applied to the invoice.`]
        : [];
    const isDisputed = this.#isDisputed;
    const memo = await this.#memos.memo(
      {
        ...{ object, purpose: "credit-note", notes: toInvoice, at: effectiveAt, customerId },
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
    const { row, failure } = refund;
    const { settings } = this.#of.pair;
    if (row === undefined) return;
    if (isBeforeStart(row.created, settings)) return this.#failLate(refund);
    const parts = this.#partsOf(refund).map((part) => ({ ...part, covered: this.#cover(part) }));
    await this.#cash(refund, row, {
      purpose: "refund-cash",
      parts: parts.map(({ covered, ...part }) => {
        const paid = covered.minor > 0n ? [`${amountOf(covered)} of it is paid by ${OWN}.`] : [];
        return { ...part, notes: paid };
      }),
    });
    const causes: (MemoDraft | undefined)[] = [];
    for (const part of parts) causes.push(await this.#cause(part, { refund, row }));
    if (failure === undefined) return;
    await this.#cash(refund, failure, { purpose: "refund-back-cash", parts });
    for (const [at, part] of parts.entries()) await this.#fail(part, failure, causes[at]);
  }

  /** Of a refund from before the start only its failure after it is booked. */
  async #failLate(refund: Refund): Promise<void> {
    const { failure } = refund;
    if (failure === undefined || isBeforeStart(failure.created, this.#of.pair.settings)) return;
    const part = { customerId: "", refund };
    await this.#cash(refund, failure, { purpose: "refund-back-cash", parts: [part] });
    const open = refund.amount.minor;
    this.#failed = [...this.#failed, { ...part, cause: undefined, isReversed: false, open }];
  }

  async #fail(part: Part, failure: BalanceRow, cause: MemoDraft | undefined): Promise<void> {
    const isReversed = this.#of.pair.settings.refundFailed === "reverse";
    const taken = isReversed ? (cause?.total.minor ?? 0n) : 0n;
    const { refund, customerId } = part;
    const open = refund.amount.minor - taken;
    this.#failed = [...this.#failed, { ...part, cause, isReversed, open }];
    await this.#surplus(refund, failure);
    if (!isReversed || cause === undefined) return;
    await this.#memos.memo(
      {
        ...{ object: refund.refundId, purpose: "refund-back-cause", at: failure.created },
        ...(customerId === "" ? {} : { customerId }),
        make: (context) => mapCauseBack(refund, failure, { ...context, cause }),
      },
      await this.#memos.worthOfSale(),
    );
  }

  /** What came back beyond all that had left; a sale at what was settled has one customer. */
  async #surplus(refund: Refund, failure: BalanceRow): Promise<void> {
    const surplus = surplusOf(refund, failure);
    if (surplus === undefined) return;
    await this.#memos.memo(
      {
        ...{ object: refund.refundId, purpose: "refund-back-cause", at: failure.created },
        part: SURPLUS,
        make: (context) => mapRefundSurplus(refund, failure, { ...context, surplus }),
      },
      undefined,
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

  #partsOf(refund: Refund): readonly Part[] {
    const { chargeId } = refund;
    if (this.#memos.customersOf(chargeId).length < 2) return [{ customerId: "", refund }];
    return this.#shares.partsOf(refund, (customerId) => {
      const back = this.#failed.filter((one) => isFreeOf(one, { refund, customerId }));
      const free = back.reduce((so, one) => so + one.open, 0n);
      return free + (this.#open.get(keyOf(chargeId, customerId)) ?? 0n);
    });
  }

  /** The same with the names of all customers, as credit notes have them. */
  #namedPartsOf(refund: Refund): readonly RefundPart[] {
    const [only = ""] = this.#memos.customersOf(refund.chargeId);
    return this.#partsOf(refund).map(({ customerId, refund: { amount } }) => {
      return { customerId: customerId || only, amount };
    });
  }

  /** Money of the charge that is applied to nothing pays first. */
  #cover({ refund, customerId }: Part): Money {
    const { chargeId, amount } = refund;
    const key = keyOf(chargeId, customerId);
    const free = this.#failed.filter((one) => isFreeOf(one, { refund, customerId }));
    this.#failed = this.#failed.map((one) => (free.includes(one) ? { ...one, open: 0n } : one));
    const left = this.#open.get(key) ?? 0n;
    const open = free.reduce((so, one) => so + one.open, left);
    const covered = leastMinor(open, amount.minor);
    this.#open.set(key, open - covered);
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
    const left = this.#credited.filter((one) => !lines.includes(one.lines));
    return left.map((one) => (one.lines?.length ? creditedByLines(one.lines) : one));
  }

  async #cause(
    part: Part & Readonly<{ covered: Money }>,
    whole: Readonly<{ refund: Refund; row: BalanceRow }>,
  ): Promise<MemoDraft | undefined> {
    const { settings } = this.#of.pair;
    const { refund, customerId, covered } = part;
    const { row } = whole;
    const left = subtract(refund.amount, covered);
    if (left.minor <= 0n || isPaymentOnly(refund, settings)) return undefined;
    const isOrder = this.#of.documents.some(({ purpose }) => purpose === "order");
    if (isOrder && isReturnOrder(refund, settings)) return undefined;
    const noted = this.#notedOf(part, whole.refund);
    const amount = money(left.minor - leastMinor(noted, left.minor), left.currency);
    if (amount.minor === 0n) return undefined;
    const credited = this.#creditedBefore((failed) => isBackBefore(failed, refund));
    const isDisputed = this.#isDisputed;
    const memo = await this.#memos.memo(
      {
        ...{ object: refund.refundId, purpose: "refund-cause", at: row.created },
        ...(customerId === "" ? {} : { customerId }),
        notes: [`${amountOf(amount)} of it is applied to the refund's debit memo.`],
        make: (context) => {
          const asked = { ...context, row, amount, document: this.#document };
          const map = this.#of.soldBeforeTo === undefined ? mapRefundCause : mapRefundUnknown;
          return map(refund, { ...asked, credited, isDisputed });
        },
      },
      await this.#memos.worthOfSale(),
    );
    this.#credited.push({ lines: memo.lines });
    return memo;
  }

  /** What of a refund its credit notes say, in minor units. */
  #notedOf({ customerId }: Part, refund: Refund): bigint {
    const { refundId } = refund;
    const asked = { refundId, parts: this.#namedPartsOf(refund), customerId };
    const notes = this.#notes.filter((note) =>
      note.refunds.some((one) => one.refundId === refundId),
    );
    const own = customerId === "" ? notes : notes.map((note) => noteOfPart(note, asked));
    const said = own.flatMap(({ refunds }) => refunds).filter((one) => one.refundId === refundId);
    return said.reduce((so, one) => so + one.amount.minor, 0n);
  }

  /** Memos on clearing, or on the way there with the journals behind them. */
  async #cash(
    refund: Refund,
    row: BalanceRow,
    how: Readonly<{
      purpose: "refund-cash" | "refund-back-cash";
      parts: readonly (Part & Readonly<{ notes?: readonly string[] }>)[];
    }>,
  ): Promise<void> {
    const { refundId: object, amount } = refund;
    const { purpose } = how;
    const isOut = purpose === "refund-cash";
    const map = isOut ? mapRefundCash : mapRefundBack;
    const parts = how.parts.map(({ refund: part, customerId, notes = [] }) => {
      const own = (isOut ? part.row : part.failure) ?? row;
      const make = (context: MemoContext) => map(part, own, context);
      return { ...(customerId === "" ? {} : { customerId }), amount: part.amount, notes, make };
    });
    await this.#memos.cash({ object, purpose, row, isOut, amount, of: refund, parts });
  }
}

function keyOf(chargeId: string, customerId: string): string {
  return `${chargeId} ${customerId}`;
}

const OWN = "money of the charge that is applied to nothing";
