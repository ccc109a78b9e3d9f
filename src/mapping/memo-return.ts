import { HubError } from "../base/errors.ts";
import { type Money, negate, toDecimal } from "../base/money.ts";
import type { BalanceRow, SalePayment } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading, MemoDraft } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { receivableOf } from "./invoice.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { cashPlace, type Stopover } from "./stopover.ts";
import { fitText, shortStripeId } from "./text.ts";

/** All that the memo of a returned payment is mapped from. */
export type ReturnContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the memo. */
  key: string;
  customer: CustomerReading;
  period: string;
  slDecimals: number | undefined;
  /** What of the charge this payment booked: all of it, unless it is shared by customers. */
  amount: Money;
  /** The invoice that the payment had paid; its number and due date empty where there is none. */
  invoice: Readonly<{ refNbr: string; dueDate: string }>;
  terms: string;
  livemode: boolean;
  /** What goes back leaves clearing over it, by a journal of its own. Default: none. */
  over?: Stopover | undefined;
}>;

/**
 * The debit memo (`DM`) of a payment that its bank took back after success: the customer owes
 * again, and clearing loses what it had. The invoice stays closed, as SL has no reversal that could
 * be asked for; the memo carries its number and its due date.
 *
 * @throws HubError `mapping.amount_out_of_range` where more or less came back than was paid
 */
export function mapReturn(
  payment: SalePayment,
  returned: BalanceRow,
  context: ReturnContext,
): Mapped<MemoDraft> {
  const { settings, key, customer, amount, invoice, terms } = context;
  const { currency } = amount;
  checkAmount(amount, "A returned payment");
  checkCurrency(currency, settings, context.slDecimals);
  const back = returnedBy(payment, returned);
  checkSettled(payment, back, amount);
  const date = documentDate(returned.created, bookingZone(settings));
  const what = invoice.refNbr === "" ? shortStripeId(payment.chargeId) : `IN ${invoice.refNbr}`;
  const description = fitText(`Returned pmt for ${what}`, 30).text;
  const line = {
    amount,
    ...cashPlace({ amount, settled: back.currency, over: context.over }, settings),
    itemId: "",
    quantity: "1",
  };
  const draft: MemoDraft = {
    kind: "memo",
    type: "DM",
    key,
    stripeId: shortStripeId(payment.chargeId),
    customerId: customer.customerId,
    documentDate: date,
    period: context.period,
    currency,
    description,
    note: composeNote(context, settings, {
      linkTo: payment.paymentIntentId ?? payment.chargeId,
      ids: [
        ...idLine("charge", payment.chargeId),
        ...idLine("payment intent", payment.paymentIntentId),
        ...idLine("balance transaction", returned.id),
      ],
      fullTexts: [`${description}: its bank took the payment back.`],
    }),
    userFields: {},
    total: amount,
    receivable: receivableOf(customer, settings),
    lines: [{ ...line, unitPrice: toDecimal(amount), description }],
    terms,
    dueDate: invoice.dueDate === "" ? date : invoice.dueDate,
    orderNumber: "",
    original: invoice.refNbr,
  };
  return { draft, notes: [] };
}

/** A payment that was booked at what was settled can only be taken back for that very amount. */
function checkSettled(payment: SalePayment, back: Money, booked: Money): void {
  const isSettled = payment.amount.currency !== booked.currency;
  if (!isSettled || (back.currency === booked.currency && back.minor === booked.minor)) return;
  throw new HubError(
    "mapping.amount_out_of_range",
    `${payment.chargeId} is booked over ${toDecimal(booked)} ${booked.currency}, ` +
      `and its bank took back ${toDecimal(back)} ${back.currency}`,
    { facts: { booked: toDecimal(booked), returned: toDecimal(back) } },
  );
}

/** The row gives back what the payment had brought: in its own currency, exactly that. */
function returnedBy(payment: SalePayment, returned: BalanceRow): Money {
  const back = negate(returned.gross);
  const { amount, chargeId } = payment;
  const isWhole = back.currency !== amount.currency || back.minor === amount.minor;
  if (isWhole && back.minor > 0n) return back;
  throw new HubError(
    "mapping.amount_out_of_range",
    `${chargeId} brought ${toDecimal(amount)} ${amount.currency}, ` +
      `and its bank took back ${toDecimal(back)} ${back.currency}`,
    { facts: { paid: toDecimal(amount), returned: toDecimal(back) } },
  );
}
