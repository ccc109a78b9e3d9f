import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import { type Money, negate, toDecimal } from "../base/money.ts";
import type { BalanceRow, SalePayment } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, JournalDraft, JournalLine } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { clearingOf, inProcessOf } from "./payment.ts";
import { shortStripeId } from "./text.ts";

/** All that a journal of a bank debit is mapped from beside its charge. */
export type PendingContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the journal. */
  key: string;
  period: string;
  slDecimals: number | undefined;
  livemode: boolean;
}>;

/**
 * The journal of a bank debit that was submitted and has not succeeded: Stripe's balance has it
 * already, so clearing does, against payments in process. Dated by the charge's own row.
 *
 * @throws HubError `mapping.currency_unsupported`, `mapping.amount_out_of_range`,
 *   `mapping.account_missing`, `money.precision`
 */
export function mapPending(payment: SalePayment, context: PendingContext): Mapped<JournalDraft> {
  const row = chargeRow(payment);
  const { settings } = context;
  return journalOf(payment, context, {
    row,
    amount: row.gross,
    debit: clearingOf(row.gross.currency, settings),
    credit: inProcessOf(settings),
    description: "Bank debit submitted",
  });
}

/**
 * The journal that takes it back when the debit fails before it was ever a payment: the same sides
 * swapped, dated by the row of the failure.
 *
 * @throws HubError `mapping.amount_out_of_range` where another amount went back than had come
 */
export function mapPendingBack(
  payment: SalePayment,
  failed: BalanceRow,
  context: PendingContext,
): Mapped<JournalDraft> {
  const { gross } = chargeRow(payment);
  const back = negate(failed.gross);
  const { settings } = context;
  if (back.currency !== gross.currency || back.minor !== gross.minor) {
    throw new HubError(
      "mapping.amount_out_of_range",
      `${payment.chargeId} put ${toDecimal(gross)} ${gross.currency} in transit, ` +
        `and ${toDecimal(back)} ${back.currency} went back by ${failed.id}`,
      { facts: { submitted: toDecimal(gross), returned: toDecimal(back) } },
    );
  }
  return journalOf(payment, context, {
    row: failed,
    amount: gross,
    debit: inProcessOf(settings, payment),
    credit: clearingOf(gross.currency, settings),
    description: "Bank debit failed",
  });
}

function chargeRow({ chargeId, rows }: SalePayment): BalanceRow {
  const own = rows.find(({ category }) => category === "charge");
  return present(own, `The balance row of ${chargeId}`);
}

function journalOf(
  payment: SalePayment,
  context: PendingContext,
  entry: Readonly<{
    row: BalanceRow;
    amount: Money;
    debit: GlAccount;
    credit: GlAccount;
    description: string;
  }>,
): Mapped<JournalDraft> {
  const { settings, key, period } = context;
  const { row, amount, description } = entry;
  checkAmount(amount, "A bank debit");
  checkCurrency(amount.currency, settings, context.slDecimals);
  const date = documentDate(row.created, bookingZone(settings));
  const line = (side: JournalLine["side"], account: GlAccount): JournalLine => ({
    account,
    side,
    amount,
    date,
    description,
    reference: "",
    stripeId: shortStripeId(row.id),
  });
  const draft = journalDraft({
    ...{ key, date, period },
    object: payment.chargeId,
    currency: amount.currency,
    title: description,
    note: composeNote(context, settings, {
      linkTo: payment.paymentIntentId ?? payment.chargeId,
      ids: [
        ...idLine("charge", payment.chargeId),
        ...idLine("payment intent", payment.paymentIntentId),
        ...idLine("balance transaction", row.id),
      ],
      fullTexts: [`${description}: ${payment.method}`],
    }),
    lines: [line("debit", entry.debit), line("credit", entry.credit)],
  });
  return { draft, notes: [] };
}
