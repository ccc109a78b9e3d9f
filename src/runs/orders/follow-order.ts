import { HubError, toHubError } from "../../base/errors.ts";
import { subtract, toDecimal } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { DocumentReading, OrderReading } from "../../erp/port.ts";
import type { RunContext } from "../context.ts";
import { type OrderInvoice, type OrderInvoices, readOrderInvoices } from "./order-invoices.ts";
import {
  type LedgerDocument,
  type OrderLedger,
  readLedgerDocuments,
  saveLedger,
} from "./order-ledger.ts";
import {
  appliedBefore,
  applyPart,
  assertShown,
  finishApplications,
  type Purse,
  pursesOf,
  readPayments,
  type StandingOrder,
} from "./order-money.ts";
import { checkCovered, closeResidue } from "./order-residue.ts";
import { isOverdue, LEFT_LOOK_MS, nextLookMs } from "./order-schedule.ts";
import { checkNoPayments, orderState, refundedOf } from "./order-state.ts";

/** What a look at an order came to. */
export type Followed = Readonly<{
  /** Invoices that SL made of it, oldest first. */
  invoices: readonly LedgerDocument[];
  reason: string;
  /** Whether anything was otherwise than at the look before. */
  hasChanged: boolean;
  /** Undefined once nothing about the order is awaited any more. */
  next?: Readonly<{ dueInMs: number; waitsFor: string }>;
}>;

/**
 * Looks at an order in SL: what has shipped and is invoiced gets its part of the money, each
 * invoice once. What was done by others is a fact: balances are read, never reckoned. Once all is
 * shipped the rests are closed by rule, listed, or left to a person.
 *
 * @throws Waiting; HubError `erp.order_paid_by_hand`, `erp.order_left_open`,
 *   `erp.order_unfinished`, and those of `applyLater`
 */
export async function followOrder(
  context: RunContext,
  sale: Sale,
  standing: StandingOrder,
): Promise<Followed> {
  const { door, pool, lane } = context;
  const { orderNumber } = standing.order;
  const order = await readOrder(context, orderNumber);
  if (!order.isClosed) await checkNoPayments(context, orderNumber);
  const shipments = await door.erp.orders.readShipments(orderNumber, door.signal);
  const known = await readLedgerDocuments(pool, lane.pair, sale.document.identity);
  const objects = objectsOf(sale);
  await finishApplications(context, objects);
  const invoiced = await readOrderInvoices(context, shipments, known);
  const money = await readPayments(context, standing.payments);
  assertShown(context, objects, [
    ...money.map(({ balance, ...payment }) => ({ ...payment, open: balance })),
    ...invoiced.invoices.map(({ document }) => document),
  ]);
  const purses = pursesOf(sale, money);
  const { paid, hidden } = await payInvoices(context, {
    invoices: invoiced.invoices,
    purses,
    known,
  });
  const shipped = { ...invoiced, waitsFor: [...invoiced.waitsFor, ...hidden] };
  const isDone = order.isClosed && shipped.waitsFor.length === 0;
  const closed = isDone
    ? await closeResidue(context, sale, { standing, purses, invoices: paid })
    : { invoices: paid, memos: [] };
  const state = stateOf(order, isDone);
  const invoices = closed.invoices.map(({ document }) => document);
  const documents = [...invoices, ...shipped.credits, ...closed.memos];
  // Read before it was applied: what was applied since is known, while SL's reads may lag.
  const after = money.map((payment, at) => ({
    ...payment,
    balance: purses[at]?.left ?? payment.balance,
  }));
  const isGone = shipped.invoices.length === 0 && (await isAllRefunded(context, sale, after));
  const waitsFor = waitingFor(order, shipped, { isDone, isGone });
  const seen = { standing, state, waitsFor, documents, money: after };
  const ledger = await orderState(context, sale, seen);
  const saved = await saveLedger(pool, lane, ledger);
  if (isDone) checkCovered(orderNumber, closed.invoices);
  return { invoices, ...ending(context, { ledger, saved, isDone }) };
}

/** Whose applications are about the order: its charges', and those of credit memos of its own. */
function objectsOf({ document, payments }: Sale): readonly string[] {
  return [...payments.map(({ chargeId }) => chargeId), document.identity];
}

async function readOrder({ door }: RunContext, orderNumber: string): Promise<OrderReading> {
  const order = await door.erp.orders.read(orderNumber, door.signal);
  if (order !== undefined) return order;
  throw new HubError("erp.not_found", `SL no longer has order ${orderNumber}`, {
    facts: { orderNumber },
  });
}

/**
 * Pays the invoices. SL's look-ups may lag, so an invoice that its batch has shown as released just
 * now and that cannot be found yet waits for the next look; `hidden` says so in words. By then it
 * is known, and one that is still not there parks.
 */
async function payInvoices(
  context: RunContext,
  of: Readonly<{
    invoices: readonly OrderInvoice[];
    purses: readonly Purse[];
    known: readonly LedgerDocument[];
  }>,
): Promise<Readonly<{ paid: readonly OrderInvoice[]; hidden: readonly string[] }>> {
  const paid: OrderInvoice[] = [];
  const hidden: string[] = [];
  for (const invoice of of.invoices) {
    const { type, refNbr } = invoice.document;
    const isKnown = of.known.some((one) => one.type === type && one.refNbr === refNbr);
    try {
      paid.push(await payInvoice(context, { invoice, purses: of.purses }));
    } catch (thrown) {
      const { code, facts } = toHubError(thrown);
      if (isKnown || code !== "erp.not_found" || facts.refNbr !== refNbr) throw thrown;
      paid.push(invoice);
      hidden.push(`SL to show ${type} ${refNbr}`);
    }
  }
  return { paid, hidden };
}

/** Pays an invoice from the purses, in order, never more than is its own, and each once. */
async function payInvoice(
  context: RunContext,
  of: Readonly<{ invoice: OrderInvoice; purses: readonly Purse[] }>,
): Promise<OrderInvoice> {
  const { invoice, purses } = of;
  const { type, refNbr } = invoice.document;
  let open = invoice.document.open;
  let own = invoice.own;
  for (const purse of purses) {
    const done = appliedBefore(context, purse, refNbr);
    if (done !== undefined) {
      own = subtract(own, done);
      continue;
    }
    const isNothing = open.minor <= 0n || own.minor <= 0n || purse.left.minor <= 0n;
    if (isNothing) continue;
    const target = { type: type === "DM" ? "DM" : "IN", refNbr } as const;
    const amount = await applyPart(context, { purse, target, amount: own });
    open = subtract(open, amount);
    own = subtract(own, amount);
    purse.left = subtract(purse.left, amount);
  }
  return { document: { ...invoice.document, open }, own };
}

function stateOf(order: OrderReading, isDone: boolean): OrderLedger["state"] {
  if (!isDone) return "open";
  return order.isCancelled ? "cancelled" : "closed";
}

async function isAllRefunded(
  context: RunContext,
  sale: Sale,
  money: readonly DocumentReading[],
): Promise<boolean> {
  const { minor } = await refundedOf(context, sale, money);
  return minor > 0n && minor === sale.document.total.minor;
}

function waitingFor(
  order: OrderReading,
  shipped: OrderInvoices,
  { isDone, isGone }: Readonly<{ isDone: boolean; isGone: boolean }>,
): string {
  if (isDone) return "";
  // No contract cancels an order: what still ships would have no money.
  if (isGone) return "a person to cancel it in SL: all of its money went back";
  const holds = [
    ...(order.isOnHold ? ["its hold to be lifted in SL"] : []),
    ...(order.isOnCreditHold ? ["its credit hold to be lifted in SL"] : []),
  ];
  const all = [...holds, ...shipped.waitsFor];
  return all.length === 0 ? "its next shipment" : all.join(", ");
}

/** When the order is looked at again, and what the run has to say of it. */
function ending(
  { pair }: RunContext,
  of: Readonly<{
    ledger: OrderLedger;
    saved: Awaited<ReturnType<typeof saveLedger>>;
    isDone: boolean;
  }>,
): Omit<Followed, "invoices"> {
  const { ledger, saved, isDone } = of;
  const { orderNumber, left, waitsFor } = ledger;
  const { hasChanged, ageMs, sinceChangeMs } = saved;
  if (isDone && left.minor === 0n) return { reason: "all of its money is applied", hasChanged };
  if (isDone) {
    const text = `${toDecimal(left)} ${left.currency} of order ${orderNumber} to get a document`;
    return {
      reason: `${toDecimal(left)} ${left.currency} is left without a document`,
      hasChanged,
      next: { dueInMs: LEFT_LOOK_MS, waitsFor: text },
    };
  }
  const { waitDays } = pair.settings.order;
  if (isOverdue(ageMs, waitDays)) {
    throw new HubError(
      "erp.order_unfinished",
      `Order ${orderNumber} has waited for ${waitsFor} for more than ${waitDays} days`,
      { facts: { orderNumber, left: toDecimal(left), setting: "order.wait-days" } },
    );
  }
  const text = `order ${orderNumber}: ${waitsFor}`;
  return {
    reason: `waits for ${waitsFor}`,
    hasChanged,
    next: { dueInMs: nextLookMs(sinceChangeMs), waitsFor: text },
  };
}
