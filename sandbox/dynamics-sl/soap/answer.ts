import { allFields, type Field, type ServiceContract, typeOf } from "../contract/contract.ts";
import { EMPTY_DATE } from "../tables/columns.ts";
import type { SoapVersion } from "./request.ts";

/** What a handler gives back for an element; an absent key leaves the element out. */
export type Reply = string | number | boolean | ReplyStruct | readonly ReplyStruct[] | DataSet;
/** A struct of an answer; elements leave in the contract's order. */
export type ReplyStruct = Readonly<{ [name: string]: Reply | undefined }>;

/** The XSD types of DataSet cells. */
export type CellType = "string" | "double" | "int" | "dateTime";

/** An untyped .NET DataSet with one table; `columns` name and type its cells. */
export class DataSet {
  readonly columns: readonly Readonly<{ name: string; type: CellType }>[];
  readonly rows: readonly Readonly<Record<string, string | number>>[];

  constructor(columns: DataSet["columns"], rows: DataSet["rows"]) {
    this.columns = columns;
    this.rows = rows;
  }
}

const ENVELOPE_NS: Readonly<Record<SoapVersion, string>> = {
  "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
  "1.2": "http://www.w3.org/2003/05/soap-envelope",
};

const XML_MARKS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const TO_ESCAPE = /[&<>"\p{Cc}]/u;

/** Characters XML 1.0 cannot hold are dropped; the marks are escaped. */
export function escapeXml(text: string): string {
  // Nearly all columns have none; to ask first takes a quarter of what a replacement does.
  if (!TO_ESCAPE.test(text)) return text;
  return text.replace(/[&<>"\p{Cc}]/gu, (character) => {
    const isControl = character < " " && !"\t\n\r".includes(character);
    return isControl ? "" : (XML_MARKS[character] ?? character);
  });
}

function envelope(version: SoapVersion, body: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<soap:Envelope xmlns:soap="${ENVELOPE_NS[version]}" ` +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
    `xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}

/** The envelope of a fault. */
export function renderFault(version: SoapVersion, side: "Client" | "Server", text: string): string {
  const message = escapeXml(text);
  if (version === "1.1") {
    return envelope(
      version,
      `<soap:Fault><faultcode>soap:${side}</faultcode><faultstring>${message}</faultstring>` +
        "<detail /></soap:Fault>",
    );
  }
  const code = side === "Client" ? "Sender" : "Receiver";
  return envelope(
    version,
    `<soap:Fault><soap:Code><soap:Value>soap:${code}</soap:Value></soap:Code><soap:Reason>` +
      `<soap:Text xml:lang="en">${message}</soap:Text></soap:Reason></soap:Fault>`,
  );
}

/** Turns replies of one service into XML, by the order and types of its contract. */
export class AnswerWriter {
  readonly #service: ServiceContract;
  readonly #fields = new Map<string, readonly Field[]>();
  readonly #formatDouble: (value: number) => string;

  constructor(service: ServiceContract, formatDouble: (value: number) => string) {
    this.#service = service;
    this.#formatDouble = formatDouble;
  }

  /** The answer envelope of `operation` whose output element holds `reply`. */
  render(version: SoapVersion, operation: string, reply: Reply | undefined): string {
    const shape = this.#service.operations.get(operation)?.output;
    const field = shape?.fields[0];
    const content = field === undefined || reply === undefined ? "" : this.#element(field, reply);
    const name = `${operation}Response`;
    return envelope(version, `<${name} xmlns="${this.#service.namespace}">${content}</${name}>`);
  }

  #fieldsOf(type: string): readonly Field[] {
    const known = this.#fields.get(type);
    if (known !== undefined) return known;
    const fields = allFields(this.#service, typeOf(this.#service, type));
    this.#fields.set(type, fields);
    return fields;
  }

  #element(field: Field, value: Reply): string {
    const { name } = field;
    if (value instanceof DataSet) return renderDataSet(name, value, this.#formatDouble);
    if (Array.isArray(value)) {
      // An ArrayOf… type has one repeated element; its struct is the list itself.
      const inner = field.isMany ? undefined : this.#fieldsOf(field.type)[0];
      const repeated = inner ?? field;
      const parts = (value as readonly ReplyStruct[])
        .map((one) => this.#complex(repeated.name, repeated.type, one))
        .join("");
      return inner === undefined ? parts : `<${name}>${parts}</${name}>`;
    }
    if (typeof value === "object") return this.#complex(name, field.type, value as ReplyStruct);
    return `<${name}>${this.#simple(field, value)}</${name}>`;
  }

  #complex(name: string, type: string, struct: ReplyStruct): string {
    let xml = `<${name}>`;
    for (const field of this.#fieldsOf(type)) {
      const value = struct[field.name];
      if (value !== undefined) xml += this.#element(field, value);
      else if (field.isRequired && field.isSimple) xml += emptyElement(field);
    }
    return `${xml}</${name}>`;
  }

  #simple(field: Field, value: string | number | boolean): string {
    if (typeof value === "string") return escapeXml(value);
    if (field.type === "boolean") return value ? "true" : "false";
    if (typeof value === "boolean") return value ? "1" : "0";
    return field.type === "double" ? this.#formatDouble(value) : String(value);
  }
}

/** A value type of .NET is never left out: an element nobody filled has its type's empty value. */
function emptyElement({ name, type }: Field): string {
  const empty: Readonly<Record<string, string>> = { boolean: "false", dateTime: EMPTY_DATE };
  return `<${name}>${empty[type] ?? "0"}</${name}>`;
}

/** The names of .NET's XmlConvert.EncodeLocalName: a blank in a column name is `_x0020_`. */
function encodeName(name: string): string {
  return name.replace(
    /[^A-Za-z0-9_.-]/g,
    (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`,
  );
}

/** An empty DataSet in .NET carries its schema and an empty diffgram. */
function renderDataSet(
  element: string,
  set: DataSet,
  formatDouble: (value: number) => string,
): string {
  const columns = set.columns.map(({ name, type }) => ({ name, type, tag: encodeName(name) }));
  const schema = columns
    .map(({ tag, type }) => `<xs:element name="${tag}" type="xs:${type}" minOccurs="0" />`)
    .join("");
  const rows = set.rows.map((row, index) => {
    const cells = columns
      .map(({ name, tag, type }) => {
        const value = row[name];
        if (value === undefined) return "";
        const cell = type === "double" ? formatDouble(Number(value)) : escapeXml(String(value));
        return `<${tag}>${cell}</${tag}>`;
      })
      .join("");
    return `<Table diffgr:id="Table${index + 1}" msdata:rowOrder="${index}">${cells}</Table>`;
  });
  const content = rows.length === 0 ? "" : `<NewDataSet xmlns="">${rows.join("")}</NewDataSet>`;
  return (
    `<${element}><xs:schema id="NewDataSet" xmlns="" xmlns:xs="http://www.w3.org/2001/XMLSchema" ` +
    'xmlns:msdata="urn:schemas-microsoft-com:xml-msdata">' +
    '<xs:element name="NewDataSet" msdata:IsDataSet="true" msdata:UseCurrentLocale="true">' +
    '<xs:complexType><xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="Table">' +
    `<xs:complexType><xs:sequence>${schema}</xs:sequence></xs:complexType></xs:element>` +
    "</xs:choice></xs:complexType></xs:element></xs:schema>" +
    '<diffgr:diffgram xmlns:msdata="urn:schemas-microsoft-com:xml-msdata" ' +
    `xmlns:diffgr="urn:schemas-microsoft-com:xml-diffgram-v1">${content}</diffgr:diffgram>` +
    `</${element}>`
  );
}
