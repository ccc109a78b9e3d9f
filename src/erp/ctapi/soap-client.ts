import { HubError, toHubError } from "../../base/errors.ts";
import { lastLook } from "../../base/last-look.ts";
import { assertContract, type ContractLock } from "./contract-lock.ts";
import type { OperationName, ServiceName } from "./contract-usage.ts";
import { readAnswer, renderRequest, type WireRow, type WireValue } from "./envelope.ts";
import { createHttpChannel, type HttpAnswer, NoAnswer } from "./http.ts";
import {
  type CallKind,
  type CallName,
  errorTextOf,
  faultError,
  isClientFault,
  noAnswerError,
  refusalError,
  strangeAnswerError,
} from "./outcome.ts";
import { masked, readable, secretForms } from "./readable.ts";
import { parseWsdl, type ServiceContract, type WireOperation } from "./wsdl.ts";

/** One finished call, for metrics and the log of attempts; `outcome` is `ok` or an error code. */
export type CallReport = Readonly<{
  service: string;
  operation: string;
  actionType: string | undefined;
  ms: number;
  outcome: string;
}>;

/**
 * Request and answer of a call that writes, as XML bodies made `readable`: the headers with their
 * keys and passwords are not in them, and where a site repeats one it is masked. Without an answer
 * it is undefined.
 */
export type ExchangeReport = Readonly<{
  service: string;
  operation: string;
  request: string;
  answer: string | undefined;
}>;

export type SoapClientSettings = Readonly<{
  /** The web application's address, such as `https://sl.example.com/ctDynamicsSL`. */
  baseUrl: string;
  user: string;
  password: string;
  /** Fields of the SOAP header by their names in the contracts. */
  header: WireRow;
  socketsMax: number;
  /** For the whole of a call that writes; the vendor's own clients wait 300 s. */
  callTimeoutMs: number;
  readTimeoutMs: number;
  lock: ContractLock;
  onCall?: (report: CallReport) => void;
  /** Told of each call that writes, before its outcome is. */
  onExchange?: (report: ExchangeReport) => void;
}>;

export type CallOptions = Readonly<{
  kind: CallKind;
  signal?: AbortSignal | undefined;
}>;

/** Calls the services of one site. */
export type SoapClient = Readonly<{
  /**
   * Calls an operation and gives its result once every error field in it is blank.
   *
   * @throws HubError as `ErpConnector` lists them
   */
  call<S extends ServiceName>(
    service: S,
    operation: OperationName<S>,
    args: WireRow,
    options: CallOptions,
  ): Promise<WireValue | undefined>;
  /** The elements of a type as the site's own contract of the service has them. */
  elementsOf(service: ServiceName, type: string): Promise<ReadonlySet<string>>;
  close(): void;
}>;

/** Fields of the header that open something. */
const SECRET_FIELDS = ["siteKey", "licenseKey", "licenseName"];

function textIn(header: WireRow): (name: string) => string[] {
  return (name) => {
    const value = header[name];
    return typeof value === "string" ? [value] : [];
  };
}

/** A call may wait for a connection as long as it may take; a connection that long is none. */
const CONNECT_LIMIT_MS = 10_000;

type Known = SoapClientSettings & {
  readonly channel: ReturnType<typeof createHttpChannel>;
  readonly contracts: Map<string, Promise<ServiceContract>>;
  readonly authorization: string;
  readonly secrets: readonly string[];
};

/** Makes the client; nothing is asked of the server before the first call. */
export function createSoapClient(settings: SoapClientSettings): SoapClient {
  const credentials = Buffer.from(`${settings.user}:${settings.password}`, "utf8");
  const known: Known = {
    ...settings,
    channel: createHttpChannel(new URL(settings.baseUrl), settings.socketsMax),
    contracts: new Map(),
    authorization: `Basic ${credentials.toString("base64")}`,
    secrets: secretForms({ ...settings, others: SECRET_FIELDS.flatMap(textIn(settings.header)) }),
  };
  return {
    call: (service, operation, args, options) =>
      reported(known, { service, operation, args, options }),
    elementsOf: async (service, type) => {
      const elements = (await contractOf(known, service)).types.get(type) ?? [];
      return new Set(elements.map(({ name }) => name));
    },
    close: () => known.channel.close(),
  };
}

type Call = Readonly<{
  service: ServiceName;
  operation: string;
  args: WireRow;
  options: CallOptions;
}>;

async function reported(known: Known, call: Call): Promise<WireValue | undefined> {
  const startedAtMs = performance.now();
  const { actionType } = call.args;
  const report = (outcome: string) =>
    known.onCall?.({
      service: call.service,
      operation: call.operation,
      actionType: typeof actionType === "string" ? actionType : undefined,
      ms: performance.now() - startedAtMs,
      outcome,
    });
  try {
    const result = await callOnce(known, call);
    report("ok");
    return result;
  } catch (thrown) {
    const error = toHubError(thrown);
    report(error.code);
    throw error;
  }
}

async function callOnce(known: Known, call: Call): Promise<WireValue | undefined> {
  const { service, options } = call;
  const contract = await contractOf(known, service);
  const operation = contract.operations.get(call.operation);
  if (operation === undefined) {
    throw new HubError("erp.contract", `The service ${service} has no ${call.operation}`);
  }
  const name: CallName = { service, operation: call.operation, kind: options.kind };
  const { args } = call;
  const request = renderRequest({ contract, operation, args, header: known.header });
  let answer: HttpAnswer | undefined;
  try {
    answer = await post(known, name, { operation, envelope: request.envelope, options });
  } finally {
    if (options.kind === "write") reportExchange(known, call, request.body, answer?.body);
  }
  return judge(known, { name, contract, operation, answer });
}

function reportExchange(
  known: Known,
  { service, operation }: Call,
  request: string,
  answer: string | undefined,
): void {
  if (known.onExchange === undefined) return;
  known.onExchange({
    service,
    operation,
    request: readable(request, known.secrets),
    answer: answer === undefined ? undefined : readable(answer, known.secrets),
  });
}

/** Decides what an answer means; the classes stand in the doc comment of `ErpConnector`. */
function judge(
  known: Known,
  answered: Readonly<{
    name: CallName;
    contract: ServiceContract;
    operation: WireOperation;
    answer: HttpAnswer;
  }>,
): WireValue | undefined {
  const { name, contract, operation, answer } = answered;
  const isLetIn = answer.status !== 401 && answer.status !== 403;
  const soap = isLetIn ? readAnswer(contract, operation, answer.body) : undefined;
  if (soap?.kind === "fault") {
    // A server that does not understand the request may have been replaced by another version.
    if (isClientFault(soap.code)) known.contracts.delete(contract.service);
    throw toldMasked(known, faultError(name, soap));
  }
  if (soap === undefined || answer.status < 200 || answer.status > 299) {
    throw strangeAnswerError(name, answer.status);
  }
  const refusal = errorTextOf(soap.value, name.kind);
  if (refusal !== undefined) throw toldMasked(known, refusalError(name, refusal));
  return soap.value;
}

/**
 * An error of SL's own words, in which a site may repeat what the call carried. What it means was
 * read from them as they came: a secret as short as a number would change it.
 */
function toldMasked({ secrets }: Known, { code, message, facts }: HubError): HubError {
  const words = masked(String(facts.message), secrets);
  return new HubError(code, masked(message, secrets), { facts: { ...facts, message: words } });
}

async function post(
  known: Known,
  name: CallName,
  sent: Readonly<{ operation: WireOperation; envelope: string; options: CallOptions }>,
): Promise<HttpAnswer> {
  const { operation, envelope, options } = sent;
  const isRead = name.kind === "read";
  const look = isRead ? undefined : lastLook();
  await look?.renew();
  try {
    return await known.channel.send({
      url: serviceUrl(known, name.service),
      method: "POST",
      headers: {
        authorization: known.authorization,
        "content-type": "text/xml; charset=utf-8",
        soapaction: `"${operation.soapAction}"`,
      },
      body: envelope,
      timeLimitMs: isRead ? known.readTimeoutMs : known.callTimeoutMs,
      sendLimitMs: CONNECT_LIMIT_MS,
      mayLeave: look?.mayLeave,
      signal: options.signal,
    });
  } catch (thrown) {
    if (thrown instanceof NoAnswer) throw noAnswerError(name, thrown);
    throw thrown;
  }
}

/** The site's own contract of a service: fetched once, checked, shared by all calls. */
function contractOf(known: Known, service: ServiceName): Promise<ServiceContract> {
  const loaded = known.contracts.get(service);
  if (loaded !== undefined) return loaded;
  const loading = loadContract(known, service);
  known.contracts.set(service, loading);
  loading.catch(() => {
    // The next call asks again; whoever waits for this one gets the error.
    if (known.contracts.get(service) === loading) known.contracts.delete(service);
  });
  return loading;
}

async function loadContract(known: Known, service: ServiceName): Promise<ServiceContract> {
  const url = serviceUrl(known, service);
  url.search = "WSDL";
  const name: CallName = { service, operation: "?WSDL", kind: "read" };
  let answer: HttpAnswer;
  try {
    answer = await known.channel.send({
      url,
      method: "GET",
      headers: { authorization: known.authorization },
      body: "",
      timeLimitMs: known.readTimeoutMs,
      sendLimitMs: CONNECT_LIMIT_MS,
      mayLeave: undefined,
      signal: undefined,
    });
  } catch (thrown) {
    if (thrown instanceof NoAnswer) throw noAnswerError(name, thrown);
    throw thrown;
  }
  if (answer.status === 404) {
    const facts = { service, url: url.href };
    throw new HubError("erp.contract", `There is no service ${service} at ${url.href}`, { facts });
  }
  if (answer.status !== 200) throw strangeAnswerError(name, answer.status);
  const contract = parseWsdl(service, answer.body);
  assertContract(service, contract, known.lock[service]);
  return contract;
}

function serviceUrl(known: Known, service: string): URL {
  return new URL(`${known.baseUrl.replace(/\/+$/, "")}/services/ctDynamicsSL/${service}.asmx`);
}
