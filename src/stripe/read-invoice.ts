import type { LaneReading, MetadataSource, SaleDocument, SalePayment } from "../canonical/sale.ts";
import { mergeMetadata, metadataSource, parseBuyer, parseShipTo } from "./parse-buyer.ts";
import { chargeOfIntent, chargeState } from "./parse-charge.ts";
import { parseInvoice, productIdOfLine } from "./parse-invoice.ts";
import { rateIdsOf } from "./parse-taxes.ts";
import { isTakenBack, readMoney, takenBack } from "./read-money.ts";
import type { Reads } from "./reads.ts";
import { idOf, integerOf, metadataOf, objectOf, textOf, type Wire } from "./wire.ts";

/** A charge that pays an invoice, with the PaymentIntent it belongs to. */
type Paid = Readonly<{ charge: Wire; intent: Wire | undefined }>;

/**
 * A Stripe invoice with every charge that has paid on it. It is booked with its first payment;
 * before that there is nothing to do, and a payment brings an event of its own.
 */
export async function readInvoice(reads: Reads, id: string): Promise<LaneReading> {
  const [invoice, lines, invoicePayments] = await Promise.all([
    reads.invoice(id),
    reads.invoiceLines(id),
    reads.paymentsOfInvoice(id),
  ]);
  const early = stateWithoutMoney(invoice, {
    booksNothing: reads.booksNothing && lines.length > 0,
    booksOpen: reads.booksOpen,
  });
  if (early !== undefined) return early;
  const paid = await chargesOf(reads, invoice, invoicePayments);
  const [money, products, rates] = await Promise.all([
    Promise.all(paid.map(({ charge }) => readMoney(reads, charge))),
    reads.products([...new Set(lines.flatMap((line) => productIdOfLine(line) ?? []))]),
    taxRatesOf(reads, [invoice, ...lines]),
  ]);
  const awaited = money.find((one) => one.kind === "waiting");
  // An open invoice does not wait for a bank; its success brings an event of its own.
  const isPatient = reads.booksOpen && awaited?.lookAgainMs === undefined;
  if (awaited !== undefined && !isPatient) return awaited;
  const payments = money.flatMap((one, index) =>
    one.kind === "payment" ? [paymentOf(one.payment, paid[index])] : [],
  );
  const isPaid = textOf(invoice, "status") === "paid";
  if (payments.length === 0 && !isPaid && !reads.booksOpen) {
    const reason = `Invoice ${id} is not paid yet`;
    return { kind: "nothing", reason, ...takenBack(...chargesTried(invoicePayments)) };
  }
  const productMetadata = (productId: string) => metadataOf(products.get(productId));
  const rateOf = (rateId: string) => rates.get(rateId);
  const parsed = parseInvoice(invoice, lines, { productMetadata, toMoney: reads.toMoney, rateOf });
  const document = isPaid ? withUncharged(parsed, payments) : parsed;
  return saleOf(invoice, document, { payments, paid });
}

/** Each tax rate that these name, where the pair books tax by its rates. */
async function taxRatesOf(
  reads: Reads,
  owners: readonly Wire[],
): Promise<ReadonlyMap<string, Wire>> {
  const ids = reads.readsTaxRates ? rateIdsOf(owners) : [];
  const rates = await Promise.all(ids.map((id) => reads.taxRate(id)));
  return new Map(rates.map((rate) => [textOf(rate, "id"), rate]));
}

function saleOf(
  invoice: Wire,
  document: SaleDocument,
  money: Readonly<{ payments: readonly SalePayment[]; paid: readonly Paid[] }>,
): LaneReading {
  const first = money.paid[0];
  const customer = objectOf(invoice, "customer");
  const sources = {
    customer,
    owner: invoice,
    invoice,
    session: undefined,
    charge: first?.charge,
  };
  const payments = [...money.payments].sort((a, b) => rowTime(a) - rowTime(b));
  return {
    kind: "sale",
    sale: {
      document,
      buyer: parseBuyer(sources),
      shipTo: parseShipTo({ ...sources, intent: first?.intent }),
      payments,
      ...mergeMetadata(
        ...money.paid.map(({ charge }) => metadataSource(charge)),
        ...money.paid.map(({ intent }) => metadataSource(intent)),
        metadataSource(invoice),
        subscriptionSource(invoice),
        metadataSource(customer),
      ),
      paymentIntentId: payments[0]?.paymentIntentId,
      invoiceId: document.identity,
      livemode: invoice.livemode === true,
    },
  };
}

function stateWithoutMoney(
  invoice: Wire,
  { booksNothing, booksOpen }: Readonly<Record<"booksNothing" | "booksOpen", boolean>>,
): LaneReading | undefined {
  const id = textOf(invoice, "id");
  const status = textOf(invoice, "status") || (invoice.paid === true ? "paid" : "open");
  if (invoice.deleted === true) return { kind: "nothing", reason: `Invoice ${id} was deleted` };
  if (status === "draft") return { kind: "nothing", reason: `Invoice ${id} is a draft` };
  if (status === "void" && !booksOpen) return { kind: "nothing", reason: `Invoice ${id} is void` };
  const total = integerOf(invoice, "total");
  if (total < 0) {
    return { kind: "nothing", reason: `Invoice ${id} only adds to the customer's credit` };
  }
  if (total === 0 && !booksNothing) {
    const reason = `Invoice ${id} is for nothing (zero-invoice: skip)`;
    return { kind: "nothing", reason, leftBy: "zero" };
  }
  return undefined;
}

/**
 * From basil on the paid InvoicePayments; before that `invoice.charge`. Stripe lists the newest
 * first, and two payments of one second must keep their order from one reading to the next.
 */
async function chargesOf(
  reads: Reads,
  invoice: Wire,
  invoicePayments: readonly Wire[],
): Promise<readonly Paid[]> {
  const joined = invoicePayments
    .filter((one) => textOf(one, "status") === "paid" || isWanted(reads, one))
    .map((one) => objectOf(one, "payment"))
    .toReversed();
  const older = idOf(invoice, "charge");
  if (joined.length === 0 && older !== undefined) {
    const charge = objectOf(invoice, "charge") ?? (await reads.charge(older));
    return [{ charge, intent: objectOf(invoice, "payment_intent") }];
  }
  const found = await Promise.all(joined.map((payment) => chargeOfPayment(reads, payment)));
  return found.filter((one) => one !== undefined);
}

/** The newest charge of each payment, whatever became of it. */
function chargesTried(invoicePayments: readonly Wire[]): readonly (Wire | undefined)[] {
  return invoicePayments.map((one) => {
    const payment = objectOf(one, "payment");
    const intent = objectOf(payment, "payment_intent");
    return (intent && chargeOfIntent(intent)) ?? objectOf(payment, "charge");
  });
}

/**
 * A bank debit leaves its InvoicePayment open until the bank has settled it, and again once its
 * bank took it back: such payments are for those who ask for them.
 */
function isWanted(reads: Reads, invoicePayment: Wire): boolean {
  const [charge] = chargesTried([invoicePayment]);
  if (charge === undefined) return false;
  const isPending = reads.takesPending && chargeState(charge) === "pending";
  return isPending || (reads.takesReturned && isTakenBack(charge));
}

/** A payment record (cash, a cheque) has no charge: it is money that Stripe never held. */
async function chargeOfPayment(reads: Reads, payment: Wire | undefined): Promise<Paid | undefined> {
  const intent = objectOf(payment, "payment_intent");
  const direct = idOf(payment, "charge") ?? idOf(intent, "latest_charge");
  const expanded = (intent && chargeOfIntent(intent)) ?? objectOf(payment, "charge");
  if (expanded !== undefined) return { charge: expanded, intent };
  if (direct === undefined) return undefined;
  return { charge: await reads.charge(direct), intent };
}

function paymentOf(payment: SalePayment, paid: Paid | undefined): SalePayment {
  const intentId = textOf(paid?.intent, "id");
  return intentId === "" ? payment : { ...payment, paymentIntentId: intentId };
}

/** A paid invoice that names no charge and no other way was marked as paid by hand. */
function withUncharged(document: SaleDocument, payments: readonly SalePayment[]): SaleDocument {
  const { customerBalance, outOfBand, creditNotes } = document.withoutCharge;
  if (payments.length > 0 || outOfBand.minor !== 0n) return document;
  const rest = document.total.minor - customerBalance.minor - creditNotes.minor;
  if (rest <= 0n) return document;
  const unpaid = { minor: rest, currency: document.total.currency };
  return { ...document, withoutCharge: { customerBalance, creditNotes, outOfBand: unpaid } };
}

/** Copied to the invoice by Stripe when it made it; moved under `parent` with basil. */
function subscriptionSource(invoice: Wire): MetadataSource {
  const parent = objectOf(objectOf(invoice, "parent"), "subscription_details");
  const details = parent ?? objectOf(invoice, "subscription_details");
  const objectId = idOf(details, "subscription") ?? idOf(invoice, "subscription") ?? "";
  return { objectId, metadata: metadataOf(details) };
}

function rowTime(payment: SalePayment): number {
  return payment.rows[0]?.created.getTime() ?? 0;
}
