import { readFileSync } from "node:fs";
import { z } from "zod";
import * as contract from "./contract.ts";
import type { DescribedRoute } from "./described-route.ts";
import { ROUTES } from "./routes.ts";

type Json = Record<string, unknown>;

/** An OpenAPI 3.1 document. */
export type OpenApi = Readonly<{
  openapi: "3.1.0";
  info: Json;
  paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  components: Readonly<{ schemas: Readonly<Record<string, Json>>; securitySchemes: Json }>;
}> &
  Json;

/** What the callers send is described as it is before defaults are put in. */
const IS_SENT = /(Request|Query|Params)$/;
/** Names what several schemas have in common and no name of its own. */
const SHARED = { input: "Sent", output: "Told" } as const;
const TOKEN = "token";
const refTo = (name: string) => `#/components/schemas/${name}`;

/** The description of the whole API, made from the schemas that it checks by. */
export function describeApi(): OpenApi {
  const { schemas, nameOf } = describeSchemas();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = describeRoute(route, { schemas, nameOf });
    paths[route.path] = operations;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Slipway",
      version: readVersion(),
      description:
        "Books Stripe payments into Microsoft Dynamics SL. Instants are ISO 8601 in UTC, amounts " +
        "are decimal text. Whatever writes takes `dryRun`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ [TOKEN]: [] }],
    paths,
    components: {
      securitySchemes: { [TOKEN]: { type: "http", scheme: "bearer" } },
      schemas,
    },
  };
}

type Schemas = Readonly<{
  schemas: Readonly<Record<string, Json>>;
  nameOf: (schema: z.ZodType) => string | undefined;
}>;

/** Every schema of the contract under its own name. */
function describeSchemas(): Schemas {
  const names = new Map<z.ZodType, string>();
  for (const [name, value] of Object.entries(contract)) {
    if (value instanceof z.ZodType && !names.has(value)) names.set(value, name);
  }
  const schemas: Record<string, Json> = {};
  for (const io of ["input", "output"] as const) {
    const registry = z.registry<{ id: string }>();
    for (const [schema, name] of names) {
      if (IS_SENT.test(name) === (io === "input")) registry.add(schema, { id: name });
    }
    const made = z.toJSONSchema(registry, { io, uri: refTo, override: shorten });
    for (const [name, schema] of Object.entries(made.schemas)) {
      const shared = `${refTo("__shared")}#/$defs/`;
      const text = JSON.stringify(schema).replaceAll(shared, refTo(`${SHARED[io]}.`));
      const own = JSON.parse(text) as Json;
      Object.assign(schemas, lifted(name === "__shared" ? SHARED[io] : name, own));
    }
  }
  const sorted = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  return { schemas: Object.fromEntries(sorted), nameOf: (schema) => names.get(schema) };
}

/** The calendar of an instant as a pattern helps nobody: its format says the same. */
function shorten({ jsonSchema }: { jsonSchema: Json }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
}

/** What a schema defines for itself stands beside it, where its references can reach it. */
function lifted(name: string, schema: Json): Record<string, Json> {
  const { $schema: _dialect, $id: _id, $defs: own = {}, ...rest } = schema;
  const texts = JSON.stringify({ [name]: rest, ...prefixed(name, own as Json) });
  const moved = texts.replaceAll('"#/$defs/', `"${refTo(`${name}.`)}`);
  return JSON.parse(moved) as Record<string, Json>;
}

function prefixed(name: string, defined: Json): Json {
  return Object.fromEntries(Object.entries(defined).map(([key, one]) => [`${name}.${key}`, one]));
}

function describeRoute(route: DescribedRoute, made: Schemas): Json {
  const { method, path, tag, summary, params, query, body, answers } = route;
  const parameters = [...parametersOf("path", params, made), ...parametersOf("query", query, made)];
  const responses = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, made)]),
  );
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, ...contentOf(body, made) } }),
    responses: { ...responses, default: { description: "Refused", ...errorContent() } },
    ...(route.isOpen === true ? { security: [] } : {}),
  };
}

/** `get_api_parked_id`: unique, and the same as long as the route is. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return [method.toLowerCase(), ...words].join("_");
}

function parametersOf(place: "path" | "query", schema: z.ZodType | undefined, made: Schemas) {
  const name = schema === undefined ? undefined : made.nameOf(schema);
  if (name === undefined) return [];
  const { properties = {}, required = [] } = made.schemas[name] ?? {};
  return Object.entries(properties as Record<string, Json>).map(([key, { example, ...one }]) => ({
    name: key,
    in: place,
    required: place === "path" || (required as string[]).includes(key),
    schema: one,
    ...(example === undefined ? {} : { example }),
  }));
}

function responseOf(answer: z.ZodType | string, made: Schemas): Json {
  const content = typeof answer === "string" ? textContent(answer) : contentOf(answer, made);
  return { description: "Done", ...content };
}

function contentOf(schema: z.ZodType, { nameOf }: Schemas): Json {
  const name = nameOf(schema);
  const described = name === undefined ? { type: "object" } : { $ref: refTo(name) };
  return { content: { "application/json": { schema: described } } };
}

function textContent(mediaType: string): Json {
  return { content: { [mediaType]: { schema: { type: "string" } } } };
}

function errorContent(): Json {
  return { content: { "application/json": { schema: { $ref: refTo("ErrorAnswer") } } } };
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
