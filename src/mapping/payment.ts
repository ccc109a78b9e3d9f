import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import { chosenNumber } from "../base/ids.ts";
import { type Money, money, toDecimal } from "../base/money.ts";
import type { Sale, SalePayment } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading, GlAccount, PaymentDraft } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { withWords } from "./in-settlement.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { clearingFor, rowsOfPayment, settledOf } from "./settled.ts";
import { bridgeOf } from "./stopover.ts";
import { fitText, shortStripeId } from "./text.ts";
import { mapUserFields } from "./user-fields.ts";

export { clearingOf } from "./settled.ts";

/** The released invoice that a payment is applied to. */
export type InvoiceToPay = Readonly<{ refNbr: string; balance: Money; receivable: GlAccount }>;

/** All that a payment is mapped from beside the sale: the run reads it, mapping reads nothing. */
export type PaymentContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the payment. */
  key: string;
  customer: CustomerReading;
  period: string;
  /** Undefined: the payment stays unapplied, for a later application. */
  invoice: InvoiceToPay | undefined;
  /** Debit memos of earlier payments that were returned: they are paid after the invoice. */
  memos?: readonly InvoiceToPay[];
  /** A part of the charge with its own applications, where several customers share it. */
  share?: Readonly<{ amount: Money; applications: PaymentDraft["applications"] }>;
  slDecimals: number | undefined;
  /** Counts up when SL holds our number under another key. */
  numberTry: number;
  /** The money reaches clearing over the bridge, by a journal of its own. Default: it does not. */
  isBridged?: boolean;
  /** The sales order that the money is for, and as what it is kept; undefined: a payment. */
  order?: Readonly<{ number: string; type: PaymentDraft["type"] }> | undefined;
}>;

/** The part of a balance transaction that a document owns; unique in the hub. */
export type OwnedRow = Readonly<{ rowId: string; part: "gross" | "fee" }>;

/**
 * The AR payment (`PA`) of a charge: clearing against the invoice it pays, for what was captured.
 * Fees are not its business. Never more is applied
 * than the invoice still has open.
 *
 * @throws HubError `mapping.currency_unsupported`, `mapping.amount_out_of_range` (also when the
 *   rows do not add up to the charge), `mapping.account_missing`, `money.precision`, and those of
 *   `mapUserFields`
 */
export function mapPayment(
  sale: Sale,
  payment: SalePayment,
  context: PaymentContext,
): Mapped<PaymentDraft> {
  const { settings, key } = context;
  const amount = context.share?.amount ?? payment.amount;
  checkAmount(amount, "A payment");
  checkCurrency(amount.currency, settings, context.slDecimals);
  const cash = cashOf(payment, amount, context);
  const applied =
    context.share === undefined
      ? applications(amount, context)
      : { lines: context.share.applications, notes: [] };
  const fields = mapUserFields("Payment", { sale, payment }, settings);
  const fullTexts = fields.notes;
  const draft: PaymentDraft = {
    kind: "payment",
    key,
    stripeId: shortStripeId(payment.chargeId),
    customerId: context.customer.customerId,
    documentDate: documentDate(paymentInstant(payment), bookingZone(settings)),
    period: context.period,
    currency: amount.currency,
    description: describePayment(sale, payment),
    note: composeNote(sale, settings, {
      linkTo: payment.paymentIntentId ?? payment.chargeId,
      ids: idsOf(sale, payment),
      fullTexts,
    }),
    userFields: fields.fields,
    type: context.order?.type ?? "PA",
    salesOrder: context.order?.number ?? "",
    refNbr: chosenNumber(key, context.numberTry),
    amount,
    cash,
    applications: applied.lines,
  };
  return { draft, notes: [...applied.notes, ...fields.notes] };
}

/** Where the money is: on clearing, on the bridge to it, or in process where it was in transit. */
function cashOf(
  payment: SalePayment,
  amount: Money,
  { settings, isBridged = false }: PaymentContext,
): GlAccount {
  const { currency } = settledOf(payment);
  const isInTransit = payment.succeededAt !== undefined;
  if (isBridged && isInTransit) throw transitAbroad(payment, currency);
  const cash = isBridged ? bridgeOf(settings) : clearingFor(amount, currency, settings);
  return isInTransit ? inProcessOf(settings, payment) : cash;
}

/** In process it stands in the settlement currency, and a payment in another one cannot end it. */
function transitAbroad({ chargeId, amount }: SalePayment, settled: string): HubError {
  return new HubError(
    "mapping.currency_unsupported",
    `${chargeId} is a bank debit in ${amount.currency} that was booked in transit in ${settled}`,
    {
      facts: { charge: chargeId, charged: amount.currency, settled },
      cure: "Book its invoice and payment by hand, the payment on in-process, and dismiss.",
    },
  );
}

/** What was charged stands in the text where the payment is over what was settled for it. */
function describePayment({ presentment }: Sale, { chargeId, method }: SalePayment): string {
  const text = fitText(`Stripe ${method}`, 30).text;
  const charged = presentment?.payments.find((one) => one.chargeId === chargeId);
  return charged === undefined ? text : withWords(text, charged.amount);
}

/**
 * When the money moved: `created` of the charge's own row, or the success of one that was booked in
 * transit by that row.
 */
export function paymentInstant(payment: SalePayment): Date {
  if (payment.succeededAt !== undefined) return payment.succeededAt;
  const own = payment.rows.find((row) => row.category === "charge");
  return present(own, `The balance row of ${payment.chargeId}`).created;
}

/**
 * The instant that dates a sale's invoice and chooses its period: the first money, else the day
 * the Stripe invoice took effect.
 */
export function factInstant(sale: Sale): Date {
  const instants = sale.payments.map(paymentInstant).sort((a, b) => a.getTime() - b.getTime());
  return present(instants[0] ?? sale.document.effectiveAt, "The date of a sale without money");
}

/** The calendar date by which a fact's period is chosen: the payment's, else the sale's. */
export function factDate(
  sale: Sale,
  payment: SalePayment | undefined,
  settings: PairSettings,
): string {
  const instant = payment === undefined ? factInstant(sale) : paymentInstant(payment);
  return documentDate(instant, bookingZone(settings));
}

/** The balance row parts that a charge's payment owns; of one in transit the journal has them. */
export function ownedRows(payment: SalePayment): readonly OwnedRow[] {
  if (payment.succeededAt !== undefined) return [];
  return rowsOfPayment(payment).map(({ id }): OwnedRow => ({ rowId: id, part: "gross" }));
}

function applications(
  amount: Money,
  { invoice, memos = [] }: Pick<PaymentContext, "invoice" | "memos">,
): Readonly<{ lines: PaymentDraft["applications"]; notes: readonly string[] }> {
  if (invoice === undefined) return { lines: [], notes: ["Not applied yet."] };
  let left = amount;
  const lines: PaymentDraft["applications"][number][] = [];
  for (const [at, { refNbr, balance, receivable }] of [invoice, ...memos].entries()) {
    const applied = left.minor <= balance.minor ? left : balance;
    if (applied.minor <= 0n) continue;
    left = money(left.minor - applied.minor, left.currency);
    const line = { invoiceRefNbr: refNbr, amount: applied, receivable };
    lines.push(at === 0 ? line : { ...line, type: "DM" });
  }
  const open = toDecimal(invoice.balance);
  const notes =
    left.minor === 0n
      ? []
      : [`Invoice ${invoice.refNbr} has ${open} open; ${toDecimal(left)} stays unapplied.`];
  return { lines, notes };
}

/**
 * The account of bank debits that were submitted and have not succeeded. One that stands on another
 * since the setting has changed leaves it from there.
 */
export function inProcessOf(
  { accounts }: PairSettings,
  { inProcess }: Pick<SalePayment, "inProcess"> = {},
): GlAccount {
  if (inProcess !== undefined) return inProcess;
  if (accounts.inProcess !== undefined) return accounts.inProcess;
  throw new HubError("mapping.account_missing", "accounts.in-process is not set", {
    facts: { setting: "accounts.in-process" },
  });
}

function idsOf(sale: Sale, payment: SalePayment): readonly string[] {
  return [
    ...idLine("charge", payment.chargeId),
    ...idLine("payment intent", payment.paymentIntentId),
    ...idLine("invoice", sale.invoiceId),
    ...idLine("customer", sale.buyer.stripeCustomerId),
    ...payment.rows.flatMap((row) => idLine("balance transaction", row.id)),
  ];
}
