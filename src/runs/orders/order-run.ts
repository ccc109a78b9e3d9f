import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { CustomerReading, OrderDraft, PaymentDraft } from "../../erp/port.ts";
import { linkedCustomerId } from "../../links/index.ts";
import {
  customerObject,
  itemIdsToRead,
  mapOrder,
  mapPayment,
  type OrderContext,
  openOnly,
  orderDifference,
  ownedRows,
} from "../../mapping/index.ts";
import { againAs, ownRows, type SaleResult } from "../charges/charge-run.ts";
import { checkBookedAsOne, checkPaysNoOther, NOBODY } from "../charges/check-sale.ts";
import { bridgePayment, crossingOfPayment } from "../charges/payment-way.ts";
import { periodFor, readInventory } from "../charges/sale-readings.ts";
import { writeBack } from "../charges/write-back.ts";
import type { RunContext } from "../context.ts";
import { refuseAutoApply } from "../customers/auto-apply.ts";
import { type ChosenCustomer, chooseCustomer } from "../customers/choose-customer.ts";
import { ensureShipTo } from "../customers/ship-to.ts";
import { wakeLateFees } from "../days/late-fees.ts";
import { keepReversedSale } from "../reverse/reverse-lost.ts";
import { book, doneReceipt, valued, withNotes } from "../write/book.ts";
import { checkBooked } from "../write/check-booked.ts";
import { type DocumentReceipt, isOver } from "../write/intent.ts";
import type { ReceiptRows } from "../write/intent-move.ts";
import { numberTryOf } from "../write/payment-number.ts";
import { ratedOrder } from "../write/value.ts";
import { followOrder } from "./follow-order.ts";
import { HOLD_OFF, type HoldIntent, liftHold } from "./lift-hold.ts";
import { moneyTypeOf } from "./money-type.ts";
import { saveLedger } from "./order-ledger.ts";
import { orderPaidBefore, paymentsWentBack, type StandingOrder } from "./order-money.ts";
import { checkNoPayments, orderState } from "./order-state.ts";
import { assertOnlyOrder, type OrderIntent, type OrderReceipt, placeOrder } from "./place-order.ts";

/**
 * What a sale in mode `sales-order` does outside, in order; docs/architecture.md shows it. The last
 * two are done for each invoice that SL makes of the order, days later.
 */
export const ORDER_EFFECTS = [
  { purpose: "customer", target: "SL", writes: ["create"] },
  { purpose: "order", target: "SL", writes: ["place"] },
  { purpose: "payment", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "order", target: "SL", writes: ["lift"] },
  { purpose: "apply", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "rounding", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "writeback", target: "Stripe", writes: ["write"] },
] as const;

/**
 * Works a sale in mode `sales-order`: customer, the order on hold, its money, the hold lifted. Then
 * it follows what SL ships and applies the money to each invoice, for as long as that takes: the
 * lane goes on being due by itself.
 */
export async function runOrder(context: RunContext, sale: Sale): Promise<SaleResult> {
  const { door } = context;
  checkBookedAsOne(context, sale);
  const identity = { object: sale.document.identity, purpose: "order", part: "" } as const;
  const begun = door.store.find(identity);
  if (begun === undefined || begun.stage === "reversed") {
    checkPaysNoOther(context, sale, { kind: "order", number: undefined });
    await checkOrder(context, sale);
  }
  const kept = begun === undefined ? await keepReversed(context, sale) : undefined;
  if (kept !== undefined) return kept;
  const wasBooked = isAllBooked(context, sale);
  const chosen = wasBooked ? await customerOf(context, sale) : undefined;
  const { customer, isOwn } = chosen ?? (await chooseCustomer(context, sale));
  if (!wasBooked) await checkAutoApply(context, customer);
  const order = await placeOnce(context, sale, { customer, isOwn });
  checkBooked(context, sale);
  checkPaysNoOther(context, sale, { kind: "order", number: order.orderNumber });
  const payments: DocumentReceipt[] = [];
  for (const payment of sale.payments) {
    payments.push(await bookMoney(context, sale, { payment, customer, order }));
  }
  const standing = { customer, isOwnCustomer: isOwn, order, payments };
  await letGo(context, sale, standing);
  const followed = await followOrder(context, sale, standing);
  const written = await writeBack(context, sale, {
    customer,
    isOwnCustomer: isOwn,
    orderNumber: order.orderNumber,
    invoices: followed.invoices.map((invoice) => ({
      ...invoice,
      customerId: customer.customerId,
    })),
    payments,
  });
  checkBooked(context, sale);
  const numbers = payments.map((payment) => `${payment.type} ${payment.refNbr}, `).join("");
  const books = `order ${order.orderNumber}, ${numbers}customer ${customer.customerId}`;
  const news = followed.hasChanged ? `${books}; ${followed.reason}` : againAs(books, written);
  return {
    outcome: "booked",
    reason: wasBooked ? news : `${books}; ${followed.reason}`,
    isLater: wasBooked,
    ...(followed.next === undefined ? {} : { next: followed.next }),
  };
}

/**
 * The order of a hub that lost its database: all of its money was taken back before, and whoever
 * did that has it booked again, or nobody.
 */
async function keepReversed(context: RunContext, sale: Sale): Promise<SaleResult | undefined> {
  if (!paymentsWentBack(context, sale)) return undefined;
  const objects = sale.payments.map(({ chargeId }) => chargeId);
  const id = await keepReversedSale(context.pool, context.lane, objects);
  if (id === undefined) return undefined;
  return {
    outcome: "not_applicable",
    reason: "Reversed before a rebuild; `slipway reverse --rebook` books it again",
    held: { kind: "reversed", rule: `reversal ${id}` },
  };
}

/**
 * The customer of an order that stands: whom its money is booked on, whatever metadata and policy
 * say by now. Undefined where SL has the customer no more.
 */
async function customerOf(
  { pool, pair, door }: RunContext,
  sale: Sale,
): Promise<ChosenCustomer | undefined> {
  const object = sale.document.identity;
  const order = door.store.find({ object, purpose: "order", part: "" }) as OrderIntent | undefined;
  const customerId = order?.receipt?.customerId;
  if (customerId === undefined) return undefined;
  const customer = await pair.reference.customer(customerId);
  if (customer === undefined) return undefined;
  const linked = await linkedCustomerId(pool, pair.id, customerObject(sale));
  const isLinked = linked?.toUpperCase() === customerId.toUpperCase();
  return { customer, isOwn: isLinked && pair.settings.customer.policy !== "one-customer" };
}

function isAllBooked({ door }: RunContext, sale: Sale): boolean {
  const { identity } = sale.document;
  const lifted = door.store.find({ object: identity, purpose: "order", part: HOLD_OFF });
  return (
    lifted?.stage === "done" &&
    sale.payments.every(({ chargeId }) => {
      return door.store.find({ object: chargeId, purpose: "payment", part: "" })?.stage === "done";
    })
  );
}

/** Refuses whatever mapping refuses, and another total, while SL holds nothing of the sale. */
async function checkOrder(context: RunContext, sale: Sale): Promise<void> {
  const { settings, reference } = context.pair;
  const readings = await readForOrder(context, sale);
  const plain = { ...readings, settings, key: "", customer: NOBODY, rounding: undefined };
  await ratedOrder(context.pair, mapOrder(sale, plain));
  for (const payment of sale.payments) {
    const slDecimals = await reference.decimals(payment.amount.currency);
    const { period } = openOnly(await periodFor(context, sale, payment));
    const { isBridged, worth } = await crossingOfPayment(context.pair, sale, payment);
    const unapplied = { invoice: undefined, numberTry: 0, order: undefined, isBridged };
    const draftFor = { settings, key: "", customer: NOBODY };
    const paid = mapPayment(sale, payment, { ...draftFor, ...unapplied, period, slDecimals });
    await valued(context.door, paid, worth);
  }
}

/** The order of the sale, placed and on hold; one that is placed needs no mapping any more. */
async function placeOnce(
  context: RunContext,
  sale: Sale,
  chosen: ChosenCustomer,
): Promise<OrderReceipt> {
  const { door, steps } = context;
  const object = sale.document.identity;
  const identity = { object, purpose: "order", part: "" } as const;
  const paidOn = await orderPaidBefore(context, sale);
  const wentBack = paymentsWentBack(context, sale);
  for (;;) {
    const known = door.store.find(identity) as OrderIntent | undefined;
    if (known?.stage === "done" && known.receipt !== undefined) return known.receipt;
    const make = await orderMaker(context, sale, { ...chosen, known });
    const planned = await door.store.ensure<OrderDraft, OrderReceipt>(identity, make);
    const rows = ({ orderNumber }: OrderReceipt): ReceiptRows => ({
      slTable: "SOHeader",
      slKey: orderNumber,
      links: [{ stripeId: object, kind: "order", part: "", slKey: orderNumber, batNbr: "" }],
      owners: [],
    });
    const { receipt } = await placeOrder(door, planned, { rows, paidOn, wentBack });
    if (receipt === undefined) continue;
    const { orderNumber } = receipt;
    steps.note("order", `order ${orderNumber} placed on hold`, { orderNumber });
    return receipt;
  }
}

/** Nothing is calculated for an order that was sent already: it is finished as it was saved. */
async function orderMaker(
  context: RunContext,
  sale: Sale,
  of: ChosenCustomer & Readonly<{ known: OrderIntent | undefined }>,
) {
  const { door, pair, steps } = context;
  const { customer, known, isOwn } = of;
  const wasSent = known !== undefined && known.stage !== "planned" && !isOver(known);
  if (wasSent) return () => ({ draft: known.draft, notes: [] });
  const readings = await readForOrder(context, sale);
  const isAdded = isOwn && pair.settings.customer.shipTo === "sl";
  const shipToId = isAdded ? await ensureShipTo(context, sale, customer) : undefined;
  const { settings } = pair;
  const plain = { ...readings, settings, customer, shipToId, rounding: undefined };
  const { draft } = await ratedOrder(pair, mapOrder(sale, { ...plain, key: "" }));
  const totals = await door.erp.orders.calculate(draft, door.signal);
  const rounding = orderDifference(draft, totals, pair.settings);
  if (rounding !== undefined) steps.note("order", "SL's total differs: a rounding charge is added");
  return (key: string) => ratedOrder(pair, mapOrder(sale, { ...plain, key, rounding }));
}

async function readForOrder(
  context: RunContext,
  sale: Sale,
): Promise<Pick<OrderContext, "inventory" | "slDecimals">> {
  const inventory = await readInventory(context, itemIdsToRead(sale, context.pair.settings));
  const slDecimals = await context.pair.reference.decimals(sale.document.total.currency);
  return { inventory, slDecimals };
}

type Money = Readonly<{ payment: SalePayment; customer: CustomerReading; order: OrderReceipt }>;

/** The money of a charge, on the order and applied to nothing yet. */
async function bookMoney(context: RunContext, sale: Sale, of: Money): Promise<DocumentReceipt> {
  const { pair, steps, door } = context;
  const { payment, customer, order } = of;
  const object = payment.chargeId;
  const known = door.store.find({ object, purpose: "payment", part: "" });
  const before = doneReceipt(known);
  if (known !== undefined && before !== undefined) {
    await ownRows(context, sale, { booked: known, payment });
    await bridgePayment(context, sale, payment);
    return before;
  }
  const saved = known?.draft as Partial<PaymentDraft> | undefined;
  const chosen = await periodFor(context, sale, payment);
  const { isBridged, worth } = await crossingOfPayment(pair, sale, payment, known);
  const slDecimals = await pair.reference.decimals(payment.amount.currency);
  const type = saved?.type ?? (await moneyTypeOf(pair, customer));
  const receipt = await book(door, {
    object,
    purpose: "payment",
    part: "",
    make: (key) =>
      withNotes(
        chosen,
        mapPayment(sale, payment, {
          settings: pair.settings,
          key,
          customer,
          period: chosen.period,
          invoice: undefined,
          slDecimals,
          isBridged,
          numberTry: numberTryOf(key, saved?.refNbr),
          order: { number: order.orderNumber, type },
        }),
      ),
    owners: isBridged ? [] : ownedRows(payment),
    worth,
  });
  await wakeLateFees(context, payment);
  await bridgePayment(context, sale, payment);
  const { refNbr, batNbr } = receipt;
  steps.note("payment", `${receipt.type} ${refNbr} booked on order ${order.orderNumber}`, {
    refNbr,
    batNbr,
  });
  return receipt;
}

/**
 * SL applies the money of such a customer by itself to whatever is open, while this money has to
 * wait for the order's own invoices. Prepayments are left alone, unless a probe found otherwise.
 *
 * @throws HubError `mapping.customer_auto_apply`
 */
async function checkAutoApply(context: RunContext, customer: CustomerReading): Promise<void> {
  const isExempt = context.door.erp.capabilities["prepayment-exempt"] !== "no";
  if (!customer.autoApply) return;
  if ((await moneyTypeOf(context.pair, customer)) === "PP" && isExempt) return;
  refuseAutoApply(customer, "its order ships");
}

/** The hold goes off only now that the money stands, and only from the one order of its key. */
async function letGo(context: RunContext, sale: Sale, standing: StandingOrder): Promise<void> {
  const { door, pool, lane, steps } = context;
  const object = sale.document.identity;
  const identity = { object, purpose: "order", part: HOLD_OFF } as const;
  if (door.store.find(identity)?.stage === "done") return;
  const { orderNumber } = standing.order;
  const held = { state: "held", waitsFor: "its hold to be lifted", documents: [] } as const;
  await saveLedger(pool, lane, await orderState(context, sale, { standing, ...held }));
  await checkNoPayments(context, orderNumber);
  const order = door.store.find({ object, purpose: "order", part: "" }) as OrderIntent;
  await assertOnlyOrder(door, order);
  const planned = await door.store.ensure(identity, () => ({ draft: { orderNumber }, notes: [] }));
  await liftHold(door, planned as HoldIntent);
  steps.note("order", `the hold of order ${orderNumber} is lifted`, { orderNumber });
}
