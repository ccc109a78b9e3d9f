import { describe, expect, test } from "vitest";
import { type LockedElement, readContractLock } from "./contract-lock.ts";
import { CONTRACT_USAGE, type ServiceName } from "./contract-usage.ts";
import { renderWsdl } from "./testing/scripted-site.ts";
import { parseWsdl } from "./wsdl.ts";

const lock = readContractLock();
const services = Object.keys(CONTRACT_USAGE) as ServiceName[];

const namesOf = (elements: readonly LockedElement[] | undefined) =>
  (elements ?? []).map(([name]) => name);

describe.each(services)("the lock of %s", (service) => {
  const usage = CONTRACT_USAGE[service];
  const locked = lock[service];

  test("has every operation the connector calls and no other", () => {
    expect(Object.keys(locked.operations).sort()).toEqual([...usage.operations].sort());
  });

  test("has every element the connector names and no other", () => {
    const used = Object.fromEntries(
      Object.entries<readonly string[]>(usage.types).map(([type, names]) => [
        type,
        [...names].sort(),
      ]),
    );
    const found = Object.fromEntries(
      Object.entries(locked.types).map(([type, elements]) => [type, namesOf(elements).sort()]),
    );

    expect(found).toEqual(used);
  });

  test("has an action and a result for every operation", () => {
    for (const [name, operation] of Object.entries(locked.operations)) {
      expect(operation.soapAction).toBe(`${locked.namespace}/${name}`);
      expect(namesOf(operation.output)).toEqual([`${name}Result`]);
    }
  });

  test("is read back from a description that holds just it", () => {
    const contract = parseWsdl(service, renderWsdl(locked));

    for (const [type, elements] of Object.entries(locked.types)) {
      expect(namesOf(elements)).toEqual(contract.types.get(type)?.map(({ name }) => name));
    }
    for (const [name, operation] of Object.entries(locked.operations)) {
      expect(contract.operations.get(name)?.needsHeader).toBe(operation.needsHeader);
    }
  });
});

test("the user fields have the kinds the connector writes", () => {
  const { ARDoc = [] } = lock.invoiceAndMemo.types;
  const kinds = ARDoc.filter(([name]) => name.startsWith("User")).map(([, type]) => type);

  expect(kinds).toEqual([
    "xs:string",
    "xs:string",
    "xs:double",
    "xs:double",
    "xs:string",
    "xs:string",
    "xs:dateTime",
    "xs:dateTime",
  ]);
});
