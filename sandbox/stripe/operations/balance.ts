import { settle, stripeFee } from "../money/settle.ts";
import { newId } from "../random.ts";
import type { BalanceTransactionRow, ChargeRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

const DAY_SECONDS = 86_400;

/** One row of the balance as it is to stand, in minor units of the settlement currency. */
export type NewRow = {
  amount: number;
  currency: string;
  type: string;
  category: string;
  source: string | null;
  description?: string | null;
  exchangeRate?: number | null;
  fee?: number;
  feeDetails?: Wire[];
  availableAtOnce?: boolean;
  /** Which of the account's balances it belongs to. Default "payments". */
  balanceType?: string;
};

/** Writes one row of the balance, available at once or some days later. */
export function addRow(world: World, row: NewRow): BalanceTransactionRow {
  const created = world.nowSeconds();
  const fee = row.fee ?? 0;
  return world.tables.balance_transaction.put({
    id: newId("balance_transaction"),
    created,
    amount: row.amount,
    currency: row.currency,
    fee,
    fee_details: row.feeDetails ?? [],
    exchange_rate: row.exchangeRate ?? null,
    net: row.amount - fee,
    type: row.type,
    reporting_category: row.category,
    source: row.source,
    description: row.description ?? null,
    available_on: row.availableAtOnce === true ? created : availableOn(world, created),
    balance_type: row.balanceType ?? "payments",
    payout: null,
  });
}

function availableOn(world: World, created: number): number {
  const days = world.settings.availableAfterDays;
  if (days === 0) return created;
  return Math.ceil(created / DAY_SECONDS) * DAY_SECONDS + (days - 1) * DAY_SECONDS;
}

/** The one entry of `fee_details` of a fee that Stripe itself takes; none for no fee. */
export function feeDetails(fee: number, currency: string, description: string): Wire[] {
  if (fee === 0) return [];
  return [{ amount: fee, application: null, currency, description, type: "stripe_fee" }];
}

/** What a new balance transaction is about; `amount` is in presentment minor units, signed. */
export type NewMovement = Omit<NewRow, "exchangeRate" | "fee" | "feeDetails"> & {
  /** What the fee is reckoned on, in presentment minor units. Default 0: no fee. */
  feeBase?: number;
  /** The entries of its fee, when they are not the account's own. */
  fees?: Wire[] | undefined;
};

/** Writes one row of the balance: converted at the rate of its day, with its fee. */
export function addMovement(world: World, movement: NewMovement): BalanceTransactionRow {
  const { feeBase, fees, ...row } = movement;
  const { settings } = world;
  const settled = settle(row.amount, row.currency, settings);
  const base = settle(feeBase ?? 0, row.currency, settings).amount;
  const own = stripeFee(base, settled.currency, settings);
  const { fee, details } = fees === undefined ? own : { fee: feeOf(fees), details: fees };
  const { amount, currency, exchangeRate } = settled;
  return addRow(world, { ...row, amount, currency, exchangeRate, fee, feeDetails: details });
}

/** What the entries of a fee add up to. */
export function feeOf(details: readonly Wire[]): number {
  return details.reduce((so, detail) => so + Number(detail.amount), 0);
}

/** Writes the row that gives back what another one took, to the minor unit. */
export function addOpposite(
  world: World,
  row: BalanceTransactionRow,
  kind: Pick<NewRow, "category" | "source" | "type"> & { description?: string },
): BalanceTransactionRow {
  return addRow(world, {
    ...kind,
    amount: -row.amount,
    currency: row.currency,
    exchangeRate: row.exchange_rate,
    availableAtOnce: true,
  });
}

/** The row of a captured or pending charge: its gross, with the fee on what was captured. */
export function addChargeMovement(
  world: World,
  charge: ChargeRow,
  fees?: Wire[],
): BalanceTransactionRow {
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
    fees,
    availableAtOnce: method?.behaviour.kind === "available_at_once",
  });
}
