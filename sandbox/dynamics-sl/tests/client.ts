import { XMLParser } from "fast-xml-parser";
import {
  allFields,
  type Field,
  loadContracts,
  type ServiceContract,
  typeOf,
} from "../contract/contract.ts";
import type { Credentials } from "../site.ts";
import { escapeXml } from "../soap/answer.ts";

/** A value to send: structs and lists follow the contract's types. */
export type Sent = string | number | boolean | SentStruct | readonly SentStruct[];
/** A struct to send; absent required elements are sent empty. */
export type SentStruct = Readonly<{ [name: string]: Sent | undefined }>;

/** An answer as a tree of texts; repeated elements are lists. */
export type Answer = Readonly<{ [name: string]: AnswerValue }>;
/** What stands in an element of an answer. */
export type AnswerValue = string | Answer | readonly Answer[];

const contracts = loadContracts();
/** Elements that repeat: those of an ArrayOf… result, of a screen's lines, of a DataSet. */
const LISTS = new RegExp(
  [
    "myARTran\\.ARTran$",
    "myGLTran\\.GLTran$",
    "NewDataSet\\.Table$",
    "orderItems\\.orderItem$",
    "taxes\\.SOTax$",
    "mySOShip(Line|Misc|Tax|Payments)\\.SOShip(Line|Misc|Tax|Payments)$",
    "Result\\.(orderItem|SOHeader|SOLine|SOShip\\w+|SOType|Site|WhseLocObject|Inventory)$",
    "getTermsByIDResult\\.Terms$",
    "Result\\.(Batch|ARDoc|ARTran|GLTran|CustomerV2|AcctXref|vs_qvcatalog|AR_Balances)$",
  ].join("|"),
);

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  htmlEntities: true,
  isArray: (_name, path) => typeof path === "string" && LISTS.test(path),
});

/** A status and body as they came over the wire. */
export type Raw = Readonly<{ status: number; body: string }>;

/** A SOAP client for tests: writes by the contract, reads whatever comes. */
export class SlClient {
  readonly url: string;
  readonly credentials: Credentials;

  constructor(url: string, credentials: Credentials) {
    this.url = url;
    this.credentials = credentials;
  }

  /** The result element of a call; a fault is thrown as an Error with its text. */
  async call(service: string, operation: string, args: SentStruct = {}): Promise<AnswerValue> {
    const { status, body } = await this.raw(service, operation, args);
    const tree = parser.parse(body) as { Envelope?: { Body?: Record<string, unknown> } };
    const content = tree.Envelope?.Body ?? {};
    const fault = content.Fault as { faultstring?: string } | undefined;
    if (fault !== undefined) throw new Error(fault.faultstring ?? "fault");
    if (status !== 200) throw new Error(`HTTP ${status}`);
    const response = content[`${operation}Response`];
    if (typeof response !== "object" || response === null) return {};
    return (response as Record<string, AnswerValue>)[`${operation}Result`] ?? {};
  }

  /** As `call`, for results that are a struct. */
  async struct(service: string, operation: string, args: SentStruct = {}): Promise<Answer> {
    return (await this.call(service, operation, args)) as Answer;
  }

  /** As `call`, for results that are an ArrayOf… */
  async list(
    service: string,
    operation: string,
    args: SentStruct = {},
  ): Promise<readonly Answer[]> {
    const result = await this.call(service, operation, args);
    if (typeof result === "string") return [];
    const found = Object.values(result).find((value) => Array.isArray(value));
    return (found ?? []) as readonly Answer[];
  }

  /** The rows of a Quick Query view. */
  async view(
    name: string,
    filters: readonly (readonly [string, string, string])[] = [],
  ): Promise<readonly Cells[]> {
    const screen = await this.struct("quickQuery", "getScreen", {
      queryViewName: name,
      filters: {
        queryFilter: filters.map(([column, comparisonType, value]) => ({
          name: column,
          value,
          comparisonType,
        })),
      },
    });
    if (screen.errorMessage !== "") throw new Error(String(screen.errorMessage));
    return rowsIn(screen.myQueryResults);
  }

  /** The rows of a result that is an untyped DataSet. */
  async table(
    service: string,
    operation: string,
    args: SentStruct = {},
  ): Promise<readonly Cells[]> {
    return rowsIn(await this.call(service, operation, args));
  }

  async raw(service: string, operation: string, args: SentStruct = {}): Promise<Raw> {
    const contract = contracts.get(service);
    if (contract === undefined) throw new Error(`no service ${service}`);
    return this.post(contract, operation, envelope(contract, operation, args, this.header()));
  }

  header(): string {
    const { siteId, siteKey, companyId } = this.credentials;
    return `<siteID>${siteId}</siteID><siteKey>${siteKey}</siteKey><cpnyID>${companyId}</cpnyID>`;
  }

  async post(contract: ServiceContract, operation: string, xml: string): Promise<Raw> {
    const { user, password } = this.credentials;
    const response = await fetch(`${this.url}/services/ctDynamicsSL/${contract.name}.asmx`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
        "content-type": "text/xml; charset=utf-8",
        soapaction: `"${contract.namespace}/${operation}"`,
      },
      body: xml,
    });
    return { status: response.status, body: await response.text() };
  }

  /** An admin route of the sandbox. */
  async admin<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const base = this.url.replace(/\/ctDynamicsSL$/, "/_sandbox");
    const response = await fetch(base + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    return JSON.parse(text) as T;
  }

  /** Raw rows of a table; `where` filters by column. */
  async rows(
    table: string,
    where: Readonly<Record<string, string>> = {},
  ): Promise<readonly Readonly<Record<string, string | number>>[]> {
    return this.admin("GET", `/rows?${new URLSearchParams({ table, ...where })}`);
  }
}

/** A row of a DataSet: texts by column. */
export type Cells = Readonly<Record<string, string>>;

/** The rows of a DataSet in an answer. */
export function rowsIn(set: AnswerValue | undefined): readonly Cells[] {
  const results = set as { diffgram?: { NewDataSet?: { Table?: readonly Cells[] } } } | undefined;
  return results?.diffgram?.NewDataSet?.Table ?? [];
}

/** A DataSet to send: a schema without columns and the rows in a diffgram, as .NET writes it. */
function dataSet(name: string, rows: readonly SentStruct[]): string {
  const tables = rows.map((row, index) => {
    const cells = Object.entries(row).map(
      ([column, value]) => `<${column}>${escapeXml(String(value))}</${column}>`,
    );
    const marks = `diffgr:id="Table${index + 1}" msdata:rowOrder="${index}"`;
    return `<Table ${marks}>${cells.join("")}</Table>`;
  });
  return (
    `<${name}><xs:schema id="NewDataSet" xmlns="" xmlns:xs="http://www.w3.org/2001/XMLSchema" />` +
    '<diffgr:diffgram xmlns:msdata="urn:schemas-microsoft-com:xml-msdata" ' +
    'xmlns:diffgr="urn:schemas-microsoft-com:xml-diffgram-v1">' +
    `<NewDataSet xmlns="">${tables.join("")}</NewDataSet></diffgr:diffgram></${name}>`
  );
}

/** The envelope of a call with the given header content. */
export function envelope(
  contract: ServiceContract,
  operation: string,
  args: SentStruct,
  header: string,
): string {
  const fields = contract.operations.get(operation)?.input.fields ?? [];
  const content = fields.map((field) => element(contract, field, args[field.name])).join("");
  const ns = contract.namespace;
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">' +
    `<soap:Header><ctDynamicsSLHeader xmlns="${ns}">${header}</ctDynamicsSLHeader></soap:Header>` +
    `<soap:Body><${operation} xmlns="${ns}">${content}</${operation}></soap:Body></soap:Envelope>`
  );
}

const EMPTY: Readonly<Record<string, string>> = {
  boolean: "false",
  dateTime: "1900-01-01T00:00:00",
};

/** Required elements that are not given are sent empty, as a client with value types does. */
function element(contract: ServiceContract, field: Field, value: Sent | undefined): string {
  if (value === undefined) {
    if (!field.isRequired) return "";
    return `<${field.name}>${EMPTY[field.type] ?? "0"}</${field.name}>`;
  }
  if (Array.isArray(value)) {
    if (field.type === "dataset") return dataSet(field.name, value as readonly SentStruct[]);
    return (value as readonly SentStruct[])
      .map((one) => complex(contract, field.name, field.type, one))
      .join("");
  }
  if (typeof value === "object") {
    return complex(contract, field.name, field.type, value as SentStruct);
  }
  return `<${field.name}>${escapeXml(String(value))}</${field.name}>`;
}

function complex(
  contract: ServiceContract,
  name: string,
  type: string,
  struct: SentStruct,
): string {
  const fields = allFields(contract, typeOf(contract, type));
  const content = fields.map((field) => element(contract, field, struct[field.name])).join("");
  return `<${name}>${content}</${name}>`;
}
