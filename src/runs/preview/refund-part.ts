import type { Refund } from "../../canonical/refund.ts";
import type { MemoDraft } from "../../erp/port.ts";
import { isBackBefore } from "../../mapping/index.ts";

/** What of a refund is one customer's; the customer is empty where all of it is. */
export type Part = Readonly<{ customerId: string; refund: Refund }>;

/** A refund that came back. */
export type FailedPart = Part &
  Readonly<{
    cause: MemoDraft | undefined;
    isReversed: boolean;
    /** Minor units that it has brought and nothing has taken: less a cause that went back too. */
    open: bigint;
  }>;

/** Whether the money of a failed part is there for one that goes back later. */
export function isFreeOf(failed: FailedPart, { refund, customerId }: Part): boolean {
  const isSame = failed.refund.chargeId === refund.chargeId && failed.customerId === customerId;
  return isSame && isBackBefore(failed.refund, refund);
}
