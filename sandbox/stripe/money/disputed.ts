import type { DisputeRow } from "../store/balance-rows.ts";

const INQUIRY = ["warning_needs_response", "warning_under_review", "warning_closed"];

/** Whether the charge of a dispute can still be refunded: while its bank has only asked. */
export function isRefundableDispute(dispute: DisputeRow): boolean {
  return INQUIRY.includes(dispute.status) || ["prevented", "won"].includes(dispute.status);
}
