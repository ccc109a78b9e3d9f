import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { StripeError } from "../errors.ts";
import type { FaultRule, Faults } from "../faults.ts";
import type { World } from "../world.ts";
import { answer, type RawAnswer, type RawRequest } from "./pipeline.ts";
import type { Route } from "./route.ts";

/** What the API server needs. */
export type ApiParts = {
  world: World;
  secretKey: string;
  faults: Faults;
  routes: readonly Route[];
};

const BODY_MAX_BYTES = 10 * 1024 * 1024;

/** Puts every route, and the answer to unknown ones, on the server; bodies are kept as text. */
export function serveApi(app: FastifyInstance, parts: ApiParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string", bodyLimit: BODY_MAX_BYTES }, (_, body, done) =>
    done(null, body),
  );
  for (const route of parts.routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => respond(parts, route, request, reply),
    });
  }
  app.all("/v1/*", (request, reply) => respond(parts, undefined, request, reply));
}

async function respond(
  parts: ApiParts,
  route: Route | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const raw = rawRequest(request);
  const { latencyMs } = parts.world.settings;
  if (latencyMs > 0) await wait(latencyMs);
  const fault = parts.faults.meet(raw.method, raw.path);
  if (fault === undefined) return send(reply, answer(parts.world, parts.secretKey, route, raw));
  if (fault.when === "before" && fault.action !== "latency") {
    return strike(fault, reply, () => faultAnswer(parts, fault, raw));
  }
  const answered = answer(parts.world, parts.secretKey, route, raw);
  if (fault.action === "latency") {
    await wait(fault.delayMs);
    return send(reply, answered);
  }
  return strike(fault, reply, () => faultAnswer(parts, { ...fault, stored: false }, raw));
}

async function strike(
  fault: FaultRule,
  reply: FastifyReply,
  otherwise: () => RawAnswer,
): Promise<FastifyReply> {
  if (fault.action === "hang") await untilGone(reply, fault.delayMs);
  if (fault.action === "drop" || fault.action === "hang") {
    reply.hijack();
    reply.raw.destroy();
    return reply;
  }
  return send(reply, otherwise());
}

/** Holds the answer back for the time, or until the client has given up. */
async function untilGone(reply: FastifyReply, delayMs: number): Promise<void> {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  try {
    await wait(delayMs, undefined, { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

function faultAnswer(parts: ApiParts, fault: FaultRule, raw: RawRequest): RawAnswer {
  const failing: Route = {
    method: "GET",
    path: raw.path,
    accepts: "*",
    run: () => {
      throw faultError(fault, raw);
    },
  };
  // Through the pipeline, so that key, headers and replay are those of a real answer.
  const bare = { ...raw, query: "", body: "" };
  return answer(parts.world, parts.secretKey, failing, fault.stored ? raw : withoutKey(bare));
}

function withoutKey(raw: RawRequest): RawRequest {
  return { ...raw, idempotencyKey: undefined };
}

function faultError(fault: FaultRule, raw: RawRequest): StripeError {
  if (fault.action === "missing") {
    return new StripeError({
      status: 404,
      type: "invalid_request_error",
      code: "resource_missing",
      message: `No such object: '${raw.id}'`,
      param: "id",
    });
  }
  if (fault.status === 429) {
    return new StripeError({
      status: 429,
      type: "invalid_request_error",
      code: "rate_limit",
      message: "Request rate limit exceeded.",
      headers: { "stripe-rate-limited-reason": "global-rate", "stripe-should-retry": "true" },
    });
  }
  return new StripeError({
    status: fault.status,
    type: "api_error",
    message: "An error occurred while processing your request (sandbox fault).",
    keepsRows: fault.stored,
  });
}

function rawRequest(request: FastifyRequest): RawRequest {
  const url = request.raw.url ?? "";
  const cut = url.indexOf("?");
  const params = request.params as Record<string, string>;
  return {
    method: request.method,
    path: cut < 0 ? url : url.slice(0, cut),
    query: cut < 0 ? "" : url.slice(cut + 1),
    body: typeof request.body === "string" ? request.body : "",
    id: params.id ?? "",
    part: params.part ?? "",
    authorization: request.headers.authorization,
    apiVersion: one(request.headers["stripe-version"]),
    idempotencyKey: one(request.headers["idempotency-key"]),
  };
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function send(reply: FastifyReply, answered: RawAnswer): FastifyReply {
  return reply
    .code(answered.status)
    .headers(answered.headers)
    .type(answered.type ?? "application/json; charset=utf-8")
    .send(answered.body);
}
