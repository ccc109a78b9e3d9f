import Fastify, { type FastifyInstance } from "fastify";
import { refuseUnrouted } from "./register-api.ts";

/** A webhook or a call of the CLI is small; whoever sends it slower than this is let go. */
const REQUEST_WITHIN_MS = 10_000;

/**
 * The hub's HTTP server, without its routes.
 *
 * @param closing aborted right before the server is closed, which then waits for the answers that
 *   are under way and for nothing else
 */
export function openServer(closing: AbortSignal): FastifyInstance {
  const app = Fastify({
    logger: false,
    requestIdHeader: false,
    requestTimeout: REQUEST_WITHIN_MS,
    frameworkErrors: refuseUnrouted,
  });
  // Closing ends the connections that are idle at that moment. One that has yet to get its answer
  // would be kept alive after it, and the close would wait for its client to leave: over a minute.
  app.addHook("onResponse", async () => {
    if (closing.aborted) app.server.closeIdleConnections();
  });
  return app;
}

/** A call of the API that changes something may have asked for a round, a backfill or a notice. */
export function lookWhenAsked(app: FastifyInstance, lookNow: () => void): void {
  app.addHook("onResponse", async ({ method, url }) => {
    if (method !== "GET" && url.startsWith("/api/")) lookNow();
  });
}
