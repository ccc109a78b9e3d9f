import type { Capabilities, ErpConnector, ErpHealth } from "../port.ts";
import { readContractLock } from "./contract-lock.ts";
import { createCustomer, findCustomersByEmail, readCustomer } from "./customers.ts";
import { fill, release, reserve } from "./documents.ts";
import { createScreenCache, readBatch, readState } from "./read-batch.ts";
import { findReleased, readReleased } from "./released.ts";
import {
  type CalendarSettings,
  check,
  missingAccounts,
  readCalendar,
  readCurrencyDecimals,
  readInventory,
  readTerms,
} from "./setup.ts";
import type { OwnField, Site } from "./site.ts";
import { type CallReport, createSoapClient, type ExchangeReport } from "./soap-client.ts";
import { findByKey, hasView, listKeyed, listKeyedCustomers, newestKeyed, VIEW } from "./views.ts";

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
  release: "yes",
  "pay-and-apply": "yes",
  "apply-later": "probe",
  "apply-memo": "probe",
  prepayment: "probe",
  "supplied-rate": "probe",
  "supplied-tax": "probe",
  "find-by-key": "probe",
  "find-customer-by-key": "probe",
  "setup-values": "probe",
  "gl-balance": "no",
  "gl-detail": "no",
  "reverse-payment": "no",
  unapply: "no",
  "void-batch": "no",
  "cancel-order": "no",
};

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
  let capabilities: Capabilities = { ...ASSUMED, ...settings.capabilities };
  const completed = async (signal?: AbortSignal): Promise<Capabilities> => {
    capabilities = { ...capabilities, ...(await viewsOf(site, capabilities, signal)) };
    return capabilities;
  };
  return {
    name: "ctapi",
    get capabilities() {
      return capabilities;
    },
    async check(signal): Promise<ErpHealth> {
      const health = await check(site, signal);
      await completed(signal);
      return health;
    },
    reserve: (head, signal) => reserve(site, head, signal),
    fill: (batNbr, draft, signal) => fill(site, batNbr, draft, signal),
    readBatch: (screen, batNbr, signal) => readBatch(site, cache, { screen, batNbr }, signal),
    readState: (screen, batNbr, signal) => readState(site, { screen, batNbr }, signal),
    release: (screen, batNbr, signal) => release(site, cache, { screen, batNbr }, signal),
    findByKey: (key, signal) => findByKey(site, key, signal),
    findReleased: (draft, signal) => findReleased(site, draft, signal),
    newestKeyed: (count, signal) => newestKeyed(site, count, signal),
    listKeyed: (page, signal) => listKeyed(site, page, signal),
    createCustomer: (draft, signal) => createCustomer(site, draft, signal),
    readCustomer: (customerId, signal) => readCustomer(site, customerId, signal),
    findCustomersByEmail: (email, signal) => findCustomersByEmail(site, email, signal),
    listKeyedCustomers: (page, signal) => listKeyedCustomers(site, page, signal),
    readReleased: (type, customerId, refNbr, signal) =>
      readReleased(site, { type, customerId, refNbr }, signal),
    async readCalendar(signal) {
      const { "setup-values": hasSetup } =
        capabilities["setup-values"] === "probe" ? await completed(signal) : capabilities;
      const source = { hasView: hasSetup === "yes", settings: settings.calendar };
      return readCalendar(site, source, signal);
    },
    readTerms: (termsId, signal) => readTerms(site, termsId, signal),
    readInventory: (itemId, signal) => readInventory(site, itemId, signal),
    readCurrencyDecimals: (currency, signal) => readCurrencyDecimals(site, currency, signal),
    missingAccounts: (wanted, signal) => missingAccounts(site, wanted, signal),
    close: () => site.client.close(),
  };
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

/** Looks for the views of those capabilities that nobody has answered yet. */
async function viewsOf(
  site: Site,
  known: Capabilities,
  signal: AbortSignal | undefined,
): Promise<Partial<Capabilities>> {
  const needs = {
    "find-by-key": [VIEW.documents, VIEW.batches],
    "find-customer-by-key": [VIEW.customers],
    "setup-values": [VIEW.setup],
  } as const;
  const names = (Object.keys(needs) as (keyof typeof needs)[]).filter(
    (name) => known[name] === "probe",
  );
  const answers = await Promise.all(
    names.map(async (name) => {
      const found = await Promise.all(needs[name].map((view) => hasView(site, view, signal)));
      return [name, found.every((isThere) => isThere) ? "yes" : "no"] as const;
    }),
  );
  return Object.fromEntries(answers);
}
