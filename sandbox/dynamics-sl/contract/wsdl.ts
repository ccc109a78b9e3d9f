import type { Field, Operation, ServiceContract, Shape } from "./contract.ts";

const SCHEMA_PREFIX = "s";
const BINDINGS = [
  { suffix: "Soap", prefix: "soap" },
  { suffix: "Soap12", prefix: "soap12" },
] as const;

/**
 * The WSDL of a service as this sandbox serves it, made from the compact table: the layout of
 * ASP.NET (document/literal, SOAP 1.1 and 1.2), only the served operations, `location` as address.
 */
export function renderWsdl(service: ServiceContract, location: string): string {
  const ns = service.namespace;
  const operations = [...service.operations.values()];
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<wsdl:definitions xmlns:tns="${ns}" xmlns:s="http://www.w3.org/2001/XMLSchema" ` +
      'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" ' +
      'xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" ' +
      `targetNamespace="${ns}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">`,
    "<wsdl:types>",
    `<s:schema elementFormDefault="qualified" targetNamespace="${ns}">`,
    ...operations.flatMap(({ name, input, output }) => [
      `<s:element name="${name}">${complexType(input, "")}</s:element>`,
      `<s:element name="${name}Response">${complexType(output, "")}</s:element>`,
    ]),
    ...[...service.types.values()].map((type) => complexType(type, ` name="${type.name}"`)),
    '<s:element name="ctDynamicsSLHeader" type="tns:ctDynamicsSLHeader" />',
    "</s:schema></wsdl:types>",
    ...operations.flatMap(messages),
    `<wsdl:portType name="${service.name}Soap">`,
    ...operations.map(portOperation),
    "</wsdl:portType>",
    ...BINDINGS.flatMap(({ suffix, prefix }) => [
      `<wsdl:binding name="${service.name}${suffix}" type="tns:${service.name}Soap">`,
      `<${prefix}:binding transport="http://schemas.xmlsoap.org/soap/http" />`,
      ...operations.map((operation) => boundOperation(ns, prefix, operation)),
      "</wsdl:binding>",
    ]),
    `<wsdl:service name="${service.name}">`,
    ...BINDINGS.map(
      ({ suffix, prefix }) =>
        `<wsdl:port name="${service.name}${suffix}" binding="tns:${service.name}${suffix}">` +
        `<${prefix}:address location="${location}" /></wsdl:port>`,
    ),
    "</wsdl:service>",
    "</wsdl:definitions>",
  ];
  return `${lines.join("\n")}\n`;
}

function complexType(shape: Shape, attributes: string): string {
  const fields = shape.fields.map(element).join("\n");
  const sequence = fields === "" ? "" : `<s:sequence>\n${fields}\n</s:sequence>`;
  const extra = shape.name === "ctDynamicsSLHeader" ? "<s:anyAttribute />" : "";
  if (shape.base === undefined) {
    return `<s:complexType${attributes}>${sequence}${extra}</s:complexType>`;
  }
  return (
    `<s:complexType${attributes}><s:complexContent mixed="false">` +
    `<s:extension base="tns:${shape.base}">${sequence}</s:extension>` +
    "</s:complexContent></s:complexType>"
  );
}

function element(field: Field): string {
  const occurs =
    `minOccurs="${field.isRequired ? 1 : 0}" ` +
    `maxOccurs="${field.isMany ? "unbounded" : 1}" name="${field.name}"`;
  if (field.type === "dataset") {
    return (
      `<s:element ${occurs}><s:complexType><s:sequence><s:element ref="s:schema" /><s:any />` +
      "</s:sequence></s:complexType></s:element>"
    );
  }
  const prefix = field.isSimple ? SCHEMA_PREFIX : "tns";
  const nillable = field.isNillable ? ' nillable="true"' : "";
  return `<s:element ${occurs}${nillable} type="${prefix}:${field.type}" />`;
}

function messages(operation: Operation): string[] {
  const { name } = operation;
  const part = (message: string, partName: string, type: string): string =>
    `<wsdl:message name="${message}"><wsdl:part name="${partName}" element="tns:${type}" />` +
    "</wsdl:message>";
  return [
    part(`${name}SoapIn`, "parameters", name),
    part(`${name}SoapOut`, "parameters", `${name}Response`),
    ...(operation.hasHeader
      ? [part(`${name}ctDynamicsSLHeader`, "ctDynamicsSLHeader", "ctDynamicsSLHeader")]
      : []),
  ];
}

function portOperation({ name }: Operation): string {
  return (
    `<wsdl:operation name="${name}"><wsdl:input message="tns:${name}SoapIn" />` +
    `<wsdl:output message="tns:${name}SoapOut" /></wsdl:operation>`
  );
}

function boundOperation(ns: string, prefix: string, operation: Operation): string {
  const { name } = operation;
  const header = operation.hasHeader
    ? `<${prefix}:header message="tns:${name}ctDynamicsSLHeader" ` +
      'part="ctDynamicsSLHeader" use="literal" />'
    : "";
  return (
    `<wsdl:operation name="${name}">` +
    `<${prefix}:operation soapAction="${ns}/${name}" style="document" />` +
    `<wsdl:input><${prefix}:body use="literal" />${header}</wsdl:input>` +
    `<wsdl:output><${prefix}:body use="literal" /></wsdl:output></wsdl:operation>`
  );
}
