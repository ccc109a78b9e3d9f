import type { LaneReading, SaleDocument, SalePayment } from "../canonical/sale.ts";
import { mergeMetadata, metadataSource, parseBuyer, parseShipTo } from "./parse-buyer.ts";
import { capturedAmount, chargeOfIntent } from "./parse-charge.ts";
import { bareDocument, parseCheckout } from "./parse-checkout.ts";
import { isTakenBack, readMoney, takenBack, waiting } from "./read-money.ts";
import type { Reads } from "./reads.ts";
import { idOf, objectOf, textOf, type Wire } from "./wire.ts";

/** Booked earlier, the sale would stand under another identity, and its invoice would park. */
const INVOICE_AWAITED_MS = 600_000;
const INVOICE_LOOK_AGAIN_MS = 15_000;

/**
 * A PaymentIntent with its charge and, where Checkout made it, what was sold. One that pays an
 * invoice is the invoice's business. Three calls at once, a fourth for the lines of a session.
 */
export async function readIntent(reads: Reads, id: string): Promise<LaneReading> {
  const [intent, invoicePayments, sessions] = await Promise.all([
    reads.intent(id),
    reads.invoicesOfIntent(id),
    reads.sessionsOfIntent(id),
  ]);
  const invoiceId = invoiceOf(intent, invoicePayments);
  if (invoiceId !== undefined) return { kind: "elsewhere", laneKey: invoiceId };
  const charge = chargeOfIntent(intent);
  const early = stateWithoutMoney(intent, charge, reads);
  if (early !== undefined || charge === undefined) {
    const left = early ?? unpaid(intent);
    return left.kind === "nothing" ? { ...left, ...takenBack(charge) } : left;
  }
  const money = await readMoney(reads, charge);
  if (money.kind !== "payment") return money;
  const session = sessionOf(sessions);
  if (isInvoiceAwaited(session, money.payment)) {
    return waiting(`Checkout is to make an invoice of PaymentIntent ${id}`, INVOICE_LOOK_AGAIN_MS);
  }
  const document = await readDocument(reads, { id, charge, session });
  const customer = objectOf(intent, "customer");
  const sources = { customer, owner: intent, invoice: undefined, session, charge };
  return {
    kind: "sale",
    sale: {
      document,
      buyer: parseBuyer(sources),
      shipTo: parseShipTo({ ...sources, intent }),
      payments: [{ ...money.payment, paymentIntentId: id }],
      ...mergeMetadata(
        metadataSource(charge),
        metadataSource(intent),
        metadataSource(session),
        metadataSource(customer),
      ),
      paymentIntentId: id,
      invoiceId: undefined,
      livemode: intent.livemode === true,
    },
  };
}

/** From basil on an InvoicePayment joins the two; before that the id stood on either. */
function invoiceOf(intent: Wire, invoicePayments: readonly Wire[]): string | undefined {
  const joined = invoicePayments.find((one) => textOf(one, "status") !== "canceled");
  return (
    idOf(joined, "invoice") ?? idOf(intent, "invoice") ?? idOf(chargeOfIntent(intent), "invoice")
  );
}

/**
 * Whether Checkout is still to make the invoice that this money hangs on, as it does within seconds
 * of the payment. One that has not come long after it is waited for no more.
 */
function isInvoiceAwaited(session: Wire | undefined, { rows, ...payment }: SalePayment): boolean {
  if (objectOf(session, "invoice_creation")?.enabled !== true) return false;
  if (payment.isPending === true || payment.returned !== undefined) return false;
  const paidAt = rows[0]?.created ?? payment.createdAt;
  return Date.now() - paidAt.getTime() < INVOICE_AWAITED_MS;
}

/** What the PaymentIntent's own status decides, before any charge is looked at. */
function stateWithoutMoney(
  intent: Wire,
  charge: Wire | undefined,
  { takesPending, takesReturned }: Pick<Reads, "takesPending" | "takesReturned">,
): LaneReading | undefined {
  const status = textOf(intent, "status");
  const id = textOf(intent, "id");
  // It may be paid anew, or be given up since.
  if (takesReturned && isTakenBack(charge)) return undefined;
  if (status === "canceled")
    return { kind: "nothing", reason: `PaymentIntent ${id} was cancelled` };
  if (status === "processing" && !takesPending) {
    return waiting(`PaymentIntent ${id} is being processed`, undefined);
  }
  if (status === "requires_capture") {
    return waiting(`PaymentIntent ${id} is authorised, not captured`, undefined);
  }
  return charge === undefined || status.startsWith("requires_") ? unpaid(intent) : undefined;
}

/** A later payment brings an event of its own, so nothing has to wait for it. */
function unpaid(intent: Wire): LaneReading {
  const status = textOf(intent, "status") || "unknown";
  return {
    kind: "nothing",
    reason: `PaymentIntent ${textOf(intent, "id")} is not paid (${status})`,
  };
}

/** Of several sessions the completed one sold something. */
function sessionOf(sessions: readonly Wire[]): Wire | undefined {
  return sessions.find((session) => textOf(session, "status") === "complete") ?? sessions[0];
}

async function readDocument(
  reads: Reads,
  sold: Readonly<{ id: string; charge: Wire; session: Wire | undefined }>,
): Promise<SaleDocument> {
  const { id, charge, session } = sold;
  const captured = { identity: id, amount: capturedAmount(charge, reads.toMoney) };
  if (session === undefined) return bareDocument(captured);
  const lines = await reads.sessionLines(textOf(session, "id"));
  return parseCheckout({ session, lines, captured }, reads.toMoney);
}
