import { HubError } from "../../base/errors.ts";
import type { Choice, SiteChoices } from "../choices.ts";
import type { UsedColumn } from "./contract-usage.ts";
import { asRows, type WireRow } from "./envelope.ts";
import { check, readCalendar } from "./setup.ts";
import type { Site } from "./site.ts";
import { hasView, VIEW } from "./views.ts";
import { flagOf, textOf } from "./wire-values.ts";

const PAGE_ROWS = 200;
/** More than anybody reads through; whoever has more names the id by hand. */
const ROWS_MAX = 2_000;
/** SL's operations by id search by their pattern; this one is everything. */
const EVERYTHING = "%";

/** What the site has to choose from; each list costs a call for every 200 rows. */
export async function readChoices(site: Site, signal?: AbortSignal): Promise<SiteChoices> {
  const { version } = await check(site, signal);
  const listed = (operation: ListOperation) => pages(site, operation, signal);
  const companies = await listed("getCompanies");
  const accounts = await listed("getAcctXrefs");
  const subaccounts = await listed("getSubXrefs");
  const ours = (row: WireRow) => isOurs(site, row) && flagOf(row, "Active");
  return {
    version,
    companies: companies.map((row) => ({
      ...choiceOf(row, "CpnyID"),
      baseCurrency: textOf(row, "BaseCuryID").trim().toUpperCase(),
    })),
    accounts: accounts.filter(ours).map((row) => choiceOf(row, "Acct")),
    subaccounts: subaccounts.filter(ours).map((row) => choiceOf(row, "Sub")),
    classes: await readClasses(site, signal),
    terms: (await listed("getTerms")).map((row) => choiceOf(row, "TermsId")),
    open: await readOpen(site, signal),
  };
}

type ListOperation = "getCompanies" | "getAcctXrefs" | "getSubXrefs" | "getTerms";

async function pages(
  site: Site,
  operation: ListOperation,
  signal: AbortSignal | undefined,
): Promise<WireRow[]> {
  const found: WireRow[] = [];
  for (let page = 1; found.length < ROWS_MAX; page += 1) {
    const args = { currentPageNumber: String(page), pageSize: String(PAGE_ROWS) };
    const options = { kind: "read", signal } as const;
    const rows = asRows(await site.client.call("common", operation, args, options));
    found.push(...rows);
    if (rows.length < PAGE_ROWS) break;
  }
  return found;
}

/** The operation is not among those that the hub needs: a site without it has no list. */
async function readClasses(site: Site, signal: AbortSignal | undefined): Promise<Choice[]> {
  const args = { classID: EVERYTHING };
  const options = { kind: "read", signal } as const;
  try {
    const answer = await site.client.call(
      "customerMaintenance",
      "getCustClassesByID",
      args,
      options,
    );
    return asRows(answer).map((row) => choiceOf(row, "ClassId"));
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "erp.contract") return [];
    throw thrown;
  }
}

async function readOpen(site: Site, signal: AbortSignal | undefined): Promise<SiteChoices["open"]> {
  if (!(await hasView(site, VIEW.setup, signal))) return undefined;
  const source = { hasView: true, settings: undefined };
  const { firstOpenReceivables, firstOpenLedger } = await readCalendar(site, source, signal);
  return { receivables: firstOpenReceivables, ledger: firstOpenLedger };
}

function isOurs(site: Site, row: WireRow): boolean {
  const company = textOf(row, "CpnyID").trim().toUpperCase();
  return company === "" || company === site.companyId.trim().toUpperCase();
}

function choiceOf(row: WireRow, column: UsedColumn): Choice {
  return { id: textOf(row, column).trim(), description: textOf(row, "Descr").trim() };
}
