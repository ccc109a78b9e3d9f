import { HubError } from "../../base/errors.ts";
import { renderDataSet } from "./data-set.ts";
import { isText, type ServiceContract, type WireElement, type WireOperation } from "./wsdl.ts";
import { childOf, escapeXml, parseXml, XmlError, type XmlNode } from "./xml.ts";

/**
 * A value on the wire: text in its lexical form, a row, or rows. An `ArrayOf…` wrapper of the
 * contract is a plain array here; an absent key is an element that is not there.
 */
export type WireValue = string | WireRow | readonly WireRow[];
export type WireRow = Readonly<{ [name: string]: WireValue | undefined }>;

/** What came back when it is SOAP: the operation's result, or a fault. */
export type SoapAnswer =
  | Readonly<{ kind: "result"; value: WireValue | undefined }>
  | Readonly<{ kind: "fault"; code: string; text: string }>;

/** What an element must carry that the contract demands and nobody has a value for. */
const EMPTY_VALUES: Readonly<Record<string, string>> = {
  "xs:dateTime": "1900-01-01T00:00:00",
  "xs:boolean": "false",
  "xs:string": "",
};
const EMPTY_NUMBER = "0";

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";

export type RequestParts = Readonly<{
  contract: ServiceContract;
  operation: WireOperation;
  args: WireRow;
  /** Fields of `ctDynamicsSLHeader`. */
  header: WireRow;
}>;

/**
 * The request envelope: elements in the contract's order whatever the order of `args`, required
 * ones without a value with SL's empty value.
 *
 * @throws HubError `erp.contract` when the contract has no such element
 */
export function renderRequest(parts: RequestParts): Readonly<{ envelope: string; body: string }> {
  const { contract, operation, args, header } = parts;
  const content = renderRow(contract, operation.input, args, operation.name);
  const { name } = operation;
  const body = `<${name} xmlns="${escapeXml(contract.namespace)}">${content}</${name}>`;
  const headerXml = operation.needsHeader ? renderHeader(contract, header) : "";
  const envelope =
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<soap:Envelope xmlns:soap="${SOAP}">${headerXml}` +
    `<soap:Body>${body}</soap:Body></soap:Envelope>`;
  return { envelope, body };
}

/**
 * Reads an answer to `operation`. Gives undefined for whatever is not such an answer: HTML, an
 * answer that was cut off, another operation's.
 */
export function readAnswer(
  contract: ServiceContract,
  operation: WireOperation,
  text: string,
): SoapAnswer | undefined {
  const root = parsed(text);
  const body = root?.name === "Envelope" ? childOf(root, "Body") : undefined;
  const fault = childOf(body, "Fault");
  if (fault !== undefined) return { kind: "fault", ...faultOf(fault) };
  const response = childOf(body, `${operation.name}Response`);
  if (response === undefined) return undefined;
  const [result] = operation.output;
  const node = result === undefined ? undefined : childOf(response, result.name);
  if (result === undefined || node === undefined) return { kind: "result", value: undefined };
  return { kind: "result", value: readValue(contract, result, node) };
}

/** A row of the answer, or undefined where there is none. */
export function asRow(value: WireValue | undefined): WireRow | undefined {
  return typeof value === "object" && !isRows(value) ? value : undefined;
}

/** The rows of a list in an answer; none where it is absent. */
export function asRows(value: WireValue | undefined): readonly WireRow[] {
  return typeof value === "object" && isRows(value) ? value : [];
}

function isRows(value: WireRow | readonly WireRow[]): value is readonly WireRow[] {
  return Array.isArray(value);
}

function renderHeader(contract: ServiceContract, header: WireRow): string {
  const known = Object.fromEntries(
    contract.header.map(({ name }) => [name, header[name]] as const),
  );
  const fields = renderRow(contract, contract.header, known, "ctDynamicsSLHeader");
  return (
    "<soap:Header>" +
    `<ctDynamicsSLHeader xmlns="${escapeXml(contract.namespace)}">${fields}</ctDynamicsSLHeader>` +
    "</soap:Header>"
  );
}

function renderRow(
  contract: ServiceContract,
  elements: readonly WireElement[],
  row: WireRow,
  path: string,
): string {
  let xml = "";
  let used = 0;
  for (const element of elements) {
    const value = row[element.name];
    if (value !== undefined) used += 1;
    xml += renderElement(contract, element, value, path);
  }
  const given = Object.keys(row).filter((name) => row[name] !== undefined);
  if (given.length !== used) {
    const known = new Set(elements.map((element) => element.name));
    const strange = given.filter((name) => !known.has(name)).join(", ");
    throw new HubError("erp.contract", `${contract.service}: ${path} has no element ${strange}`);
  }
  return xml;
}

function renderElement(
  contract: ServiceContract,
  element: WireElement,
  value: WireValue | undefined,
  path: string,
): string {
  const { name, type, isRequired } = element;
  if (isText(element)) {
    if (value === undefined && !isRequired) return "";
    const text = value ?? EMPTY_VALUES[type] ?? EMPTY_NUMBER;
    if (typeof text !== "string") throw notLike(contract, `${path}.${name}`);
    return `<${name}>${escapeXml(text)}</${name}>`;
  }
  if (value === undefined) return "";
  if (typeof value === "string") throw notLike(contract, `${path}.${name}`);
  if (type === "xs:any" && isRows(value)) return wrap(name, renderDataSet(value));
  const elements = typeElements(contract, type);
  if (!isRows(value)) return wrap(name, renderRow(contract, elements, value, type));
  const inner = element.isMany ? element : elements[0];
  if (inner === undefined || !inner.isMany) throw notLike(contract, `${path}.${name}`);
  const rowElements = typeElements(contract, inner.type);
  const rows = value.map((row) =>
    wrap(inner.name, renderRow(contract, rowElements, row, inner.type)),
  );
  return element.isMany ? rows.join("") : wrap(name, rows.join(""));
}

function readValue(
  contract: ServiceContract,
  element: WireElement,
  node: XmlNode,
): WireValue | undefined {
  if (node.attributes.nil === "true") return undefined;
  if (element.type === "xs:any") return dataSetRows(node);
  if (isText(element)) return node.text;
  const elements = typeElements(contract, element.type);
  const [only, second] = elements;
  if (only?.isMany === true && second === undefined) {
    return node.children
      .filter((child) => child.name === only.name && child.attributes.nil !== "true")
      .map((child) => readRow(contract, only.type, child));
  }
  return readRow(contract, element.type, node);
}

function readRow(contract: ServiceContract, type: string, node: XmlNode): WireRow {
  const byName = contract.types.get(type) ?? [];
  const elements = elementMap(byName);
  const row: Record<string, WireValue | undefined> = {};
  for (const child of node.children) {
    const element = elements.get(child.name);
    if (element !== undefined) row[child.name] = readValue(contract, element, child);
  }
  return row;
}

const maps = new WeakMap<readonly WireElement[], ReadonlyMap<string, WireElement>>();

function elementMap(elements: readonly WireElement[]): ReadonlyMap<string, WireElement> {
  const known = maps.get(elements);
  if (known !== undefined) return known;
  const made = new Map(elements.map((element) => [element.name, element]));
  maps.set(elements, made);
  return made;
}

/** The rows of an untyped .NET DataSet: a diffgram around tables of cells. */
function dataSetRows(node: XmlNode): readonly WireRow[] {
  const content = childOf(node, "diffgram")?.children[0];
  return (content?.children ?? []).map((row) => {
    const cells: Record<string, string> = {};
    for (const { name, text } of row.children) cells[columnName(name)] = text;
    return cells;
  });
}

/** .NET writes a column `Class ID` as the element `Class_x0020_ID`. */
function columnName(name: string): string {
  if (!name.includes("_x")) return name;
  return name.replace(/_x([0-9A-Fa-f]{4})_/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** SOAP 1.1 names its parts `faultcode` and `faultstring`, SOAP 1.2 `Code` and `Reason`. */
function faultOf(fault: XmlNode): Readonly<{ code: string; text: string }> {
  const code = childOf(fault, "faultcode") ?? childOf(childOf(fault, "Code"), "Value");
  const text = childOf(fault, "faultstring") ?? childOf(childOf(fault, "Reason"), "Text");
  return { code: code?.text.trim() ?? "", text: text?.text.trim() ?? "" };
}

function parsed(text: string): XmlNode | undefined {
  try {
    return parseXml(text);
  } catch (cause) {
    if (cause instanceof XmlError) return undefined;
    throw cause;
  }
}

function typeElements(contract: ServiceContract, type: string): readonly WireElement[] {
  const elements = contract.types.get(type);
  if (elements === undefined) {
    throw new HubError("erp.contract", `${contract.service} has no type ${type}`);
  }
  return elements;
}

function notLike(contract: ServiceContract, path: string): HubError {
  return new HubError("erp.contract", `${contract.service}: ${path} has another type there`);
}

function wrap(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
