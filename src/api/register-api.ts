import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HubError } from "../base/errors.ts";
import { registerActs } from "./acts.ts";
import { registerAlerts } from "./alerts.ts";
import { checkBearer } from "./auth.ts";
import { registerBackfill } from "./backfill.ts";
import { registerClose } from "./close.ts";
import { registerCustomerLink } from "./customer-link.ts";
import { registerCustomerReview } from "./customer-review.ts";
import { registerDayProofs } from "./day-proofs.ts";
import type { ApiDeps } from "./deps.ts";
import { registerDisputes } from "./disputes.ts";
import { registerDoctor } from "./doctor.ts";
import { answerFor, RETRY_AFTER_SECONDS } from "./error-answer.ts";
import { registerEvents } from "./events.ts";
import { registerGolive } from "./golive.ts";
import { registerHealth } from "./health.ts";
import { registerHeld } from "./held.ts";
import { registerLanes } from "./lanes.ts";
import { registerLookups } from "./lookups.ts";
import { registerMatches } from "./matches.ts";
import { registerMetrics } from "./metrics-route.ts";
import { describeApi, type OpenApi } from "./openapi.ts";
import { registerOrders } from "./orders.ts";
import { registerPairState } from "./pair-state.ts";
import { registerPairs } from "./pairs.ts";
import { registerParked } from "./parked.ts";
import { registerPayouts } from "./payouts.ts";
import { registerProof } from "./proof.ts";
import { registerRebuild } from "./rebuild.ts";
import { registerReplay } from "./replay.ts";
import { registerReversals } from "./reversals.ts";
import { registerRuns } from "./runs.ts";
import { registerStream } from "./stream.ts";
import { registerSubscribers } from "./subscribers.ts";
import { registerSweep } from "./sweep.ts";
import { registerTrace } from "./trace.ts";
import { registerUnapplied } from "./unapplied.ts";
import { registerUnowned } from "./unowned.ts";
import { registerWaiting } from "./waiting.ts";
import { registerWatch } from "./watch.ts";
import { registerWizard } from "./wizard.ts";

/** Settings of a pair are the longest body, and these are a few kilobytes. */
const API_BODY_BYTES_MAX = 256 * 1024;
const TOKEN_LENGTH_MIN = 16;

/**
 * Adds the hub's HTTP API: `/healthz` and `/readyz` open to all, `/metrics` and everything under
 * `/api` behind the bearer token. Errors are answered as `ErrorAnswer`, with 401, 404, 409 or 422
 * where the caller can do something about it.
 *
 * @throws HubError `config.secret_missing` for a token that could be guessed
 */
export async function registerApi(app: FastifyInstance, deps: ApiDeps): Promise<void> {
  if (deps.token.length < TOKEN_LENGTH_MIN) {
    throw new HubError("config.secret_missing", "The API token has fewer than 16 characters", {
      facts: { field: "SLIPWAY_TOKEN" },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const { status, body } = answerFor(noRoute(request), request.id);
    return reply.code(status).send(body);
  });
  await app.register(async (open) => {
    answerErrors(open, deps);
    registerHealth(open, deps);
  });
  await app.register(async (guarded) => {
    guard(guarded, deps);
    registerMetrics(guarded, deps);
  });
  await app.register(
    async (guarded) => {
      guard(guarded, deps);
      guarded.addHook("onRoute", (route) => {
        route.bodyLimit = API_BODY_BYTES_MAX;
      });
      guarded.setNotFoundHandler((request) => {
        throw noRoute(request);
      });
      let description: OpenApi | undefined;
      // Made when it is first asked for: most hubs never are, and start faster.
      guarded.get("/openapi.json", async () => (description ??= describeApi()));
      for (const register of RESOURCES) register(guarded, deps);
    },
    { prefix: "/api" },
  );
}

const RESOURCES = [
  registerEvents,
  registerRuns,
  registerParked,
  registerTrace,
  registerPairs,
  registerDoctor,
  registerRebuild,
  registerLanes,
  registerAlerts,
  registerLookups,
  registerWaiting,
  registerUnapplied,
  registerUnowned,
  registerOrders,
  registerDisputes,
  registerPayouts,
  registerPairState,
  registerProof,
  registerDayProofs,
  registerMatches,
  registerClose,
  registerWatch,
  registerSweep,
  registerReplay,
  registerReversals,
  registerActs,
  registerWizard,
  registerHeld,
  registerCustomerReview,
  registerCustomerLink,
  registerSubscribers,
  registerStream,
  registerGolive,
  registerBackfill,
];

/**
 * The token comes before everything: nobody without it learns even which paths there are. What is
 * answered behind it is money and names: it is kept nowhere on the way, and is what it says it is.
 */
function guard(app: FastifyInstance, deps: ApiDeps): void {
  answerErrors(app, deps);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    checkBearer(request.headers.authorization, deps.token);
  });
}

/** So much of a path is said back. */
const PATH_SHOWN_CHARS = 100;

function noRoute({ method, url }: FastifyRequest): HubError {
  return new HubError("api.not_found", `There is no ${method} ${url.slice(0, PATH_SHOWN_CHARS)}`, {
    cure: "The API is below /api; /api/openapi.json describes it.",
  });
}

/** For Fastify's `frameworkErrors`: what no route was found for is refused like all else. */
export function refuseUnrouted(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { status, body } = answerFor(error, request.id);
  void reply.code(status).send(body);
}

function answerErrors(app: FastifyInstance, deps: ApiDeps): void {
  app.setErrorHandler((thrown: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const { status, error, body } = answerFor(thrown, request.id);
    const facts = { requestId: request.id, path: request.url, code: error.code, ...error.facts };
    if (status >= 500) deps.log.error({ ...facts, stack: thrown.stack }, error.message);
    else deps.log.debug(facts, error.message);
    if (status === 401) reply.header("www-authenticate", 'Bearer realm="slipway"');
    const retryAfter = RETRY_AFTER_SECONDS[error.code];
    if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
    return reply.code(status).send(body);
  });
}
