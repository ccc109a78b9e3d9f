import { HubError } from "../../base/errors.ts";
import { childOf, parseXml, XmlError, type XmlNode } from "./xml.ts";

/** One element of a sequence, in the order in which it must be sent. */
export type WireElement = Readonly<{
  name: string;
  /** Local name in `ServiceContract.types`, or a type of XML Schema (`xs:string`), or `xs:any`. */
  type: string;
  isRequired: boolean;
  isMany: boolean;
}>;

export type WireOperation = Readonly<{
  name: string;
  soapAction: string;
  /** True where the call must carry `ctDynamicsSLHeader`. */
  needsHeader: boolean;
  input: readonly WireElement[];
  output: readonly WireElement[];
}>;

/** What one service publishes about itself. Namespaces differ by service, also by letter case. */
export type ServiceContract = Readonly<{
  service: string;
  namespace: string;
  operations: ReadonlyMap<string, WireOperation>;
  types: ReadonlyMap<string, readonly WireElement[]>;
  header: readonly WireElement[];
}>;

const SCHEMA = "xs:";
const SCHEMA_NAMESPACE = "http://www.w3.org/2001/XMLSchema";

/**
 * Reads the WSDL that a server publishes for `service` (document/literal, SOAP 1.1 binding).
 *
 * @throws HubError `erp.contract` when it is none
 */
export function parseWsdl(service: string, source: string): ServiceContract {
  const root = readRoot(service, source);
  const schema = childOf(childOf(root, "types"), "schema");
  if (root.name !== "definitions" || schema === undefined) {
    throw new HubError("erp.contract", `The answer to ${service}?WSDL is no service description`);
  }
  const declared: Declared = {
    complexTypes: new Map(
      schema.children
        .filter((child) => child.name === "complexType")
        .map((child) => [child.attributes.name ?? "", child]),
    ),
    // Attributes are kept by local name, so `xmlns:s` stands under `s`.
    isSchemaPrefix: (prefix) =>
      (schema.attributes[prefix] ?? root.attributes[prefix]) === SCHEMA_NAMESPACE,
  };
  const types = new Map(
    [...declared.complexTypes].map(([name, type]) => [name, sequenceOf(type, declared)] as const),
  );
  const messages = new Map(
    schema.children
      .filter((child) => child.name === "element")
      .map((child) => {
        const inner = childOf(child, "complexType");
        const name = child.attributes.name ?? "";
        return [name, inner === undefined ? [] : sequenceOf(inner, declared)] as const;
      }),
  );
  return {
    service,
    namespace: root.attributes.targetNamespace ?? "",
    operations: operationsOf(root, messages),
    types,
    header: types.get("ctDynamicsSLHeader") ?? [],
  };
}

/** True for types of XML Schema itself: their content is text. */
export function isText(element: WireElement): boolean {
  return element.type.startsWith(SCHEMA) && element.type !== "xs:any";
}

function readRoot(service: string, source: string): XmlNode {
  try {
    return parseXml(source);
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    throw new HubError("erp.contract", `The answer to ${service}?WSDL is no XML`, { cause });
  }
}

type Declared = Readonly<{
  complexTypes: ReadonlyMap<string, XmlNode>;
  isSchemaPrefix: (prefix: string) => boolean;
}>;

/** The elements of a type, those of the type it extends first. */
function sequenceOf(type: XmlNode, declared: Declared): readonly WireElement[] {
  const extension = childOf(childOf(type, "complexContent"), "extension");
  if (extension !== undefined) {
    const base = declared.complexTypes.get(localName(extension.attributes.base ?? ""));
    const inherited = base === undefined ? [] : sequenceOf(base, declared);
    return [...inherited, ...sequenceOf(extension, declared)];
  }
  const sequence = childOf(type, "sequence");
  if (sequence === undefined) return [];
  return sequence.children
    .filter((child) => child.name === "element")
    .map((child) => elementOf(child, declared));
}

function elementOf(element: XmlNode, declared: Declared): WireElement {
  const { name = "", type, minOccurs = "1", maxOccurs = "1" } = element.attributes;
  return {
    name,
    type: type === undefined ? "xs:any" : typeName(type, declared),
    isRequired: minOccurs !== "0",
    isMany: maxOccurs !== "1" && maxOccurs !== "0",
  };
}

function typeName(qualified: string, declared: Declared): string {
  const name = localName(qualified);
  const prefix = qualified.slice(0, Math.max(0, qualified.length - name.length - 1));
  return declared.isSchemaPrefix(prefix) ? SCHEMA + name : name;
}

function operationsOf(
  root: XmlNode,
  messages: ReadonlyMap<string, readonly WireElement[]>,
): ReadonlyMap<string, WireOperation> {
  const binding = root.children.find(
    (child) => child.name === "binding" && !(child.attributes.name ?? "").endsWith("12"),
  );
  const operations = new Map<string, WireOperation>();
  for (const bound of binding?.children ?? []) {
    const name = bound.attributes.name;
    const soap = bound.children.find((child) => child.attributes.soapAction !== undefined);
    if (bound.name !== "operation" || name === undefined || soap === undefined) continue;
    operations.set(name, {
      name,
      soapAction: soap.attributes.soapAction ?? "",
      needsHeader: childOf(childOf(bound, "input"), "header") !== undefined,
      input: messages.get(name) ?? [],
      output: messages.get(`${name}Response`) ?? [],
    });
  }
  return operations;
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(":") + 1);
}
