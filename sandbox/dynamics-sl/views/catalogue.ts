import { applications, arDocByKey, batchByKey, customerByKey } from "./documents.ts";
import { clearingBalance, clearingDetail, unreleased } from "./ledger.ts";
import { orderByKey } from "./orders.ts";
import { cashAccounts, rates, setup } from "./setup.ts";
import { itemStock } from "./stock.ts";
import type { View } from "./view.ts";

/** Every view the sandbox's Quick Query catalogue lists. */
export const VIEWS: readonly View[] = [
  applications,
  arDocByKey,
  batchByKey,
  cashAccounts,
  clearingBalance,
  clearingDetail,
  customerByKey,
  itemStock,
  orderByKey,
  rates,
  setup,
  unreleased,
];

/** The view of that name, without regard to letter case. */
export function findView(name: string): View | undefined {
  return VIEWS.find((view) => view.name.toUpperCase() === name.trim().toUpperCase());
}
