import { describe, expect, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import { parseWsdl } from "./wsdl.ts";

/** A description as other servers write it: other prefixes, one inherited type, two bindings. */
const DESCRIPTION = `<?xml version="1.0" encoding="utf-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:own="urn:site"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" targetNamespace="urn:site">
  <types>
    <xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:site">
      <xsd:element name="save"><xsd:complexType><xsd:sequence>
        <xsd:element name="batch" type="own:Batch" minOccurs="0" />
        <xsd:element name="count" type="xsd:int" />
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:element name="saveResponse"><xsd:complexType><xsd:sequence>
        <xsd:element name="saveResult"><xsd:complexType><xsd:sequence><xsd:any/></xsd:sequence>
        </xsd:complexType></xsd:element>
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:complexType name="Row"><xsd:sequence>
        <xsd:element name="errorMessage" type="xsd:string" minOccurs="0" />
      </xsd:sequence></xsd:complexType>
      <xsd:complexType name="Batch"><xsd:complexContent><xsd:extension base="own:Row"><xsd:sequence>
        <xsd:element name="BatNbr" type="xsd:string" minOccurs="0" />
        <xsd:element name="lines" type="own:Row" minOccurs="0" maxOccurs="unbounded" />
      </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
    </xsd:schema>
  </types>
  <binding name="siteSoap"><operation name="save">
    <soap:operation soapAction="urn:site/save" />
    <input><soap:body use="literal" /><soap:header part="ctDynamicsSLHeader" /></input>
  </operation></binding>
  <binding name="siteSoap12"><operation name="save">
    <soap:operation soapAction="urn:site/save12" /><input />
  </operation></binding>
</definitions>`;

test("elements keep their order, types and counts whatever the prefixes", () => {
  const { types, operations, namespace } = parseWsdl("site", DESCRIPTION);

  expect(namespace).toBe("urn:site");
  expect(operations.get("save")?.input).toEqual([
    { name: "batch", type: "Batch", isRequired: false, isMany: false },
    { name: "count", type: "xs:int", isRequired: true, isMany: false },
  ]);
  expect(types.get("Batch")).toEqual([
    { name: "errorMessage", type: "xs:string", isRequired: false, isMany: false },
    { name: "BatNbr", type: "xs:string", isRequired: false, isMany: false },
    { name: "lines", type: "Row", isRequired: false, isMany: true },
  ]);
});

test("the binding of SOAP 1.1 gives the action and whether the header is needed", () => {
  const { operations } = parseWsdl("site", DESCRIPTION);

  expect(operations.get("save")).toMatchObject({ soapAction: "urn:site/save", needsHeader: true });
  expect(operations.get("save")?.output).toMatchObject([{ name: "saveResult", type: "xs:any" }]);
});

describe("what is no service description is a contract error", () => {
  test.each([
    ["a page", "<html><body>Not found</body></html>"],
    ["half a description", DESCRIPTION.slice(0, 900)],
    ["nothing", ""],
  ])("%s", (_what, source) => {
    expect(() => parseWsdl("site", source)).toThrow(HubError);
    expect(() => parseWsdl("site", source)).toThrow(
      expect.objectContaining({ code: "erp.contract" }),
    );
  });
});
