import { HubError } from "../base/errors.ts";
import {
  allocate,
  leastMinor,
  type Money,
  money,
  negate,
  sum,
  toDecimal,
  zero,
} from "../base/money.ts";
import type { Refund } from "../canonical/refund.ts";
import type { Sale, SalePayment } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { InvoiceDraft, InvoiceLineDraft } from "../erp/port.ts";
import { priceOf } from "./amounts.ts";
import { isBackBefore } from "./return-order.ts";
import { settledOf } from "./settled.ts";
import { fitText } from "./text.ts";

/**
 * A sale in another currency as it is booked at what Stripe has settled for it: in the company's
 * base currency alone. What it was charged stays with it as `presentment`; its lines stand there.
 *
 * @throws HubError `mapping.currency_unsupported` where charges have not paid all of it, or were
 *   not settled in the base currency: then nobody knows what the rest is worth
 */
export function inSettlement(sale: Sale, settings: PairSettings): Sale {
  const base = settings.sl.baseCurrency;
  const { document } = sale;
  const none = zero(base);
  const payments = sale.payments.map((payment) => paidInSettlement(sale, payment, base));
  const paid = sum(
    sale.payments.map(({ amount }) => amount),
    document.total.currency,
  );
  if (paid.minor !== document.total.minor || payments.length === 0) {
    throw notSettled(sale, `paid by charges with ${toDecimal(paid)} of it`);
  }
  const total = sum(
    payments.map(({ amount }) => amount),
    base,
  );
  const { creditedLater, ...rest } = document;
  return {
    ...sale,
    presentment: sale,
    payments,
    document: {
      ...rest,
      ...{ lines: [], shippingTaxes: [], total },
      ...{ documentDiscount: none, shipping: none, shippingTax: none },
      withoutCharge: { customerBalance: none, outOfBand: none, creditNotes: none },
      ...(creditedLater === undefined ? {} : { creditedLater: none }),
    },
  };
}

function paidInSettlement(sale: Sale, payment: SalePayment, base: string): SalePayment {
  const settled = settledOf(payment);
  if (settled.currency !== base) throw notSettled(sale, `settled in ${settled.currency}`);
  const { refunded, released } = payment;
  return {
    ...{ ...payment, amount: settled, refunded: shareOf(settled, payment, refunded) },
    ...(released === undefined ? {} : { released: shareOf(settled, payment, released) }),
  };
}

/**
 * The sale with payments that were its own once, in the currency that it is booked in.
 *
 * @throws HubError as `inSettlement`
 */
export function withPayments(sale: Sale, more: readonly SalePayment[]): Sale {
  const { presentment, document } = sale;
  if (presentment === undefined) return { ...sale, payments: [...sale.payments, ...more] };
  const base = document.total.currency;
  const settled = more.map((payment) => paidInSettlement(presentment, payment, base));
  return {
    ...sale,
    presentment: { ...presentment, payments: [...presentment.payments, ...more] },
    payments: [...sale.payments, ...settled],
  };
}

function notSettled({ document }: Sale, words: string): HubError {
  const { identity, total } = document;
  return new HubError(
    "mapping.currency_unsupported",
    `${identity} is over ${toDecimal(total)} ${total.currency} and ${words}: what all of it is ` +
      "worth is not known, and it is to be booked at what was settled",
    {
      facts: { document: identity, currency: total.currency },
      cure: "Book it by hand and dismiss, or set book-in: presentment; then resume.",
    },
  );
}

/** What of a settled amount a part of the charge stands for, rounded half up. */
function shareOf(settled: Money, { amount }: Pick<SalePayment, "amount">, part: Money): Money {
  const minor = (2n * settled.minor * part.minor + amount.minor) / (2n * amount.minor);
  return money(minor, settled.currency);
}

/** Enough for every currency of Stripe's: SL never sees an amount of the charged one. */
export const ANY_DECIMALS = 3;

/** The invoice of what was charged, at what was settled: its lines by largest remainder. */
export function invoiceInSettlement(charged: InvoiceDraft, sale: Sale): InvoiceDraft {
  const { total } = sale.document;
  const cells = charged.lines.flatMap(({ amount, taxes = [] }) => [
    amount.minor,
    ...taxes.map((tax) => tax.amount.minor),
  ]);
  const parts = allocate(total, cells)[Symbol.iterator]();
  const next = () => parts.next().value ?? zero(total.currency);
  const lines = charged.lines.map((line): InvoiceLineDraft => {
    const amount = next();
    const { taxes, ...plain } = line;
    const priced = { ...plain, amount, ...priceOf(amount, line.quantity) };
    if (taxes === undefined) return priced;
    return { ...priced, taxes: taxes.map((tax) => ({ ...tax, amount: next(), taxable: amount })) };
  });
  const words = wordsOf(charged.total);
  return {
    ...charged,
    ...{ currency: total.currency, total, lines },
    description: withWords(charged.description, charged.total),
    note: `${words}, booked at what Stripe has settled for it\n${charged.note}`,
  };
}

/** `EUR 100.00`, as people read it in a text of 30 characters. */
export function withWords(text: string, charged: Money): string {
  const words = wordsOf(charged);
  return `${fitText(text, 29 - words.length).text} ${words}`;
}

function wordsOf(amount: Money): string {
  return `${amount.currency} ${toDecimal(amount)}`;
}

/**
 * The refunds of a charge that is booked at what was settled for it, oldest first. Each takes its
 * share of the sale: rounded to date, so that all of them take all of it. What had come back when
 * one was made is no part of what was refunded to its date. What left the balance for it may be
 * less or more, and the difference is exchange.
 */
export function refundsInSettlement(refunds: readonly Refund[], sale: Sale): readonly Refund[] {
  const charged = new Map(sale.presentment?.payments.map((one) => [one.chargeId, one]));
  const taken: Readonly<{ refund: Refund; share: bigint }>[] = [];
  return refunds.map((refund) => {
    const payment = charged.get(refund.chargeId);
    if (payment === undefined || refund.row === undefined) return refund;
    const settled = settledOf(payment);
    const moved = negate(refund.row.gross);
    const before = taken.filter(
      (one) => one.refund.chargeId === refund.chargeId && !isBackBefore(one.refund, refund),
    );
    const part = before.reduce((so, one) => so + one.refund.amount.minor, refund.amount.minor);
    const toDate = shareOf(settled, payment, money(part, refund.amount.currency)).minor;
    const rest = before.reduce((so, one) => so - one.share, toDate);
    const share = money(leastMinor(rest), settled.currency);
    taken.push({ refund, share: share.minor });
    if (moved.currency !== share.currency) return refund;
    const amount = moved.minor > share.minor ? moved : share;
    return { ...refund, amount, exchange: { share, moved, charged: refund.amount } };
  });
}
