import { HubError } from "../../base/errors.ts";
import { type Money, subtract, sum } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { ApplicationRow, DocumentReading, OrderDraft } from "../../erp/port.ts";
import { applicationsOf } from "../apply/apply.ts";
import { canListApplications } from "../apply/apply-route.ts";
import { listApplicationsOf } from "../apply/listed.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import type { LedgerDocument, OrderLedger } from "./order-ledger.ts";
import { readPayments, type StandingOrder } from "./order-money.ts";

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
  const money = seen.money ?? (await readPayments(context, standing.payments));
  const paid = sum(
    money.map(({ amount }) => amount),
    currency,
  );
  const left = sum(
    money.map(({ balance }) => balance),
    currency,
  );
  const refunded = await refundedOf(context, sale, money);
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

/**
 * What of an order's money went back before anything took it: applied to memos of refunds. Where SL
 * shows more of it as taken than this hub knows to have applied, as after a lost database, SL lists
 * it.
 */
export async function refundedOf(
  { door, lane }: RunContext,
  sale: Sale,
  money: readonly DocumentReading[],
): Promise<Money> {
  const { identity, total } = sale.document;
  const { store } = door;
  const rounding = numbersOf(store.parts(identity, "rounding"));
  const applied = sale.payments.flatMap(({ chargeId }) => applicationsOf(store, chargeId));
  // What an earlier booking of the sale had paid went back with it.
  const numbers = money.map(({ refNbr }) => refNbr.trim());
  const own = applied.filter(({ draft }) => numbers.includes(draft.payer.refNbr.trim()));
  const lines = own.flatMap(({ draft }) => draft.applications);
  const known = sumOf(
    lines.filter(({ type, refNbr }) => type === "DM" && !rounding.includes(refNbr)),
    total.currency,
  );
  const hasRefunds = sale.payments.some(({ refunded }) => refunded.minor > 0n);
  const taken = sum(
    money.map(({ amount, balance }) => subtract(amount, balance)),
    total.currency,
  );
  const isAllKnown = taken.minor <= sumOf(lines, total.currency).minor;
  if (!hasRefunds || isAllKnown || !(await canListApplications(door))) return known;
  await store.loadLane(lane.key);
  const refunds = store.objectsOf("refund-cash");
  const memos = numbersOf(refunds.flatMap((object) => store.parts(object, "refund-cash")));
  const listed: ApplicationRow[] = [];
  for (const { chargeId } of sale.payments) {
    listed.push(...(await listApplicationsOf(door, chargeId)));
  }
  const shown = sumOf(
    listed.filter(({ target }) => target.type === "DM" && memos.includes(target.refNbr.trim())),
    total.currency,
  );
  // The list may lag behind what this hub has applied a moment ago.
  return shown.minor > known.minor ? shown : known;
}

/** The numbers of their documents in SL. */
function numbersOf(intents: readonly Intent[]): readonly string[] {
  return intents.flatMap(({ receipt }) => {
    const { refNbr } = (receipt ?? {}) as Partial<DocumentReceipt>;
    return refNbr === undefined ? [] : [refNbr.trim()];
  });
}

function sumOf(lines: readonly Readonly<{ amount: Money }>[], currency: string): Money {
  return sum(
    lines.map(({ amount }) => amount),
    currency,
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
