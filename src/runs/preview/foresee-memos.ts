import { present } from "../../base/assert.ts";
import { intentKey, type Purpose } from "../../base/ids.ts";
import { type Money, negate, sum, toDecimal } from "../../base/money.ts";
import type { BalanceRow, Sale } from "../../canonical/sale.ts";
import type { CustomerReading, DocumentDraft, MemoDraft, PaymentDraft } from "../../erp/port.ts";
import {
  bookingZone,
  choosePeriod,
  documentDate,
  type Mapped,
  type MemoContext,
  openOnly,
} from "../../mapping/index.ts";
import { crossingOfMemo } from "../bridge/crossing.ts";
import { worthsOf } from "../charges/payment-way.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { sharedCharge } from "../refunds/refund-parts.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { valuerOf, type Worth } from "../write/value.ts";
import { foreseeToClearing } from "./foresee-to-clearing.ts";
import type { ForeseenDocument } from "./foreseen.ts";

/** What is asked for what went back of a sale, and where it is kept. */
export type ForeseeingReturns = Readonly<{
  pair: PairRuntime;
  signal?: AbortSignal | undefined;
  /** The documents of the sale itself; those of what went back of it are added. */
  documents: ForeseenDocument[];
  /** A customer that would be made: SL does not know it yet. */
  newCustomer?: CustomerReading | undefined;
  /** The customer of a sale from before the pair's start, which has no documents itself. */
  soldBeforeTo?: CustomerReading;
}>;

/** A memo of a refund, a credit note or a dispute. */
type Memo = Readonly<{
  object: string;
  purpose: Purpose;
  part?: string;
  make: (context: MemoContext) => Mapped<MemoDraft>;
  at: Date;
  notes?: readonly string[];
  /** Whose money went back; default: that of the whole sale. */
  chargeId?: string;
  /** Whose part it is, where several customers share the charge. */
  customerId?: string | undefined;
}>;

/** A memo of the cash leg: money that left clearing, or came back to it. */
type CashMemo = Omit<Memo, "at" | "chargeId" | "customerId" | "make"> &
  Readonly<{
    row: Pick<BalanceRow, "id" | "gross" | "created">;
    isOut: boolean;
    amount: Money;
    /** What of it is whose: each has a memo. */
    parts: readonly Readonly<Pick<Memo, "make" | "customerId" | "notes"> & { amount: Money }>[];
    /** The refund or the dispute itself. */
    of: Readonly<{ chargeId: string; paymentIntentId: string | undefined; livemode: boolean }>;
  }>;

/** Drafts the memos of what went back of a sale, and keeps each with the documents of the sale. */
export class SaleMemos {
  readonly #of: ForeseeingReturns;
  readonly #sale: Sale;

  constructor(of: ForeseeingReturns, sale: Sale) {
    this.#of = of;
    this.#sale = sale;
  }

  /** The payments of the sale, each with its charge. */
  payments(): readonly Readonly<{ object: string; draft: PaymentDraft }>[] {
    return this.#of.documents.flatMap(({ object, purpose, draft }) =>
      purpose === "payment" ? [{ object, draft: draft as PaymentDraft }] : [],
    );
  }

  /** Those that a charge is booked on, or the sale. */
  customersOf(chargeId: string | undefined): readonly string[] {
    const { soldBeforeTo } = this.#of;
    if (soldBeforeTo !== undefined) return [soldBeforeTo.customerId.trim()];
    const own = this.payments().filter(({ object }) => (chargeId ?? object) === object);
    return [...new Set(own.map(({ draft }) => draft.customerId.trim()))];
  }

  /**
   * The one customer that a charge is booked on, or the sale.
   *
   * @throws HubError `mapping.refund_shared` where there are several
   */
  customerOf(chargeId: string | undefined): string {
    const [first, ...others] = this.customersOf(chargeId);
    const customerId = present(first, "The customer of a sale whose money went back");
    if (others.length > 0) throw sharedCharge(chargeId ?? "", [customerId, ...others]);
    return customerId;
  }

  /** Memos on clearing, or on the way there with the journals behind them. */
  async cash({ row, isOut, amount, of, parts, ...memo }: CashMemo): Promise<readonly MemoDraft[]> {
    const { pair, documents } = this.#of;
    const { object } = memo;
    const { chargeId, paymentIntentId, livemode } = of;
    const settled = isOut ? negate(row.gross) : row.gross;
    const date = documentDate(row.created, bookingZone(pair.settings));
    const crossing = await crossingOfMemo(pair, { amount, settled, date });
    const { over } = crossing;
    const worths = worthsOf(crossing, parts);
    const drafts: MemoDraft[] = [];
    for (const [at, { make, customerId, notes = [] }] of parts.entries()) {
      const asked = { ...memo, at: row.created, chargeId, customerId, notes };
      const onItsWay = (context: MemoContext) => make({ ...context, over });
      drafts.push(await this.memo({ ...asked, make: onItsWay }, worths[at]));
    }
    const [first] = drafts;
    if (over === undefined || first === undefined) return drafts;
    const direction = isOut ? "out" : "in";
    const crossed = { object, rowId: row.id, direction, charged: amount, settled, date } as const;
    const linkTo = paymentIntentId ?? chargeId;
    const base = pair.settings.sl.baseCurrency;
    const documentsWorth = sum(
      drafts.map(({ rate, total }) => rate?.worth ?? total),
      base,
    );
    // On the bridge is a whole memo, and on the wash account what its row has moved.
    const isMoved = over.role === "wash" && settled.currency === base;
    const booked = { worth: isMoved ? settled : documentsWorth, period: first.period, over };
    documents.push(...(await foreseeToClearing(pair, { ...crossed, linkTo, livemode }, booked)));
    return drafts;
  }

  /** @param worth what values it where it is in another currency than SL's own */
  async memo(of: Memo, worth: Worth | undefined): Promise<MemoDraft> {
    const { object, purpose, part = of.customerId ?? "", make, at, notes = [] } = of;
    const { pair, documents } = this.#of;
    const { settings, reference } = pair;
    const { customer, original } = await this.#owner(of);
    const date = documentDate(at, bookingZone(settings));
    const chosen = openOnly(choosePeriod(date, await reference.calendar(), settings.closedPeriod));
    const { termsId: terms } = await reference.terms(settings.terms.paid);
    const mapped = make({
      ...{ settings, customer, terms, original, period: chosen.period },
      key: intentKey({ pair: pair.id, object, purpose, part, generation: 0 }),
      slDecimals: await reference.decimals(this.#sale.document.total.currency),
    });
    const told = { draft: mapped.draft, notes: [...chosen.notes, ...mapped.notes, ...notes] };
    const valued = await valuerOf(pair)(told, worth);
    documents.push({ purpose, object, ...valued });
    return valued.draft;
  }

  /** What takes the sale back is worth what its document is. */
  worthOfSale(): Promise<Worth | undefined> {
    const { documents } = this.#of;
    const sold = documents.find(({ purpose }) => purpose === "invoice" || purpose === "order");
    return this.worthOf(sold?.draft as DocumentDraft | undefined);
  }

  /** What takes back a document that is foreseen is worth what that is. */
  worthOf(draft: DocumentDraft | undefined): Promise<Worth | undefined> {
    const { pair, signal = new AbortController().signal } = this.#of;
    const original = draft === undefined ? undefined : { draft, stage: "planned" };
    return worthOfOriginal({ pair, signal }, original, this.#sale);
  }

  /** Whose money went back, and what it had paid. */
  async #owner(
    of: Pick<Memo, "chargeId" | "customerId">,
  ): Promise<Readonly<{ customer: CustomerReading; original: string }>> {
    const { pair, newCustomer } = this.#of;
    const { chargeId, customerId = this.customerOf(chargeId) } = of;
    const drafts = this.payments()
      .filter(({ object }) => chargeId === undefined || object === chargeId)
      .map(({ draft }) => draft)
      .filter((draft) => draft.customerId.trim() === customerId);
    const original = drafts.flatMap(({ applications }) => applications).at(-1)?.invoiceRefNbr ?? "";
    if (newCustomer?.customerId === customerId) return { customer: newCustomer, original };
    const reading = await pair.reference.customer(customerId);
    return { customer: present(reading, `SL's customer ${customerId}`), original };
  }
}

/** An amount as notes tell it. */
export function amountOf(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}
