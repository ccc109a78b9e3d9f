import { HubError } from "../../base/errors.ts";
import { leastMinor, money } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { CustomerReading, PaymentDraft } from "../../erp/port.ts";
import { customerFault, mapPayment, ownedRows, type Share } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { refuseAutoApply } from "../customers/auto-apply.ts";
import { isOtherKept } from "../customers/booked-currency.ts";
import { wakeLateFees } from "../days/late-fees.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { numberTryOf } from "../write/payment-number.ts";
import type { Worth } from "../write/value.ts";
import { ownRows } from "./charge-run.ts";
import { periodFor } from "./sale-readings.ts";

/** The customer of a share, who must be one that can be booked on. */
export async function customerOfShare(
  { pair }: Pick<RunContext, "pair">,
  share: Share,
): Promise<CustomerReading> {
  const { customerId } = share;
  const customer = await pair.reference.customer(customerId);
  const facts = { customerId };
  if (customer === undefined) {
    throw new HubError("erp.not_found", `SL has no customer ${customerId}`, { facts });
  }
  const { currency } = share.amount;
  const booked = { currency, isOtherKept: isOtherKept(pair) };
  const fault = customerFault(customer, pair.settings.sl.baseCurrency, booked);
  if (fault === undefined) return customer;
  throw new HubError(fault.code, `SL customer ${customerId} of the invoice ${fault.words}`, {
    facts,
  });
}

/**
 * Whether a share can be booked on its customer, while SL holds nothing of the charge.
 *
 * @throws HubError those of `customerOfShare`, `mapping.customer_auto_apply`
 */
export async function checkShare(
  context: RunContext,
  chargeId: string,
  share: Share,
): Promise<void> {
  const customer = await customerOfShare(context, share);
  const isBooked = doneReceipt(paymentOf(context, chargeId, share.customerId)) !== undefined;
  if (!customer.autoApply || isBooked) return;
  const { capabilities } = context.door.erp;
  if (share.lines.length > 0 && capabilities["pay-and-apply"] === "no") {
    refuseAutoApply(customer, "it is applied to the invoices that the charge names");
  }
  const unreleased = await unreleasedOf(context, share);
  if (unreleased.length > 0) {
    refuseAutoApply(customer, `invoice ${unreleased.join(", ")}, which it is for, is released`);
  }
}

async function unreleasedOf(
  { door }: RunContext,
  { customerId, lines }: Share,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { refNbr } of lines) {
    const shown = await door.erp.readReleased("IN", customerId, refNbr, door.signal);
    if (shown === undefined) found.push(refNbr);
  }
  return found;
}

/**
 * Books one customer's part of a charge: a payment with what its released invoices can take of it
 * at the moment. What is not applied with it is applied later, or stays.
 *
 * @param what.ownsRows whether this one owns the charge's balance rows: one document does
 */
export async function bookShare(
  context: RunContext,
  sale: Sale,
  what: Readonly<{
    payment: SalePayment;
    share: Share;
    isFirst: boolean;
    ownsRows: boolean;
    isBridged: boolean;
    /** What Stripe has settled for the share, where that is another currency. */
    worth: Worth | undefined;
  }>,
): Promise<DocumentReceipt> {
  const { pair, steps, door } = context;
  const { payment, share, ownsRows, isBridged } = what;
  const object = payment.chargeId;
  const part = share.customerId;
  const known = paymentOf(context, object, part);
  const before = doneReceipt(known);
  if (known !== undefined && before !== undefined) {
    if (ownsRows) await ownRows(context, sale, { booked: known, payment });
    return before;
  }
  const { settings, reference } = pair;
  const customer = await customerOfShare(context, share);
  const chosen = await periodFor(context, sale, payment);
  const slDecimals = await reference.decimals(share.amount.currency);
  const applications = await applicableNow(context, share);
  const receipt = await book(door, {
    object,
    purpose: "payment",
    part,
    make: (key) =>
      withNotes(
        chosen,
        mapPayment(sale, payment, {
          settings,
          key,
          customer,
          period: chosen.period,
          invoice: undefined,
          share: { amount: share.amount, applications },
          slDecimals,
          isBridged,
          numberTry: numberTryOf(key, known?.draft.refNbr),
        }),
      ),
    owners: ownsRows ? ownedRows(payment) : [],
    worth: what.worth,
  });
  if (what.isFirst) await wakeLateFees(context, payment);
  const { refNbr, batNbr } = receipt;
  const paid = applications.map(({ invoiceRefNbr }) => invoiceRefNbr).join(", ");
  const how = paid === "" ? "released, not applied yet" : `applied to ${paid}`;
  steps.note("payment", `payment ${refNbr} of ${part} ${how}`, { refNbr, batNbr });
  return receipt;
}

/** The payment of a share, if it is known; one that a rebuild took over has an empty draft. */
export function paymentOf(
  { door }: RunContext,
  object: string,
  part: string,
): Intent<Partial<PaymentDraft>> | undefined {
  const found = door.store.find({ object, purpose: "payment", part });
  return found as Intent<Partial<PaymentDraft>> | undefined;
}

/** Never above what SL shows as open just now; an unreleased invoice cannot be applied to yet. */
async function applicableNow(
  { door }: RunContext,
  { customerId, lines }: Share,
): Promise<PaymentDraft["applications"]> {
  if (door.erp.capabilities["pay-and-apply"] === "no") return [];
  const applications: PaymentDraft["applications"][number][] = [];
  for (const { refNbr, amount } of lines) {
    const invoice = await door.erp.readReleased("IN", customerId, refNbr, door.signal);
    if (invoice === undefined) continue;
    const minor = leastMinor(amount.minor, invoice.balance.minor);
    if (minor === 0n) continue;
    const applied = money(minor, amount.currency);
    applications.push({ invoiceRefNbr: refNbr, amount: applied, receivable: invoice.own });
  }
  return applications;
}
