import type { FastifyInstance } from "fastify";
import { toHubError } from "../base/errors.ts";
import { listSweptFound, readSweepWalks, sweepAllNow } from "../pull/index.ts";
import { ProofParams, type SweepAnswer, SweepQuery } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";
import { toWalkRow } from "./rows.ts";

/** `GET /api/sweeps` and `POST /api/pairs/:pair/sweep`: what is asked of Stripe again. */
export function registerSweep(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/sweeps", async (request): Promise<SweepAnswer> => {
    const { pair } = readInput(SweepQuery, request.query);
    await requireKnownPair(deps, pair);
    return answerFor(deps, pair, { askedAt: null, endpoints: [] });
  });
  app.post("/pairs/:pair/sweep", async (request): Promise<SweepAnswer> => {
    const { pair } = readInput(ProofParams, request.params);
    await requireKnownPair(deps, pair);
    const askedAt = (await sweepAllNow(deps.pool, pair))?.toISOString() ?? null;
    return answerFor(deps, pair, { askedAt, endpoints: await endpointsOf(deps, pair) });
  });
}

/** A key need not have the right to see endpoints; then that is what there is to tell. */
async function endpointsOf(deps: ApiDeps, pair: string): Promise<SweepAnswer["endpoints"]> {
  try {
    const troubles = await deps.endpointTroubles(pair);
    return troubles.map(({ title, cure, ids }) => ({ pair, title, cure, ids: [...ids] }));
  } catch (thrown) {
    const { message, cure } = toHubError(thrown);
    return [{ pair, title: `its endpoints were not looked at: ${message}`, cure, ids: [] }];
  }
}

async function answerFor(
  { pool }: ApiDeps,
  pair: string | undefined,
  asked: Pick<SweepAnswer, "askedAt" | "endpoints">,
): Promise<SweepAnswer> {
  const walks = (await readSweepWalks(pool)).filter(
    (walk) => pair === undefined || walk.pair === pair,
  );
  const found = await listSweptFound(pool, pair);
  return {
    walks: walks.map(toWalkRow),
    found: found.map((one) => ({ ...one, wokenAt: one.wokenAt.toISOString() })),
    ...asked,
  };
}
