import type { Money } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading, MemoDraft, TermsReading } from "../erp/port.ts";
import { priceOf } from "./amounts.ts";
import { dueDate } from "./dates.ts";
import { receivableOf } from "./invoice.ts";
import { RESIDUE_MAX_PER_DOCUMENT } from "./lines.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { fitText, shortStripeId } from "./text.ts";

/** A rest above this many minor units is no rounding. */
export const ROUNDING_MAX = RESIDUE_MAX_PER_DOCUMENT;

/** All that a rounding memo is mapped from beside the sale. */
export type RoundingMemoContext = Readonly<{
  settings: PairSettings;
  key: string;
  customer: CustomerReading;
  period: string;
  /** `DM` takes money that is left, `CM` closes an invoice that is short of it. */
  type: MemoDraft["type"];
  amount: Money;
  /** The date of the newest invoice. */
  date: string;
  terms: TermsReading;
  orderNumber: string;
  /** The invoice that it is about. */
  original: string;
}>;

/** The memo on the rounding account that closes the rest of an order. */
export function mapRoundingMemo(sale: Sale, context: RoundingMemoContext): Mapped<MemoDraft> {
  const { settings, key, customer, type, amount, date, terms, orderNumber } = context;
  const { identity } = sale.document;
  const description = fitText(`Rounding of order ${orderNumber}`, 30).text;
  const draft: MemoDraft = {
    kind: "memo",
    type,
    key,
    stripeId: shortStripeId(identity),
    customerId: customer.customerId,
    documentDate: date,
    period: context.period,
    currency: amount.currency,
    description,
    note: composeNote(sale, settings, {
      linkTo: identity,
      ids: [...idLine("sale", identity), `Order ${orderNumber}`],
      fullTexts: [],
    }),
    userFields: {},
    total: amount,
    receivable: receivableOf(customer, settings),
    lines: [
      {
        amount,
        sales: settings.accounts.rounding,
        itemId: "",
        description,
        ...priceOf(amount, "1"),
      },
    ],
    terms: type === "CM" ? "" : terms.termsId,
    dueDate: dueDate(date, terms),
    orderNumber: "",
    original: context.original,
  };
  const words = type === "DM" ? "money that is left" : "what the invoice is short of";
  return { draft, notes: [`${type} on the rounding account for ${words}.`] };
}
