import { describe, expect, test } from "vitest";
import { type LockedElement, readContractLock } from "./contract-lock.ts";
import { CONTRACT_USAGE, type ServiceName } from "./contract-usage.ts";
import { renderWsdl } from "./testing/scripted-site.ts";
import { parseWsdl } from "./wsdl.ts";

const lock = readContractLock();
const services = Object.keys(CONTRACT_USAGE) as ServiceName[];

const namesOf = (elements: readonly LockedElement[] | undefined) =>
  (elements ?? []).map(([name]) => name);

/** Operations that answer with nothing. */
const NO_RESULT = ["adminHoldFlag"];

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

  test("has an action for every operation, and a result but for the one that gives none", () => {
    const found = Object.values(locked.operations).map(({ soapAction, output }) => [
      soapAction,
      ...namesOf(output),
    ]);

    expect(found).toEqual(
      Object.keys(locked.operations).map((name) => [
        `${locked.namespace}/${name}`,
        ...(NO_RESULT.includes(name) ? [] : [`${name}Result`]),
      ]),
    );
  });

  test("is read back from a description that holds just it", () => {
    const contract = parseWsdl(service, renderWsdl(locked));

    const types = Object.keys(locked.types).map((type) =>
      contract.types.get(type)?.map(({ name }) => name),
    );
    const headers = Object.keys(locked.operations).map(
      (name) => contract.operations.get(name)?.needsHeader,
    );
    expect(types).toEqual(Object.values(locked.types).map(namesOf));
    expect(headers).toEqual(Object.values(locked.operations).map((one) => one.needsHeader));
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
