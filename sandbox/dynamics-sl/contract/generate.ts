import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContractTable, ServiceTable } from "./contract.ts";
import { type ReadService, readWsdl } from "./read-wsdl.ts";
import { SERVED, SERVICE_NAMES } from "./served.ts";

/**
 * Writes `fixtures/contract.json`: the served operations with their elements and types, taken from
 * the published WSDLs in the folder given as argument. Run it after a change of `served.ts`.
 */
function generate(folder: string): ContractTable {
  const types: Record<string, string> = {};
  const services: Record<string, ServiceTable> = {};
  for (const name of SERVICE_NAMES) {
    const published = readWsdl(readFileSync(join(folder, `${name}.wsdl`), "utf8"));
    services[name] = serviceTable(published, SERVED[name], (type) =>
      keyFor(types, type, published.types.get(type) ?? ""),
    );
  }
  return { types, services };
}

function serviceTable(
  published: ReadService,
  served: readonly string[],
  keyOf: (type: string) => string,
): ServiceTable {
  const operations: Record<string, readonly [string, string, 0 | 1]> = {};
  const wanted = new Set(["ctDynamicsSLHeader"]);
  for (const [name, operation] of published.operations) {
    if (!served.includes(name)) continue;
    operations[name] = [operation.input, operation.output, operation.hasHeader ? 1 : 0];
    for (const token of [operation.input, operation.output]) collect(published, token, wanted);
  }
  const missing = served.filter((name) => operations[name] === undefined);
  if (missing.length > 0) throw new Error(`not in the contract: ${missing.join(", ")}`);
  for (const type of [...wanted]) collect(published, published.types.get(type) ?? "", wanted);
  const ordered = [...published.types.keys()].filter((type) => wanted.has(type));
  return {
    namespace: published.namespace,
    types: Object.fromEntries(ordered.map((type) => [type, keyOf(type)])),
    operations,
  };
}

/** Adds the complex types that `tokens` names, and all that those name. */
function collect(published: ReadService, tokens: string, wanted: Set<string>): void {
  for (const token of tokens.split(" ")) {
    const type = token.startsWith("^") ? token.slice(1) : /:([^!?*]+)/.exec(token)?.[1];
    const shape = type === undefined ? undefined : published.types.get(type);
    if (type === undefined || shape === undefined || wanted.has(type)) continue;
    wanted.add(type);
    collect(published, shape, wanted);
  }
}

/** The key of a type in the shared table; a type that differs between services gets a number. */
function keyFor(types: Record<string, string>, type: string, tokens: string): string {
  for (let variant = 1; ; variant += 1) {
    const key = variant === 1 ? type : `${type}.${variant}`;
    if (types[key] === undefined) types[key] = tokens;
    if (types[key] === tokens) return key;
  }
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node generate.ts <folder of the WSDLs>");
const target = new URL("../fixtures/contract.json", import.meta.url);
const table = generate(folder);
const lines = (record: Readonly<Record<string, unknown>>, indent: string): string =>
  Object.entries(record)
    .map(([key, value]) => `${indent}${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(",\n");
const services = Object.entries(table.services).map(
  ([name, service]) =>
    `    ${JSON.stringify(name)}: {\n      "namespace": ${JSON.stringify(service.namespace)},\n` +
    `      "types": ${JSON.stringify(service.types)},\n` +
    `      "operations": {\n${lines(service.operations, "        ")}\n      }\n    }`,
);
writeFileSync(
  target,
  `{\n  "types": {\n${lines(table.types, "    ")}\n  },\n` +
    `  "services": {\n${services.join(",\n")}\n  }\n}\n`,
);
