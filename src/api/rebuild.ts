import type { FastifyInstance } from "fastify";
import { RebuildProgressQuery, RebuildRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/**
 * `POST /api/rebuild`: closes the gap after a restore of either side, and answers when that is
 * done. `GET /api/rebuild?pair=`: how far this hub's rebuild of the pair has come meanwhile.
 */
export function registerRebuild(app: FastifyInstance, { rebuild, log }: ApiDeps): void {
  const reached = new Map<string, string>();
  app.post("/rebuild", async (request) => {
    const { pair, since, dryRun } = readInput(RebuildRequest, request.body);
    const onProgress = (text: string) => {
      const words = dryRun ? `Dry run, so it would be: ${text}` : text;
      reached.set(pair, words);
      log.info({ pair, dryRun }, `Rebuild: ${words}`);
    };
    reached.set(pair, "begun");
    try {
      return await rebuild.run({ pair, since: new Date(since), dryRun, onProgress });
    } finally {
      reached.delete(pair);
    }
  });
  app.get("/rebuild", async (request) => {
    const { pair } = readInput(RebuildProgressQuery, request.query);
    return { progress: reached.get(pair) ?? null };
  });
}
