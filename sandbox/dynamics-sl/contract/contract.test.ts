import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HANDLERS } from "../dispatch.ts";
import { aSite } from "../tests/site.ts";
import { allFields, formatField, loadContracts } from "./contract.ts";
import { type ReadService, readWsdl } from "./read-wsdl.ts";
import { SERVED, SERVICE_NAMES } from "./served.ts";

const folder = new URL("../../../../shared/reference/ctapi-contracts/", import.meta.url);
const isPublishedHere = existsSync(folder);
if (!isPublishedHere) console.warn("skipped: the published WSDLs are not on this machine");

function published(service: string): ReadService {
  return readWsdl(readFileSync(new URL(`${service}.wsdl`, folder), "utf8"));
}

/** Operations and types of `of`, only those that `like` has as well. */
function narrowed(of: ReadService, like: ReadService): unknown {
  return {
    namespace: of.namespace,
    operations: [...of.operations].filter(([name]) => like.operations.has(name)),
    types: [...of.types].filter(([name]) => like.types.has(name)),
  };
}

describe.skipIf(!isPublishedHere)("against the published contracts", () => {
  test.each(SERVICE_NAMES)("the WSDL served for %s equals the published one", async (service) => {
    const site = await aSite();
    const response = await fetch(`${site.url}/services/ctDynamicsSL/${service}.asmx?WSDL`);

    const served = readWsdl(await response.text());

    expect(served.operations.size).toBe(SERVED[service].length);
    expect(narrowed(served, served)).toEqual(narrowed(published(service), served));
  });

  test("a type that differs from the published one is noticed", () => {
    const original = readFileSync(new URL("quickQuery.wsdl", folder), "utf8");
    const changed = readWsdl(original.replace('name="SQLView"', 'name="SqlView"'));

    const served = published("quickQuery");

    expect(narrowed(changed, served)).not.toEqual(narrowed(served, served));
  });
});

test("every operation of the contract table has a handler and none is beside it", () => {
  const contracts = loadContracts();

  const handled = SERVICE_NAMES.map((name) => [name, Object.keys(HANDLERS[name]).sort()]);

  const contracted = SERVICE_NAMES.map((name) => [
    name,
    [...(contracts.get(name)?.operations.keys() ?? [])].sort(),
  ]);
  expect(handled).toEqual(contracted);
  expect(contracted).toEqual(SERVICE_NAMES.map((name) => [name, [...SERVED[name]].sort()]));
});

test("every served type's elements are written as tokens that read back the same", () => {
  for (const service of loadContracts().values()) {
    for (const shape of service.types.values()) {
      const tokens = allFields(service, shape).map(formatField);
      expect(new Set(tokens).size).toBe(tokens.length);
    }
  }
});

test("a GET without WSDL lists the operations", async () => {
  const site = await aSite();

  const response = await fetch(`${site.url}/services/ctDynamicsSL/quickQuery.asmx`);

  expect((await response.text()).split("\n")).toEqual([
    "about",
    "getScreen",
    "getQueryViewsByID",
    "getQueryViewsByExactID",
    "ping",
  ]);
});
