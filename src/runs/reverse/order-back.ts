import { HubError } from "../../base/errors.ts";
import { isSameAmount, type Money, toDecimal } from "../../base/money.ts";
import type { OrderConnector, OrderReading, ShipmentReading } from "../../erp/port.ts";
import type { RunContext } from "../context.ts";
import { saveWait } from "../orders/order-ledger.ts";
import {
  assertOnlyOrder,
  type OrderIntent,
  type OrderReceipt,
  standingBeside,
} from "../orders/place-order.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import type { IntentStore } from "../write/intent-store.ts";
import type { PersonWait } from "../write/person-wait.ts";
import { readBooked } from "../write/read-booked.ts";
import { waitOn } from "../write/release-by-person.ts";
import { BACK, partOfReversal } from "../write/reversal-parts.ts";
import { closeUnsent, send } from "../write/send.ts";
import type { StoredIntent } from "./reversal.ts";

/** Where people cancel orders: no contract of SL's does. */
const ORDER_SCREEN = "Sales Orders (40.100)";

type BackDraft = Readonly<{ orderNumber: string }>;
type BackIntent = Intent<BackDraft, OrderReceipt>;

/** An order that goes back, as SL shows it; nothing of it has shipped. */
export type OrderShown = Readonly<{
  order: OrderReading;
  /** Nothing of it will ship any more: it was cancelled, or closed. */
  isOver: boolean;
}>;

/** Which order of a sale it was, as the intents of an order have it. */
export function orderReceiptOf({ receipt }: Pick<StoredIntent, "receipt">): OrderReceipt {
  return receipt as unknown as OrderReceipt;
}

/**
 * Reads an order that is to go back.
 *
 * @throws HubError `erp.not_found`; `reverse.shipped` naming shippers and invoices, for what has
 *   shipped is taken back by a return
 */
export async function readUnshipped(
  orders: Pick<OrderConnector, "read" | "readShipments">,
  orderNumber: string,
  signal?: AbortSignal,
): Promise<OrderShown> {
  const order = await orders.read(orderNumber, signal);
  if (order === undefined) {
    throw new HubError("erp.not_found", `SL no longer has order ${orderNumber}`, {
      facts: { orderNumber },
    });
  }
  // After the order: what it had shipped by the time it was held or cancelled is among them.
  const shipments = await orders.readShipments(orderNumber, signal);
  const shipped = shipments.filter(({ isCancelled }) => !isCancelled);
  if (shipped.length > 0) throw hasShipped(orderNumber, shipped);
  return { order, isOver: order.isCancelled || order.isClosed };
}

function hasShipped(orderNumber: string, shipped: readonly ShipmentReading[]): HubError {
  const names = shipped.map(({ shipperId, invoiceNumber }) => {
    const invoice = invoiceNumber === "" ? "not invoiced yet" : `invoice ${invoiceNumber}`;
    return `shipper ${shipperId} (${invoice})`;
  });
  const invoices = [...new Set(shipped.map((one) => one.invoiceNumber).filter(Boolean))];
  return new HubError("reverse.shipped", `Order ${orderNumber} has shipped: ${names.join(", ")}`, {
    facts: { orderNumber, shippers: names.join(", "), invoices: invoices.join(", ") },
    cure:
      `Cancel what of ${orderNumber} has not shipped (40.100), and shippers without an invoice ` +
      `(40.110). Goods that come back: a return order there whose original is ${orderNumber}. ` +
      "Money that goes back: refund it at Stripe, and the hub books that. A reversal that was " +
      "asked for already is taken back by `slipway reverse --withdraw`.",
  });
}

/** What a person does, and what the hub does around it, in the order in which it happens. */
export function stepsOf({ order, isOver }: OrderShown): readonly string[] {
  const { orderNumber, isOnHold } = order;
  if (isOver) return [`Order ${orderNumber} is over in SL already: nothing is to be done there.`];
  const hold = isOnHold ? [] : [`The hub puts order ${orderNumber} on administrative hold.`];
  return [
    ...hold,
    toCancel(orderNumber),
    "The hub sees it there and books the documents below; `slipway orders look` looks at once.",
  ];
}

function toCancel(orderNumber: string): string {
  return `Cancel order ${orderNumber} in ${ORDER_SCREEN}: nothing of it has shipped.`;
}

/**
 * Takes an order back: it is put on hold, so that nobody ships it meanwhile, and a person cancels
 * it in SL, which the hub sees there. Only then its money goes back. Restartable at any point:
 * holding it twice changes nothing.
 *
 * @throws Waiting until SL shows it as cancelled; HubError `reverse.shipped`, and
 *   `erp.cancel_by_hand` once it has waited for longer than the pair's `release-wait`
 */
export async function takeOrderBack(context: RunContext, original: StoredIntent): Promise<void> {
  const { door, steps } = context;
  const { orderNumber, customerId } = orderReceiptOf(original);
  const { object } = original;
  const identity = { object, purpose: "order", part: partOfBack(original) } as const;
  await assertNoOther(context, object);
  const look = () => readUnshipped(door.erp.orders, orderNumber, door.signal);
  let shown = await look();
  const known = door.store.find(identity);
  if (shown.isOver && (known?.stage === "done" || known?.stage === "reversed")) return;
  let intent = await door.store.ensure<BackDraft, OrderReceipt>(identity, () => {
    return { draft: { orderNumber }, notes: [] };
  });
  // SL was put back to before it was cancelled.
  if (intent.stage === "done") intent = await door.store.advance(intent, { stage: "planned" });
  if (!shown.isOver) {
    intent = await hold(context, intent, shown.order.isOnHold);
    if (!shown.order.isOnHold) shown = await look();
  }
  if (!shown.isOver) await waitForCancel(context, intent, shown.order);
  if (intent.stage === "filling") intent = await closeUnsent(door, intent, "filled");
  await door.store.advance(intent, { stage: "done", receipt: { orderNumber, customerId } });
  steps.note("reverse", `order ${orderNumber} is cancelled in SL`, { orderNumber });
}

/** Names the generation, so that no later booking of the sale takes it for its own. */
function partOfBack(original: StoredIntent): string {
  return `${BACK}${partOfReversal(original)}`;
}

/** The sends of the order may have saved a second one, which could ship without money. */
async function assertNoOther({ door }: RunContext, object: string): Promise<void> {
  const order = door.store.find({ object, purpose: "order", part: "" }) as OrderIntent | undefined;
  if (order?.stage !== "done") return;
  await assertOnlyOrder(door, order);
  const others = await standingBeside(door, order);
  if (others.length === 0) return;
  const numbers = others.join(", ");
  throw new HubError("conflict.order_twice", `SL holds order ${numbers} of the same sale too`, {
    facts: { key: order.key, orders: numbers },
    cure: `Cancel ${numbers} as well in ${ORDER_SCREEN}, then resume.`,
  });
}

/** Whoever lifts the hold while the reversal waits wants it shipped, and withdraws the reversal. */
async function hold(
  { door, steps }: RunContext,
  intent: BackIntent,
  isOnHold: boolean,
): Promise<BackIntent> {
  const { orderNumber } = intent.draft;
  if (isOnHold) return intent.stage === "filled" ? intent : closeUnsent(door, intent, "filled");
  const ready = intent.stage === "filling" ? await closeUnsent(door, intent, "planned") : intent;
  const held = await send(door, ready, {
    step: "hold",
    during: "filling",
    onFailure: "planned",
    call: (signal) => door.erp.orders.hold(orderNumber, signal),
    onAnswer: () => ({ stage: "filled" }),
  });
  await door.store.flush(held.identity);
  steps.note("reverse", `order ${orderNumber} is put on hold`, { orderNumber });
  return door.store.find(held.identity) as BackIntent;
}

async function waitForCancel(
  { door, pool, lane }: RunContext,
  intent: BackIntent,
  { orderNumber }: OrderReading,
): Promise<never> {
  const { object } = intent.identity;
  const wait: PersonWait = {
    kind: "cancel",
    screen: ORDER_SCREEN,
    batNbr: "",
    batchState: "on hold",
    what: `order ${orderNumber} of ${object}, whose sale is reversed,`,
    toDo: `${toCancel(orderNumber)} The hub sees it and books the reversing documents.`,
  };
  await saveWait(pool, lane, { object, waitsFor: "a person to cancel it in SL: it is reversed" });
  return waitOn(door, wait, await door.noteWait(intent, wait));
}

/** A document that goes back, with what was open of it when a person saw the plan. */
export type SeenOpen = Readonly<{ original: StoredIntent; open: Money | null }>;

/**
 * What closes originals and reversals was reckoned from what was open when a person saw it, which
 * may be days ago: nothing is begun on other balances.
 *
 * @throws HubError `reverse.changed`
 */
export async function assertAsSeen(
  { door }: RunContext,
  documents: readonly SeenOpen[],
): Promise<void> {
  if (documents.some(({ original }) => isBegun(door.store, original))) return;
  for (const { original, open } of documents) {
    if (open === null) continue;
    const { type, refNbr, customerId } = original.receipt as DocumentReceipt;
    const { balance } = await readBooked(door, { type, refNbr, customerId });
    if (isSameAmount(balance, open)) continue;
    const [was, is] = [toDecimal(open), toDecimal(balance)];
    throw new HubError(
      "reverse.changed",
      `Of ${type} ${refNbr} ${was} ${open.currency} were open when it was asked, now ${is} are`,
      { facts: { type, refNbr, was, is } },
    );
  }
}

/** Whether what takes it back stands in SL, or may. */
export function isBegun(store: Pick<IntentStore, "find">, original: StoredIntent): boolean {
  const { object, isReversed } = original;
  const part = partOfReversal(original);
  const reversing = store.find({ object, purpose: "reverse", part });
  return isReversed || (reversing !== undefined && isFrozen(reversing));
}
