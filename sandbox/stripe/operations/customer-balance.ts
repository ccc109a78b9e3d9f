import { formatCustomer } from "../formatters/catalog.ts";
import { newId } from "../random.ts";
import type { CustomerRow } from "../store/catalog-rows.ts";
import type { CustomerBalanceRow } from "../store/credit-rows.ts";
import type { World } from "../world.ts";
import { emit } from "./emit.ts";

/** One movement: a positive amount is owed by the customer, a negative one is to his good. */
export type BalanceMove = Pick<CustomerBalanceRow, "amount" | "currency" | "type"> &
  Partial<Pick<CustomerBalanceRow, "credit_note" | "description" | "invoice" | "metadata">>;

/** Writes the row of a movement that `customer` shows already. */
export function recordBalance(
  world: World,
  customer: CustomerRow,
  move: BalanceMove,
): CustomerBalanceRow {
  return world.tables.customer_balance_transaction.put({
    id: newId("customer_balance_transaction"),
    created: world.nowSeconds(),
    customer: customer.id,
    ending_balance: customer.balance,
    credit_note: null,
    description: null,
    invoice: null,
    metadata: {},
    ...move,
  });
}

/** Moves a customer's balance, writes the row of it and tells of the customer. */
export function moveBalance(
  world: World,
  customer: CustomerRow,
  move: BalanceMove,
): CustomerBalanceRow {
  const before = formatCustomer(world, customer);
  const moved = world.tables.customer.put({
    ...customer,
    balance: customer.balance + move.amount,
    currency: customer.currency ?? move.currency,
  });
  const row = recordBalance(world, moved, move);
  emit(world, "customer.updated", formatCustomer(world, moved), before);
  return row;
}
