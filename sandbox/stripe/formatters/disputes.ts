import { isRefundableDispute } from "../money/disputed.ts";
import type { DisputeRow } from "../store/balance-rows.ts";
import type { Json, Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { formatBalanceTransaction } from "./money.ts";

const EVIDENCE = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_communication",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "customer_signature",
  "duplicate_charge_documentation",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "receipt",
  "refund_policy",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "service_documentation",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_documentation",
  "shipping_tracking_number",
  "uncategorized_file",
  "uncategorized_text",
] as const;

/** Dispute on the wire, with every row that it has moved the balance by, oldest first. */
export function formatDispute(world: World, row: DisputeRow): Wire {
  const rows = world.tables.balance_transaction.by("source", row.id);
  const given: { [key: string]: Json } = { enhanced_evidence: {} };
  for (const name of EVIDENCE) given[name] = row.evidence[name] ?? null;
  return {
    id: row.id,
    object: "dispute",
    amount: row.amount,
    balance_transactions: rows.map((one) => formatBalanceTransaction(world, one)),
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    enhanced_eligibility_types: [],
    evidence: given,
    evidence_details: {
      due_by: row.due_by,
      enhanced_eligibility: {},
      has_evidence: Object.keys(row.evidence).length > 0,
      past_due: row.due_by !== null && row.due_by < world.nowSeconds(),
      submission_count: row.submission_count,
      submission_method: row.submission_count > 0 ? "manual" : "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: isRefundableDispute(row),
    livemode: false,
    metadata: row.metadata,
    payment_intent: row.payment_intent,
    ...cardPart(world, row),
    reason: row.reason,
    status: row.status,
  };
}

function cardPart(world: World, row: DisputeRow): Wire {
  const id = world.tables.charge.get(row.charge)?.payment_method ?? "";
  const method = world.tables.payment_method.get(id);
  if (method?.type !== "card") return {};
  const brand = method.details.brand ?? "visa";
  const { case_type } = row;
  const card = { brand, case_type, network: brand, network_reason_code: "10.4" };
  return { network_reason_code: "10.4", payment_method_details: { card, type: "card" } };
}
