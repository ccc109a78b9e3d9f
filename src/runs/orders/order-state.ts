import { HubError } from "../../base/errors.ts";
import { type Money, subtract, sum } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { DocumentReading, OrderDraft } from "../../erp/port.ts";
import { applicationsOf } from "../apply/apply.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import type { LedgerDocument, OrderLedger } from "./order-ledger.ts";
import { readMoney, type StandingOrder } from "./order-money.ts";

/** What a run has seen of an order, beside its money. */
export type Seen = Readonly<{
  standing: StandingOrder;
  state: OrderLedger["state"];
  waitsFor: string;
  /** Invoices and memos of the order. */
  documents: readonly LedgerDocument[];
  /** Its payments as they were just read, where nothing was done with them since. */
  money?: readonly DocumentReading[];
}>;

/** The ledger of an order: its payments are read as SL shows them now. */
export async function orderState(
  context: RunContext,
  sale: Sale,
  seen: Seen,
): Promise<OrderLedger & Readonly<{ leftDays: number }>> {
  const { standing, state, waitsFor, documents } = seen;
  const { currency } = sale.document.total;
  const money = seen.money ?? (await readMoney(context, standing.payments));
  const paid = sum(
    money.map(({ amount }) => amount),
    currency,
  );
  const left = sum(
    money.map(({ balance }) => balance),
    currency,
  );
  const refunded = refundedOf(context, sale);
  const object = sale.document.identity;
  const order = context.door.store.find({ object, purpose: "order", part: "" });
  const draft = order?.draft as Partial<OrderDraft> | undefined;
  return {
    object,
    orderNumber: standing.order.orderNumber,
    customerId: standing.customer.customerId,
    customerOrderNumber: draft?.customerOrderNumber ?? "",
    paid,
    applied: subtract(subtract(paid, left), refunded),
    refunded,
    left,
    state,
    waitsFor,
    leftDays: context.pair.settings.order.leftDays,
    documents: [...money.map(paymentRow), ...documents],
  };
}

/** What of an order's money went back before anything took it: applied to memos of refunds. */
export function refundedOf({ door }: RunContext, sale: Sale): Money {
  const { identity, total } = sale.document;
  const rounding = door.store
    .parts(identity, "rounding")
    .map(({ receipt }) => (receipt as Partial<DocumentReceipt> | undefined)?.refNbr);
  const applied = sale.payments.flatMap(({ chargeId }) => applicationsOf(door.store, chargeId));
  const lines = applied
    .flatMap(({ draft }) => draft.applications)
    .filter(({ type, refNbr }) => type === "DM" && !rounding.includes(refNbr));
  return sum(
    lines.map(({ amount }) => amount),
    total.currency,
  );
}

/**
 * A payment that a person typed on the order itself would become a second payment in receivables
 * when it ships.
 *
 * @throws HubError `erp.order_paid_by_hand`
 */
export async function checkNoPayments({ door }: RunContext, orderNumber: string): Promise<void> {
  const count = await door.erp.orders.countPayments(orderNumber, door.signal);
  if (count === 0) return;
  throw new HubError(
    "erp.order_paid_by_hand",
    `Somebody entered a payment on order ${orderNumber}`,
    {
      facts: { orderNumber, payments: count },
    },
  );
}

function paymentRow(reading: DocumentReading): LedgerDocument {
  const { type, refNbr, batNbr, amount, balance, period, documentDate } = reading;
  return { type, refNbr, batNbr, amount, open: balance, period, documentDate, shippers: [] };
}
