import { formatCharge } from "../formatters/money.ts";
import type { ChargeRow, PaymentMethodRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { addCharge, captureCharge, cardDeclined, failCharge, type NewCharge } from "./charges.ts";
import { emit } from "./emit.ts";

/**
 * Charges as accounts did before PaymentIntents: the charge stands alone, and nothing but its own
 * events tells of it.
 *
 * @throws StripeError 402 for a declined card; the failed charge stays
 */
export function chargeAlone(
  world: World,
  given: Omit<NewCharge, "id">,
  { method, isCaptured }: Readonly<{ method: PaymentMethodRow; isCaptured: boolean }>,
): ChargeRow {
  const charge = addCharge(world, { ...given, id: null }, method);
  if (method.behaviour.kind === "declined") {
    const failed = failCharge(world, charge, method.behaviour);
    throw cardDeclined(method.behaviour, { charge: failed.id });
  }
  const made = isCaptured ? captureCharge(world, charge, charge.amount) : charge;
  emit(world, "charge.succeeded", formatCharge(world, made));
  return made;
}

/** Captures what was authorised without an intent, or part of it. */
export function captureAlone(world: World, charge: ChargeRow, amount: number): ChargeRow {
  const before = formatCharge(world, charge);
  const captured = captureCharge(world, charge, amount);
  emit(world, "charge.captured", formatCharge(world, captured), before);
  return captured;
}
