import type { CashAccounts } from "../port.ts";
import { allRows } from "./all-rows.ts";
import type { Site } from "./site.ts";
import { hasView, ofCompany, queryView, VIEW } from "./views.ts";
import { flagOf, textOf } from "./wire-values.ts";

/** Accounts of Cash Manager and its switches; see `ErpConnector.readCashAccounts`. */
export async function readCashAccounts(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<CashAccounts | undefined> {
  for (const view of [VIEW.cashAccounts, VIEW.setup] as const) {
    if (!(await hasView(site, view, signal))) return undefined;
  }
  const [setup] = await queryView(site, VIEW.setup, { filters: [], page: 1, rows: 1 }, signal);
  const rows = await allRows(site, VIEW.cashAccounts, [ofCompany(site)], signal);
  return {
    isFedByLedger: flagOf(setup, "GLUpdateCA"),
    accounts: rows
      .filter((row) => flagOf(row, "Active"))
      .map((row) => ({
        account: textOf(row, "BankAcct").trim(),
        subaccount: textOf(row, "BankSub").trim(),
        takesLedger: flagOf(row, "AcceptGLUpdates"),
      })),
  };
}
