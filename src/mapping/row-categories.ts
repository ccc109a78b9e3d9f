import type { LedgerRow } from "../canonical/balance.ts";

/** Which document owns the gross of a row. */
export type RowOwner = "payment" | "return" | "refund" | "dispute" | "fee" | "payout" | "category";

/** The account role on the other side of clearing, as the settings name it below `accounts`. */
export type RowRole =
  | "fee"
  | "fee.tax"
  | "tax"
  | "stripe-reserve"
  | "connect-payable"
  | "connect-reserve"
  | "platform-income"
  | "loan"
  | "issuing"
  | "prefunding"
  | "unreconciled"
  | "contribution"
  | "balance-payments";

/** What becomes of rows of some categories, or of some types where the category tells nothing. */
export type RowRule = Readonly<{
  categories: readonly string[];
  types: readonly string[];
  owner: RowOwner;
  /** None where another run knows the accounts, or where only a setting can name one. */
  role?: RowRole;
  /** Whether such rows mostly raise the balance or lower it. The opposite sign swaps the sides. */
  usual: "in" | "out" | "any";
}>;

/**
 * Every kind of row that the hub knows. The category decides; types count where Stripe gave no
 * category, or one that stands in no line. A row of no line is unknown.
 */
export const ROW_RULES: readonly RowRule[] = [
  { categories: ["charge"], types: ["charge", "payment"], owner: "payment", usual: "in" },
  { categories: ["partial_capture_reversal"], types: [], owner: "payment", usual: "out" },
  {
    categories: ["charge_failure"],
    types: ["payment_failure_refund", "payment_reversal"],
    owner: "return",
    usual: "out",
  },
  { categories: ["refund"], types: ["refund", "payment_refund"], owner: "refund", usual: "out" },
  { categories: ["refund_failure"], types: ["refund_failure"], owner: "refund", usual: "in" },
  { categories: ["dispute"], types: [], owner: "dispute", usual: "out" },
  { categories: ["dispute_reversal"], types: [], owner: "dispute", usual: "in" },
  {
    categories: ["fee", "network_cost"],
    types: ["stripe_fee", "stripe_fx_fee"],
    owner: "fee",
    role: "fee",
    usual: "out",
  },
  { categories: ["tax"], types: ["tax_fee"], owner: "fee", role: "fee.tax", usual: "out" },
  { categories: [], types: ["tax_fund"], owner: "category", role: "tax", usual: "out" },
  { categories: ["payout"], types: ["payout"], owner: "payout", usual: "out" },
  {
    categories: ["payout_reversal"],
    types: ["payout_cancel", "payout_failure"],
    owner: "payout",
    usual: "in",
  },
  {
    categories: ["payout_minimum_balance_hold"],
    types: ["payout_minimum_balance_hold"],
    owner: "category",
    role: "stripe-reserve",
    usual: "out",
  },
  {
    categories: ["payout_minimum_balance_release"],
    types: ["payout_minimum_balance_release"],
    owner: "category",
    role: "stripe-reserve",
    usual: "in",
  },
  { categories: ["topup"], types: ["topup", "inbound_transfer"], owner: "payout", usual: "in" },
  {
    categories: ["topup_reversal"],
    types: ["topup_reversal", "inbound_transfer_reversal"],
    owner: "payout",
    usual: "out",
  },
  {
    categories: ["transfer"],
    types: ["transfer"],
    owner: "category",
    role: "connect-payable",
    usual: "out",
  },
  {
    categories: ["transfer_reversal"],
    types: ["transfer_cancel", "transfer_failure", "transfer_refund"],
    owner: "category",
    role: "connect-payable",
    usual: "in",
  },
  {
    categories: ["platform_earning"],
    types: ["application_fee"],
    owner: "category",
    role: "platform-income",
    usual: "in",
  },
  {
    categories: ["platform_earning_refund"],
    types: ["application_fee_refund"],
    owner: "category",
    role: "platform-income",
    usual: "out",
  },
  {
    categories: ["connect_collection_transfer"],
    types: ["connect_collection_transfer"],
    owner: "category",
    role: "connect-payable",
    usual: "out",
  },
  {
    categories: ["connect_reserved_funds"],
    types: ["reserved_funds"],
    owner: "category",
    role: "connect-reserve",
    usual: "out",
  },
  {
    categories: ["risk_reserved_funds"],
    types: ["reserve_transaction", "reserve_hold", "reserve_release"],
    owner: "category",
    role: "stripe-reserve",
    usual: "out",
  },
  {
    categories: [],
    types: ["payment_network_reserve_hold"],
    owner: "category",
    role: "stripe-reserve",
    usual: "out",
  },
  {
    categories: [],
    types: ["payment_network_reserve_release"],
    owner: "category",
    role: "stripe-reserve",
    usual: "in",
  },
  {
    categories: ["advance", "advance_funding", "financing_payout", "financing_paydown_reversal"],
    types: ["advance", "advance_funding"],
    owner: "category",
    role: "loan",
    usual: "in",
  },
  {
    categories: ["anticipation_repayment", "financing_paydown", "financing_payout_reversal"],
    types: ["anticipation_repayment"],
    owner: "category",
    role: "loan",
    usual: "out",
  },
  {
    categories: [
      ...["issuing_authorization_hold", "issuing_authorization_release", "issuing_transaction"],
      ...["issuing_dispute", "issuing_disputes_prefunding"],
    ],
    types: [
      ...["issuing_authorization_hold", "issuing_authorization_release", "issuing_transaction"],
      ...["issuing_dispute"],
    ],
    owner: "category",
    role: "issuing",
    usual: "out",
  },
  {
    categories: ["contribution", "climate_order_purchase"],
    types: ["contribution", "climate_order_purchase"],
    owner: "category",
    role: "contribution",
    usual: "out",
  },
  {
    categories: ["climate_order_refund"],
    types: ["climate_order_refund"],
    owner: "category",
    role: "contribution",
    usual: "in",
  },
  {
    categories: ["obligation"],
    types: ["obligation_outbound", "obligation_reversal_inbound"],
    owner: "category",
    usual: "any",
  },
  {
    categories: ["unreconciled_customer_funds"],
    types: ["payment_unreconciled"],
    owner: "category",
    role: "unreconciled",
    usual: "in",
  },
  {
    categories: [],
    types: ["stripe_balance_payment_debit"],
    owner: "category",
    role: "balance-payments",
    usual: "out",
  },
  {
    categories: [],
    types: ["stripe_balance_payment_debit_reversal"],
    owner: "category",
    role: "balance-payments",
    usual: "in",
  },
  { categories: [], types: ["fee_credit_funding"], owner: "category", usual: "any" },
  { categories: ["other_adjustment"], types: ["adjustment"], owner: "category", usual: "any" },
];

/** Money that moves between the balance and the one that refunds and disputes are taken from. */
const PREFUNDING: RowRule = {
  categories: [],
  types: [],
  owner: "category",
  role: "prefunding",
  usual: "out",
};

/** The balance that it moves to. */
export const PREFUNDING_BALANCE = "refund_and_dispute_prefunding";

/** A row of no line: booked on suspense and told of, or parked. */
const UNKNOWN: RowRule = { categories: [], types: [], owner: "category", usual: "any" };

const BY_CATEGORY = new Map(
  ROW_RULES.flatMap((rule) => rule.categories.map((name) => [name, rule] as const)),
);
const BY_TYPE = new Map(ROW_RULES.flatMap((rule) => rule.types.map((name) => [name, rule])));

/** What of a row decides about it. */
export type RowKind = Pick<LedgerRow, "category" | "type" | "sourceId">;

/**
 * The rule of a row.
 *
 * @param isPrefunding whether its source has moved the prefunding balance too
 */
export function rowRule(row: RowKind, isPrefunding = false): RowRule {
  const rule = plainRule(row);
  return isPrefunding && MAY_PREFUND.has(rule) ? PREFUNDING : rule;
}

/** Only kinds that tell nothing else of where the money went. */
const MAY_PREFUND = new Set([
  UNKNOWN,
  ...["adjustment", "reserve_hold"].flatMap((type) => BY_TYPE.get(type) ?? []),
]);

function plainRule({ category, type, sourceId }: RowKind): RowRule {
  // Collected tax that is set aside shares its category with tax on Stripe's own fees.
  const isOwnType = category === "tax" && type === "tax_fund";
  const ofCategory = isOwnType ? undefined : BY_CATEGORY.get(category);
  if (ofCategory !== undefined) return ofCategory;
  // A reversal of a bank payment takes back a charge, or a refund.
  const isOfRefund = type === "payment_reversal" && /^(re|pyr)_/.test(sourceId ?? "");
  return BY_TYPE.get(isOfRefund ? "refund" : type) ?? UNKNOWN;
}

/** Whether Stripe calls it a mere adjustment: then its description alone tells the cause. */
export function isAdjustment(row: RowKind): boolean {
  return plainRule(row) === BY_TYPE.get("adjustment");
}

/** Whether the hub has a rule for such rows at all. */
export function isKnownRow(row: RowKind): boolean {
  return plainRule(row) !== UNKNOWN;
}
