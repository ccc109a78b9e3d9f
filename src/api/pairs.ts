import type { FastifyInstance } from "fastify";
import { ConfigImportRequest, PairAddRequest, PairParams, PairSetRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/** The pairs: list, show with masked secrets, add, set one setting, test; the file as a whole. */
export function registerPairs(app: FastifyInstance, { pairs }: ApiDeps): void {
  app.get("/pairs", async () => ({ pairs: await pairs.list() }));

  app.get("/pairs/:pair", async (request) => {
    const { pair } = readInput(PairParams, request.params);
    return pairs.show(pair);
  });

  app.post("/pairs", async (request, reply) => {
    const { id, settings, ...how } = readInput(PairAddRequest, request.body);
    const added = await pairs.add(id, settings, how);
    return reply.code(how.dryRun ? 200 : 201).send(added);
  });

  app.patch("/pairs/:pair", async (request) => {
    const { pair } = readInput(PairParams, request.params);
    const { path, value, ...how } = readInput(PairSetRequest, request.body);
    return pairs.set(pair, { path, value }, how);
  });

  app.get("/config", async () => pairs.exportSettings());

  app.post("/config", async (request) => {
    const { text, version, ...how } = readInput(ConfigImportRequest, request.body);
    return pairs.importSettings({ text, version }, how);
  });

  app.post("/pairs/:pair/test", async (request) => {
    const { pair } = readInput(PairParams, request.params);
    return { checks: await pairs.test(pair) };
  });
}
