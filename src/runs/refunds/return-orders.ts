import { HubError } from "../../base/errors.ts";
import { type Money, sum, toDecimal } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { ApplicationDraft } from "../../erp/port.ts";
import { bookingZone, documentDate, factDate, isReturnOrder } from "../../mapping/index.ts";
import { applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import type { LedgerDocument } from "../orders/order-ledger.ts";
import { isOverdue, nextLookMs } from "../orders/order-schedule.ts";
import type { OrderIntent } from "../orders/place-order.ts";
import { readReturnCredits } from "../orders/return-credits.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { begunMemo, partOf, type RefundedSale } from "./refund-parts.ts";

/** A refund whose goods a return order in SL has yet to take back. */
export type AwaitedReturn = Readonly<{
  refundId: string;
  customerId: string;
  createdAt: Date;
  /** What its debit memo owes. */
  left: Money;
  /** All refunds of the sale. */
  refundIds: readonly string[];
}>;

type Returning = Readonly<{ refund: Refund; cash: DocumentReceipt; left: Money }>;

/**
 * The cause leg of a refund by a return order that people enter in SL, with the sale's order as its
 * original: the credit memo that SL makes of it, over exactly what the debit memo owes, is applied
 * to that. Nothing is booked until it stands, and no other amount is ever taken.
 *
 * @returns undefined where the cause leg is a memo of the hub's own
 */
export async function bookReturn(
  context: RunContext,
  of: RefundedSale,
  { refund, cash, left }: Returning,
): Promise<Readonly<{ isNew: boolean; awaited?: AwaitedReturn }> | undefined> {
  const { door, pair } = context;
  const object = refund.refundId;
  const isBegun = begunMemo(context, { object, purpose: "refund-cause", part: partOf(of) });
  if (isBegun !== undefined || orderOf(context, of.sale) === undefined) return undefined;
  // What was taken of a return stays so, whatever the settings and the refund say by now.
  const known = door.store.find({ object, purpose: "apply", part: cash.refNbr });
  if (known !== undefined && isFrozen(known)) {
    const isNew = known.stage !== "done";
    if (isNew) await finish(context, { object, cash, known });
    return { isNew };
  }
  if (!isReturnOrder(refund, pair.settings)) return undefined;
  const { customerId } = of.customer;
  const refundIds = of.refunds.map((one) => one.refundId);
  const open = await openReturns(context, { sale: of.sale, customerId, refundIds });
  const memo = open.find((one) => one.isWhole && one.document.open.minor === left.minor);
  const { createdAt } = refund;
  if (memo === undefined) {
    return { isNew: false, awaited: { refundId: object, customerId, createdAt, left, refundIds } };
  }
  await applyTo(context, {
    object,
    payer: { type: "CM", customerId, refNbr: memo.document.refNbr },
    target: { type: "DM", refNbr: cash.refNbr },
    amount: left,
  });
  return { isNew: true };
}

async function finish(
  context: RunContext,
  of: Readonly<{ object: string; cash: DocumentReceipt; known: Intent }>,
): Promise<void> {
  const { object, cash, known } = of;
  const { payer, customerId, applications, currency } = known.draft as ApplicationDraft;
  const amounts = applications.map(({ amount }) => amount);
  await applyTo(context, {
    object,
    payer: { ...payer, customerId },
    target: { type: "DM", refNbr: cash.refNbr },
    amount: sum(amounts, currency),
  });
}

/**
 * When refunds are looked at again that wait for their return orders. A credit memo of a return
 * that fits none of them is for a person, and so is a refund that has waited for too long.
 *
 * @throws HubError `erp.order_return_open`
 */
export async function awaitReturns(
  context: RunContext,
  sale: Sale,
  awaited: readonly AwaitedReturn[],
): Promise<Readonly<{ dueInMs: number; waitsFor: string }> | undefined> {
  const [first] = awaited;
  if (first === undefined) return undefined;
  const { door, pair } = context;
  const { customerId, refundIds } = first;
  const orderNumber = orderOf(context, sale)?.receipt?.orderNumber ?? "";
  const refunds = awaited.map(({ refundId, left }) => `${refundId} (${amountOf(left)})`).join(", ");
  const [strange] = await openReturns(context, { sale, customerId, refundIds });
  if (strange !== undefined) {
    const { refNbr, open } = strange.document;
    throw new HubError(
      "erp.order_return_open",
      `Credit memo ${refNbr} of a return of order ${orderNumber} has ${amountOf(open)} open, ` +
        `which is the amount of none of its refunds: ${refunds}`,
      { facts: { orderNumber, refNbr, open: toDecimal(open), refunds } },
    );
  }
  const nowMs = door.clock.now().getTime();
  const ages = awaited.map(({ createdAt }) => nowMs - createdAt.getTime());
  const { waitDays } = pair.settings.order;
  if (isOverdue(Math.max(...ages), waitDays)) {
    throw new HubError(
      "erp.order_return_open",
      `No return of order ${orderNumber} for more than ${waitDays} days: ${refunds}`,
      { facts: { orderNumber, refunds, setting: "order.wait-days" } },
    );
  }
  return {
    dueInMs: Math.min(...ages.map(nextLookMs)),
    waitsFor: `a return order of ${orderNumber} in SL for ${refunds}`,
  };
}

type OpenReturn = Readonly<{ document: LedgerDocument; isWhole: boolean }>;

/**
 * Released credit memos of returns of the sale's order with anything open that no refund has taken,
 * oldest return first. One that a person has begun to apply, or that is over other orders too, is
 * not whole.
 */
async function openReturns(
  context: RunContext,
  of: Readonly<{ sale: Sale; customerId: string; refundIds: readonly string[] }>,
): Promise<readonly OpenReturn[]> {
  const { door, pair } = context;
  const { sale, customerId, refundIds } = of;
  const order = orderOf(context, sale);
  const orderNumber = order?.receipt?.orderNumber;
  if (orderNumber === undefined) return [];
  const from = order?.draft.orderDate ?? factDate(sale, undefined, pair.settings);
  const to = documentDate(door.clock.now(), bookingZone(pair.settings));
  const wanted = { orderNumbers: [orderNumber], customerId, from, to };
  const credits = await readReturnCredits(context, wanted);
  return credits
    .filter(({ document: { open } }) => open.minor > 0n)
    .filter(({ document: { refNbr } }) => !isTaken(context, refundIds, refNbr))
    .map(({ document, isAlone }) => {
      return { document, isWhole: isAlone && document.open.minor === document.amount.minor };
    });
}

/** SL's reads may lag: what this hub has taken a moment ago may still show as open. */
function isTaken({ door }: RunContext, refundIds: readonly string[], refNbr: string): boolean {
  return refundIds
    .flatMap((object) => door.store.parts(object, "apply"))
    .filter(isFrozen)
    .some(({ draft }) => {
      const { payer } = draft as Partial<ApplicationDraft>;
      return payer?.type === "CM" && payer.refNbr === refNbr;
    });
}

/** The sales order of the sale; undefined for a sale of another mode. */
function orderOf({ door }: RunContext, { document }: Sale): OrderIntent | undefined {
  const place = { object: document.identity, purpose: "order", part: "" } as const;
  const intent = door.store.find(place) as OrderIntent | undefined;
  return intent?.stage === "done" && intent.receipt !== undefined ? intent : undefined;
}

function amountOf(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}
