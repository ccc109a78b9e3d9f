import { settle, stripeFee } from "../money/settle.ts";
import { newId } from "../random.ts";
import type { BalanceTransactionRow, ChargeRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";

const DAY_SECONDS = 86_400;

/** What a new balance transaction is about; `amount` is in presentment minor units, signed. */
export type NewMovement = {
  amount: number;
  currency: string;
  type: string;
  category: string;
  source: string | null;
  description?: string | null;
  /** What the fee is reckoned on, in presentment minor units. Default 0: no fee. */
  feeBase?: number;
  availableAtOnce?: boolean;
};

/** Writes one row of the balance: converted, with its fee, available some days later. */
export function addMovement(world: World, movement: NewMovement): BalanceTransactionRow {
  const settings = world.settings;
  const settled = settle(movement.amount, movement.currency, settings);
  const feeBase = settle(movement.feeBase ?? 0, movement.currency, settings).amount;
  const { fee, details } = stripeFee(feeBase, settled.currency, settings);
  const created = world.nowSeconds();
  const pendingDays = movement.availableAtOnce === true ? 0 : settings.availableAfterDays;
  const midnight = Math.ceil(created / DAY_SECONDS) * DAY_SECONDS;
  const available = pendingDays === 0 ? created : midnight + (pendingDays - 1) * DAY_SECONDS;
  return world.tables.balance_transaction.put({
    id: newId("balance_transaction"),
    created,
    amount: settled.amount,
    currency: settled.currency,
    fee,
    fee_details: details,
    exchange_rate: settled.exchangeRate,
    net: settled.amount - fee,
    type: movement.type,
    reporting_category: movement.category,
    source: movement.source,
    description: movement.description ?? null,
    available_on: available,
    balance_type: "payments",
    payout: null,
  });
}

/** The row of a captured or pending charge: its gross, with the fee on what was captured. */
export function addChargeMovement(world: World, charge: ChargeRow): BalanceTransactionRow {
  const method =
    charge.payment_method === null
      ? undefined
      : world.tables.payment_method.get(charge.payment_method);
  return addMovement(world, {
    amount: charge.amount,
    currency: charge.currency,
    type: method === undefined || method.type === "card" ? "charge" : "payment",
    category: "charge",
    source: charge.id,
    description: charge.description,
    feeBase: charge.captured ? charge.amount_captured : charge.amount,
    availableAtOnce: method?.behaviour.kind === "available_at_once",
  });
}
