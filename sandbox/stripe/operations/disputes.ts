import { invalidRequest } from "../errors.ts";
import { formatDispute } from "../formatters/disputes.ts";
import { settle } from "../money/settle.ts";
import { newId } from "../random.ts";
import type { DisputeRow, DisputeStatus } from "../store/balance-rows.ts";
import type { ChargeRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { addRow, feeDetails } from "./balance.ts";
import { emit } from "./emit.ts";

const RESPONSE_SECONDS = 14 * 86_400;
const OPEN: readonly DisputeStatus[] = [
  "appeal_needs_response",
  "needs_response",
  "warning_needs_response",
];

/** How a dispute begins. */
export type NewDispute = {
  /** Minor units of the charge's currency. Default: the whole charge. */
  amount?: number | undefined;
  reason?: string | undefined;
  /** A question of the bank, which moves no money. Default: a chargeback. */
  isInquiry?: boolean | undefined;
  /** Settled before it became a chargeback: no money moves either. */
  isPrevented?: boolean | undefined;
  /** Minor units of the settlement currency. Default: setting `disputeFee`. */
  fee?: number | undefined;
};

/** Opens a dispute on a charge and, unless it is only an inquiry, takes the money. */
export function openDispute(world: World, charge: ChargeRow, given: NewDispute): DisputeRow {
  const isInquiry = given.isInquiry === true;
  const isPrevented = given.isPrevented === true;
  const status = isPrevented
    ? "prevented"
    : isInquiry
      ? "warning_needs_response"
      : "needs_response";
  const dispute = world.tables.dispute.put({
    id: newId("dispute"),
    created: world.nowSeconds(),
    amount: given.amount ?? charge.amount,
    charge: charge.id,
    currency: charge.currency,
    payment_intent: charge.payment_intent,
    status,
    reason: given.reason ?? "fraudulent",
    case_type: isInquiry ? "inquiry" : "chargeback",
    evidence: {},
    submission_count: 0,
    due_by: isPrevented ? null : world.nowSeconds() + RESPONSE_SECONDS,
    metadata: {},
  });
  if (isInquiry || isPrevented) {
    emit(world, "charge.dispute.created", formatDispute(world, dispute));
    if (isPrevented) emit(world, "charge.dispute.closed", formatDispute(world, dispute));
    return dispute;
  }
  addWithdrawal(world, dispute, given);
  emit(world, "charge.dispute.created", formatDispute(world, dispute));
  emit(world, "charge.dispute.funds_withdrawn", formatDispute(world, dispute));
  return dispute;
}

/** What moves with a dispute's row: an amount of the charge's currency, and a settled fee. */
export type DisputedMoney = { amount?: number | undefined; fee?: number | undefined };

/** Takes money for a dispute, the first time or once more; an inquiry becomes a chargeback. */
export function withdrawDispute(
  world: World,
  dispute: DisputeRow,
  money: DisputedMoney,
): DisputeRow {
  const isInquiry = dispute.status.startsWith("warning_");
  const charged = isInquiry
    ? putDispute(world, dispute, { status: "needs_response", case_type: "chargeback" })
    : dispute;
  addWithdrawal(world, charged, money);
  emit(world, "charge.dispute.funds_withdrawn", formatDispute(world, charged));
  return charged;
}

function addWithdrawal(world: World, dispute: DisputeRow, money: DisputedMoney): void {
  const settled = settle(-(money.amount ?? dispute.amount), dispute.currency, world.settings);
  const fee = money.fee ?? world.settings.disputeFee ?? 1500;
  addRow(world, {
    ...settled,
    type: "adjustment",
    category: "dispute",
    source: dispute.id,
    description: `Chargeback withdrawal for ${dispute.charge}`,
    fee,
    feeDetails: feeDetails(fee, settled.currency, "Dispute fee"),
    availableAtOnce: true,
  });
}

/** Gives money of a dispute back, at the rate of this day; a negative fee comes back with it. */
export function reinstateDispute(world: World, dispute: DisputeRow, money: DisputedMoney): void {
  const settled = settle(money.amount ?? dispute.amount, dispute.currency, world.settings);
  const fee = money.fee ?? 0;
  addRow(world, {
    ...settled,
    type: "adjustment",
    category: "dispute_reversal",
    source: dispute.id,
    description: `Chargeback reversal for ${dispute.charge}`,
    fee,
    feeDetails: feeDetails(fee, settled.currency, "Dispute fee"),
    availableAtOnce: true,
  });
  emit(world, "charge.dispute.funds_reinstated", formatDispute(world, dispute));
}

/** Writes a change of a dispute and tells of it. */
export function putDispute(
  world: World,
  dispute: DisputeRow,
  change: Partial<DisputeRow>,
): DisputeRow {
  const before = formatDispute(world, dispute);
  const row = world.tables.dispute.put({ ...dispute, ...change });
  emit(world, "charge.dispute.updated", formatDispute(world, row), before);
  return row;
}

/** The ends of a dispute. */
export type DisputeEnd = "lost" | "warning_closed" | "won";

/**
 * Closes a dispute, also one that was closed before (an appeal). It moves no money by itself: what
 * a win gives back is a row of its own, which may come later.
 *
 * @throws StripeError 400 when it has ended so already
 */
export function closeDispute(world: World, dispute: DisputeRow, end: DisputeEnd): DisputeRow {
  if (dispute.status === end) {
    throw invalidRequest(`Dispute ${dispute.id} is already closed.`, "dispute_already_closed");
  }
  const row = world.tables.dispute.put({ ...dispute, status: end });
  emit(world, "charge.dispute.closed", formatDispute(world, row));
  return row;
}

/** Wins a dispute at once: the money comes back, then it is closed. */
export function winDispute(world: World, dispute: DisputeRow, money: DisputedMoney): DisputeRow {
  const won = world.tables.dispute.put({ ...dispute, status: "won" });
  reinstateDispute(world, won, money);
  emit(world, "charge.dispute.closed", formatDispute(world, won));
  return won;
}

/**
 * Hands evidence to the bank; Stripe's two test texts decide the case at once.
 *
 * @throws StripeError 400 for a dispute that waits for no answer
 */
export function submitEvidence(world: World, dispute: DisputeRow): DisputeRow {
  if (!OPEN.includes(dispute.status)) {
    throw invalidRequest(`Dispute ${dispute.id} takes no evidence: it is ${dispute.status}.`);
  }
  const status = dispute.status.replace("needs_response", "under_review") as DisputeStatus;
  const submission_count = dispute.submission_count + 1;
  const under = putDispute(world, dispute, { status, submission_count });
  const isInquiry = under.status.startsWith("warning_");
  switch (under.evidence.uncategorized_text) {
    case "winning_evidence":
      return isInquiry
        ? closeDispute(world, under, "warning_closed")
        : winDispute(world, under, {});
    case "losing_evidence":
      return isInquiry ? withdrawDispute(world, under, {}) : closeDispute(world, under, "lost");
    default:
      return under;
  }
}

/** When the first charge of a disputing test card is to be disputed, in ms. */
export function nextTestDispute(world: World): number | undefined {
  const charge = world.tables.charge.oldestBy("awaits_dispute", "yes");
  return charge === undefined ? undefined : world.nowMs();
}

/** Disputes what the test cards have paid, as soon as it stands in the balance. */
export function openTestDisputes(world: World): void {
  for (const charge of world.tables.charge.by("awaits_dispute", "yes")) {
    world.change(() => {
      const isInquiry = charge.awaits_dispute === "inquiry";
      const paid = world.tables.charge.put({ ...charge, awaits_dispute: null });
      openDispute(world, paid, { isInquiry });
    });
  }
}
