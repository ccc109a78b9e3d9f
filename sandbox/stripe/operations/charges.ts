import { StripeError } from "../errors.ts";
import { formatCharge } from "../formatters/money.ts";
import { newId } from "../random.ts";
import type {
  ChargeRow,
  PaymentBehaviour,
  PaymentIntentRow,
  PaymentMethodRow,
} from "../store/money-rows.ts";
import type { Json } from "../wire.ts";
import type { World } from "../world.ts";
import { addChargeMovement, addMovement } from "./balance.ts";
import { emit } from "./emit.ts";

const APPROVED: Json = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: "approved_by_network",
  reason: null,
  risk_level: "normal",
  risk_score: 20,
  seller_message: "Payment complete.",
  type: "authorized",
};

/** What a charge takes over from its intent; one without an intent has no id. */
export type NewCharge = Pick<
  PaymentIntentRow,
  | "amount"
  | "currency"
  | "customer"
  | "description"
  | "metadata"
  | "receipt_email"
  | "shipping"
  | "statement_descriptor"
  | "statement_descriptor_suffix"
  | "transfer_group"
> & { id: string | null };

/** A new charge, not captured and without a balance row yet. */
export function addCharge(world: World, intent: NewCharge, method: PaymentMethodRow): ChargeRow {
  return world.tables.charge.put({
    id: newId(method.type === "card" ? "charge" : "payment"),
    created: world.nowSeconds(),
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    // Copied once: later changes of the intent's metadata do not follow (stripe-facts section 11).
    metadata: { ...intent.metadata },
    payment_intent: intent.id,
    payment_method: method.id,
    paid: true,
    captured: false,
    status: "succeeded",
    balance_transaction: null,
    failure_balance_transaction: null,
    billing_details: method.billing_details,
    failure_code: null,
    failure_message: null,
    outcome: APPROVED,
    receipt_email: intent.receipt_email,
    shipping: intent.shipping,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    transfer_group: intent.transfer_group,
    fraud_details: {},
    balance_due_ms: null,
    awaits_dispute: method.behaviour.kind === "disputed" ? method.behaviour.as : null,
  });
}

/**
 * Captures a charge and books it: at once, or later with `charge.updated` when the account's
 * asynchronous capture is on. What is left of the authorisation comes back as a refund row of
 * category partial_capture_reversal.
 */
export function captureCharge(world: World, charge: ChargeRow, amount: number): ChargeRow {
  const delayMs = world.settings.asyncCaptureDelayMs;
  const captured = world.tables.charge.put({
    ...charge,
    amount_captured: amount,
    captured: true,
    balance_due_ms: delayMs === null ? null : world.nowMs() + delayMs,
  });
  if (delayMs !== null) return captured;
  return bookCharge(world, captured);
}

/** Writes the balance rows of a captured charge. */
function bookCharge(world: World, charge: ChargeRow): ChargeRow {
  const movement = addChargeMovement(world, charge);
  const booked = world.tables.charge.put({
    ...charge,
    balance_transaction: movement.id,
    balance_due_ms: null,
  });
  const left = charge.amount - charge.amount_captured;
  return left > 0 && charge.amount_captured > 0 ? giveBackRest(world, booked, left) : booked;
}

function giveBackRest(world: World, charge: ChargeRow, left: number): ChargeRow {
  const refundId = newId("refund");
  const movement = addMovement(world, {
    amount: -left,
    currency: charge.currency,
    type: "refund",
    category: "partial_capture_reversal",
    source: refundId,
    description: charge.description,
  });
  world.tables.refund.put({
    id: refundId,
    created: world.nowSeconds(),
    amount: left,
    charge: charge.id,
    currency: charge.currency,
    payment_intent: charge.payment_intent,
    balance_transaction: movement.id,
    metadata: {},
    reason: null,
    status: "succeeded",
    is_partial_capture: true,
  });
  return world.tables.charge.put({ ...charge, amount_refunded: charge.amount_refunded + left });
}

/**
 * Captures a part of an authorisation while more of it may follow: each part is a row of its own,
 * and what is not captured in the end leaves none.
 */
export function capturePart(world: World, charge: ChargeRow, amount: number): ChargeRow {
  const before = formatCharge(world, charge);
  const movement = addMovement(world, {
    amount,
    currency: charge.currency,
    type: "charge",
    category: "charge",
    source: charge.id,
    feeBase: amount,
  });
  const captured = world.tables.charge.put({
    ...charge,
    captured: true,
    amount_captured: charge.amount_captured + amount,
    balance_transaction: charge.balance_transaction ?? movement.id,
  });
  emit(world, "charge.captured", formatCharge(world, captured), before);
  return captured;
}

/**
 * Captures more of an authorisation that was captured in part, as multicapture allows: the charge
 * keeps its id and its first row, and the further money has a row of its own.
 */
export function captureMore(world: World, charge: ChargeRow, amount: number): ChargeRow {
  const before = formatCharge(world, charge);
  addMovement(world, {
    amount,
    currency: charge.currency,
    type: "charge",
    category: "charge",
    source: charge.id,
    feeBase: amount,
  });
  const more = world.tables.charge.put({
    ...charge,
    amount_captured: charge.amount_captured + amount,
    amount_refunded: charge.amount_refunded - amount,
  });
  emit(world, "charge.updated", formatCharge(world, more), before);
  return more;
}

/** When the first of the asynchronous captures is due; a newer one never is before an older. */
export function nextBooking(world: World): number | undefined {
  return world.tables.charge.oldestBy("awaits_balance", "yes")?.balance_due_ms ?? undefined;
}

/** Books every charge whose asynchronous capture has come due; `charge.updated` tells of each. */
export function bookDueCharges(world: World): void {
  for (;;) {
    const charge = world.tables.charge.oldestBy("awaits_balance", "yes");
    if (charge === undefined || (charge.balance_due_ms ?? 0) > world.nowMs()) return;
    world.change(() => {
      const before = formatCharge(world, charge);
      const booked = bookCharge(world, charge);
      emit(world, "charge.updated", formatCharge(world, booked), before);
    });
  }
}

/** Marks the charge of a declined payment method as failed and says so. */
export function failCharge(
  world: World,
  charge: ChargeRow,
  reason: Extract<PaymentBehaviour, { kind: "declined" }>,
): ChargeRow {
  const failed = world.tables.charge.put({
    ...charge,
    paid: false,
    status: "failed",
    failure_code: reason.code,
    failure_message: reason.message,
    outcome: {
      advice_code: "try_again_later",
      network_advice_code: null,
      network_decline_code: null,
      network_status: "declined_by_network",
      reason: reason.declineCode,
      risk_level: "normal",
      risk_score: 20,
      seller_message: "The bank did not return any further details with this decline.",
      type: "issuer_declined",
    },
  });
  emit(world, "charge.failed", formatCharge(world, failed));
  return failed;
}

/** 402 with the code and the decline code; what was written stays. */
export function cardDeclined(
  reason: Extract<PaymentBehaviour, { kind: "declined" }>,
  extra: { [key: string]: Json },
): StripeError {
  return new StripeError({
    status: 402,
    type: "card_error",
    code: reason.code,
    message: reason.message,
    extra: { decline_code: reason.declineCode, ...extra },
    keepsRows: true,
  });
}

/** Settles a pending bank debit: it succeeds, or its money goes back as a charge_failure row. */
export function settlePendingCharge(world: World, charge: ChargeRow, succeeds: boolean): ChargeRow {
  if (succeeds) {
    const done = world.tables.charge.put({ ...charge, status: "succeeded", paid: true });
    emit(world, "charge.succeeded", formatCharge(world, done));
    return done;
  }
  return takeBack(world, charge);
}

/** The bank takes the money of a debit back, before its success or after it: a row of its own. */
export function takeBack(world: World, charge: ChargeRow): ChargeRow {
  const movement = addMovement(world, {
    amount: -charge.amount,
    currency: charge.currency,
    type: "payment_failure_refund",
    category: "charge_failure",
    source: charge.id,
    description: `Failed payment ${charge.payment_intent ?? charge.id}`,
  });
  const failed = world.tables.charge.put({
    ...charge,
    status: "failed",
    paid: false,
    failure_code: "debit_not_authorized",
    failure_message: "The bank returned the debit.",
    failure_balance_transaction: movement.id,
  });
  emit(world, "charge.failed", formatCharge(world, failed));
  return failed;
}
