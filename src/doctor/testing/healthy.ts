import type { Pool } from "pg";
import { systemClock } from "../../base/clock.ts";
import { money } from "../../base/money.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { StripeSetup } from "../../canonical/setup.ts";
import type { ErpConnector, FiscalCalendar } from "../../erp/port.ts";
import { aCustomer, someSettings } from "../../mapping/testing/builders.ts";
import { type PairRuntime, Reference } from "../../runs/index.ts";
import type { DoctorDeps } from "../deps.ts";

/** What differs from a hub that is well. */
export type Change = Readonly<{
  deps?: (at: { home: string }) => Partial<DoctorDeps>;
  settings?: Readonly<Record<string, unknown>>;
  stripe?: Partial<StripePort>;
  setup?: Partial<StripeSetup>;
  erp?: Partial<ErpConnector>;
  /** SL's first open period. */
  openFrom?: string;
  isFsyncOff?: boolean;
  isBusy?: boolean;
  /** Checks that cannot but complain as well. */
  also?: readonly string[];
}>;

const PINNED = "2026-10-28.endive";
const TYPES = ["charge.succeeded"];
const LAST_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function calendarFrom(firstOpen: string): FiscalCalendar {
  const periodEnds = LAST_DAYS.map(
    (day, month) => `${String(month + 1).padStart(2, "0")}${String(day)}`,
  );
  return {
    periods: 12,
    periodEnds,
    namedAfterStart: false,
    firstOpenReceivables: firstOpen,
    firstOpenLedger: firstOpen,
  };
}

const CUSTOMER = aCustomer({
  ...{ customerId: "C1", name: "Ada", email: "", currency: "" },
  receivable: { account: "", subaccount: "" },
});

/** An SL that has whatever is asked for. */
function wellErp(openFrom: string): Partial<ErpConnector> {
  return {
    site: "company 0060 of a test",
    capabilities: new Proxy({}, { get: () => "yes" }) as ErpConnector["capabilities"],
    check: async () => ({ companyId: "0060", baseCurrency: "USD", version: "1.0" }),
    missingAccounts: async () => [],
    accountCurrencies: async () => new Map(),
    readTerms: async (termsId) => ({ termsId, dueDays: 0, isInstalment: false }),
    readInventory: async (itemId) => ({
      itemId,
      description: "",
      isStock: false,
      isActive: true,
      sales: { account: "", subaccount: "" },
    }),
    readCustomer: async (customerId) => ({ ...CUSTOMER, customerId }),
    hasCustomerClass: async () => true,
    readCalendar: async () => calendarFrom(openFrom),
    readSmallBalances: async () => ({ isAutomatic: true, limit: "0" }),
    readCurrencyDecimals: async () => 2,
    isMultiCurrency: async () => true,
    readRate: async () => ({ value: "1.1", multDiv: "M", base: "USD" }),
    missingColumns: async () => [],
    readCashAccounts: async () => ({ isFedByLedger: true, accounts: [] }),
    newestKeyed: async () => [],
    listFieldUse: async () => [],
    ledgerBalance: async (_account, currency) => emptyBalance(currency),
    listLedgerLines: async () => ({ rows: [], isLast: true }),
    listUnreleasedLines: async () => ({ rows: [], isLast: true }),
    listUnreleased: async () => ({ rows: [], isLast: true }),
  };
}

function emptyBalance(currency: string) {
  const none = money(0, currency);
  const sides = { debit: none, credit: none, balance: none, base: none };
  return { currency, ...sides, lines: 0, otherLines: 0, periods: [] };
}

/** A pair that is well but for the change. */
export function aHealthyPair(change: Change): PairRuntime {
  const { settings = {}, openFrom = "202001" } = change;
  const erp = { ...wellErp(openFrom), ...change.erp } as ErpConnector;
  const checkAccess = async () => ({ accountId: "acct_1", livemode: false });
  const stripe = { checkAccess, ...change.stripe } as StripePort;
  const reference = new Reference(erp, systemClock);
  return { id: "acme-us", settings: someSettings(settings), stripe, erp, reference };
}

/** What the doctor of a hub that is well looks with. */
export function wellDeps(
  { pool, home }: { pool: Pool; home: string },
  change: Pick<Change, "isFsyncOff" | "isBusy"> = {},
): DoctorDeps {
  return {
    pool: toldOtherwise(pool, change),
    home,
    book: { all: () => [aHealthyPair({})], require: () => aHealthyPair({}) },
    channels: () => [],
    pendingMigrations: async () => [],
    freeBytes: async () => 100 * 1024 ** 3,
    nowMs: () => Date.now(),
    setupOf: () => wellSetup(),
    pinnedVersion: PINNED,
    workedTypes: TYPES,
    touches: () => ({ tablesAltered: 0, services: [], tables: [], views: [] }),
  };
}

function wellSetup(): StripeSetup {
  return {
    checkAccess: async () => ({ accountId: "acct_1", livemode: false }),
    permissions: async () => [
      { resource: "Charges", right: "read", why: "what was paid", isGranted: true },
    ],
    webhookEndpoints: async () => [
      {
        id: "we_1",
        url: "https://hub.example.com/webhooks/stripe/acme-us",
        isEnabled: true,
        apiVersion: PINNED,
        types: TYPES,
      },
    ],
    createWebhookEndpoint: async () => ({ id: "we_1", secret: "whsec_1" }),
    deleteWebhookEndpoint: async () => undefined,
    newestCharges: async () => [],
  };
}

/** The tests' own server forgets commits and may be busy: here it says what a test asks for. */
function toldOtherwise(pool: Pool, { isFsyncOff = false, isBusy = false }): Pool {
  return new Proxy(pool, {
    get: (target, name) => {
      if (name !== "query") return Reflect.get(target, name) as unknown;
      return (text: string, values?: unknown[]) => {
        if (text.includes("'fsync'")) {
          return { rows: [{ version: "18.0", fsync: isFsyncOff ? "off" : "on" }] };
        }
        if (text.includes("'max_connections'")) {
          return { rows: [{ max: 100, used: isBusy ? 95 : 20 }] };
        }
        return target.query(text, values);
      };
    },
  });
}
