import Fastify from "fastify";
import type { Pool } from "pg";
import { systemClock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import { createLookups } from "../../lookups/index.ts";
import { Teller } from "../../subscribers/index.ts";
import type { Check } from "../contract.ts";
import { type ApiDeps, createMetrics, registerApi } from "../index.ts";

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
  const app = Fastify({ logger: false });
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
      return { status: response.status, body: (await response.json()) as unknown };
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

function portsInMemory(pool: Pool, asked: unknown[]): ApiDeps {
  const summary = {
    id: "acme-us",
    companyId: "0060",
    isLive: false,
    webhookUrl: "http://127.0.0.1:4747/webhooks/stripe/acme-us",
  };
  const settings = { stripe: { secretKey: "••••••" }, tax: "line", outcomeHorizon: 330 };
  const known = (id: string) => {
    if (id !== "acme-us") throw new HubError("config.pair_unknown", `There is no pair "${id}"`);
    return { ...summary, settings };
  };
  const checks = [
    { pair: "acme-us", name: "stripe.access", state: "ok", text: "answers" },
  ] as const;
  return {
    pool,
    token: TEST_TOKEN,
    log: silentLog,
    clock: systemClock,
    metrics: createMetrics(),
    pairs: {
      list: async () => [summary],
      show: async (id) => known(id),
      add: async (id, given, how) => {
        asked.push({ add: id, given, how });
        return { ...summary, id, settings: { ...given } };
      },
      set: async (id, change, how) => {
        asked.push({ set: id, change, how });
        if (change.path === "outcome-horizon" && typeof change.value !== "number") {
          throw new HubError("config.invalid", "outcome-horizon must be a whole number");
        }
        const pair = known(id);
        const { path, value } = change;
        return path in settings ? { ...pair, settings: { ...settings, [path]: value } } : pair;
      },
      exportSettings: () => ({ text: "pairs: {}\n", version: "V1" }),
      importSettings: ({ dryRun }) => {
        const changes = [{ path: "pairs.acme-us.tax", before: '"line"', after: '"none"' }];
        return { isDryRun: dryRun, changes, version: "V1", backup: dryRun ? null : "old.bak" };
      },
      test: async (id) => {
        known(id);
        return checks;
      },
    },
    doctor: doctorInMemory(asked, checks),
    alertChannels: () => [],
    rebuild: {
      run: async (options) => {
        asked.push({ rebuild: options });
        return { inSl: 4, adopted: 1, unexplained: [], reopened: ["000200"], woken: 2 };
      },
    },
    ...answeringOf(pool),
    readiness: { pendingMigrations: async () => [], isWorkerRunning: () => true },
    foresee: async (pair, laneKey, overrides) => {
      known(pair);
      asked.push({ foresee: laneKey, overrides });
      return { object: laneKey, total: undefined, documents: [], stop: undefined };
    },
    outcomeHorizonMs: () => TEST_HORIZON_MS,
  };
}

function doctorInMemory(asked: unknown[], checks: readonly Check[]): ApiDeps["doctor"] {
  return {
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
        checks: options.probe ? [...checks, problem] : [...checks],
        capabilities: [capability],
      };
    },
  };
}
