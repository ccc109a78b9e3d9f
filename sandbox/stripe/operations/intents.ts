import { invalidRequest, StripeError } from "../errors.ts";
import { formatCharge, formatPaymentIntent } from "../formatters/money.ts";
import { formatPaymentMethod } from "../formatters/payment-method.ts";
import { captureBefore, isHeld } from "../money/holds.ts";
import { newId, randomText } from "../random.ts";
import type {
  ChargeRow,
  PaymentBehaviour,
  PaymentIntentRow,
  PaymentMethodRow,
} from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { addChargeMovement } from "./balance.ts";
import {
  addCharge,
  captureCharge,
  capturePart,
  cardDeclined,
  failCharge,
  settlePendingCharge,
  takeBack,
} from "./charges.ts";
import { emit } from "./emit.ts";
import { onIntentPaid, onIntentReturned } from "./invoice-payments.ts";
import { releaseCharge } from "./refunds.ts";

const EXPIRED = "expired_uncaptured_charge";

/** What a new PaymentIntent needs; everything else has Stripe's default. */
export type NewIntent = Partial<PaymentIntentRow> & { amount: number; currency: string };

/** Makes an intent and tells of it; amounts are not checked here. */
export function addIntent(world: World, given: NewIntent): PaymentIntentRow {
  const id = newId("payment_intent");
  const row = world.tables.payment_intent.put({
    id,
    created: world.nowSeconds(),
    amount_capturable: 0,
    amount_received: 0,
    status: "requires_payment_method",
    capture_method: "automatic_async",
    confirmation_method: "automatic",
    customer: null,
    description: null,
    metadata: {},
    payment_method: null,
    payment_method_types: ["card"],
    allowed_payment_method_types: null,
    automatic_payment_methods: null,
    latest_charge: null,
    canceled_at: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(25)}`,
    receipt_email: null,
    setup_future_usage: null,
    shipping: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    transfer_group: null,
    last_payment_error: null,
    invoice: null,
    ...given,
  });
  emit(world, "payment_intent.created", formatPaymentIntent(world, row));
  return row;
}

/** Writes an intent and tells of it under `event`. */
export function putIntent(world: World, row: PaymentIntentRow, event?: string): PaymentIntentRow {
  world.tables.payment_intent.put(row);
  if (event !== undefined) emit(world, event, formatPaymentIntent(world, row));
  return row;
}

/**
 * Charges an intent with a payment method and writes what follows: succeeded, to be captured,
 * pending, waiting for the customer, or declined.
 *
 * @throws StripeError 402 for a declined card (its rows stay), 400 for an intent in another state
 */
export function confirmIntent(
  world: World,
  intent: PaymentIntentRow,
  method: PaymentMethodRow,
): PaymentIntentRow {
  const open = ["requires_payment_method", "requires_confirmation", "requires_action"];
  if (!open.includes(intent.status)) throw unexpectedState(world, intent, "confirm");
  const chosen = { ...intent, payment_method: method.id };
  const behaviour = method.behaviour;
  switch (behaviour.kind) {
    case "needs_authentication":
      return putIntent(
        world,
        { ...chosen, status: "requires_action" },
        "payment_intent.requires_action",
      );
    case "declined":
      return decline(world, chosen, method, behaviour);
    case "delayed":
      return submitDebit(world, chosen, method);
    case "succeeds":
    case "available_at_once":
    case "disputed":
    case "refund_fails":
    case "refund_waits":
      return authorise(world, chosen, method);
  }
}

function authorise(
  world: World,
  intent: PaymentIntentRow,
  method: PaymentMethodRow,
): PaymentIntentRow {
  const charge = addCharge(world, intent, method);
  if (intent.capture_method === "manual") {
    emit(world, "charge.succeeded", formatCharge(world, charge));
    const held: PaymentIntentRow = {
      ...intent,
      status: "requires_capture",
      amount_capturable: intent.amount,
      latest_charge: charge.id,
      last_payment_error: null,
    };
    return putIntent(world, held, "payment_intent.amount_capturable_updated");
  }
  const captured = captureCharge(world, charge, intent.amount);
  // The intent knows its charge before the charge's event goes out.
  world.tables.payment_intent.put({ ...intent, latest_charge: charge.id });
  emit(world, "charge.succeeded", formatCharge(world, captured));
  return succeed(world, intent, captured);
}

function succeed(world: World, intent: PaymentIntentRow, charge: ChargeRow): PaymentIntentRow {
  const paid = putIntent(
    world,
    {
      ...intent,
      status: "succeeded",
      amount_capturable: 0,
      amount_received: charge.amount_captured,
      latest_charge: charge.id,
      last_payment_error: null,
    },
    "payment_intent.succeeded",
  );
  onIntentPaid(world, paid);
  return paid;
}

function decline(
  world: World,
  intent: PaymentIntentRow,
  method: PaymentMethodRow,
  reason: Extract<PaymentBehaviour, { kind: "declined" }>,
): never {
  const charge = failCharge(world, addCharge(world, intent, method), reason);
  const error = {
    charge: charge.id,
    code: reason.code,
    decline_code: reason.declineCode,
    message: reason.message,
    payment_method: formatPaymentMethod(method),
    type: "card_error",
  };
  const failed = putIntent(
    world,
    {
      ...intent,
      status: "requires_payment_method",
      payment_method: null,
      latest_charge: charge.id,
      last_payment_error: error,
    },
    "payment_intent.payment_failed",
  );
  throw cardDeclined(reason, {
    charge: charge.id,
    payment_intent: formatPaymentIntent(world, failed),
    payment_method: formatPaymentMethod(method),
  });
}

/** A bank debit has its balance row from the start, while its charge is still pending. */
function submitDebit(
  world: World,
  intent: PaymentIntentRow,
  method: PaymentMethodRow,
): PaymentIntentRow {
  const bare = addCharge(world, intent, method);
  const pending: ChargeRow = {
    ...bare,
    status: "pending",
    paid: false,
    captured: true,
    amount_captured: intent.amount,
  };
  const movement = addChargeMovement(world, pending);
  const charge = world.tables.charge.put({ ...pending, balance_transaction: movement.id });
  emit(world, "charge.pending", formatCharge(world, charge));
  return putIntent(
    world,
    { ...intent, status: "processing", latest_charge: charge.id },
    "payment_intent.processing",
  );
}

/** Ends a pending bank debit either way; the intent follows its charge. */
export function settleIntent(world: World, intent: PaymentIntentRow, succeeds: boolean): void {
  const charge =
    intent.latest_charge === null ? undefined : world.tables.charge.get(intent.latest_charge);
  if (charge?.status !== "pending") throw unexpectedState(world, intent, "settle");
  const settled = settlePendingCharge(world, charge, succeeds);
  if (succeeds) {
    succeed(world, intent, settled);
    return;
  }
  putIntent(
    world,
    { ...intent, status: "requires_payment_method", payment_method: null },
    "payment_intent.payment_failed",
  );
}

/**
 * The bank takes a debit back that had succeeded: its intent can be paid again, and an invoice that
 * it had paid is open again.
 *
 * @throws StripeError 400 when nothing has succeeded
 */
export function returnIntent(world: World, intent: PaymentIntentRow): void {
  const charge =
    intent.latest_charge === null ? undefined : world.tables.charge.get(intent.latest_charge);
  if (intent.status !== "succeeded" || charge?.status !== "succeeded") {
    throw unexpectedState(world, intent, "return");
  }
  takeBack(world, charge);
  const open = { ...intent, payment_method: null, amount_received: 0 };
  putIntent(world, { ...open, status: "requires_payment_method" }, "payment_intent.payment_failed");
  onIntentReturned(world, intent);
}

/**
 * Captures what was authorised, or part of it: the last part gives the rest back, an earlier one
 * keeps it for more.
 *
 * @throws StripeError 400 when the intent is in another state or the amount is above it
 */
export function captureIntent(
  world: World,
  intent: PaymentIntentRow,
  { amount, isFinal }: Readonly<{ amount: number; isFinal: boolean }>,
): PaymentIntentRow {
  const charge =
    intent.latest_charge === null ? undefined : world.tables.charge.get(intent.latest_charge);
  if (intent.status !== "requires_capture" || charge === undefined) {
    throw unexpectedState(world, intent, "capture");
  }
  if (amount < 1 || amount > intent.amount_capturable) {
    const message = `The provided capture amount ${amount} is not within 1 and ${intent.amount}.`;
    throw invalidRequest(message, "amount_too_large", "amount_to_capture");
  }
  if (!isFinal || charge.captured) {
    const part = capturePart(world, charge, amount);
    const amount_capturable = intent.amount_capturable - amount;
    if (isFinal) return succeed(world, intent, part);
    return putIntent(
      world,
      { ...intent, amount_capturable, amount_received: part.amount_captured },
      "payment_intent.amount_capturable_updated",
    );
  }
  const before = formatCharge(world, charge);
  const captured = captureCharge(world, charge, amount);
  emit(world, "charge.captured", formatCharge(world, captured), before);
  return succeed(world, intent, captured);
}

/** Calls an intent off; an authorised charge expires without a balance row. */
export function cancelIntent(
  world: World,
  intent: PaymentIntentRow,
  reason: string | null,
): PaymentIntentRow {
  if (["succeeded", "canceled", "processing"].includes(intent.status)) {
    throw unexpectedState(world, intent, "cancel");
  }
  const charge =
    intent.latest_charge === null ? undefined : world.tables.charge.get(intent.latest_charge);
  if (charge?.status === "succeeded" && !charge.captured) {
    const before = formatCharge(world, charge);
    const isExpired = reason === "automatic";
    const voided = releaseCharge(world, charge, isExpired ? EXPIRED : null);
    emit(world, "charge.refunded", formatCharge(world, voided), before);
  }
  const canceled: PaymentIntentRow = {
    ...intent,
    status: "canceled",
    amount_capturable: 0,
    canceled_at: world.nowSeconds(),
    cancellation_reason: reason,
  };
  return putIntent(world, canceled, "payment_intent.canceled");
}

/** When the oldest authorisation that nobody has captured runs out, in ms. */
export function nextExpiry(world: World): number | undefined {
  const held = world.tables.charge.oldestBy("is_held", "yes");
  return held === undefined ? undefined : captureBefore(held) * 1000;
}

/** Calls authorisations off that nobody has captured in time. */
export function expireHolds(world: World): void {
  for (;;) {
    const charge = world.tables.charge.oldestBy("is_held", "yes");
    if (charge === undefined || captureBefore(charge) * 1000 > world.nowMs()) return;
    const intent =
      charge.payment_intent === null
        ? undefined
        : world.tables.payment_intent.get(charge.payment_intent);
    world.change(() => {
      if (intent?.status === "requires_capture") cancelIntent(world, intent, "automatic");
      const now = world.tables.charge.get(charge.id) ?? charge;
      const given = isHeld(now) ? releaseCharge(world, now, EXPIRED) : now;
      emit(world, "charge.expired", formatCharge(world, given));
    });
  }
}

/** 400 `payment_intent_unexpected_state`, with the intent as it is. */
export function unexpectedState(world: World, intent: PaymentIntentRow, act: string): StripeError {
  return new StripeError({
    status: 400,
    type: "invalid_request_error",
    code: "payment_intent_unexpected_state",
    message: `You cannot ${act} this PaymentIntent because it has a status of ${intent.status}.`,
    extra: { payment_intent: formatPaymentIntent(world, intent) },
  });
}
