import { XMLParser } from "fast-xml-parser";
import { type Field, formatField } from "./contract.ts";

type Node = Readonly<Record<string, unknown>>;

/** What a WSDL says of one service, in the tokens of `contract.json`. */
export type ReadService = Readonly<{
  namespace: string;
  /** Type name → tokens. */
  types: ReadonlyMap<string, string>;
  operations: ReadonlyMap<string, ReadOperation>;
}>;
/** An operation with the tokens of its request and answer elements. */
export type ReadOperation = Readonly<{
  input: string;
  output: string;
  hasHeader: boolean;
  soapAction: string;
}>;

const LISTS = new Set(["element", "operation", "complexType", "message", "part"]);

function nodes(parent: unknown, name: string): readonly Node[] {
  if (typeof parent !== "object" || parent === null) return [];
  const found = (parent as Node)[name];
  if (found === undefined) return [];
  return (Array.isArray(found) ? found : [found]) as readonly Node[];
}

function node(parent: unknown, name: string): Node | undefined {
  return nodes(parent, name)[0];
}

function attribute(of: Node, name: string): string | undefined {
  const value = of[`@${name}`];
  return typeof value === "string" ? value : undefined;
}

function readField(element: Node): Omit<Field, "isSimple"> {
  const type = attribute(element, "type");
  return {
    name: attribute(element, "name") ?? "",
    // An anonymous type is in every published contract an untyped DataSet (schema and any).
    type: type === undefined ? "dataset" : type.replace(/^\w+:/, ""),
    isRequired: attribute(element, "minOccurs") === "1",
    isNillable: attribute(element, "nillable") === "true",
    isMany: attribute(element, "maxOccurs") !== "1",
  };
}

function readShape(complexType: Node | undefined): string {
  if (complexType === undefined) return "";
  const extension = node(node(complexType, "complexContent"), "extension");
  const sequence = node(extension ?? complexType, "sequence");
  const fields = nodes(sequence, "element").map((element) => formatField(readField(element)));
  const base = extension === undefined ? undefined : attribute(extension, "base");
  return [...(base === undefined ? [] : [`^${base.replace(/^\w+:/, "")}`]), ...fields].join(" ");
}

/** Reads a WSDL as ASP.NET writes it: document/literal, one schema, SOAP 1.1 binding first. */
export function readWsdl(xml: string): ReadService {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    removeNSPrefix: true,
    isArray: (name) => LISTS.has(name),
  });
  const definitions = node(parser.parse(xml) as Node, "definitions");
  const schema = node(node(definitions, "types"), "schema");
  if (definitions === undefined || schema === undefined) throw new Error("not a WSDL");
  const elements = new Map(
    nodes(schema, "element").map((element) => [attribute(element, "name") ?? "", element]),
  );
  const types = new Map(
    nodes(schema, "complexType").map((type) => [attribute(type, "name") ?? "", readShape(type)]),
  );
  const messages = new Map(
    nodes(definitions, "message").map((message) => [
      attribute(message, "name") ?? "",
      (attribute(node(message, "part") ?? {}, "element") ?? "").replace(/^\w+:/, ""),
    ]),
  );
  const shapeOfMessage = (direction: Node | undefined): string => {
    const message = attribute(direction ?? {}, "message")?.replace(/^\w+:/, "") ?? "";
    return readShape(node(elements.get(messages.get(message) ?? ""), "complexType"));
  };
  const binding = nodes(definitions, "binding")[0];
  const bound = new Map(
    nodes(binding, "operation").map((operation) => [attribute(operation, "name"), operation]),
  );
  const operations = new Map<string, ReadOperation>();
  for (const operation of nodes(node(definitions, "portType"), "operation")) {
    const name = attribute(operation, "name") ?? "";
    const inBinding = bound.get(name);
    operations.set(name, {
      input: shapeOfMessage(node(operation, "input")),
      output: shapeOfMessage(node(operation, "output")),
      hasHeader: node(node(inBinding, "input"), "header") !== undefined,
      soapAction:
        nodes(inBinding, "operation")
          .map((soap) => attribute(soap, "soapAction"))
          .find((action) => action !== undefined) ?? "",
    });
  }
  return { namespace: attribute(schema, "targetNamespace") ?? "", types, operations };
}
