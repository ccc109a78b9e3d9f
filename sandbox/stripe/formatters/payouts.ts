import type { PayoutRow, TopupRow } from "../store/balance-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

const BANK_ID = /^ba_1SandboxBank([A-Z]{3})0000000$/;

/** The id of the account's one bank account in a currency. */
export function bankAccountId(currency: string): string {
  return `ba_1SandboxBank${currency.toUpperCase()}0000000`;
}

/** Bank account on the wire, for an expanded `destination`. */
export function formatBankAccount(id: string): Wire | undefined {
  const currency = BANK_ID.exec(id)?.[1]?.toLowerCase();
  if (currency === undefined) return undefined;
  return {
    id,
    object: "bank_account",
    account: null,
    account_holder_name: "Sandbox Shop",
    account_holder_type: "company",
    account_type: null,
    available_payout_methods: ["standard", "instant"],
    bank_name: "STRIPE TEST BANK",
    country: "US",
    currency,
    default_for_currency: true,
    fingerprint: `fpbank${currency}`,
    last4: "6789",
    metadata: {},
    routing_number: "110000000",
    status: "verified",
  };
}

/** Payout on the wire. */
export function formatPayout(_world: World, row: PayoutRow): Wire {
  return {
    id: row.id,
    object: "payout",
    amount: row.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: row.arrival_date,
    automatic: row.automatic,
    balance_transaction: row.balance_transaction,
    created: row.created,
    currency: row.currency,
    description: row.description,
    destination: row.destination,
    failure_balance_transaction: row.failure_balance_transaction,
    failure_code: row.failure_code,
    failure_message: row.failure_message,
    livemode: false,
    metadata: row.metadata,
    method: row.method,
    original_payout: row.original_payout,
    payout_method: null,
    reconciliation_status: row.reconciliation_status,
    reversed_by: row.reversed_by,
    source_type: "card",
    statement_descriptor: row.statement_descriptor,
    status: row.status,
    trace_id:
      row.trace === null
        ? { status: "pending", value: null }
        : { status: "supported", value: row.trace },
    type: "bank_account",
  };
}

/** Top-up on the wire. */
export function formatTopup(_world: World, row: TopupRow): Wire {
  return {
    id: row.id,
    object: "topup",
    amount: row.amount,
    balance_transaction: row.balance_transaction,
    created: row.created,
    currency: row.currency,
    description: row.description,
    expected_availability_date: row.expected_availability_date,
    failure_code: row.failure_code,
    failure_message: row.failure_message,
    initiated_by: "user",
    livemode: false,
    metadata: row.metadata,
    payment_method: null,
    payment_method_options: null,
    source: null,
    statement_descriptor: row.statement_descriptor,
    status: row.status,
    transfer_group: row.transfer_group,
  };
}
