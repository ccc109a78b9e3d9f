import type { CashAccounts } from "../port.ts";
import type { WireRow } from "./envelope.ts";
import type { Site } from "./site.ts";
import { assertNextPage, equals, hasView, PAGE_ROWS, queryView, VIEW } from "./views.ts";
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
  const rows = await rowsOf(site, signal);
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

async function rowsOf(site: Site, signal: AbortSignal | undefined): Promise<readonly WireRow[]> {
  const filters = [equals("CpnyID", site.companyId)];
  const all: WireRow[] = [];
  let before: readonly WireRow[] = [];
  for (let page = 1; ; page += 1) {
    const query = { filters, page, rows: PAGE_ROWS };
    const rows = await queryView(site, VIEW.cashAccounts, query, signal);
    all.push(...rows);
    if (rows.length < PAGE_ROWS) return all;
    assertNextPage(before, rows);
    before = rows;
  }
}
