import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { intentKey, type Purpose } from "../../base/ids.ts";
import { leastMinor, type Money, money, negate, subtract, toDecimal } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { BalanceRow, Sale } from "../../canonical/sale.ts";
import type { CustomerReading, InvoiceDraft, MemoDraft, PaymentDraft } from "../../erp/port.ts";
import {
  bookingZone,
  type Creditable,
  type Credited,
  choosePeriod,
  creditableInvoice,
  creditableSale,
  documentDate,
  inReturnOrder,
  isBeforeStart,
  isPaymentOnly,
  isReturnOrder,
  type Mapped,
  type MemoContext,
  mapCauseBack,
  mapCreditNote,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  refundsInSettlement,
} from "../../mapping/index.ts";
import { crossingOf } from "../bridge/crossing.ts";
import { assertNoNotes } from "../charges/book-in.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { isBackBefore } from "../refunds/refund-parts.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { valuerOf, type Worth } from "../write/value.ts";
import { foreseeBridge } from "./foresee-bridge.ts";
import { type ForeseenDocument, tell } from "./foreseen.ts";

/** What is asked for what went back of a sale, and where it is kept. */
export type ForeseeingReturns = Readonly<{
  pair: PairRuntime;
  signal?: AbortSignal | undefined;
  /** The documents of the sale itself; those of what went back of it are added. */
  documents: ForeseenDocument[];
  /** A customer that would be made: SL does not know it yet. */
  newCustomer?: CustomerReading | undefined;
}>;

/**
 * The memos of what went back of a sale by refunds and credit notes, after the documents that the
 * sale itself would have: cash leg, cause leg and failure of each refund, oldest first, as if none
 * was booked. What is applied to what stands in their notes.
 *
 * @throws HubError as a run that books them; what was foreseen until then is kept
 */
export async function foreseeReturns(of: ForeseeingReturns, sale: Sale): Promise<void> {
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
        ...{ kind: "note" as const, at: note.createdAt, id: note.creditNoteId },
        foresee: () => returns.note(note),
      };
    }),
    ...refundsInSettlement(found, sale).map((refund) => ({
      ...{ kind: "refund" as const, at: refund.row?.created ?? refund.createdAt },
      ...{ id: refund.refundId, foresee: () => returns.refund(refund) },
    })),
  ];
  for (const step of inReturnOrder(steps)) await step.foresee();
}

type Memo = Readonly<{
  object: string;
  purpose: Purpose;
  make: (context: MemoContext) => Mapped<MemoDraft>;
  date: string;
  notes?: readonly string[];
}>;

/** A refund that came back; where it was not reversed its money is the customer's. */
type FailedRefund = Readonly<{ refund: Refund; cause: MemoDraft | undefined; isReversed: boolean }>;

/** What is left of a sale while its returns are foreseen one after the other. */
class Returns {
  readonly #of: ForeseeingReturns;
  readonly #sale: Sale;
  readonly #notes: readonly CreditNote[];
  readonly #document: Creditable;
  readonly #credited: Credited[number][] = [];
  /** Minor units of each charge that nothing has taken. */
  readonly #open = new Map<string, bigint>();
  #failed: readonly FailedRefund[] = [];

  constructor(of: ForeseeingReturns, sale: Sale, notes: readonly CreditNote[]) {
    this.#of = of;
    this.#sale = sale;
    this.#notes = notes.filter(({ voidedAt }) => voidedAt === undefined);
    const { settings } = of.pair;
    const { total } = sale.document;
    const invoice = of.documents.find(({ purpose }) => purpose === "invoice")?.draft;
    this.#document =
      invoice === undefined
        ? creditableSale(sale, { refNbr: "", total, settings })
        : creditableInvoice({ refNbr: "", ...(invoice as InvoiceDraft) }, sale);
    for (const { object, draft } of this.#payments()) {
      const applied = draft.applications.reduce((so, { amount }) => so + amount.minor, 0n);
      const left = draft.amount.minor - applied;
      this.#open.set(object, (this.#open.get(object) ?? 0n) + left);
    }
  }

  #payments(): readonly Readonly<{ object: string; draft: PaymentDraft }>[] {
    return this.#of.documents.flatMap(({ object, purpose, draft }) =>
      purpose === "payment" ? [{ object, draft: draft as PaymentDraft }] : [],
    );
  }

  /** One that was voided before anything of it was booked never was. */
  async note(note: CreditNote): Promise<void> {
    if (note.voidedAt !== undefined) return;
    const { beforePayment, creditNoteId: object, effectiveAt, createdAt } = note;
    const credited = this.#creditedBefore(({ failure }) => {
      return failure !== undefined && failure.created.getTime() <= createdAt.getTime();
    });
    const toInvoice =
      beforePayment.minor > 0n
        ? [`${amountOf(beforePayment)} of it is applied to the invoice.`]
        : [];
    const memo = await this.#memo({
      ...{ object, purpose: "credit-note", notes: toInvoice, date: this.#dayOf(effectiveAt) },
      make: (context) => {
        const asked = { ...context, document: this.#document, credited, isDisputed: false };
        return mapCreditNote(note, asked);
      },
    });
    this.#credited.push({ lines: memo.lines });
  }

  async refund(refund: Refund): Promise<void> {
    const { row, failure, refundId: object } = refund;
    const { settings } = this.#of.pair;
    if (row === undefined || isBeforeStart(row.created, settings)) return;
    // What is whose follows from balances that only the booked payments have.
    if (this.#customersOf(refund.chargeId).length > 1) {
      const words = `${object} is shared out by what is open then, and not shown here.`;
      return tell(this.#of.documents, words);
    }
    const date = this.#dayOf(row.created);
    const covered = this.#cover(refund);
    const paid = covered.minor > 0n ? [`${amountOf(covered)} of it is paid by ${OWN}.`] : [];
    await this.#cash(refund, row, { purpose: "refund-cash", notes: paid });
    const cause = await this.#cause(refund, { row, covered, date });
    if (failure === undefined) return;
    await this.#cash(refund, failure, { purpose: "refund-back-cash", notes: [] });
    const isReversed = settings.refundFailed === "reverse";
    this.#failed = [...this.#failed, { refund, cause, isReversed }];
    if (!isReversed || cause === undefined) return;
    await this.#memo({
      ...{ object, purpose: "refund-back-cause", date: this.#dayOf(failure.created) },
      make: (context) => mapCauseBack(refund, failure, { ...context, cause }),
    });
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

  /** What failed later still has its share: the customer was to get both. */
  #creditedBefore(isBack: (failed: Refund) => boolean): Credited {
    const back = this.#failed.filter((one) => one.isReversed && isBack(one.refund));
    const lines = back.map(({ cause }) => cause?.lines);
    return this.#credited.filter((one) => !lines.includes(one.lines));
  }

  async #cause(
    refund: Refund,
    of: Readonly<{ row: BalanceRow; covered: Money; date: string }>,
  ): Promise<MemoDraft | undefined> {
    const { settings } = this.#of.pair;
    const { row, covered, date } = of;
    const left = subtract(refund.amount, covered);
    if (left.minor <= 0n || isPaymentOnly(refund, settings)) return undefined;
    const isOrder = this.#of.documents.some(({ purpose }) => purpose === "order");
    if (isOrder && isReturnOrder(refund, settings)) return undefined;
    const parts = this.#notes.flatMap(({ refunds }) => refunds);
    const part = parts.find(({ refundId }) => refundId === refund.refundId)?.amount;
    const amount = money(left.minor - leastMinor(part?.minor ?? 0n, left.minor), left.currency);
    if (amount.minor === 0n) return undefined;
    const credited = this.#creditedBefore((failed) => isBackBefore(failed, refund));
    const memo = await this.#memo({
      ...{ object: refund.refundId, purpose: "refund-cause", date },
      notes: [`${amountOf(amount)} of it is applied to the refund's debit memo.`],
      make: (context) => {
        const document = this.#document;
        return mapRefundCause(refund, {
          ...{ ...context, row, amount, document, credited, isDisputed: false },
        });
      },
    });
    this.#credited.push({ lines: memo.lines });
    return memo;
  }

  /** A memo on clearing, or on the bridge with the journals behind it. */
  async #cash(
    refund: Refund,
    row: BalanceRow,
    how: Readonly<{ purpose: "refund-cash" | "refund-back-cash"; notes: readonly string[] }>,
  ): Promise<void> {
    const { pair, documents } = this.#of;
    const { refundId: object, amount, livemode, chargeId, paymentIntentId } = refund;
    const isOut = how.purpose === "refund-cash";
    const settled = isOut ? negate(row.gross) : row.gross;
    const date = this.#dayOf(row.created);
    const { isBridged, worth } = await crossingOf(pair, { amount, settled, date });
    const map = isOut ? mapRefundCash : mapRefundBack;
    const make = (context: MemoContext) => map(refund, row, { ...context, isBridged });
    const memo = await this.#memo({ object, ...how, date, make }, { worth, chargeId });
    if (!isBridged) return;
    const direction = isOut ? "out" : "in";
    const linkTo = paymentIntentId ?? chargeId;
    const of = { object, rowId: row.id, direction, charged: amount, settled, date } as const;
    const booked = { worth: memo.rate?.worth ?? memo.total, period: memo.period };
    documents.push(...(await foreseeBridge(pair, { ...of, linkTo, livemode }, booked)));
  }

  async #memo(
    { object, purpose, make, date, notes = [] }: Memo,
    of: Readonly<{ worth?: Worth | undefined; chargeId?: string }> = {},
  ): Promise<MemoDraft> {
    const { pair, documents } = this.#of;
    const { settings, reference } = pair;
    const { customer, original } = await this.#owner(of.chargeId);
    const { currency } = this.#sale.document.total;
    const chosen = choosePeriod(date, await reference.calendar(), settings.closedPeriod);
    const { termsId: terms } = await reference.terms(settings.terms.paid);
    const mapped = make({
      ...{ settings, customer, terms, original, period: chosen.period },
      key: intentKey({ pair: pair.id, object, purpose, part: "", generation: 0 }),
      slDecimals: await reference.decimals(currency),
    });
    const isCash = "worth" in of;
    const worth = isCash ? of.worth : await this.#worthOfSale(currency);
    const told = { draft: mapped.draft, notes: [...chosen.notes, ...mapped.notes, ...notes] };
    const valued = await valuerOf(pair)(told, worth);
    documents.push({ purpose, object, ...valued });
    return valued.draft;
  }

  /** What takes the sale back is worth what its document is. */
  #worthOfSale(currency: string): Promise<Worth | undefined> {
    const { pair, documents, signal = new AbortController().signal } = this.#of;
    const sold = documents.find(({ purpose }) => purpose === "invoice" || purpose === "order");
    const original = sold === undefined ? undefined : { draft: sold.draft, stage: "planned" };
    return worthOfOriginal({ pair, signal }, original, currency);
  }

  /** Those that a charge is booked on, or the sale. */
  #customersOf(chargeId: string | undefined): readonly string[] {
    const own = this.#payments().filter(({ object }) => (chargeId ?? object) === object);
    return [...new Set(own.map(({ draft }) => draft.customerId.trim()))];
  }

  /** Whose money went back, and what it had paid. */
  async #owner(
    chargeId: string | undefined,
  ): Promise<Readonly<{ customer: CustomerReading; original: string }>> {
    const { pair, newCustomer } = this.#of;
    const drafts = this.#payments()
      .filter(({ object }) => chargeId === undefined || object === chargeId)
      .map(({ draft }) => draft);
    const [first, ...others] = this.#customersOf(chargeId);
    const customerId = present(first, "The customer of a sale whose money went back");
    if (others.length > 0) throw shared(chargeId ?? "", [first, ...others].join(", "));
    const original = drafts.flatMap(({ applications }) => applications).at(-1)?.invoiceRefNbr ?? "";
    if (newCustomer?.customerId === customerId) return { customer: newCustomer, original };
    const reading = await pair.reference.customer(customerId);
    return { customer: present(reading, `SL's customer ${customerId}`), original };
  }

  #dayOf(at: Date): string {
    return documentDate(at, bookingZone(this.#of.pair.settings));
  }
}

const OWN = "money of the charge that is applied to nothing";

function amountOf(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

function shared(chargeId: string, customers: string): HubError {
  return new HubError("mapping.refund_shared", `${chargeId} was shared out over ${customers}`, {
    facts: { chargeId, customers },
  });
}
