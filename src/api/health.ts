import type { FastifyInstance } from "fastify";
import { pause } from "../base/clock.ts";
import type { ApiDeps } from "./deps.ts";

/** A probe that takes longer is worth no more than a failed one to whoever routes traffic. */
const READY_WITHIN_MS = 2_000;

/**
 * `GET /healthz`: the process is alive. `GET /readyz`: it can take webhooks and work, else 503 with
 * the reasons. Both are open, and tell nothing but these.
 */
export function registerHealth(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/healthz", async () => ({ status: "alive" }));

  app.get("/readyz", async (_request, reply) => {
    const reasons = await unreadyReasons(deps);
    if (reasons.length === 0) return { status: "ready" };
    return reply.code(503).send({ status: "not ready", reasons });
  });
}

async function unreadyReasons(deps: ApiDeps): Promise<string[]> {
  const reasons = await databaseReasons(deps);
  if (!deps.readiness.isWorkerRunning()) reasons.push("the worker is not running");
  return reasons;
}

async function databaseReasons(deps: ApiDeps): Promise<string[]> {
  const answered = new AbortController();
  const late = pause(READY_WITHIN_MS, answered.signal).then(() => undefined);
  const pending = await Promise.race([late, readPending(deps)]);
  answered.abort();
  if (pending === undefined) return ["the database does not answer"];
  if (pending.length === 0) return [];
  const count = pending.length === 1 ? "1 migration is" : `${pending.length} migrations are`;
  return [`${count} not applied: stop every hub, then start again`];
}

async function readPending(deps: ApiDeps): Promise<readonly string[] | undefined> {
  try {
    await deps.pool.query("select 1");
    return await deps.readiness.pendingMigrations();
  } catch (thrown) {
    deps.log.warn({ error: String(thrown) }, "The database does not answer a readiness probe");
    return undefined;
  }
}
