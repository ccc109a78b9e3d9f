import { createHash } from "node:crypto";
import { invalidRequest, StripeError } from "../errors.ts";
import { expandAll } from "../formatters/expand.ts";
import { eraOf, isApiVersion, renderInEra } from "../formatters/versions.ts";
import { newId } from "../random.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { type Form, parseForm } from "./form.ts";
import { Params } from "./params.ts";
import type { Route } from "./route.ts";

/** A request as the wire gave it. */
export type RawRequest = {
  method: string;
  /** Path without the query. */
  path: string;
  query: string;
  body: string;
  id: string;
  part: string;
  authorization: string | undefined;
  apiVersion: string | undefined;
  idempotencyKey: string | undefined;
};

/** What goes back; `body` is JSON text unless `type` says otherwise. */
export type RawAnswer = {
  status: number;
  body: string;
  headers: Record<string, string>;
  type?: string;
};

const DAY_SECONDS = 86_400;

/**
 * Answers one request from beginning to end: key, version, idempotency, parameters, the route in
 * one change, expansion. It never waits, so two requests cannot mix.
 */
export function answer(
  world: World,
  secretKey: string,
  route: Route | undefined,
  request: RawRequest,
): RawAnswer {
  const headers: Record<string, string> = { "request-id": newId("request") };
  const idempotencyKey = request.method === "POST" ? request.idempotencyKey : undefined;
  try {
    checkKey(world, secretKey, request);
    const apiVersion = checkedVersion(request.apiVersion ?? world.settings.apiVersion);
    headers["stripe-version"] = apiVersion;
    if (route === undefined) throw unknownUrl(request);
    if (idempotencyKey === undefined) return run(world, route, request, { headers, apiVersion });
    headers["idempotency-key"] = idempotencyKey;
    const replayed = replay(world, request, idempotencyKey, headers);
    if (replayed !== undefined) return replayed;
    return run(world, route, request, { headers, apiVersion, idempotencyKey });
  } catch (error) {
    const stripeError = asStripeError(error);
    const answered = errorAnswer(stripeError, headers);
    if (idempotencyKey !== undefined && isStored(stripeError)) {
      world.change(() => remember(world, request, idempotencyKey, answered));
    }
    return answered;
  }
}

type Circumstances = {
  headers: Record<string, string>;
  apiVersion: string;
  idempotencyKey?: string;
};

function run(
  world: World,
  route: Route,
  request: RawRequest,
  { headers, apiVersion, idempotencyKey }: Circumstances,
): RawAnswer {
  const params = new Params(formOf(request));
  checkNames(route, params);
  const origin = {
    id: headers["request-id"] ?? null,
    idempotency_key: idempotencyKey ?? null,
  };
  return world.change(() => {
    const wire = route.run({ world, params, id: request.id, part: request.part, origin });
    if (typeof wire === "string") return { status: 200, body: wire, headers, type: "text/csv" };
    const expanded = expandAll(world, wire, params.texts("expand") ?? []);
    const shown = renderInEra(world, expanded, eraOf(apiVersion));
    const answered = { status: 200, body: JSON.stringify(shown), headers };
    if (idempotencyKey !== undefined) remember(world, request, idempotencyKey, answered);
    return answered;
  }, origin);
}

function formOf(request: RawRequest): Form {
  const text = request.query === "" ? request.body : `${request.query}&${request.body}`;
  return parseForm(text);
}

function checkNames(route: Route, params: Params): void {
  if (route.accepts === "*") return;
  const accepted = new Set(route.accepts.split(/\s+/));
  for (const name of params.names()) {
    if (name === "expand" || accepted.has(name)) continue;
    throw invalidRequest(`Received unknown parameter: ${name}`, "parameter_unknown", name);
  }
}

function checkKey(world: World, secretKey: string, request: RawRequest): void {
  const { authorization } = request;
  const [scheme, token = ""] = (authorization ?? "").split(" ", 2);
  const basic = Buffer.from(token, "base64").toString().split(":")[0] ?? "";
  const key = scheme?.toLowerCase() === "basic" ? basic : token;
  if (key === secretKey) return;
  const rights = world.settings.restrictedKeys?.[key];
  if (rights !== undefined) {
    checkRights(rights, key, request);
    return;
  }
  const message =
    key === ""
      ? "You did not provide an API key."
      : `Invalid API Key provided: ${key.slice(0, 8)}${"*".repeat(12)}${key.slice(-4)}`;
  throw new StripeError({ status: 401, type: "invalid_request_error", message });
}

/** A right to write includes the one to read; the resource is what the path begins with. */
function checkRights(rights: readonly string[], key: string, request: RawRequest): void {
  const resource = request.path.split("/")[2] ?? "";
  const wanted = request.method === "GET" ? ["read", "write"] : ["write"];
  if (wanted.some((right) => rights.includes(`${resource}:${right}`))) return;
  const needed = `${resource}_${request.method === "GET" ? "read" : "write"}`;
  const message =
    `The provided key '${key.slice(0, 8)}***' does not have the required permissions for this ` +
    `endpoint. Having the '${needed}' permission would allow this request to continue.`;
  throw new StripeError({ status: 403, type: "invalid_request_error", message });
}

function checkedVersion(text: string): string {
  if (isApiVersion(text)) return text;
  throw invalidRequest(`Invalid Stripe API version: ${text}`);
}

function unknownUrl(request: RawRequest): StripeError {
  const message = `Unrecognized request URL (${request.method}: ${request.path}).`;
  return new StripeError({ status: 404, type: "invalid_request_error", message });
}

function asStripeError(error: unknown): StripeError {
  if (error instanceof StripeError) return error;
  // A fault of the sandbox itself: shown in full, since only tests ever read it.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StripeError({ status: 500, type: "api_error", message });
}

function errorAnswer(error: StripeError, headers: Record<string, string>): RawAnswer {
  const body: Wire = error.body();
  return {
    status: error.status,
    body: JSON.stringify(body),
    headers: { ...headers, ...error.headers },
  };
}

/** Stripe keeps an answer from the moment it began to execute: not refusals of the parameters. */
function isStored(error: StripeError): boolean {
  return error.keepsRows || error.isExecution;
}

function fingerprint(request: RawRequest): string {
  const hash = createHash("sha256");
  return hash.update(`${request.path}\n${request.query}\n${request.body}`).digest("hex");
}

function remember(world: World, request: RawRequest, key: string, answered: RawAnswer): void {
  world.tables.idempotency.put({
    id: key,
    created: world.nowSeconds(),
    fingerprint: fingerprint(request),
    status: answered.status,
    body: answered.body,
    request_id: answered.headers["request-id"] ?? "",
  });
}

function replay(
  world: World,
  request: RawRequest,
  key: string,
  headers: Record<string, string>,
): RawAnswer | undefined {
  if (key.length > 255) {
    throw invalidRequest("Idempotency keys have at most 255 characters.");
  }
  const stored = world.tables.idempotency.get(key);
  if (stored === undefined) return undefined;
  if (world.nowSeconds() - stored.created >= DAY_SECONDS) {
    world.change(() => world.tables.idempotency.delete(key));
    return undefined;
  }
  if (stored.fingerprint !== fingerprint(request)) {
    throw new StripeError({
      status: 400,
      type: "idempotency_error",
      message:
        "Keys for idempotent requests can only be used with the same parameters they were first " +
        `used with. Try using a key other than '${key}'.`,
    });
  }
  const told = { "idempotent-replayed": "true", "original-request": stored.request_id };
  return { status: stored.status, body: stored.body, headers: { ...headers, ...told } };
}
