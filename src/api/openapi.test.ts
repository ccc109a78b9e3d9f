import { Ajv2020 } from "ajv/dist/2020.js";
import Fastify from "fastify";
import { Pool } from "pg";
import { expect, test } from "vitest";
import { z } from "zod";
import { GroupCommitter, registerIntake } from "../intake/index.ts";
import { describeApi, registerApi } from "./index.ts";
import { ROUTES } from "./routes.ts";
import { checkAnswer } from "./testing/answer-check.ts";
import { portsInMemory } from "./testing/serve-api.ts";

const description = describeApi();

test("every route of the server is described, and nothing else is", async () => {
  const app = Fastify({ logger: false });
  const routes: string[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) if (one !== "HEAD") routes.push(`${one} ${url}`);
  });
  const ports = portsInMemory(new Pool(), []);
  await registerApi(app, ports);
  const committer = new GroupCommitter({ pool: new Pool() });
  await registerIntake(app, { pairs: () => undefined, committer });

  const described = ROUTES.map(({ method, path }) => `${method} ${path}`);
  const served = routes.map((route) => route.replaceAll(/:(\w+)/g, "{$1}"));
  expect(described.toSorted()).toEqual([...new Set(served)].sort());
  await app.close();
});

test("every reference of the description leads to a schema that can be compiled", () => {
  const refs = JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g);
  const names = new Set([...refs].map(([, ref = ""]) => ref.replace("#/components/schemas/", "")));
  const missing = [...names].filter((name) => !Object.hasOwn(description.components.schemas, name));
  const ajv = new Ajv2020({ strict: false, formats: { "date-time": true, uri: true } });
  ajv.addSchema(description, "api");
  const compile = (name: string) => ajv.compile({ $ref: `api#/components/schemas/${name}` });

  expect(missing).toEqual([]);
  for (const name of Object.keys(description.components.schemas))
    expect(compile(name)).toBeTruthy();
});

test("every schema of a route stands in the contract under its own name", () => {
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const unnamed = JSON.stringify(operations).match(/"schema":\{"type":"object"\}/g) ?? [];
  const sent = ROUTES.flatMap(({ params, query, body }) => [params, query, body]);

  // The description itself is the one answer without a schema.
  expect(unnamed).toHaveLength(1);
  expect(sent.filter((schema) => schema !== undefined && !(schema instanceof z.ZodObject))).toEqual(
    [],
  );
});

test("every operation has an id of its own and says what refuses it", () => {
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const ids = operations.map(({ operationId }) => operationId);

  expect(new Set(ids).size).toBe(ids.length);
  expect(operations.every(({ responses }) => "default" in (responses as object))).toBe(true);
});

test("a parameter of the path is required and one of the query as its schema says", () => {
  const shown = description.paths["/api/events/{id}"]?.get?.parameters;

  expect(shown).toMatchObject([
    { name: "id", in: "path", required: true, example: "evt_1Pq" },
    { name: "pair", in: "query", required: false, example: "acme-us" },
  ]);
});

test.each([
  ["a field too many", { progress: null, more: 1 }],
  ["a field too few", {}],
  ["a field of another kind", { progress: 7 }],
])("an answer with %s is not as described", (_what, body) => {
  const answer = { method: "GET", path: "/api/rebuild?pair=acme-us", status: 200, body };

  expect(() => checkAnswer(answer)).toThrow("GET /api/rebuild 200 is not as described");
});

test("an answer of a status that is not described is refused", () => {
  const answer = { method: "GET", path: "/api/pairs", status: 201, body: { pairs: [] } };

  expect(() => checkAnswer(answer)).toThrow("does not describe 201");
});
