import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ContractLock, LockedElement, LockedService } from "../contract-lock.ts";
import { createSoapClient, type SoapClient, type SoapClientSettings } from "../soap-client.ts";

export const SCRIPTED_USER = { user: "hub", password: "pässword" } as const;

/** One POST as the scripted site received it. */
export type ReceivedCall = Readonly<{
  service: string;
  /** From the SOAPAction header. */
  operation: string;
  headers: IncomingMessage["headers"];
  body: string;
}>;

/** For tests: a site that publishes the locked contracts and answers each call as it is told. */
export type ScriptedSite = Readonly<{
  url: string;
  calls: readonly ReceivedCall[];
  /** What becomes of the next calls; the default never answers. */
  script: { answer: (call: ReceivedCall, response: ServerResponse) => void };
  /** The WSDL served for a service; undefined answers 404. */
  wsdl: { of: (service: string) => string | undefined };
  /** Closes every connection, as a restarting server does. */
  dropIdle(): void;
  close(): Promise<void>;
}>;

/** For tests: a client of the scripted site, with short limits. */
export function scriptedClient(
  url: string,
  lock: ContractLock,
  changes: Partial<SoapClientSettings> = {},
): SoapClient {
  return createSoapClient({
    ...SCRIPTED_USER,
    baseUrl: url,
    header: { siteID: "LIVE", siteKey: "k&y", cpnyID: "0060", softwareName: "Slipway" },
    socketsMax: 4,
    callTimeoutMs: 2_000,
    readTimeoutMs: 2_000,
    lock,
    ...changes,
  });
}

/** Starts a scripted site on a free port. */
export async function startScriptedSite(lock: ContractLock): Promise<ScriptedSite> {
  const calls: ReceivedCall[] = [];
  const script: ScriptedSite["script"] = { answer: () => undefined };
  const wsdl: ScriptedSite["wsdl"] = {
    of: (service) => {
      const locked = (lock as Readonly<Record<string, LockedService | undefined>>)[service];
      return locked === undefined ? undefined : renderWsdl(locked);
    },
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://site");
    const service = /\/services\/ctDynamicsSL\/(\w+)\.asmx$/.exec(url.pathname)?.[1] ?? "";
    if (request.method === "GET") {
      const text = url.search === "?WSDL" ? wsdl.of(service) : undefined;
      response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/xml" });
      response.end(text ?? "not found");
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const action = String(request.headers.soapaction ?? "").replaceAll('"', "");
      const operation = action.slice(action.lastIndexOf("/") + 1);
      const body = Buffer.concat(chunks).toString("utf8");
      const call = { service, operation, headers: request.headers, body };
      calls.push(call);
      script.answer(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/ctDynamicsSL`,
    calls,
    script,
    wsdl,
    dropIdle: () => server.closeAllConnections(),
    close: () => stop(server),
  };
}

/** Answers with the result of an operation; `result` is the XML inside its result element. */
export function answerResult(call: ReceivedCall, response: ServerResponse, result: string): void {
  const { operation } = call;
  const namespace = /<\w+ xmlns="([^"]+)">/.exec(call.body)?.[1] ?? "";
  answerXml(
    response,
    200,
    `<${operation}Response xmlns="${namespace}">` +
      `<${operation}Result>${result}</${operation}Result></${operation}Response>`,
  );
}

/** Answers with a SOAP fault, as ASP.NET does with HTTP 500. */
export function answerFault(response: ServerResponse, text: string, code = "soap:Server"): void {
  answerXml(
    response,
    500,
    `<soap:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring>` +
      "<detail/></soap:Fault>",
  );
}

function answerXml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/xml; charset=utf-8" });
  response.end(
    '<?xml version="1.0" encoding="utf-8"?>' +
      '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">' +
      `<soap:Body>${body}</soap:Body></soap:Envelope>`,
  );
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

/** A service description with exactly what the lock holds. */
export function renderWsdl(locked: LockedService): string {
  const names = Object.keys(locked.types);
  const operations = Object.entries(locked.operations);
  const all = [
    ...operations.flatMap(([, { input, output }]) => [...input, ...output]),
    ...Object.values(locked.types).flat(),
  ];
  const wrappers = [...new Set(all.map(([, type]) => type))].filter((type) =>
    type.startsWith("ArrayOf"),
  );
  const types = [
    ...Object.entries(locked.types).map(([name, elements]) => complexType(name, elements)),
    ...wrappers.map((wrapper) => {
      const inner = names.find((name) => wrapper.toLowerCase() === `arrayof${name.toLowerCase()}`);
      const name = inner ?? "anything";
      return complexType(wrapper, [[name, name, 0, 1]]);
    }),
    complexType("ctDynamicsSLHeader", [
      ["siteID", "xs:string", 0, 0],
      ["siteKey", "xs:string", 0, 0],
      ["cpnyID", "xs:string", 0, 0],
    ]),
  ];
  const messages = operations.flatMap(([name, { input, output }]) => [
    `<s:element name="${name}">${complexType("", input)}</s:element>`,
    `<s:element name="${name}Response">${complexType("", output)}</s:element>`,
  ]);
  const bound = operations.map(
    ([name, { soapAction, needsHeader }]) =>
      `<wsdl:operation name="${name}">` +
      `<soap:operation soapAction="${soapAction}" style="document"/>` +
      `<wsdl:input><soap:body use="literal"/>${needsHeader ? '<soap:header use="literal"/>' : ""}` +
      "</wsdl:input></wsdl:operation>",
  );
  return (
    '<wsdl:definitions xmlns:s="http://www.w3.org/2001/XMLSchema" ' +
    'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" ' +
    'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" ' +
    `xmlns:tns="${locked.namespace}" targetNamespace="${locked.namespace}">` +
    `<wsdl:types><s:schema>${messages.join("")}${types.join("")}</s:schema></wsdl:types>` +
    `<wsdl:binding name="Soap">${bound.join("")}</wsdl:binding></wsdl:definitions>`
  );
}

function complexType(name: string, elements: readonly LockedElement[]): string {
  const sequence = elements.map(([element, type, min, many]) => {
    const shown = type === "xs:any" ? "" : ` type="${type.replace(/^xs:/, "s:")}"`;
    const tns = shown.replace(/ type="(?!s:)/, ' type="tns:');
    const max = many === 1 ? "unbounded" : "1";
    return `<s:element name="${element}"${tns} minOccurs="${min}" maxOccurs="${max}"/>`;
  });
  const named = name === "" ? "" : ` name="${name}"`;
  return `<s:complexType${named}><s:sequence>${sequence.join("")}</s:sequence></s:complexType>`;
}
