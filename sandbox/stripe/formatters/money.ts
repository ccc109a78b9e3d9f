import { captureBefore, isHeld } from "../money/holds.ts";
import type {
  BalanceTransactionRow,
  ChargeRow,
  PaymentIntentRow,
  RefundRow,
} from "../store/money-rows.ts";
import type { Json, Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { chargeDetails } from "./payment-method.ts";

/** PaymentIntent on the wire, as version 2026-10-28 has it. */
export function formatPaymentIntent(_world: World, row: PaymentIntentRow): Wire {
  return {
    id: row.id,
    object: "payment_intent",
    allowed_payment_method_types: row.allowed_payment_method_types,
    amount: row.amount,
    amount_capturable: row.amount_capturable,
    amount_details: { tip: {} },
    amount_received: row.amount_received,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: row.automatic_payment_methods,
    canceled_at: row.canceled_at,
    cancellation_reason: row.cancellation_reason,
    capture_method: row.capture_method,
    client_secret: row.client_secret,
    confirmation_method: row.confirmation_method,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
    description: row.description,
    excluded_payment_method_types: null,
    last_payment_error: row.last_payment_error,
    latest_charge: row.latest_charge,
    livemode: false,
    managed_payments: null,
    metadata: row.metadata,
    next_action: nextAction(row),
    on_behalf_of: null,
    payment_method: row.payment_method,
    payment_method_configuration_details: null,
    payment_method_options: { card: CARD_OPTIONS },
    payment_method_types: row.payment_method_types,
    payment_record: null,
    processing: null,
    receipt_email: row.receipt_email,
    review: null,
    setup_future_usage: row.setup_future_usage,
    shipping: row.shipping,
    source: null,
    statement_descriptor: row.statement_descriptor,
    statement_descriptor_suffix: row.statement_descriptor_suffix,
    status: row.status,
    transfer_data: null,
    transfer_group: row.transfer_group,
  };
}

const CARD_OPTIONS: Json = {
  installments: null,
  mandate_options: null,
  network: null,
  request_three_d_secure: "automatic",
};

function nextAction(row: PaymentIntentRow): Json {
  if (row.status !== "requires_action") return null;
  const url = `https://hooks.stripe.com/redirect/authenticate/${row.id}`;
  return { type: "redirect_to_url", redirect_to_url: { return_url: null, url } };
}

/** Charge on the wire, as version 2026-10-28 has it. */
export function formatCharge(world: World, row: ChargeRow): Wire {
  const method =
    row.payment_method === null ? undefined : world.tables.payment_method.get(row.payment_method);
  const until = isHeld(row) ? captureBefore(row) : null;
  const authorised = row.status === "failed" ? null : row.amount;
  return {
    id: row.id,
    object: "charge",
    amount: row.amount,
    amount_captured: row.amount_captured,
    amount_refunded: row.amount_refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: row.balance_transaction,
    billing_details: row.billing_details,
    calculated_statement_descriptor: row.statement_descriptor ?? "SANDBOX SHOP",
    captured: row.captured,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    description: row.description,
    disputed: world.tables.dispute.newestBy("charge", row.id) !== undefined,
    failure_balance_transaction: row.failure_balance_transaction,
    failure_code: row.failure_code,
    failure_message: row.failure_message,
    fraud_details: row.fraud_details,
    livemode: false,
    metadata: row.metadata,
    on_behalf_of: null,
    outcome: row.outcome,
    paid: row.paid,
    payment_intent: row.payment_intent,
    payment_method: row.payment_method,
    payment_method_details: method === undefined ? null : chargeDetails(method, authorised, until),
    radar_options: {},
    receipt_email: row.receipt_email,
    receipt_number: null,
    receipt_url: row.paid ? `https://pay.stripe.com/receipts/payment/${row.id}` : null,
    refunded: row.amount > 0 && row.amount_refunded >= row.amount,
    review: null,
    shipping: row.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: row.statement_descriptor,
    statement_descriptor_suffix: row.statement_descriptor_suffix,
    status: row.status,
    transfer_data: null,
    transfer_group: row.transfer_group,
  };
}

/** BalanceTransaction on the wire; `status` follows from `available_on` and the sandbox's clock. */
export function formatBalanceTransaction(world: World, row: BalanceTransactionRow): Wire {
  return {
    id: row.id,
    object: "balance_transaction",
    amount: row.amount,
    available_on: row.available_on,
    balance_type: row.balance_type,
    created: row.created,
    currency: row.currency,
    description: row.description,
    exchange_rate: row.exchange_rate,
    fee: row.fee,
    fee_details: row.fee_details,
    net: row.net,
    reporting_category: row.reporting_category,
    source: row.source,
    status: row.available_on <= world.nowSeconds() ? "available" : "pending",
    type: row.type,
  };
}

/** Refund on the wire; what only a failed or waiting one has is left out of others. */
export function formatRefund(world: World, row: RefundRow): Wire {
  const charge = world.tables.charge.get(row.charge);
  return {
    id: row.id,
    object: "refund",
    amount: row.amount,
    balance_transaction: row.balance_transaction,
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    customer: charge?.customer ?? null,
    customer_account: null,
    destination_details: refundDestination(world, charge),
    ...(row.failure_balance_transaction == null
      ? {}
      : { failure_balance_transaction: row.failure_balance_transaction }),
    ...(row.failure_reason == null ? {} : { failure_reason: row.failure_reason }),
    ...(row.instructions_email == null ? {} : { instructions_email: row.instructions_email }),
    metadata: row.metadata,
    payment_intent: row.payment_intent,
    payment_method: charge?.payment_method ?? null,
    ...(row.pending_reason == null ? {} : { pending_reason: row.pending_reason }),
    reason: row.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: row.status,
    transfer_reversal: null,
  };
}

function refundDestination(world: World, charge: ChargeRow | undefined): Wire {
  const id = charge?.payment_method ?? null;
  const method = id === null ? undefined : world.tables.payment_method.get(id);
  const transfer = { reference: null, reference_status: null };
  if (method?.type === "us_bank_account") {
    return { type: "us_bank_transfer", us_bank_transfer: transfer };
  }
  if (method?.type === "sepa_debit")
    return { eu_bank_transfer: transfer, type: "eu_bank_transfer" };
  return { card: { reference_status: "pending", type: "refund" }, type: "card" };
}
