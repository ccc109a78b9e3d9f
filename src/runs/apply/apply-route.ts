import type { ErpConnector } from "../../erp/port.ts";
import type { Door } from "../write/door.ts";
import type { ToApply } from "./apply-plan.ts";

/** How an application is made: in a batch of its own, by one call, or by a person in 08.030. */
export type ApplicationRoute = "batch" | "at-once" | "hand";

/**
 * The route by what is known of the site. A site that nobody asked is tried with a held batch,
 * which is harmless: at worst it refuses. `applyPayment` names both documents by number alone, so
 * it is used only where the customer has no other documents of these numbers.
 */
export async function applicationRouteOf(door: Door, toApply: ToApply): Promise<ApplicationRoute> {
  const { payer, target, mayReleaseAtOnce } = toApply;
  if (door.erp.capabilities[capabilityOf(toApply)] !== "no") return "batch";
  const isReleased = mayReleaseAtOnce && door.erp.capabilities["release-payment"] !== "no";
  const isPlain = payer.type === "PA" && target.type === "IN" && isReleased;
  if (!isPlain || !(await areUnique(door, toApply))) return "hand";
  return "at-once";
}

/** Whether all applications of a customer can be read; a site that was never asked answers here. */
export async function canListApplications({
  erp,
  signal,
}: Pick<Door, "erp"> & Partial<Pick<Door, "signal">>): Promise<boolean> {
  const isUnknown = erp.capabilities["find-applications"] === "probe";
  if (isUnknown) await erp.check(signal);
  return erp.capabilities["find-applications"] === "yes";
}

function capabilityOf({ payer, target }: ToApply): keyof ErpConnector["capabilities"] {
  if (payer.type === "PP") return "apply-prepayment";
  return payer.type === "CM" && target.type === "DM" ? "apply-memo" : "apply-later";
}

async function areUnique({ erp, signal }: Door, { payer, target }: ToApply): Promise<boolean> {
  const { customerId } = payer;
  const paying = await erp.listReleased(customerId, payer.refNbr, signal);
  const open = await erp.listReleased(customerId, target.refNbr, signal);
  return paying.length === 1 && open.length === 1;
}
