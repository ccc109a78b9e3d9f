import type { World } from "../world.ts";

const DAY_SECONDS = 86_400;

/** What of a balance can be used now and what later, in minor units. */
export type Sums = { available: number; pending: number };

/**
 * The sums of all rows of one kind of balance by currency, the account's own currencies first.
 * They come from running sums by day, so that a balance of 10^5 rows costs no more than one of ten.
 */
export function balanceSums(world: World, balanceType: string): Map<string, Sums> {
  const now = world.nowSeconds();
  const today = Math.floor(now / DAY_SECONDS);
  const sums = new Map<string, Sums>();
  const of = (currency: string): Sums => {
    const sum = sums.get(currency) ?? { available: 0, pending: 0 };
    sums.set(currency, sum);
    return sum;
  };
  if (balanceType === "payments") for (const own of world.settings.settlementCurrencies) of(own);
  for (const [key, net] of world.tables.balance_transaction.sums) {
    const [type, currency = "", day] = key.split("/");
    if (type !== balanceType) continue;
    if (Number(day) <= today) of(currency).available += net;
    else of(currency).pending += net;
  }
  for (const row of world.tables.balance_transaction.by("available_day", String(today))) {
    if (row.balance_type !== balanceType || row.available_on <= now) continue;
    of(row.currency).available -= row.net;
    of(row.currency).pending += row.net;
  }
  return sums;
}

/** What can be paid out now in a currency. */
export function availableBalance(world: World, currency: string): number {
  return balanceSums(world, "payments").get(currency)?.available ?? 0;
}
