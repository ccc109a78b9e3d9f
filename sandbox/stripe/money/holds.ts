import type { ChargeRow } from "../store/money-rows.ts";

/** How long an authorisation of a card stands: seven days, as for most merchants. */
const HOLD_SECONDS = 7 * 86_400;

/** Whether an authorisation stands that nothing was captured of. */
export function isHeld(charge: ChargeRow): boolean {
  return (
    charge.status === "succeeded" && !charge.captured && charge.amount_refunded < charge.amount
  );
}

/** Until when a held charge can be captured, in seconds. */
export function captureBefore(charge: ChargeRow): number {
  return charge.created + HOLD_SECONDS;
}
