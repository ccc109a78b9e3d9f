import { invalidRequest, resourceMissing } from "../errors.ts";
import { bankAccountId, formatPayout } from "../formatters/payouts.ts";
import { payoutUnit } from "../money/currencies.ts";
import { fraction, timesRounded } from "../money/rounding.ts";
import { newId } from "../random.ts";
import type { PayoutRow } from "../store/balance-rows.ts";
import type { BalanceTransactionRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { addOpposite, addRow, feeDetails } from "./balance.ts";
import { availableBalance } from "./balance-sums.ts";
import { emit } from "./emit.ts";

const DAY_SECONDS = 86_400;
const INSTANT_FEE_MIN = 50;

const FAILURES: Record<string, string> = {
  account_closed: "The bank account has been closed.",
  account_frozen: "The bank account has been frozen.",
  bank_account_restricted: "The bank account has restrictions on its type or number of payouts.",
  could_not_process: "The bank could not process this payout.",
  debit_not_authorized: "Debit transactions are not approved on the bank account.",
  declined: "The bank has declined this transfer.",
  insufficient_funds: "The account has insufficient funds to cover the payout.",
  invalid_account_number: "The routing number seems correct, but the account number is invalid.",
  no_account: "The bank account details on file are probably incorrect.",
};

/** A payout by its id. */
export function payoutOf(world: World, id: string, param = "id"): PayoutRow {
  const row = world.tables.payout.get(id);
  if (row === undefined) throw resourceMissing("payout", id, param);
  return row;
}

/** What a new payout is; everything else has Stripe's default. */
export type NewPayout = Partial<PayoutRow> & { amount: number; currency: string };

/** Makes a payout and its row: the money has left the balance, though not reached the bank. */
export function addPayout(world: World, given: NewPayout): PayoutRow {
  const created = world.nowSeconds();
  const method = given.method ?? "standard";
  const bare: PayoutRow = {
    id: newId("payout"),
    created,
    arrival_date: method === "instant" ? created : arrivalDate(world, created),
    automatic: false,
    balance_transaction: null,
    description: null,
    destination: bankAccountId(given.currency),
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    metadata: {},
    method,
    original_payout: null,
    reversed_by: null,
    reconciliation_status: given.automatic === true ? "in_progress" : "not_applicable",
    statement_descriptor: null,
    status: "pending",
    trace: null,
    ...given,
  };
  const fee = method === "instant" ? instantFee(world, given.amount) : 0;
  const movement = addRow(world, {
    amount: -given.amount,
    currency: given.currency,
    type: "payout",
    category: "payout",
    source: bare.id,
    description: "STRIPE PAYOUT",
    fee,
    feeDetails: feeDetails(fee, given.currency, "Instant payout fee"),
    availableAtOnce: true,
  });
  const row = world.tables.payout.put({ ...bare, balance_transaction: movement.id });
  emit(world, "payout.created", formatPayout(world, row));
  return row;
}

function arrivalDate(world: World, created: number): number {
  const days = world.settings.payoutArrivesAfterDays ?? 2;
  return (Math.floor(created / DAY_SECONDS) + days) * DAY_SECONDS;
}

/** What Stripe takes for an instant payout, in minor units of its currency. */
export function instantFee(world: World, amount: number): number {
  const percent = fraction(world.settings.instantFeePercent ?? "1");
  if (percent.top === 0n) return 0;
  const share = timesRounded(amount, { top: percent.top, bottom: percent.bottom * 100n });
  return Math.max(share, INSTANT_FEE_MIN);
}

/**
 * Pays out all that is available in a currency, and marks the rows that make it up. What is below
 * the bank's smallest unit stays in the balance; a negative balance is collected from the bank.
 */
export function payOutAvailable(world: World, currency: string): PayoutRow | undefined {
  const available = availableBalance(world, currency);
  const amount = available - (available % payoutUnit(currency));
  const isAsked = amount > 0 || (amount < 0 && (world.settings.collectsNegative ?? true));
  if (!isAsked) return undefined;
  const now = world.nowSeconds();
  const settled = world.tables.balance_transaction
    .by("unpaid", currency)
    .filter((row) => row.available_on <= now);
  const payout = addPayout(world, { amount, currency, automatic: true });
  const own = rowOf(world, payout.balance_transaction);
  for (const row of own === undefined ? settled : [...settled, own]) {
    world.tables.balance_transaction.put({ ...row, payout: payout.id });
  }
  return payout;
}

/** Automatic payouts of every currency of the account. */
export function payOutAll(world: World): PayoutRow[] {
  return world.settings.settlementCurrencies.flatMap(
    (currency) => payOutAvailable(world, currency) ?? [],
  );
}

/** Writes a change of a payout and tells of it under `event`; only updates tell what was before. */
export function changePayout(
  world: World,
  payout: PayoutRow,
  { event, ...change }: Partial<PayoutRow> & { event: string },
): PayoutRow {
  const before = event === "payout.updated" ? formatPayout(world, payout) : undefined;
  const row = world.tables.payout.put({ ...payout, ...change });
  emit(world, event, formatPayout(world, row), before);
  return row;
}

/**
 * Fails a payout, also days after it was paid: a row puts the money back into the balance.
 *
 * @throws StripeError 400 for one that has failed or was canceled
 */
export function failPayout(
  world: World,
  payout: PayoutRow,
  failure: { code?: string | undefined; message?: string | undefined },
): PayoutRow {
  mustNotHaveEnded(payout);
  const code = failure.code ?? "account_closed";
  const back = giveBack(world, payout, "payout_failure");
  return changePayout(world, payout, {
    event: "payout.failed",
    status: "failed",
    failure_balance_transaction: back,
    failure_code: code,
    failure_message: failure.message ?? FAILURES[code] ?? "The payout failed.",
  });
}

/**
 * Calls off a payout that the bank does not have yet.
 *
 * @throws StripeError 400 for an automatic one and for one that is no longer pending
 */
export function cancelPayout(world: World, payout: PayoutRow): PayoutRow {
  if (payout.automatic || payout.status !== "pending") {
    const kind = payout.automatic ? "automatic" : payout.status;
    throw invalidRequest(`Payouts can only be canceled while pending; ${payout.id} is ${kind}.`);
  }
  const back = giveBack(world, payout, "payout_cancel");
  return changePayout(world, payout, {
    event: "payout.canceled",
    status: "canceled",
    failure_balance_transaction: back,
  });
}

function giveBack(world: World, payout: PayoutRow, type: string): string | null {
  const taken = rowOf(world, payout.balance_transaction);
  if (taken === undefined) return null;
  const kind = { type, category: "payout_reversal", source: payout.id };
  return addOpposite(world, taken, { ...kind, description: "STRIPE PAYOUT FAILURE" }).id;
}

/**
 * Takes a paid payout back from the bank by a second one of the opposite amount.
 *
 * @throws StripeError 400 for one that is not paid, or was reversed before
 */
export function reversePayout(
  world: World,
  payout: PayoutRow,
  metadata: PayoutRow["metadata"],
): PayoutRow {
  if (payout.status !== "paid" || payout.reversed_by !== null || payout.original_payout !== null) {
    throw invalidRequest(`Payout ${payout.id} cannot be reversed: it is ${payout.status}.`);
  }
  const { currency, id } = payout;
  const back = addPayout(world, {
    amount: -payout.amount,
    currency,
    metadata,
    original_payout: id,
  });
  changePayout(world, payout, { event: "payout.updated", reversed_by: back.id });
  return back;
}

function mustNotHaveEnded(payout: PayoutRow): void {
  if (payout.status !== "failed" && payout.status !== "canceled") return;
  throw invalidRequest(`Payout ${payout.id} has ended as ${payout.status}.`);
}

function rowOf(world: World, id: string | null): BalanceTransactionRow | undefined {
  return id === null ? undefined : world.tables.balance_transaction.get(id);
}
