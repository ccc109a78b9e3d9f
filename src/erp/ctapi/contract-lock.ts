import { readFileSync } from "node:fs";
import { HubError } from "../../base/errors.ts";
import { CONTRACT_USAGE, type ServiceName } from "./contract-usage.ts";
import type { ServiceContract, WireElement } from "./wsdl.ts";

/** An element as locked: name, type, `minOccurs`, and whether it repeats. */
export type LockedElement = readonly [name: string, type: string, min: 0 | 1, many: 0 | 1];

export type LockedService = Readonly<{
  namespace: string;
  operations: Readonly<
    Record<
      string,
      Readonly<{
        soapAction: string;
        needsHeader: boolean;
        input: readonly LockedElement[];
        output: readonly LockedElement[];
      }>
    >
  >;
  /** The used elements of each used type, in the contract's order. */
  types: Readonly<Record<string, readonly LockedElement[]>>;
}>;

export type ContractLock = Readonly<Record<ServiceName, LockedService>>;

/** What the published contracts say about everything the connector uses. */
export function readContractLock(): ContractLock {
  const file = new URL("./contract-lock.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as ContractLock;
}

/** Locks what the connector uses of one published contract. */
export function lockOf(service: ServiceName, contract: ServiceContract): LockedService {
  const { operations, types } = CONTRACT_USAGE[service];
  return {
    namespace: contract.namespace,
    operations: Object.fromEntries(
      [...operations].sort().map((name) => {
        const operation = contract.operations.get(name);
        if (operation === undefined) throw missing(service, `operation ${name}`);
        const { soapAction, needsHeader, input, output } = operation;
        const locked = {
          soapAction,
          needsHeader,
          input: input.map(lockElement),
          output: output.map(lockElement),
        };
        return [name, locked] as const;
      }),
    ),
    types: Object.fromEntries(
      Object.entries<readonly string[]>(types).map(([type, used]) => {
        const elements = contract.types.get(type);
        if (elements === undefined) throw missing(service, `type ${type}`);
        const absent = used.find((name) => !elements.some((element) => element.name === name));
        if (absent !== undefined) throw missing(service, `element ${type}.${absent}`);
        return [type, elements.filter(({ name }) => used.includes(name)).map(lockElement)] as const;
      }),
    ),
  };
}

/**
 * Checks a server's contract against the lock. Order and `minOccurs` may differ, since requests are
 * written by the server's own contract; what is used must be there and of the same type.
 *
 * @throws HubError `erp.contract` that names the first difference
 */
export function assertContract(
  service: ServiceName,
  contract: ServiceContract,
  locked: LockedService,
): void {
  for (const [name, wanted] of Object.entries(locked.operations)) {
    const operation = contract.operations.get(name);
    if (operation === undefined) throw missing(service, `operation ${name}`);
    assertElements(service, { path: name, found: operation.input, wanted: wanted.input });
    assertElements(service, { path: name, found: operation.output, wanted: wanted.output });
  }
  for (const [name, wanted] of Object.entries(locked.types)) {
    const found = contract.types.get(name);
    if (found === undefined) throw missing(service, `type ${name}`);
    assertElements(service, { path: name, found, wanted });
  }
}

function assertElements(
  service: string,
  compared: Readonly<{
    path: string;
    found: readonly WireElement[];
    wanted: readonly LockedElement[];
  }>,
): void {
  const byName = new Map(compared.found.map((element) => [element.name, element]));
  for (const [name, type, , many] of compared.wanted) {
    const element = byName.get(name);
    if (element === undefined) throw missing(service, `element ${compared.path}.${name}`);
    if (element.type !== type || element.isMany !== (many === 1)) {
      throw missing(service, `element ${compared.path}.${name} of type ${type}`);
    }
  }
}

function lockElement({ name, type, isRequired, isMany }: WireElement): LockedElement {
  return [name, type, isRequired ? 1 : 0, isMany ? 1 : 0];
}

function missing(service: string, what: string): HubError {
  return new HubError("erp.contract", `The service ${service} has no ${what}`, {
    facts: { service, missing: what },
  });
}
