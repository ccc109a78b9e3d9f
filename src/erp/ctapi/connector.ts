import type { SiteChoices } from "../choices.ts";
import type {
  Capabilities,
  Capability,
  CapabilityAnswer,
  CapabilitySource,
  ErpConnector,
  ErpHealth,
} from "../port.ts";
import { applyAtOnce, listApplications } from "./applications.ts";
import { readCashAccounts } from "./cash-accounts.ts";
import { readChoices } from "./choices.ts";
import { readContractLock } from "./contract-lock.ts";
import { updateCustomer } from "./customer-change.ts";
import {
  createCustomer,
  findCustomersByEmail,
  findCustomersByName,
  readCustomer,
} from "./customers.ts";
import { add, fill, release, reserve } from "./documents.ts";
import { listFieldUse } from "./field-use.ts";
import { findOfStripeId } from "./find-of-stripe-id.ts";
import { ledgerReads } from "./ledger.ts";
import { createLookups } from "./lookups.ts";
import { createOrders } from "./orders.ts";
import { openProbes } from "./probes/index.ts";
import { assertRates, isMultiCurrency, readRate } from "./rates.ts";
import { createScreenCache, readBatch, readState } from "./read-batch.ts";
import { missingColumns, readColumns } from "./read-columns.ts";
import { findReleased, listOpenCredits, listReleased, readReleased } from "./read-released.ts";
import {
  accountCurrencies,
  type CalendarSettings,
  check,
  hasCustomerClass,
  hasPrepayAccount,
  missingAccounts,
  missingTaxes,
  readCalendar,
  readCurrencyDecimals,
  readExchangeAccounts,
  readInventory,
  readPeriod,
  readSmallBalances,
  readTerms,
} from "./setup.ts";
import { createShipTo, readShipTo } from "./ship-tos.ts";
import type { OwnField, Site } from "./site.ts";
import { type CallReport, createSoapClient, type ExchangeReport } from "./soap-client.ts";
import { standingReads } from "./standing.ts";
import {
  findBatches,
  findByKey,
  findInvoices,
  hasView,
  listKeyed,
  listKeyedCustomers,
  listUnreleased,
  newestKeyed,
  VIEW,
} from "./views.ts";

/** How to reach one company of one site, and what is known of the site. */
export type CtapiSettings = Readonly<{
  /** The web application's address, such as `https://sl.example.com/ctDynamicsSL`. */
  baseUrl: string;
  user: string;
  password: string;
  /** The server-side site: a wrong one is another database. */
  siteId: string;
  siteKey?: string;
  companyId: string;
  /** Further fields of `ctDynamicsSLHeader` that a site demands, such as `licenseKey`. */
  headerFields?: Readonly<Record<string, string>>;
  /** The user field that holds the intent key; default `User2`. */
  keyField?: OwnField;
  /** The user field that holds the readable Stripe id; default `User1`. */
  idField?: OwnField;
  /** Connections to the server at most; default 4. */
  maxSockets?: number;
  /** For a call that writes; default 300,000, the vendor's own limit. */
  callTimeoutMs?: number;
  /** For a call that reads; default 30,000. */
  readTimeoutMs?: number;
  /** What is known of the site, such as the answers of a probe; wins over what is assumed. */
  capabilities?: Partial<Capabilities>;
  /** The fiscal calendar, needed only where the site lacks the view `xslw_Setup`. */
  calendar?: CalendarSettings;
  onCall?: (report: CallReport) => void;
  onExchange?: (report: ExchangeReport) => void;
}>;

/** A connector that holds connections open until it is closed. */
export type CtapiConnector = ErpConnector & Readonly<{ close(): void }>;

/**
 * What the published contracts allow. `probe` is answered per site; the views are looked for by
 * `check`, and until then count as not there.
 */
const ASSUMED: Capabilities = {
  "reserve-invoice": "probe",
  "reserve-payment": "yes",
  "reserve-journal": "probe",
  append: "yes",
  "closed-after-release": "probe",
  "release-invoice": "yes",
  "release-payment": "yes",
  "release-journal": "yes",
  "keep-keys": "probe",
  "keep-notes": "probe",
  "keep-journal": "probe",
  "post-in-detail": "probe",
  "search-unreleased": "probe",
  "search-by-key": "probe",
  "list-batches": "probe",
  "validate-only": "probe",
  "pay-and-apply": "yes",
  "apply-later": "probe",
  "apply-prepayment": "probe",
  "apply-memo": "probe",
  prepayment: "probe",
  "prepayment-exempt": "probe",
  "foreign-currency": "probe",
  "supplied-rate": "probe",
  "supplied-tax": "probe",
  "find-by-key": "probe",
  "find-applications": "probe",
  "find-customer-by-key": "probe",
  "find-order-by-key": "probe",
  "setup-values": "probe",
  "exchange-rates": "probe",
  "gl-balance": "probe",
  "gl-detail": "probe",
  "reverse-payment": "no",
  unapply: "no",
  "void-batch": "no",
  orders: "yes",
  "cancel-order": "no",
};

/** Capabilities that views give: they are looked for by `check`, so no stored answer is needed. */
const VIEWS_OF = {
  "find-by-key": [VIEW.documents, VIEW.batches],
  "find-applications": [VIEW.applications],
  "find-customer-by-key": [VIEW.customers],
  "find-order-by-key": [VIEW.orders],
  "setup-values": [VIEW.setup],
  "exchange-rates": [VIEW.rates],
  "gl-balance": [VIEW.ledgerBalance],
  "gl-detail": [VIEW.ledgerDetail, VIEW.unreleased],
} as const;

const MAX_SOCKETS = 4;
const CALL_TIMEOUT_MS = 300_000;
const READ_TIMEOUT_MS = 30_000;

/**
 * Joins a Dynamics SL company over the SOAP services of its ctAPI server. Nothing is asked of the
 * server before the first call; `check` also finds out which views the site has and completes
 * `capabilities`.
 */
export function createCtapiConnector(settings: CtapiSettings): CtapiConnector {
  const site = siteOf(settings);
  const cache = createScreenCache();
  let probed: Partial<Capabilities> = {};
  let seen: Partial<Capabilities> = {};
  const all = (): Capabilities => ({ ...ASSUMED, ...probed, ...seen, ...settings.capabilities });
  const completed = async (signal?: AbortSignal): Promise<Capabilities> => {
    seen = { ...seen, ...(await viewsOf(site, settings.capabilities ?? {}, signal)) };
    return all();
  };
  const known = async (name: Capability, signal?: AbortSignal) =>
    all()[name] === "probe" ? (await completed(signal))[name] : all()[name];
  return {
    name: "ctapi",
    site: `${settings.baseUrl} ${settings.siteId} ${settings.companyId}`,
    learn: (answers) => {
      // The views are looked for by `check`, so what was stored about them is only older.
      const kept = Object.entries(answers).filter(([name]) => !(name in VIEWS_OF));
      probed = Object.fromEntries(kept);
    },
    get capabilities() {
      return all();
    },
    sourceOf: (name) => sourceOf(name, { set: settings.capabilities ?? {}, seen, probed }),
    openProbes: (wanted) => openProbes(site, cache, wanted),
    async check(signal): Promise<ErpHealth> {
      const health = await check(site, signal);
      await completed(signal);
      return health;
    },
    lookups: createLookups(site),
    orders: createOrders(site, () => all()["find-order-by-key"] === "yes"),
    reserve: (head, signal) => reserve(site, head, signal),
    add: (draft, signal) => add(site, draft, signal),
    fill: (batNbr, draft, signal) => fill(site, batNbr, draft, signal),
    readBatch: (screen, batNbr, signal) => readBatch(site, cache, { screen, batNbr }, signal),
    readState: (screen, batNbr, signal) => readState(site, { screen, batNbr }, signal),
    release: (screen, batNbr, signal) => release(site, cache, { screen, batNbr }, signal),
    applyAtOnce: (draft, signal) => applyAtOnce(site, draft, signal),
    listApplications: (customerId, documents, signal) =>
      listApplications(site, { customerId, documents }, signal),
    listOpenCredits: (customerId, signal) => listOpenCredits(site, customerId, signal),
    listReleased: (customerId, refNbr, signal) =>
      listReleased(site, { customerId, refNbr }, signal),
    ...keyReads(site),
    findReleased: (draft, signal) => findReleased(site, draft, signal),
    findBatches: (key, signal) => findBatches(site, key, signal),
    listUnreleased: (page, signal) => listUnreleased(site, page, signal),
    newestKeyed: (count, signal) => newestKeyed(site, count, signal),
    listFieldUse: (signal) => listFieldUse(site, signal),
    listKeyed: (page, signal) => listKeyed(site, page, signal),
    ...booksOf(site),
    createCustomer: (draft, signal) => createCustomer(site, draft, signal),
    readCustomer: (customerId, signal) => readCustomer(site, customerId, signal),
    findCustomersByEmail: (email, signal) => findCustomersByEmail(site, email, signal),
    findCustomersByName: (name, signal) => findCustomersByName(site, name, signal),
    updateCustomer: (customerId, change, signal) =>
      updateCustomer(site, { customerId, change }, signal),
    readShipTo: (customerId, shipToId, signal) =>
      readShipTo(site, { customerId, shipToId }, signal),
    createShipTo: (draft, signal) => createShipTo(site, draft, signal),
    listKeyedCustomers: (page, signal) => listKeyedCustomers(site, page, signal),
    readColumns: (record, wanted, signal) => readColumns(site, record, { ...wanted, signal }),
    missingColumns: (table, wanted) => missingColumns(site, table, wanted),
    readReleased: (type, customerId, refNbr, signal) =>
      readReleased(site, { type, customerId, refNbr }, signal),
    async readCalendar(signal) {
      const hasView = (await known("setup-values", signal)) === "yes";
      const source = { hasView, settings: settings.calendar };
      return readCalendar(site, source, signal);
    },
    readCurrentPeriod: (signal) => readPeriod(site, "CurrPerNbr", signal),
    ...setupReads(site),
    ...accountReads(site),
    ...currencyReads(site, known),
    close: () => site.client.close(),
  };
}

function setupReads(
  site: Site,
): Pick<
  ErpConnector,
  "hasCustomerClass" | "missingTaxes" | "readInventory" | "readSmallBalances" | "readTerms"
> {
  return {
    readSmallBalances: (signal) => readSmallBalances(site, signal),
    readTerms: (termsId, signal) => readTerms(site, termsId, signal),
    hasCustomerClass: (classId, signal) => hasCustomerClass(site, classId, signal),
    missingTaxes: (wanted, signal) => missingTaxes(site, wanted, signal),
    readInventory: (itemId, signal) => readInventory(site, itemId, signal),
  };
}

function currencyReads(
  site: Site,
  known: (name: Capability, signal?: AbortSignal) => Promise<CapabilityAnswer>,
): Pick<
  ErpConnector,
  "isMultiCurrency" | "readCurrencyDecimals" | "readExchangeAccounts" | "readRate"
> {
  return {
    readExchangeAccounts: (currency, signal) => readExchangeAccounts(site, currency, signal),
    readCurrencyDecimals: (currency, signal) => readCurrencyDecimals(site, currency, signal),
    readRate: async (query, signal) => {
      assertRates(await known("exchange-rates", signal));
      return readRate(site, query, signal);
    },
    isMultiCurrency: async (signal) =>
      (await known("setup-values", signal)) === "yes" ? isMultiCurrency(site, signal) : undefined,
  };
}

/** What views find by a field of their own. */
function keyReads(site: Site): Pick<ErpConnector, "findInvoices" | "findByKey" | "findOfStripeId"> {
  return {
    findInvoices: (refNbr, signal) => findInvoices(site, refNbr, signal),
    findByKey: (key, signal) => findByKey(site, key, signal),
    findOfStripeId: (stripeId, signal) => findOfStripeId(site, stripeId, signal),
  };
}

/** What stands in the books: the ledger, and documents as somebody may have changed them. */
function booksOf(site: Site) {
  return { ...ledgerReads(site), ...standingReads(site) };
}

function accountReads(
  site: Site,
): Pick<
  ErpConnector,
  "accountCurrencies" | "hasPrepayAccount" | "missingAccounts" | "readCashAccounts"
> {
  return {
    hasPrepayAccount: (signal) => hasPrepayAccount(site, signal),
    readCashAccounts: (signal) => readCashAccounts(site, signal),
    accountCurrencies: (signal) => accountCurrencies(site, signal),
    missingAccounts: (wanted, signal) => missingAccounts(site, wanted, signal),
  };
}

/** What the site has to choose from when a pair is set up, read over connections of its own. */
export async function readSiteChoices(settings: CtapiSettings): Promise<SiteChoices> {
  const site = siteOf(settings);
  try {
    return await readChoices(site);
  } finally {
    site.client.close();
  }
}

function siteOf(settings: CtapiSettings): Site {
  const client = createSoapClient({
    baseUrl: settings.baseUrl,
    user: settings.user,
    password: settings.password,
    header: {
      ...settings.headerFields,
      siteID: settings.siteId,
      siteKey: settings.siteKey ?? "",
      cpnyID: settings.companyId,
      userName: settings.user,
      softwareName: "Slipway",
    },
    socketsMax: settings.maxSockets ?? MAX_SOCKETS,
    callTimeoutMs: settings.callTimeoutMs ?? CALL_TIMEOUT_MS,
    readTimeoutMs: settings.readTimeoutMs ?? READ_TIMEOUT_MS,
    lock: readContractLock(),
    ...(settings.onCall === undefined ? {} : { onCall: settings.onCall }),
    ...(settings.onExchange === undefined ? {} : { onExchange: settings.onExchange }),
  });
  return {
    client,
    companyId: settings.companyId,
    keyField: settings.keyField ?? "User2",
    idField: settings.idField ?? "User1",
    templates: new Map(),
  };
}

function sourceOf(
  name: Capability,
  known: Readonly<Record<"set" | "seen" | "probed", Partial<Capabilities>>>,
): CapabilitySource {
  if (name in known.set) return "settings";
  if (name in known.seen) return "server";
  if (name in known.probed) return "probe";
  return ASSUMED[name] === "probe" ? "unknown" : "contract";
}

/** Looks for the views of those capabilities that are not set by hand. */
async function viewsOf(
  site: Site,
  set: Partial<Capabilities>,
  signal: AbortSignal | undefined,
): Promise<Partial<Capabilities>> {
  const names = (Object.keys(VIEWS_OF) as (keyof typeof VIEWS_OF)[]).filter(
    (name) => !(name in set),
  );
  const answers: [(typeof names)[number], "yes" | "no"][] = [];
  for (const name of names) {
    let isThere = true;
    for (const view of VIEWS_OF[name]) isThere = isThere && (await hasView(site, view, signal));
    answers.push([name, isThere ? "yes" : "no"]);
  }
  return Object.fromEntries(answers);
}
