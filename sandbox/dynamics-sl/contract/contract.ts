import { readFileSync } from "node:fs";
import type { ServiceName } from "./served.ts";

/** One element of a type: its kind, and the occurrence marks of the published contract. */
export type Field = Readonly<{
  name: string;
  /** An XSD type, `dataset` for an untyped .NET DataSet, or the name of a complex type. */
  type: string;
  isSimple: boolean;
  isRequired: boolean;
  isNillable: boolean;
  isMany: boolean;
}>;

/** A complex type; `base` is the type it extends, whose fields come first. */
export type Shape = Readonly<{ name: string; base: string | undefined; fields: readonly Field[] }>;

/** An operation with the elements of its request and answer. */
export type Operation = Readonly<{
  name: string;
  input: Shape;
  output: Shape;
  /** The `ctDynamicsSLHeader` SOAP header is part of the call. */
  hasHeader: boolean;
}>;

/** What a service promises: its namespace, types and operations. */
export type ServiceContract = Readonly<{
  name: ServiceName;
  namespace: string;
  types: ReadonlyMap<string, Shape>;
  operations: ReadonlyMap<string, Operation>;
}>;

/** How `fixtures/contract.json` writes the contracts: a string of field tokens for each type. */
export type ContractTable = Readonly<{
  types: Readonly<Record<string, string>>;
  services: Readonly<Record<string, ServiceTable>>;
}>;
/** A service in `contract.json`. */
export type ServiceTable = Readonly<{
  namespace: string;
  /** Contract type name → key in the shared table; services differ in some types. */
  types: Readonly<Record<string, string>>;
  /** Operation name → `[input tokens, output tokens, header mark]`. */
  operations: Readonly<Record<string, readonly [string, string, 0 | 1]>>;
}>;

const SIMPLE = new Set(["string", "int", "short", "unsignedByte", "double", "boolean", "dateTime"]);

/** Reads one field token: `name[:type][!][?][*]`; no type means string. */
function parseField(token: string): Field {
  const match = /^([^:!?*]+)(?::([^!?*]+))?(!?)(\??)(\*?)$/.exec(token);
  if (match === null) throw new Error(`contract token is malformed: ${token}`);
  const type = match[2] ?? "string";
  return {
    name: match[1] ?? "",
    type,
    isSimple: SIMPLE.has(type),
    isRequired: match[3] !== "",
    isNillable: match[4] !== "",
    isMany: match[5] !== "",
  };
}

/** Writes a field as its token; `parseField` reads it again. */
export function formatField(field: Omit<Field, "isSimple">): string {
  const type = field.type === "string" ? "" : `:${field.type}`;
  const marks = [field.isRequired && "!", field.isNillable && "?", field.isMany && "*"];
  return field.name + type + marks.filter((mark) => mark !== false).join("");
}

function parseShape(name: string, text: string): Shape {
  const tokens = text.split(" ").filter((token) => token !== "");
  const first = tokens[0];
  const base = first?.startsWith("^") ? first.slice(1) : undefined;
  const own = base === undefined ? tokens : tokens.slice(1);
  return { name, base, fields: own.map(parseField) };
}

/** Turns the compact table into the contracts of all served services. */
function parseContracts(table: ContractTable): ReadonlyMap<string, ServiceContract> {
  const contracts = new Map<string, ServiceContract>();
  for (const [name, service] of Object.entries(table.services)) {
    const types = new Map(
      Object.entries(service.types).map(([type, key]) => [
        type,
        parseShape(type, table.types[key] ?? ""),
      ]),
    );
    const operations = new Map(
      Object.entries(service.operations).map(([operation, [input, output, header]]) => [
        operation,
        {
          name: operation,
          input: parseShape(operation, input),
          output: parseShape(`${operation}Response`, output),
          hasHeader: header === 1,
        },
      ]),
    );
    contracts.set(name, {
      name: name as ServiceName,
      namespace: service.namespace,
      types,
      operations,
    });
  }
  return contracts;
}

/** The contracts as generated from the published ones; see `generate.ts`. */
export function loadContracts(): ReadonlyMap<string, ServiceContract> {
  const path = new URL("../fixtures/contract.json", import.meta.url);
  return parseContracts(JSON.parse(readFileSync(path, "utf8")) as ContractTable);
}

/** All fields of a type, those of its base first. */
export function allFields(service: ServiceContract, shape: Shape): readonly Field[] {
  if (shape.base === undefined) return shape.fields;
  return [...allFields(service, typeOf(service, shape.base)), ...shape.fields];
}

/** The named type; a name the contract lacks is a bug of ours. */
export function typeOf(service: ServiceContract, name: string): Shape {
  const shape = service.types.get(name);
  if (shape === undefined) throw new Error(`${service.name} has no type ${name}`);
  return shape;
}
