import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding } from "./check.ts";

/** Whether SL has the order type and the misc charges that mode `sales-order` names. */
export async function lookAtOrders({ id, erp, settings }: PairRuntime): Promise<Finding> {
  const { mode, order } = settings;
  if (mode !== "sales-order") return "the pair's mode makes no orders";
  const charges = Object.entries(order.charges).flatMap(([name, chargeId]) =>
    chargeId === undefined ? [] : [[`order.charges.${name}`, chargeId] as const],
  );
  const named = [["order.type", order.type] as const, ...charges];
  const wanted = { type: order.type, charges: charges.map(([, chargeId]) => chargeId) };
  let missing: ReadonlySet<string>;
  try {
    missing = new Set(await erp.orders.missingSetup(wanted));
  } catch (thrown) {
    // The operations are not among those that the hub needs.
    if (!(thrown instanceof HubError) || thrown.code !== "erp.contract") throw thrown;
    return { skipped: `cannot be looked up here: ${thrown.message}` };
  }
  const faults = named.filter(([, value]) => missing.has(value));
  if (faults.length === 0) return `order type ${order.type} and ${charges.length} charges exist`;
  const words = faults.map(([path, value]) => `${path}: SL has no "${value}"`).join("; ");
  const commands = faults.map(([path]) => `\`slipway pair set ${id} ${path} <id>\``).join(", ");
  throw new HubError("config.invalid", words, { cure: `Run ${commands}.` });
}
