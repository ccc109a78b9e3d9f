import { HubError } from "../../base/errors.ts";
import type {
  ErpHealth,
  ExchangeAccounts,
  FiscalCalendar,
  GlAccount,
  InventoryReading,
  SmallBalances,
  TermsReading,
} from "../port.ts";
import type { UsedColumn } from "./contract-usage.ts";
import { asRow, asRows, type WireRow, type WireValue } from "./envelope.ts";
import { absentIfUnknown } from "./read-batch.ts";
import { receivablesSetup } from "./receivables-setup.ts";
import type { Site } from "./site.ts";
import { assertNextPage, queryView, VIEW } from "./views.ts";
import { flagOf, integerOf, isSameId, numberFromWire, textOf } from "./wire-values.ts";

/** The calendar of a site without the set-up view, from its settings. */
export type CalendarSettings = Omit<FiscalCalendar, "firstOpenReceivables">;

const COMPANIES_PER_PAGE = 100;
/** `Terms.DueType`: so many days after the document's date. */
const DUE_IN_DAYS = "D";
/** `Terms.TermsType`: several instalments. */
const INSTALMENTS = "M";
/** `Inventory.TranStatusCode`: documents may name the item. */
const ITEM_ACTIVE = "AC";

/** Asks the site what it is; see `ErpConnector.check`. */
export async function check(site: Site, signal: AbortSignal | undefined): Promise<ErpHealth> {
  const options = { kind: "read", signal } as const;
  const about = await site.client.call("customerMaintenance", "about", {}, options);
  const version = typeof about === "string" ? about.trim() : "";
  let before: readonly WireRow[] = [];
  for (let page = 1; ; page += 1) {
    const args = {
      currentPageNumber: String(page),
      pageSize: String(COMPANIES_PER_PAGE),
      parms: "",
    };
    const rows = asRows(await site.client.call("common", "getCompanies", args, options));
    const company = rows.find((row) => isSameId(textOf(row, "CpnyID"), site.companyId));
    if (company !== undefined) {
      const baseCurrency = textOf(company, "BaseCuryID").trim().toUpperCase();
      return { companyId: textOf(company, "CpnyID"), baseCurrency, version };
    }
    if (rows.length < COMPANIES_PER_PAGE) break;
    assertNextPage(before, rows);
    before = rows;
  }
  throw new HubError("erp.auth", `The site has no company ${site.companyId}`, {
    facts: { companyId: site.companyId },
  });
}

/**
 * Fiscal calendar and first open periods, from the set-up view.
 *
 * Without the view the calendar is the settings', and with it the ledger's open period: the
 * contracts tell that of receivables only.
 *
 * @throws HubError `erp.contract` when there is neither view nor setting
 */
export async function readCalendar(
  site: Site,
  source: Readonly<{ hasView: boolean; settings: CalendarSettings | undefined }>,
  signal: AbortSignal | undefined,
): Promise<FiscalCalendar> {
  if (!source.hasView) return calendarBySettings(site, source.settings, signal);
  const query = { filters: [], page: 1, rows: 1 };
  const [row] = await queryView(site, VIEW.setup, query, signal);
  const periods = integerOf(row, "NbrPer");
  const periodEnds = Array.from({ length: periods }, (_, index) =>
    textOf(row, `FiscalPerEnd${String(index).padStart(2, "0")}`).trim(),
  );
  if (periods < 1 || periods > 13 || periodEnds.some((end) => !/^\d{4}$/.test(end))) {
    throw new HubError("erp.contract", `The view ${VIEW.setup} shows no fiscal calendar`, {
      facts: { view: VIEW.setup, periods },
    });
  }
  return {
    periods,
    periodEnds,
    namedAfterStart: flagOf(row, "BegFiscalYr"),
    firstOpenReceivables: textOf(row, "ARPerNbr").trim(),
    firstOpenLedger: textOf(row, "GLPerNbr").trim(),
  };
}

async function calendarBySettings(
  site: Site,
  settings: CalendarSettings | undefined,
  signal: AbortSignal | undefined,
): Promise<FiscalCalendar> {
  if (settings === undefined) {
    throw new HubError("erp.contract", `The site lacks the view ${VIEW.setup}`, {
      facts: { view: VIEW.setup },
      cure: `Install the view ${VIEW.setup}, or set the fiscal calendar of the pair.`,
    });
  }
  return { ...settings, firstOpenReceivables: await readPeriod(site, "PerNbr", signal) };
}

/** A period of receivables: the first open one, or the current one. */
export async function readPeriod(
  site: Site,
  fieldName: "PerNbr" | "CurrPerNbr",
  signal: AbortSignal | undefined,
): Promise<string> {
  const period = await receivablesSetup(site, fieldName, signal);
  if (/^\d{6}$/.test(period)) return period;
  throw new HubError("erp.contract", `SL's current period of receivables reads "${period}"`);
}

/** See `ErpConnector.readSmallBalances`. */
export async function readSmallBalances(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<SmallBalances> {
  const isAutomatic = await receivablesSetup(site, "AutoApplyWO", signal);
  const limit = await receivablesSetup(site, "SBLimit", signal);
  return { isAutomatic: /[1-9]|true/i.test(isAutomatic), limit: numberFromWire(limit || "0") };
}

/** Whether SL's set-up of receivables has an account for prepayments. */
export async function hasPrepayAccount(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return (await receivablesSetup(site, "PrePayAcct", signal)) !== "";
}

/**
 * Payment terms; undefined where SL has none of that id.
 *
 * @throws HubError `config.invalid` for terms that are not due in a number of days
 */
export async function readTerms(
  site: Site,
  termsId: string,
  signal: AbortSignal | undefined,
): Promise<TermsReading | undefined> {
  const row = await findExactly(
    () =>
      site.client.call(
        "customerMaintenance",
        "getTermsByID",
        { termsID: termsId },
        { kind: "read", signal },
      ),
    "TermsId",
    termsId,
  );
  if (row === undefined) return undefined;
  const isInstalment = textOf(row, "TermsType").trim().toUpperCase() === INSTALMENTS;
  const dueType = textOf(row, "DueType").trim().toUpperCase();
  if (!isInstalment && dueType !== DUE_IN_DAYS && dueType !== "") {
    throw new HubError("config.invalid", `SL's terms ${termsId} are not due in a number of days`, {
      facts: { termsId, dueType },
      cure: "Name terms that are due a number of days after the document's date.",
    });
  }
  return { termsId: textOf(row, "TermsId"), dueDays: integerOf(row, "DueIntrv"), isInstalment };
}

/** Whether SL has the customer class; see `ErpConnector.hasCustomerClass`. */
export async function hasCustomerClass(
  site: Site,
  classId: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const options = { kind: "read", signal } as const;
  const args = { classID: classId };
  const ask = () => site.client.call("customerMaintenance", "getCustClassesByID", args, options);
  return (await findExactly(ask, "ClassId", classId)) !== undefined;
}

/** Taxes of a page: no company has more than a few of these. */
const TAXES_PER_PAGE = 100;

/** The tax ids of `wanted` that SL does not have; see `ErpConnector.missingTaxes`. */
export async function missingTaxes(
  site: Site,
  wanted: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const known = new Set<string>();
  for (let page = 1; ; page += 1) {
    const args = { currentPageNumber: String(page), pageSize: String(TAXES_PER_PAGE), parms: [] };
    const options = { kind: "read", signal } as const;
    const rows = asRows(await site.client.call("common", "getSalesTaxes", args, options));
    const before = known.size;
    for (const { TaxId } of rows) {
      if (typeof TaxId === "string") known.add(TaxId.trimEnd().toUpperCase());
    }
    // A page that adds nothing is the last one come again.
    if (rows.length < TAXES_PER_PAGE || known.size === before) break;
  }
  return wanted.filter((taxId) => !known.has(taxId.toUpperCase()));
}

/** An inventory item; undefined where SL has none of that id. */
export async function readInventory(
  site: Site,
  itemId: string,
  signal: AbortSignal | undefined,
): Promise<InventoryReading | undefined> {
  const screen = await absentIfUnknown(() =>
    site.client.call(
      "inventoryItems",
      "getScreenByInvtID",
      { invtID: itemId },
      { kind: "read", signal },
    ),
  );
  const row = asRow(asRow(screen)?.myInventory);
  if (itemId.trim() === "" || !isSameId(textOf(row, "InvtID"), itemId)) return undefined;
  return {
    itemId: textOf(row, "InvtID"),
    description: textOf(row, "Descr"),
    isStock: flagOf(row, "StkItem"),
    isActive: textOf(row, "TranStatusCode").trim().toUpperCase() === ITEM_ACTIVE,
    sales: { account: textOf(row, "DfltSalesAcct"), subaccount: textOf(row, "DfltSalesSub") },
  };
}

/** Decimals SL keeps for a currency; undefined where it does not know it. */
export async function readCurrencyDecimals(
  site: Site,
  currency: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const row = await currencyRow(site, currency, signal);
  return row === undefined ? undefined : integerOf(row, "DecPl");
}

/** Where SL books realised exchange of a currency; see `ErpConnector.readExchangeAccounts`. */
export async function readExchangeAccounts(
  site: Site,
  currency: string,
  signal: AbortSignal | undefined,
): Promise<ExchangeAccounts | undefined> {
  const row = await currencyRow(site, currency, signal);
  if (row === undefined) return undefined;
  return {
    gain: { account: textOf(row, "RealGainAcct"), subaccount: textOf(row, "RealGainSub") },
    loss: { account: textOf(row, "RealLossAcct"), subaccount: textOf(row, "RealLossSub") },
  };
}

function currencyRow(
  site: Site,
  currency: string,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  const options = { kind: "read", signal } as const;
  const args = { curyID: currency };
  const ask = () => site.client.call("customerMaintenance", "getCurrencyByID", args, options);
  return findExactly(ask, "CuryId", currency);
}

/** Those of `wanted` whose account or subaccount is not active for the company. */
export async function missingAccounts(
  site: Site,
  wanted: readonly GlAccount[],
  signal: AbortSignal | undefined,
): Promise<readonly GlAccount[]> {
  const once = (ids: readonly string[]) => [...new Set(ids.map((id) => id.trim().toUpperCase()))];
  const accounts = once(wanted.map(({ account }) => account));
  const subaccounts = once(wanted.map(({ subaccount }) => subaccount));
  const activeAccounts = new Set<string>();
  const activeSubaccounts = new Set<string>();
  for (const acct of accounts) {
    if (await isActive(site, "Acct", acct, signal)) activeAccounts.add(acct);
  }
  for (const sub of subaccounts) {
    if (await isActive(site, "Sub", sub, signal)) activeSubaccounts.add(sub);
  }
  return wanted.filter(
    ({ account, subaccount }) =>
      !activeAccounts.has(account.trim().toUpperCase()) ||
      !activeSubaccounts.has(subaccount.trim().toUpperCase()),
  );
}

/** Accounts of a page; a chart has some hundreds. */
const ACCOUNTS_PER_PAGE = 200;

/** The currencies that accounts are kept in; see `ErpConnector.accountCurrencies`. */
export async function accountCurrencies(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const seen = new Set<string>();
  const kept = new Map<string, string>();
  for (let page = 1; ; page += 1) {
    const pageSize = String(ACCOUNTS_PER_PAGE);
    const args = { currentPageNumber: String(page), pageSize, parms: [] };
    const options = { kind: "read", signal } as const;
    const rows = asRows(await site.client.call("common", "getAccounts", args, options));
    const before = seen.size;
    for (const row of rows) {
      const account = textOf(row, "Acct").trim().toUpperCase();
      const currency = textOf(row, "CuryId").trim().toUpperCase();
      seen.add(account);
      if (currency !== "") kept.set(account, currency);
    }
    // A page that adds nothing is the last one come again.
    if (rows.length < ACCOUNTS_PER_PAGE || seen.size === before) return kept;
  }
}

async function isActive(
  site: Site,
  column: "Acct" | "Sub",
  id: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const cpnyID = site.companyId;
  const options = { kind: "read", signal } as const;
  const ask = () =>
    column === "Acct"
      ? site.client.call("invoiceAndMemo", "getAcctXrefsByAcct", { acct: id, cpnyID }, options)
      : site.client.call("invoiceAndMemo", "getSubXrefsBySub", { sub: id, cpnyID }, options);
  return flagOf(await findExactly(ask, column, id), "Active");
}

/** SL's operations by id search by its beginning: only the row of exactly this id counts. */
async function findExactly(
  ask: () => Promise<WireValue | undefined>,
  column: UsedColumn,
  id: string,
): Promise<WireRow | undefined> {
  if (id.trim() === "") return undefined;
  const answer = await absentIfUnknown(ask);
  return asRows(answer).find((row) => isSameId(textOf(row, column), id));
}
