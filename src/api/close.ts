import type { FastifyInstance } from "fastify";
import { HubError } from "../base/errors.ts";
import { type Closed, compareClosed, listCloses } from "../proof/index.ts";
import {
  type CloseAnswer,
  type CloseCompared,
  ClosedPeriodParams,
  CloseRequest,
  ProofParams,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `POST /api/pairs/:pair/close`: the checklist of a period; `GET` lists what was closed. */
export function registerClose(app: FastifyInstance, deps: ApiDeps): void {
  app.post("/pairs/:pair/close", async (request): Promise<CloseAnswer> => {
    const { pair } = readInput(ProofParams, request.params);
    const wanted = readInput(CloseRequest, request.body);
    await requireKnownPair(deps, pair);
    const onProgress = (words: string) => deps.log.info({ pair }, `Close: ${words}`);
    return toAnswer(await deps.proof.close(pair, { ...wanted, onProgress }));
  });
  app.get("/pairs/:pair/close/:period", async (request): Promise<CloseCompared> => {
    const { pair, period } = readInput(ClosedPeriodParams, request.params);
    await requireKnownPair(deps, pair);
    const compared = await compareClosed(deps.pool, pair, period);
    if (compared === undefined) {
      throw new HubError("api.not_found", `Period ${period} of ${pair} was never closed`, {
        cure: `Close it with slipway close ${pair} --period ${period}.`,
      });
    }
    const { changes, closedAt, look, ...rest } = compared;
    return {
      ...{ ...rest, closedAt: closedAt.toISOString(), changes: [...changes] },
      look: {
        at: look.at?.toISOString() ?? null,
        fullAt: look.fullAt?.toISOString() ?? null,
        trouble: look.trouble ?? null,
      },
    };
  });
  app.get("/pairs/:pair/close", async (request) => {
    const { pair } = readInput(ProofParams, request.params);
    await requireKnownPair(deps, pair);
    const closes = await listCloses(deps.pool, pair);
    return { closes: closes.map((one) => ({ ...one, closedAt: one.closedAt.toISOString() })) };
  });
}

function toAnswer({ items, snapshot, ...rest }: Closed): CloseAnswer {
  return {
    ...rest,
    items: items.map((item) => ({ ...item, ids: [...item.ids] })),
    snapshot:
      snapshot === undefined ? null : { ...snapshot, closedAt: snapshot.closedAt.toISOString() },
  };
}
