import type { CustomerReading } from "../../erp/port.ts";
import type { PairRuntime } from "../pair-runtime.ts";

/**
 * What the money of an order is in SL: a prepayment, or a plain payment by setting, at a site that
 * is known to take no prepayments, and where neither the customer nor SL's set-up of receivables
 * has an account for them: SL would suspend the batch.
 */
export async function moneyTypeOf(
  { settings, erp, reference }: Pick<PairRuntime, "settings" | "erp" | "reference">,
  { hasPrepay }: Pick<CustomerReading, "hasPrepay">,
): Promise<"PA" | "PP"> {
  if (settings.order.money === "pa" || erp.capabilities.prepayment === "no") return "PA";
  return hasPrepay || (await reference.hasPrepay()) ? "PP" : "PA";
}
