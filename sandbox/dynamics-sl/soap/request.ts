import { allFields, type Field, type ServiceContract, typeOf } from "../contract/contract.ts";
import { SoapFault } from "./fault.ts";
import { parseXml, type XmlNode } from "./xml.ts";

/** A value of a request after typing by the contract; an absent element is an absent key. */
export type Value = string | number | boolean | Struct | readonly Struct[];
/** A struct of a request by element name. */
export type Struct = Readonly<{ [name: string]: Value }>;

/** The SOAP version of a call, which its answer has too. */
export type SoapVersion = "1.1" | "1.2";

/** A call as it came in: which operation, its SOAP header and its arguments. */
export type SoapRequest = Readonly<{
  version: SoapVersion;
  operation: string;
  header: Readonly<Record<string, string>>;
  args: Struct;
}>;

const ENVELOPES: Readonly<Record<string, SoapVersion>> = {
  "http://schemas.xmlsoap.org/soap/envelope/": "1.1",
  "http://www.w3.org/2003/05/soap-envelope": "1.2",
};

/**
 * Reads a SOAP envelope and types its arguments by the contract.
 *
 * With `isStrict`, elements that the contract does not know, out of its order, or missing although
 * `minOccurs` is 1 are faults. A real server drops them without a word; here such a client shall
 * notice. @throws SoapFault of side Client
 */
export function readRequest(service: ServiceContract, xml: string, isStrict: boolean): SoapRequest {
  const [envelopeName, envelope] = rootOf(xml);
  const prefixes = namespaces(envelope, {});
  const version = ENVELOPES[prefixes[prefixOf(envelopeName)] ?? ""];
  if (localName(envelopeName) !== "Envelope" || version === undefined) {
    throw new SoapFault("Client", "the root element is no SOAP envelope");
  }
  const body = child(envelope, "Body");
  if (body === undefined) throw new SoapFault("Client", "the envelope has no Body");
  const bodyPrefixes = namespaces(body, prefixes);
  const called = Object.keys(body).find((key) => !key.startsWith("@") && key !== "#text");
  if (called === undefined) throw new SoapFault("Client", "the Body is empty");
  const content = asNode(body[called]);
  const namespace = namespaces(content, bodyPrefixes)[prefixOf(called)] ?? "";
  const operation = service.operations.get(localName(called));
  if (operation === undefined || namespace !== service.namespace) {
    throw new SoapFault(
      "Client",
      `Server did not recognize the request element {${namespace}}${localName(called)}`,
    );
  }
  const reader = new Reader(service, isStrict);
  return {
    version,
    operation: operation.name,
    header: readHeader(envelope),
    args: reader.struct(operation.input.fields, content, operation.name),
  };
}

function rootOf(xml: string): readonly [string, XmlNode] {
  let parsed: XmlNode;
  try {
    parsed = parseXml(xml);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SoapFault("Client", `There is an error in the XML document: ${reason}`, 400);
  }
  const name = Object.keys(parsed).find((key) => !key.startsWith("?") && key !== "#text");
  if (name === undefined) throw new SoapFault("Client", "the request body is no XML", 400);
  return [name, asNode(parsed[name])];
}

function readHeader(envelope: XmlNode): Record<string, string> {
  const fields = child(child(envelope, "Header") ?? {}, "ctDynamicsSLHeader") ?? {};
  const header: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === "string" && !key.startsWith("@")) header[localName(key)] = value.trim();
  }
  return header;
}

function asNode(value: unknown): XmlNode {
  return typeof value === "object" && value !== null ? (value as XmlNode) : {};
}

function child(parent: XmlNode, name: string): XmlNode | undefined {
  const key = Object.keys(parent).find((candidate) => localName(candidate) === name);
  return key === undefined ? undefined : asNode(parent[key]);
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function prefixOf(name: string): string {
  const colon = name.indexOf(":");
  return colon === -1 ? "" : name.slice(0, colon);
}

/** The prefixes in force inside `of`, the empty one being the default namespace. */
function namespaces(of: XmlNode, outer: Readonly<Record<string, string>>): Record<string, string> {
  const inForce = { ...outer };
  for (const [key, value] of Object.entries(of)) {
    if (typeof value !== "string") continue;
    if (key === "@xmlns") inForce[""] = value;
    if (key.startsWith("@xmlns:")) inForce[key.slice("@xmlns:".length)] = value;
  }
  return inForce;
}

function isNil(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const node = value as XmlNode;
  // Attributes come before all children: a row of a hundred columns is not looked through.
  for (const key in node) {
    if (!key.startsWith("@")) return false;
    if (localName(key) === "nil" && node[key] === "true") return true;
  }
  return false;
}

class Reader {
  readonly #service: ServiceContract;
  readonly #isStrict: boolean;
  readonly #positions = new WeakMap<readonly Field[], ReadonlyMap<string, number>>();

  constructor(service: ServiceContract, isStrict: boolean) {
    this.#service = service;
    this.#isStrict = isStrict;
  }

  struct(fields: readonly Field[], node: XmlNode, path: string): Struct {
    const positions = this.#positionsOf(fields);
    const result: Record<string, Value> = {};
    let last = -1;
    for (const key in node) {
      if (key.startsWith("@") || key === "#text") continue;
      const raw = node[key];
      const name = localName(key);
      const position = positions.get(name);
      const field = position === undefined ? undefined : fields[position];
      if (position === undefined || field === undefined) {
        if (this.#isStrict) throw new SoapFault("Client", `${path} has no element ${name}`);
        continue;
      }
      if (this.#isStrict && position < last) {
        throw new SoapFault("Client", `${path}: element ${name} is out of the contract's order`);
      }
      last = position;
      const value = this.#value(field, raw, `${path}.${name}`);
      if (value !== undefined) result[name] = value;
    }
    if (this.#isStrict) this.#requireAll(fields, result, path);
    return result;
  }

  #requireAll(fields: readonly Field[], result: Struct, path: string): void {
    for (const field of fields) {
      if (field.isRequired && result[field.name] === undefined) {
        throw new SoapFault("Client", `${path}.${field.name} is missing (minOccurs 1)`);
      }
    }
  }

  #positionsOf(fields: readonly Field[]): ReadonlyMap<string, number> {
    const known = this.#positions.get(fields);
    if (known !== undefined) return known;
    const made = new Map(fields.map((field, index) => [field.name, index]));
    this.#positions.set(fields, made);
    return made;
  }

  #value(field: Field, raw: unknown, path: string): Value | undefined {
    if (field.isMany) {
      const all: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
      return all.filter((one) => !isNil(one)).map((one) => this.#complex(field.type, one, path));
    }
    if (Array.isArray(raw)) throw new SoapFault("Client", `${path} occurs more than once`);
    if (isNil(raw)) return undefined;
    if (field.type === "dataset") return dataSetRows(raw, path);
    if (!field.isSimple) return this.#complex(field.type, raw, path);
    return simpleValue(field, textOf(raw, path), path);
  }

  #complex(type: string, raw: unknown, path: string): Struct {
    const shape = typeOf(this.#service, type);
    return this.struct(
      shape.base === undefined ? shape.fields : allFields(this.#service, shape),
      asNode(raw),
      path,
    );
  }
}

/**
 * The rows of a .NET DataSet: whatever its diffgram's set holds, in order. The schema beside it is
 * not asked, so every value stays text.
 */
function dataSetRows(raw: unknown, path: string): readonly Struct[] {
  const diffgram = child(asNode(raw), "diffgram");
  const isFilled = Object.keys(asNode(raw)).some((key) => !key.startsWith("@") && key !== "#text");
  if (isFilled && diffgram === undefined) {
    throw new SoapFault("Client", `${path}: a DataSet is a schema followed by a diffgram`);
  }
  const sets = Object.entries(diffgram ?? {}).filter(
    ([key]) => !key.startsWith("@") && !["#text", "before", "errors"].includes(localName(key)),
  );
  return sets.flatMap(([, set]) =>
    Object.entries(asNode(set))
      .filter(([key]) => !key.startsWith("@") && key !== "#text")
      .flatMap(([, rows]) => (Array.isArray(rows) ? (rows as readonly unknown[]) : [rows]))
      .map(dataSetRow),
  );
}

function dataSetRow(raw: unknown): Struct {
  const cells = Object.entries(asNode(raw)).filter(
    ([key, cell]) => !key.startsWith("@") && key !== "#text" && !Array.isArray(cell),
  );
  return Object.fromEntries(cells.map(([key, cell]) => [localName(key), textOf(cell, key)]));
}

function textOf(raw: unknown, path: string): string {
  if (typeof raw === "string") return raw;
  const text = asNode(raw)["#text"];
  if (text === undefined) return "";
  if (typeof text !== "string") throw new SoapFault("Client", `${path} has no text`);
  return text;
}

function simpleValue(field: Field, text: string, path: string): string | number | boolean {
  const bad = (): SoapFault =>
    new SoapFault("Client", `There is an error in the XML document: ${path} = "${text}"`);
  const trimmed = text.trim();
  switch (field.type) {
    case "string":
      return text;
    case "boolean":
      if (!/^(true|false|1|0)$/.test(trimmed)) throw bad();
      return trimmed === "true" || trimmed === "1";
    case "dateTime":
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(trimmed)) throw bad();
      return trimmed.slice(0, 19);
    default: {
      const number = Number(trimmed);
      if (trimmed === "" || !Number.isFinite(number)) throw bad();
      if (field.type !== "double" && !Number.isInteger(number)) throw bad();
      return number;
    }
  }
}
