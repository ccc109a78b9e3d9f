import type { FastifyInstance } from "fastify";
import { type ListedWait, listPersonWaits } from "../runs/index.ts";
import { WaitingQuery, type WaitingRow } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/waiting`: batches that wait for their release, applications for a person's hand. */
export function registerWaiting(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/waiting", async (request) => {
    const { pair, "min-age": minAge = 0 } = readInput(WaitingQuery, request.query);
    await requireKnownPair(deps, pair);
    const waits = await listPersonWaits(deps.pool, { pair, minAgeMs: minAge * 1_000 });
    return { rows: waits.map(toRow) };
  });
}

function toRow({ since, ageMs, lookedAt, nextLookAt, ...rest }: ListedWait): WaitingRow {
  return {
    ...rest,
    since: since.toISOString(),
    ageSeconds: Math.floor(ageMs / 1_000),
    lookedAt: lookedAt.toISOString(),
    nextLookAt: nextLookAt?.toISOString() ?? null,
  };
}
