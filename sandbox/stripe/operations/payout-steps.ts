import { randomText } from "../random.ts";
import type { PayoutRow } from "../store/balance-rows.ts";
import type { World } from "../world.ts";
import { changePayout } from "./payouts.ts";

/** What time does to a payout. */
type Step = "paid" | "reconciled" | "submitted";

function stepsOf(world: World, payout: PayoutRow): { step: Step; ms: number }[] {
  const { payoutSubmitsAfterMs = 3_600_000, reconciliationAfterMs = 0 } = world.settings;
  const createdMs = payout.created * 1000;
  const arrivesMs = Math.max(payout.arrival_date * 1000, createdMs);
  const submittedMs = Math.min(createdMs + payoutSubmitsAfterMs, arrivesMs);
  const steps: { step: Step; ms: number }[] = [];
  if (payout.reconciliation_status === "in_progress") {
    steps.push({ step: "reconciled", ms: createdMs + reconciliationAfterMs });
  }
  if (payout.status === "pending") steps.push({ step: "submitted", ms: submittedMs });
  if (payout.status === "in_transit") steps.push({ step: "paid", ms: arrivesMs });
  return steps;
}

/** Takes a payout one step on towards the bank, whatever the clock says. */
export function stepPayout(world: World, payout: PayoutRow): PayoutRow {
  const [first] = stepsOf(world, payout).filter(({ step }) => step !== "reconciled");
  return first === undefined ? payout : takeStep(world, payout, first.step);
}

function takeStep(world: World, payout: PayoutRow, step: Step): PayoutRow {
  switch (step) {
    case "reconciled":
      return changePayout(world, payout, {
        event: "payout.reconciliation_completed",
        reconciliation_status: "completed",
      });
    case "submitted":
      return changePayout(world, payout, { event: "payout.updated", status: "in_transit" });
    case "paid":
      return changePayout(world, payout, {
        event: "payout.paid",
        status: "paid",
        trace: randomText(15).toUpperCase(),
      });
  }
}

/** When the first payout takes its next step, in ms. */
export function nextPayoutStep(world: World): number | undefined {
  let first: number | undefined;
  for (const payout of world.tables.payout.by("moves", "yes")) {
    for (const { ms } of stepsOf(world, payout)) if (first === undefined || ms < first) first = ms;
  }
  return first;
}

/** Takes every step whose time has come; a payout that is late takes several. */
export function stepDuePayouts(world: World): void {
  for (const { id } of world.tables.payout.by("moves", "yes")) {
    for (;;) {
      const payout = world.tables.payout.get(id);
      if (payout === undefined) break;
      const due = stepsOf(world, payout).find(({ ms }) => ms <= world.nowMs());
      if (due === undefined) break;
      world.change(() => takeStep(world, payout, due.step));
    }
  }
}
