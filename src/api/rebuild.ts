import type { FastifyInstance } from "fastify";
import { RebuildRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/** `POST /api/rebuild`: closes the gap after a restore of either side. */
export function registerRebuild(app: FastifyInstance, { rebuild }: ApiDeps): void {
  app.post("/rebuild", async (request) => {
    const { pair, since, dryRun } = readInput(RebuildRequest, request.body);
    return rebuild.run({ pair, since: new Date(since), dryRun });
  });
}
