import type { Pool } from "pg";
import { systemClock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import { createLookups } from "../../lookups/index.ts";
import { Teller } from "../../subscribers/index.ts";
import { type ApiDeps, createMetrics, openServer, registerApi } from "../index.ts";
import { checkAnswer } from "./answer-check.ts";

export const TEST_TOKEN = "a-token-of-a-test-1234";
export const TEST_HORIZON_MS = 60_000;

export type Served = Readonly<{
  url: string;
  deps: ApiDeps;
  /** What the ports were asked for, in order. */
  asked: unknown[];
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}>;

/**
 * The API over real HTTP on a real database. The ports that `compose.ts` fills are answered from
 * memory here: pair `acme-us` exists, everything else is unknown.
 */
export async function serveApi(pool: Pool, overrides: Partial<ApiDeps> = {}): Promise<Served> {
  const asked: unknown[] = [];
  const deps: ApiDeps = { ...portsInMemory(pool, asked), ...overrides };
  const app = openServer(new AbortController().signal);
  await registerApi(app, deps);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    url,
    deps,
    asked,
    call: async (method, path, body) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${TEST_TOKEN}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as unknown;
      checkAnswer({ method, path, status: response.status, body: answer });
      return { status: response.status, body: answer };
    },
    close: async () => {
      await app.close();
      await deps.telling.teller.stop();
    },
  };
}

const testKey = () => new Uint8Array(32).fill(7);

/** Nobody is told, and no pair can be asked. */
function answeringOf(pool: Pool): Pick<ApiDeps, "telling" | "lookups"> {
  const teller = new Teller({ pool, log: silentLog, owner: "test", key: testKey });
  const lookups = createLookups({
    ...{ pool, owner: "test", clock: systemClock, signal: new AbortController().signal },
    pair: (id) => {
      throw new HubError("config.pair_unknown", `There is no pair "${id}"`);
    },
  });
  return { telling: { teller, sealingKey: testKey }, lookups };
}

/** Every port answered from memory. */
export function portsInMemory(pool: Pool, asked: unknown[]): ApiDeps {
  return {
    pool,
    token: TEST_TOKEN,
    log: silentLog,
    clock: systemClock,
    metrics: createMetrics(),
    pairs: pairsInMemory(asked),
    wizard: wizardInMemory(asked),
    alertChannels: () => [],
    ledger: () => undefined,
    healFinding: async () => undefined,
    endpointTroubles: async () => [],
    doctor: {
      touches: () => ({
        tablesAltered: 0,
        services: [
          { service: "invoiceAndMemo", screen: "08.010", writes: ["editScreen"], reads: ["about"] },
        ],
        tables: [{ table: "ARDoc", isWritten: true, fields: ["RefNbr", "User1"] }],
        views: [{ view: "xslw_Setup", reads: ["GLSetup"] }],
      }),
      run: async (options) => {
        asked.push({ doctor: options });
        const cure = "Open the period in SL.";
        const problem = {
          pair: "acme-us",
          name: "sl.period",
          state: "problem",
          text: "closed",
          cure,
        } as const;
        const capability = {
          pair: "acme-us",
          capability: "apply-later",
          meaning: "application of a payment that is already released",
          answer: "yes",
          source: "probe",
          probedAt: "2026-11-20T08:00:00.000Z",
          serverVersion: "1.0",
          detail: "applied PA KY3E3RUCE5 (batch 000318)",
        } as const;
        return {
          checks: options.probe ? [...CHECKS, problem] : [...CHECKS],
          capabilities: [capability],
        };
      },
    },
    backfill: {
      plan: async (pair) => {
        throw new HubError("config.pair_unknown", `There is no pair "${pair}"`);
      },
    },
    golive: {
      find: async (pair) => {
        throw new HubError("config.pair_unknown", `There is no pair "${pair}"`);
      },
    },
    rebuild: {
      run: async (options) => {
        asked.push({ rebuild: options });
        return { inSl: 4, adopted: 1, unexplained: [], reopened: ["000200"], woken: 2 };
      },
    },
    customers: customersInMemory(asked),
    payouts: payoutsInMemory(),
    proof: {
      run: async (pair, { when, currency }) => {
        asked.push({ proof: { pair, when, currency } });
        return [];
      },
      close: async (pair, { period, by, dryRun }) => {
        asked.push({ close: { pair, period, by, dryRun } });
        const documents = { count: 0, hash: "" };
        const seen = { period, day: "2026-03-31", items: [], documents, isClosable: true };
        return { ...seen, snapshot: undefined };
      },
    },
    ...answeringOf(pool),
    readiness: { pendingMigrations: async () => [], isWorkerRunning: () => true },
    planReversal: ({ pair }) =>
      Promise.reject(new HubError("config.pair_unknown", `There is no pair "${pair}"`)),
    foresee: foreseeInMemory(asked),
    outcomeHorizonMs: () => TEST_HORIZON_MS,
  };
}

const CHECKS = [{ pair: "acme-us", name: "stripe.access", state: "ok", text: "answers" }] as const;

const SUMMARY = {
  id: "acme-us",
  companyId: "0060",
  isLive: false,
  webhookUrl: "http://127.0.0.1:4747/webhooks/stripe/acme-us",
};
const SETTINGS = { stripe: { secretKey: "••••••" }, tax: "line", outcomeHorizon: 330 };

function known(id: string) {
  if (id !== "acme-us") throw new HubError("config.pair_unknown", `There is no pair "${id}"`);
  return { ...SUMMARY, settings: SETTINGS };
}

/** No payout is known here. */
function payoutsInMemory(): ApiDeps["payouts"] {
  const missing = (pair: string): never => {
    known(pair);
    throw new HubError("stripe.object_missing", "There is no such payout");
  };
  return { report: async (pair) => missing(pair), rows: async (pair) => missing(pair) };
}

/** The one customer that Stripe does not have here. */
export const UNKNOWN_BUYER = "cus_unknown";
/** Lanes here whose sale is known begin so; what its lines are called. */
export const SALE_KNOWN = { prefix: "pi_known_", targets: ["il_1", "price_1", "prod_1"] };
/** Those of a charge that has none begin so. */
export const SALE_WITHOUT_LINES = "pi_plain_";

function foreseeInMemory(asked: unknown[]): ApiDeps["foresee"] {
  return async (pair, laneKey, overrides) => {
    known(pair);
    asked.push({ foresee: laneKey, overrides });
    const nothing = { object: laneKey, total: undefined, documents: [], stop: undefined };
    if (laneKey.startsWith(SALE_WITHOUT_LINES)) return { ...nothing, itemTargets: [""] };
    const { prefix, targets } = SALE_KNOWN;
    return laneKey.startsWith(prefix) ? { ...nothing, itemTargets: targets } : nothing;
  };
}

/** SL knows every customer here, under one name. */
function customersInMemory(asked: unknown[]): ApiDeps["customers"] {
  return {
    check: async (pair, customerId) => {
      asked.push({ check: customerId, pair });
      return { customerId: customerId.toUpperCase(), name: "Bayside Books" };
    },
    assertBuyer: async (_pair, stripeId) => {
      if (stripeId !== UNKNOWN_BUYER) return;
      throw new HubError("api.invalid", `object: Stripe has no customer ${stripeId}`);
    },
    assertMayMake: (pair) => void asked.push({ mayMake: pair }),
  };
}

function pairsInMemory(asked: unknown[]): ApiDeps["pairs"] {
  return {
    list: async () => [SUMMARY],
    show: async (id) => known(id),
    add: async (id, given, how) => {
      asked.push({ add: id, given, how });
      return { ...SUMMARY, id, settings: { ...given } };
    },
    set: async (id, change, how) => {
      asked.push({ set: id, change, how });
      if (change.path === "outcome-horizon" && typeof change.value !== "number") {
        throw new HubError("config.invalid", "outcome-horizon must be a whole number");
      }
      if (change.path === "terms.paid") {
        const isText = typeof change.value === "string";
        throw new HubError("config.invalid", isText ? "instalment terms" : "must be a text");
      }
      const pair = known(id);
      const { path, value } = change;
      return path in SETTINGS ? { ...pair, settings: { ...SETTINGS, [path]: value } } : pair;
    },
    exportSettings: () => ({ text: "pairs: {}\n", version: "V1" }),
    importSettings: async (_wanted, how) => {
      const { dryRun } = how;
      asked.push({ import: true, how });
      const changes = [{ path: "pairs.acme-us.tax", before: '"line"', after: '"none"' }];
      return { isDryRun: dryRun, changes, version: "V1", backup: dryRun ? null : "old.bak" };
    },
    test: async (id) => {
      known(id);
      return CHECKS;
    },
  };
}

function wizardInMemory(asked: unknown[]): ApiDeps["wizard"] {
  const one = (id: string) => [{ id, description: `the ${id}` }];
  const right = { resource: "Events", right: "read", why: "gaps", isGranted: false } as const;
  return {
    lookAtStripe: async ({ secretKey }) => ({
      accountId: "acct_1",
      isLive: secretKey.startsWith("sk_live"),
      permissions: [right, { ...right, resource: "Charges", isGranted: true }],
    }),
    lookAtSl: async ({ companyId }) => ({
      version: "1.0",
      companies: [{ id: companyId, description: "Acme", baseCurrency: "USD" }],
      accounts: one("1095"),
      subaccounts: one("000"),
      classes: one("RETAIL"),
      terms: one("01"),
      open: undefined,
    }),
    makePair: async (wanted, how) => {
      asked.push({ wizard: wanted, how });
      const pair = { ...SUMMARY, id: wanted.id, settings: {} };
      const webhookEndpoint = how.dryRun || wanted.webhookUrl === undefined ? null : "we_1";
      return { pair, yaml: `pairs:\n  ${wanted.id}: {}\n`, previews: [], webhookEndpoint };
    },
  };
}
