import { HubError, toHubError } from "../../base/errors.ts";
import { toDecimal } from "../../base/money.ts";
import { shortStripeId } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { WaitingForApplication } from "../waiting.ts";
import { type Applied, applyLater, later, type ToApply } from "./apply.ts";

/** An application as a run asks for it; the pair's settings say the rest. */
export type WantedApplication = Pick<ToApply, "object" | "payer" | "target" | "amount"> &
  Readonly<{ part?: string }>;

/**
 * Applies released money to an open document as `applyLater` does, for a pair as it is set up, and
 * notes what came of it among the steps of the run.
 */
export async function applyTo(context: RunContext, wanted: WantedApplication): Promise<Applied> {
  const { door, pair, steps } = context;
  const { payer, target, object } = wanted;
  const part = wanted.part ?? target.refNbr;
  const known = door.store.find({ object, purpose: "apply", part });
  const calendar = await pair.reference.calendar();
  const applied = await applyLater(door, {
    ...wanted,
    part,
    stripeId: shortStripeId(object),
    firstOpenPeriod: later(calendar.firstOpenLedger, calendar.firstOpenReceivables),
    mayReleaseAtOnce: pair.settings.release === "hub",
  });
  if (known?.stage === "done") return applied;
  const names = `${payer.type} ${payer.refNbr} to ${target.type} ${target.refNbr}`;
  const text =
    applied.amount.minor === 0n
      ? `nothing left to apply of ${names}`
      : `${toDecimal(applied.amount)} applied of ${names}`;
  steps.note("apply", text, { refNbr: target.refNbr, batNbr: applied.batNbr });
  return applied;
}

/**
 * Applies a credit memo as `applyTo` does. Where only a person can, both memos stand and what else
 * the run has to book waits for nobody: it ends with this one once all of that is done.
 */
export async function applyMemo(context: RunContext, wanted: WantedApplication): Promise<void> {
  try {
    await applyTo(context, wanted);
  } catch (thrown) {
    const error = thrown instanceof WaitingForApplication ? thrown : toHubError(thrown);
    if (error instanceof HubError && error.code !== "erp.apply_by_hand") throw thrown;
    context.byHand.push(error);
  }
}
