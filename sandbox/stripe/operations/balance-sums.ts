import type { World } from "../world.ts";

/** What of a balance can be used now and what later, in minor units. */
export type Sums = { available: number; pending: number };

/**
 * The sums of all rows of one kind of balance by currency, the account's own currencies first. They
 * come from running sums, so that a balance of 10^5 rows costs no more than one of ten.
 */
export function balanceSums(world: World, balanceType: string): Map<string, Sums> {
  const { sums } = world.tables.balance_transaction;
  const kept = sums.keys().map((key) => key.split("/"));
  const currencies = kept.flatMap(([type, currency]) =>
    type === balanceType && currency !== undefined ? [currency] : [],
  );
  const own = balanceType === "payments" ? world.settings.settlementCurrencies : [];
  return new Map(
    [...new Set([...own, ...currencies])].map((currency) => {
      const { until, after } = sums.split(`${balanceType}/${currency}`, world.nowSeconds());
      return [currency, { available: until, pending: after }];
    }),
  );
}

/** What can be paid out now in a currency. */
export function availableBalance(world: World, currency: string): number {
  return world.tables.balance_transaction.sums.split(`payments/${currency}`, world.nowSeconds())
    .until;
}
