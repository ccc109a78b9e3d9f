import { invalidRequest, resourceMissing } from "../errors.ts";
import { formatCharge, formatRefund } from "../formatters/money.ts";
import { isRefundableDispute } from "../money/disputed.ts";
import { settle } from "../money/settle.ts";
import { newId } from "../random.ts";
import type { BalanceTransactionRow, ChargeRow, RefundRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { addMovement, addOpposite } from "./balance.ts";
import { availableBalance } from "./balance-sums.ts";
import { emit } from "./emit.ts";

/** What a caller says about a refund. */
export type NewRefund = Pick<RefundRow, "amount" | "metadata" | "reason"> & {
  instructions_email?: string | null;
};

const ENDED: readonly string[] = ["failed", "canceled"];

/** A refund by its id. */
export function refundOf(world: World, id: string, param = "id"): RefundRow {
  const row = world.tables.refund.get(id);
  if (row === undefined) throw resourceMissing("refund", id, param);
  return row;
}

/** What of a charge can still be given back: what was captured, less the refunds that stand. */
export function refundable(world: World, charge: ChargeRow): number {
  if (charge.status !== "succeeded" || !charge.captured) return 0;
  let left = charge.amount_captured;
  for (const refund of world.tables.refund.by("charge", charge.id)) {
    if (!refund.is_partial_capture && !ENDED.includes(refund.status)) left -= refund.amount;
  }
  return left;
}

/**
 * Holds a refund to the charge's rest; without an amount it is all of the rest.
 *
 * @throws StripeError 400 for a charge with nothing left, and for more than is left
 */
export function checkedRefundAmount(
  world: World,
  charge: ChargeRow,
  asked: number | undefined,
): number {
  const disputes = world.tables.dispute.by("charge", charge.id);
  if (disputes.some((dispute) => !isRefundableDispute(dispute))) {
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`;
    throw invalidRequest(message, "charge_disputed");
  }
  const left = refundable(world, charge);
  if (left <= 0) {
    const message = `Charge ${charge.id} has already been refunded or was not captured.`;
    throw invalidRequest(message, "charge_already_refunded");
  }
  const amount = asked ?? left;
  if (amount >= 1 && amount <= left) return amount;
  const message = `Refund amount (${amount}) is greater than unrefunded amount (${left}).`;
  throw invalidRequest(message, "amount_too_large", "amount");
}

/**
 * Refunds (part of) a charge; the row carries no fee. What the refund is at first, and what becomes
 * of it later, follows from the card and from the account's balance.
 */
export function refundCharge(world: World, charge: ChargeRow, given: NewRefund): RefundRow {
  const bare: RefundRow = {
    id: newId("refund"),
    created: world.nowSeconds(),
    charge: charge.id,
    currency: charge.currency,
    payment_intent: charge.payment_intent,
    balance_transaction: null,
    status: "succeeded",
    is_partial_capture: false,
    ...given,
    ...firstState(world, charge, given.amount),
  };
  const row = world.tables.refund.put(
    bare.pending_reason === "insufficient_funds" ? bare : booked(world, charge, bare),
  );
  const before = formatCharge(world, charge);
  const amount_refunded = charge.amount_refunded + row.amount;
  const after = world.tables.charge.put({ ...charge, amount_refunded });
  emit(world, "refund.created", formatRefund(world, row));
  emit(world, "charge.refunded", formatCharge(world, after), before);
  return row;
}

function firstState(world: World, charge: ChargeRow, amount: number): Partial<RefundRow> {
  const { refundsNeedBalance = false, refundMovesAfterMs = 60_000 } = world.settings;
  const settled = settle(amount, charge.currency, world.settings);
  if (refundsNeedBalance && availableBalance(world, settled.currency) < settled.amount) {
    return { status: "pending", pending_reason: "insufficient_funds" };
  }
  const ms = world.nowMs() + refundMovesAfterMs;
  const id = charge.payment_method ?? "";
  switch (world.tables.payment_method.get(id)?.behaviour.kind) {
    case "refund_fails":
      return { next: { status: "failed", ms } };
    case "refund_waits":
      return { status: "pending", pending_reason: "processing", next: { status: "succeeded", ms } };
    default:
      return {};
  }
}

function booked(world: World, charge: ChargeRow, refund: RefundRow): RefundRow {
  if (refund.balance_transaction !== null) return refund;
  const movement = addMovement(world, {
    amount: -refund.amount,
    currency: charge.currency,
    type: charge.id.startsWith("py_") ? "payment_refund" : "refund",
    category: "refund",
    source: refund.id,
    description: "REFUND FOR CHARGE",
  });
  return { ...refund, balance_transaction: movement.id };
}

/**
 * Lets an authorisation go of which nothing was captured. Where the account says so there is a
 * refund for it as at Stripe; it has no row, since no money had come in.
 */
export function releaseCharge(world: World, charge: ChargeRow, reason: string | null): ChargeRow {
  const released = world.tables.charge.put({ ...charge, amount_refunded: charge.amount });
  if (world.settings.releaseMakesRefund !== true) return released;
  const refund = world.tables.refund.put({
    id: newId("refund"),
    created: world.nowSeconds(),
    amount: charge.amount - charge.amount_refunded,
    charge: charge.id,
    currency: charge.currency,
    payment_intent: charge.payment_intent,
    balance_transaction: null,
    metadata: {},
    reason,
    status: "succeeded",
    is_partial_capture: false,
  });
  emit(world, "refund.created", formatRefund(world, refund));
  return released;
}

/** The states an admin act or time can bring a refund into. */
export type RefundMove = {
  status: RefundRow["status"];
  /** Why it failed, as `failure_reason` tells it. */
  reason?: string | undefined;
  /** Whether its money comes back at the rate of now; else as much as had left. Default false. */
  isAtNewRate?: boolean | undefined;
};

/**
 * Moves a refund on: pending to succeeded, with its row if it has none yet; or to failed or
 * canceled, days later too, and then its money comes back to the balance as a row of its own.
 *
 * @throws StripeError 400 for a refund that has ended
 */
export function moveRefund(world: World, refund: RefundRow, move: RefundMove): RefundRow {
  const charge = world.tables.charge.get(refund.charge);
  if (charge === undefined || ENDED.includes(refund.status) || refund.is_partial_capture) {
    throw invalidRequest(`Refund ${refund.id} has ended as ${refund.status}.`);
  }
  const before = formatRefund(world, refund);
  const moved: RefundRow = { ...refund, status: move.status, next: null };
  const isBack = ENDED.includes(move.status);
  const row = world.tables.refund.put(
    isBack ? givenBack(world, moved, move) : goingOn(world, charge, moved),
  );
  if (isBack) {
    const amount_refunded = charge.amount_refunded - refund.amount;
    world.tables.charge.put({ ...charge, amount_refunded });
  }
  const after = formatRefund(world, row);
  if (move.status === "failed") emit(world, "refund.failed", after);
  emit(world, "refund.updated", after, before);
  emit(world, "charge.refund.updated", after, before);
  return row;
}

function goingOn(world: World, charge: ChargeRow, refund: RefundRow): RefundRow {
  if (refund.status !== "succeeded") return refund;
  return { ...booked(world, charge, refund), pending_reason: null };
}

function givenBack(world: World, refund: RefundRow, move: RefundMove): RefundRow {
  const ended = { ...refund, pending_reason: null };
  const failed =
    refund.status === "failed" ? { ...ended, failure_reason: move.reason ?? "unknown" } : ended;
  const taken = rowOf(world, refund.balance_transaction);
  if (taken === undefined) return failed;
  const kind = {
    type: "refund_failure",
    category: "refund_failure",
    source: refund.id,
    description: "REFUND FAILURE",
  };
  const { amount, currency } = refund;
  const movement =
    move.isAtNewRate === true
      ? addMovement(world, { ...kind, amount, currency })
      : addOpposite(world, taken, kind);
  return { ...failed, failure_balance_transaction: movement.id };
}

function rowOf(world: World, id: string | null): BalanceTransactionRow | undefined {
  return id === null ? undefined : world.tables.balance_transaction.get(id);
}

/** When the first refund moves by itself, in ms. */
export function nextRefundMove(world: World): number | undefined {
  const moments = world.tables.refund.by("moves", "yes").map((row) => row.next?.ms ?? 0);
  return moments.length === 0 ? undefined : moments.reduce((a, b) => Math.min(a, b));
}

/** Moves the refunds whose time has come. */
export function moveDueRefunds(world: World): void {
  for (const refund of world.tables.refund.by("moves", "yes")) {
    const next = refund.next;
    if (next == null || next.ms > world.nowMs()) continue;
    const reason = next.status === "failed" ? "expired_or_canceled_card" : undefined;
    world.change(() => moveRefund(world, refund, { status: next.status, reason }));
  }
}
