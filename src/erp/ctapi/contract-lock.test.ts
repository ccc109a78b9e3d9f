import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  generateContractLock,
  LOCK_FILE,
  PUBLISHED_CONTRACTS,
} from "../../../scripts/contract-lock.ts";
import { type LockedElement, readContractLock } from "./contract-lock.ts";
import { CONTRACT_USAGE, type ServiceName } from "./contract-usage.ts";
import { renderWsdl } from "./scripted-site.ts";
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

const hasPublished = existsSync(PUBLISHED_CONTRACTS);
if (!hasPublished) {
  console.log("skipped: the published contracts are not beside this checkout");
}

test.skipIf(!hasPublished)("the lock is what the published contracts say", () => {
  expect(readFileSync(LOCK_FILE, "utf8")).toBe(generateContractLock(PUBLISHED_CONTRACTS));
});

test.skipIf(!hasPublished)("the capital letter in the orders namespace is kept", () => {
  const source = readFileSync(new URL("orders.wsdl", PUBLISHED_CONTRACTS), "utf8");

  expect(parseWsdl("orders", source).namespace).toBe(
    "http://www.catalinaTechnology.com/services/ctDynamicsSL",
  );
});

test.skipIf(!hasPublished)("a type that extends another has both their elements", () => {
  const source = readFileSync(new URL("invoiceAndMemo.wsdl", PUBLISHED_CONTRACTS), "utf8");

  const customer = parseWsdl("invoiceAndMemo", source).types.get("customer");

  const names = customer?.map(({ name }) => name);
  expect(names).toContain("errorString");
  expect(names).toContain("businessRuleViolations");
});
