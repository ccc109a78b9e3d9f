import type { World } from "../world.ts";

/** The sums of some rows, in minor units. */
type Sums = { rows: number; amount: number; fee: number; net: number };

/** One balance of one currency at a moment, and what it is made of by reporting category. */
type Balance = Sums & { categories: Record<string, Sums> };

/** The balances by currency and balance type, from every row made before a second. */
export type Ledger = Record<string, Record<string, Balance>>;

const nothing = (): Sums => ({ rows: 0, amount: 0, fee: 0, net: 0 });

/** Adds all rows up that were made before `until`: Stripe's closing balance of that moment. */
export function ledgerUntil(world: World, until: number): Ledger {
  const ledger: Ledger = {};
  for (const row of world.tables.balance_transaction.all()) {
    if (row.created >= until) continue;
    const byType = ledger[row.currency] ?? {};
    const balance = byType[row.balance_type] ?? { ...nothing(), categories: {} };
    const category = balance.categories[row.reporting_category] ?? nothing();
    for (const sums of [balance, category]) {
      sums.rows += 1;
      sums.amount += row.amount;
      sums.fee += row.fee;
      sums.net += row.net;
    }
    balance.categories[row.reporting_category] = category;
    byType[row.balance_type] = balance;
    ledger[row.currency] = byType;
  }
  return ledger;
}
