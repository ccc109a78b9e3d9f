import { HubError, toHubError } from "../../base/errors.ts";
import { isSameAmount, toDecimal } from "../../base/money.ts";
import type { OrderDraft, OrderReading } from "../../erp/port.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "../write/door.ts";
import { type Attempt, type Intent, newestAttempt } from "../write/intent.ts";
import type { ReceiptRows } from "../write/intent-move.ts";
import {
  assertNotInVain,
  isOpen,
  LOOK_AFTER_LAG_MS,
  mayLag,
  openOutcomeAt,
} from "../write/open-outcome.ts";
import { openAgeMs, send } from "../write/send.ts";

/** What the hub holds for an order that stands in SL. */
export type OrderReceipt = Readonly<{ orderNumber: string; customerId: string }>;
/** An order on its way into SL. */
export type OrderIntent = Intent<OrderDraft, OrderReceipt>;

/** What is known of an order beside its draft. */
export type Placing = Readonly<{
  rows: (receipt: OrderReceipt) => ReceiptRows;
  /** The order that the money of the sale stands for in SL: no other of its key counts. */
  paidOn?: string | undefined;
  /** The sale was taken back: a cancelled order is of then, and another one takes its place. */
  wentBack?: boolean;
}>;

/**
 * Places a sales order on hold, once. Orders cannot be reserved, so a lost answer is settled by
 * looking the key up, and absence counts only after the outcome horizon. Should two orders of one
 * key ever stand in SL, both stay held: nothing ships until a person has cancelled one.
 *
 * Ends `done`, or `abandoned` when a person cancelled the order before the hub had taken it over.
 *
 * @throws Waiting while an outcome is open; HubError as the connector throws, and
 *   `conflict.order_twice`, `conflict.order_changed`, `mapping.order_total`
 */
export async function placeOrder(
  door: Door,
  first: OrderIntent,
  how: Placing,
): Promise<OrderIntent> {
  let intent = first;
  try {
    while (intent.stage !== "done" && intent.stage !== "abandoned") {
      intent =
        intent.stage === "planned" ? await place(door, intent) : await settle(door, intent, how);
    }
  } finally {
    await door.store.flush(first.identity);
  }
  return intent;
}

/**
 * The last look before the hold is lifted: an attempt without an answer may have placed a second
 * order later than anybody looked.
 *
 * @throws Waiting until the youngest such attempt is older than the horizon; HubError
 *   `conflict.order_twice`
 */
export async function assertOnlyOrder(door: Door, intent: OrderIntent): Promise<void> {
  const sends = intent.attempts.filter(mayHavePlaced);
  if (sends.length <= 1) return;
  const youngest = sends.findLast(
    (attempt) => attempt.outcome !== "ok" && openAgeMs(door, attempt) < door.horizonMs,
  );
  if (youngest !== undefined) throw openOutcomeAt(door, youngest, ORDER);
  await findOnly(door, intent);
}

/**
 * Other orders of the key that somebody could ship, where a send without an answer may have saved
 * one after all: whoever takes an order back takes these back too.
 */
export async function standingBeside(door: Door, intent: OrderIntent): Promise<readonly string[]> {
  if (intent.attempts.filter(mayHavePlaced).length <= 1) return [];
  const found = await door.erp.orders.find(intent.draft, door.signal);
  return found
    .filter(({ isCancelled, isClosed }) => !isCancelled && !isClosed)
    .map(({ orderNumber }) => orderNumber)
    .filter((orderNumber) => orderNumber !== intent.receipt?.orderNumber);
}

const ORDER = "an order";

async function place(door: Door, intent: OrderIntent): Promise<OrderIntent> {
  if (door.mustLookUp && door.noteLookUp(intent)) {
    const found = await findOnly(door, intent);
    if (found !== undefined) return door.store.advance(intent, { stage: "filling" });
  }
  try {
    return await send(door, intent, {
      step: "place",
      during: "filling",
      // A refusal is an answer, but only the look-up tells whether an order was saved.
      onFailure: "filling",
      call: (signal) => door.erp.orders.place(intent.draft, signal),
      onAnswer: () => ({ stage: "filled" }),
    });
  } catch (thrown) {
    const refused = door.store.find(intent.identity) as OrderIntent | undefined;
    if (toHubError(thrown).code !== "erp.refused" || refused?.stage !== "filling") throw thrown;
    const found = await findOnly(door, refused);
    // Nothing was made: a mended draft is free to take its place.
    if (found === undefined) await door.store.advance(refused, { stage: "planned" });
    throw thrown;
  }
}

/** The key tells what became of it. */
async function settle(
  door: Door,
  intent: OrderIntent,
  { rows, paidOn, wentBack = false }: Placing,
): Promise<OrderIntent> {
  const attempt = newestAttempt(intent, "place");
  const found = await findOnly(door, intent, paidOn);
  if (found === undefined) return settleAbsent(door, intent, attempt);
  // Nobody had its money on it yet, so whoever cancelled it wants another one, or none. An order
  // of before the hub lost its database is another thing: it had its money, and is not sold again.
  const isOfBefore = door.mustLookUp || attempt === undefined;
  // Nor is it the one that was placed again since it was taken back.
  const isOver = paidOn === undefined ? wentBack : paidOn !== found.orderNumber;
  if (found.isCancelled && (!isOfBefore || isOver)) {
    return door.store.advance(intent, { stage: "abandoned", ...closing(attempt, "found") });
  }
  assertAsDrafted(intent, found);
  const { orderNumber, customerId } = found;
  const receipt = { orderNumber, customerId };
  return door.store.advance(intent, {
    stage: "done",
    receipt,
    rows: rows(receipt),
    ...closing(attempt, "found"),
  });
}

async function settleAbsent(
  door: Door,
  intent: OrderIntent,
  attempt: Attempt | undefined,
): Promise<OrderIntent> {
  if (isOpen(attempt) && openAgeMs(door, attempt) < door.horizonMs) {
    throw openOutcomeAt(door, attempt, ORDER);
  }
  if (attempt?.outcome === "ok" && mayLag(door, attempt)) {
    throw new Waiting("the order to show up in SL", LOOK_AFTER_LAG_MS);
  }
  const absent = { stage: "planned", ...closing(attempt, "absent") } as const;
  const settled = await door.store.advance(intent, absent);
  assertNotInVain(settled);
  return settled;
}

/**
 * The one order of the key that counts: a cancelled one does only where no other is, or where the
 * money stands for it. Then the other came late, and whoever cancelled wants nothing shipped.
 */
async function findOnly(
  door: Door,
  intent: OrderIntent,
  paidOn?: string,
): Promise<OrderReading | undefined> {
  const found = await door.erp.orders.find(intent.draft, door.signal);
  const standing = found.filter(({ isCancelled }) => !isCancelled);
  const paid = found.find(({ orderNumber }) => orderNumber === paidOn);
  if (standing.length <= 1) return paid ?? standing[0] ?? found[0];
  const numbers = standing.map(({ orderNumber }) => orderNumber).join(", ");
  throw new HubError("conflict.order_twice", `SL holds orders ${numbers} of one sale`, {
    facts: { key: intent.key, orders: numbers },
  });
}

/** What SL made of it at saving must be what was paid, or it would ship too dear or too cheap. */
function assertAsDrafted({ draft, key }: OrderIntent, found: OrderReading): void {
  const { orderNumber, customerId, total } = found;
  const facts = { orderNumber, key };
  if (customerId.toUpperCase() !== draft.customerId.toUpperCase()) {
    const words = `Order ${orderNumber} is customer ${customerId}'s, not ${draft.customerId}'s`;
    throw new HubError("conflict.order_changed", words, { facts });
  }
  if (isSameAmount(total, draft.total)) return;
  throw new HubError(
    "mapping.order_total",
    `SL saved order ${orderNumber} with ${toDecimal(total)}, ` +
      `and ${toDecimal(draft.total)} was paid; it stays on hold`,
    {
      facts: { ...facts, order: toDecimal(total), paid: toDecimal(draft.total) },
      cure: "Correct the order in SL (40.100) to what was paid, or cancel it there; then resume.",
    },
  );
}

/** A send that may have left an order behind, or still may. */
function mayHavePlaced({ step, outcome }: Attempt): boolean {
  const isPossible = outcome === undefined || ["ok", "found", "absent"].includes(outcome);
  return step === "place" && isPossible;
}

function closing(attempt: Attempt | undefined, outcome: string) {
  return isOpen(attempt) ? { answer: { nr: attempt.nr, outcome } } : {};
}
