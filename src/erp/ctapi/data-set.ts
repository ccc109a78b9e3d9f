import { escapeXml } from "./xml.ts";

const XML_SCHEMA = "http://www.w3.org/2001/XMLSchema";
const MS_DATA = "urn:schemas-microsoft-com:xml-msdata";
const DIFFGRAM = "urn:schemas-microsoft-com:xml-diffgram-v1";

/** Cells by their columns; what is no text is left out. */
type Row = Readonly<Record<string, unknown>>;

/** The type of a column by its name: SL's amounts begin with `Cury`, all else is sent as text. */
function typeOf(column: string): string {
  return column.startsWith("Cury") ? "xs:double" : "xs:string";
}

/**
 * Rows as the untyped .NET DataSet that some elements of the contracts are: one table, its schema
 * first, then its rows in a diffgram, each as one that was added.
 */
export function renderDataSet(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const fields = columns
    .map((name) => `<xs:element name="${name}" type="${typeOf(name)}" minOccurs="0"/>`)
    .join("");
  const schema =
    `<xs:schema id="NewDataSet" xmlns="" xmlns:xs="${XML_SCHEMA}" xmlns:msdata="${MS_DATA}">` +
    '<xs:element name="NewDataSet" msdata:IsDataSet="true"><xs:complexType>' +
    '<xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="Table"><xs:complexType>' +
    `<xs:sequence>${fields}</xs:sequence></xs:complexType></xs:element></xs:choice>` +
    "</xs:complexType></xs:element></xs:schema>";
  const body = rows.map((row, index) => renderRow(row, index)).join("");
  return (
    `${schema}<diffgr:diffgram xmlns:msdata="${MS_DATA}" xmlns:diffgr="${DIFFGRAM}">` +
    `<NewDataSet xmlns="">${body}</NewDataSet></diffgr:diffgram>`
  );
}

function renderRow(row: Row, index: number): string {
  const cells = Object.entries(row)
    .flatMap(([name, value]) =>
      typeof value === "string" ? [`<${name}>${escapeXml(value)}</${name}>`] : [],
    )
    .join("");
  const id = `diffgr:id="Table${index + 1}" msdata:rowOrder="${index}"`;
  return `<Table ${id} diffgr:hasChanges="inserted">${cells}</Table>`;
}
