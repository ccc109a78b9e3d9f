import { HubError } from "../../base/errors.ts";
import type { CustomerReading } from "../../erp/port.ts";

/**
 * SL applies the money of a customer with `AutoApply` by itself, at its release, to whatever is
 * open; no contract takes that back. So money that is to wait there is not booked.
 *
 * @param untilWhat what it would have to wait for, in words
 * @throws HubError `mapping.customer_auto_apply`
 */
export function refuseAutoApply(
  { customerId, autoApply }: Pick<CustomerReading, "customerId" | "autoApply">,
  untilWhat: string,
): void {
  if (!autoApply) return;
  throw new HubError(
    "mapping.customer_auto_apply",
    `SL would apply the money of customer ${customerId} (AutoApply) before ${untilWhat}`,
    { facts: { customerId } },
  );
}
