import type { Chart } from "./accounts.ts";
import { type Row, textOf } from "./rows.ts";
import { listIn } from "./stripe-rows.ts";

/**
 * The oracle's own copy of the table of balance rows: what stands across from clearing, by Stripe's
 * reporting category, or by its type where the category tells nothing. Written from the booking
 * rules, not from the hub.
 */
const ROLE_OF: Readonly<Record<string, string>> = {
  payout_minimum_balance_hold: "stripe-reserve",
  payout_minimum_balance_release: "stripe-reserve",
  transfer: "connect-payable",
  transfer_reversal: "connect-payable",
  connect_collection_transfer: "connect-payable",
  platform_earning: "platform-income",
  platform_earning_refund: "platform-income",
  connect_reserved_funds: "connect-reserve",
  risk_reserved_funds: "stripe-reserve",
  advance: "loan",
  advance_funding: "loan",
  anticipation_repayment: "loan",
  financing_payout: "loan",
  financing_paydown: "loan",
  financing_payout_reversal: "loan",
  financing_paydown_reversal: "loan",
  issuing_authorization_hold: "issuing",
  issuing_authorization_release: "issuing",
  issuing_transaction: "issuing",
  issuing_dispute: "issuing",
  issuing_disputes_prefunding: "issuing",
  contribution: "contribution",
  climate_order_purchase: "contribution",
  climate_order_refund: "contribution",
  unreconciled_customer_funds: "unreconciled",
};

const ROLE_OF_TYPE: Readonly<Record<string, string>> = {
  transfer_cancel: "connect-payable",
  transfer_failure: "connect-payable",
  transfer_refund: "connect-payable",
  application_fee: "platform-income",
  application_fee_refund: "platform-income",
  reserved_funds: "connect-reserve",
  reserve_transaction: "stripe-reserve",
  reserve_hold: "stripe-reserve",
  reserve_release: "stripe-reserve",
  payment_network_reserve_hold: "stripe-reserve",
  payment_network_reserve_release: "stripe-reserve",
  payment_unreconciled: "unreconciled",
  stripe_balance_payment_debit: "balance-payments",
  stripe_balance_payment_debit_reversal: "balance-payments",
  tax_fund: "tax",
};

/** Categories of the documents that have runs of their own. */
const OWNED: Readonly<Record<string, RowKind>> = {
  charge: "charge",
  partial_capture_reversal: "charge",
  charge_failure: "charge",
  refund: "refund",
  refund_failure: "refund",
  dispute: "dispute",
  dispute_reversal: "dispute",
  payout: "payout",
  payout_reversal: "payout",
  topup: "payout",
  topup_reversal: "payout",
  fee: "fee",
  network_cost: "fee",
  tax: "fee",
};

/** The same by type, where the category is missing or new. */
const OWNED_TYPE: Readonly<Record<string, RowKind>> = {
  charge: "charge",
  payment: "charge",
  payment_failure_refund: "charge",
  payment_reversal: "charge",
  refund: "refund",
  payment_refund: "refund",
  refund_failure: "refund",
  stripe_fee: "fee",
  stripe_fx_fee: "fee",
  tax_fee: "fee",
  payout: "payout",
  payout_cancel: "payout",
  payout_failure: "payout",
  topup: "payout",
  topup_reversal: "payout",
};

/** Whose a row is. */
export type RowKind = "charge" | "refund" | "dispute" | "payout" | "fee" | "category";

/** Fees by Stripe's types of them. */
const FEE_OF: Readonly<Record<string, string>> = {
  stripe_fee: "stripe",
  application_fee: "application",
  tax: "tax",
  payment_method_passthrough_fee: "network",
  withheld_tax: "withheld-tax",
};

/** Whose a row of the payments balance is, by its category alone or its text. */
export function kindOf(row: Row, chart: Chart): RowKind {
  const category = textOf(row, "reporting_category");
  const type = textOf(row, "type");
  if (type === "tax_fund") return "category";
  const owned = OWNED[category] ?? (category in ROLE_OF ? undefined : OWNED_TYPE[type]);
  if (owned !== undefined) return owned;
  return isAdjustment(row) && typeof describedAs(row, chart)?.fee === "string" ? "fee" : "category";
}

/** The account across from clearing of a row that no other document owns. */
export function accountOfCategory(row: Row, chart: Chart, isPrefunding: boolean): string {
  const category = textOf(row, "reporting_category");
  const type = textOf(row, "type");
  const named = chart.settings("categories");
  const described = isAdjustment(row) ? describedAs(row, chart)?.account : undefined;
  const own = named[category] ?? named[type] ?? described;
  if (typeof own === "string") return own;
  const role = ROLE_OF[category] ?? ROLE_OF_TYPE[type] ?? ROLE_OF[type];
  const mayPrefund = role === undefined || type === "reserve_hold";
  const account = chart.of(isPrefunding && mayPrefund ? "prefunding" : (role ?? ""));
  return account === "" ? chart.of("suspense") : account;
}

/** The fees of a row by account: what Stripe says they are made of. */
export function feesOf(row: Row, chart: Chart): [account: string, minor: number][] {
  return listIn(row, "fee_details").map((detail) => {
    return [feeAccount(chart, FEE_OF[textOf(detail, "type")]), Number(detail.amount)];
  });
}

/** The account of a row that is a fee itself. */
export function accountOfFee(row: Row, chart: Chart): string {
  const said = describedAs(row, chart)?.fee;
  if (typeof said === "string") return feeAccount(chart, said);
  return feeAccount(chart, isTax(row) ? "tax" : "stripe");
}

/** Fees of a dispute have an account of their own, but for the tax on them. */
export function disputeFeesOf(row: Row, chart: Chart): [account: string, minor: number][] {
  const details = listIn(row, "fee_details");
  if (details.length === 0) return [[chart.of("fee.dispute"), Number(row.fee)]];
  return details.map((detail) => {
    const role = textOf(detail, "type") === "tax" ? "fee.tax" : "fee.dispute";
    return [chart.of(role), Number(detail.amount)];
  });
}

function feeAccount(chart: Chart, kind: string | undefined): string {
  const account = kind === undefined ? "" : chart.of(`fee.${kind}`);
  return account === "" ? chart.of("suspense") : account;
}

function isTax(row: Row): boolean {
  return textOf(row, "reporting_category") === "tax" || textOf(row, "type") === "tax_fee";
}

function isAdjustment(row: Row): boolean {
  const category = textOf(row, "reporting_category");
  const isOther = category === "" || category === "other_adjustment";
  return isOther && textOf(row, "type") === "adjustment";
}

type Described = Readonly<{ contains: string; fee?: unknown; account?: unknown }>;

function describedAs(row: Row, chart: Chart): Described | undefined {
  const text = textOf(row, "description").toLowerCase();
  const all = chart.settings("descriptions") as unknown;
  const descriptions = Array.isArray(all) ? (all as readonly Described[]) : [];
  return descriptions.find(({ contains }) => text.includes(contains.toLowerCase()));
}
