import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallLog, CallOutcome } from "./calls.ts";
import type { ServiceContract } from "./contract/contract.ts";
import { renderWsdl } from "./contract/wsdl.ts";
import { type Outcome, refused, run } from "./dispatch.ts";
import type { FaultEffect, Faults } from "./faults.ts";
import type { Credentials } from "./site.ts";
import { AnswerWriter, renderFault } from "./soap/answer.ts";
import { Refusal, SoapFault } from "./soap/fault.ts";
import { readRequest, type SoapRequest, type SoapVersion } from "./soap/request.ts";
import { fold } from "./tables/store.ts";
import type { World } from "./world.ts";

type Parts = Readonly<{
  world: World;
  contracts: ReadonlyMap<string, ServiceContract>;
  faults: Faults;
  calls: CallLog;
  credentials: Credentials;
}>;

type Incoming = Readonly<{ service: ServiceContract; call: SoapRequest }>;

const BODY_BYTES_MAX = 8 * 1024 * 1024;
const SERVICE_PATH = /^\/ctDynamicsSL\/services\/ctDynamicsSL\/(\w+)\.asmx$/i;
const DEADLOCK =
  "Transaction (Process ID 61) was deadlocked on lock resources with another process and has " +
  "been chosen as the deadlock victim. Rerun the transaction.";

/** The SOAP services: WSDL on GET, calls on POST. */
export class ServiceRoutes {
  readonly #parts: Parts;
  readonly #byPath: ReadonlyMap<string, ServiceContract>;
  readonly #writers: ReadonlyMap<string, AnswerWriter>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#byPath = new Map(
      [...parts.contracts.values()].map((service) => [service.name.toLowerCase(), service]),
    );
    const format = (value: number): string => formatDouble(value, parts.world.switches.floatNoise);
    this.#writers = new Map(
      [...parts.contracts].map(([name, service]) => [name, new AnswerWriter(service, format)]),
    );
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    const match = SERVICE_PATH.exec(url.pathname);
    const service = this.#byPath.get((match?.[1] ?? "").toLowerCase());
    if (service === undefined) {
      return send(response, 404, "text/plain", "The resource cannot be found.");
    }
    const end = this.#parts.calls.begin();
    // Both come before the next request on the connection is read; a dropped one only closes.
    response.once("finish", end).once("close", end);
    if (request.method === "GET") {
      const isWsdl = /^\?wsdl$/i.test(url.search);
      const location = `${url.origin}${url.pathname}`;
      if (isWsdl) send(response, 200, "text/xml", renderWsdl(service, location));
      else send(response, 200, "text/plain", [...service.operations.keys()].join("\n"));
    } else if (request.method === "POST") {
      await this.#post(service, request, response);
    } else send(response, 405, "text/plain", "Method not allowed");
  }

  async #post(
    service: ServiceContract,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request);
    if (body === undefined) return send(response, 413, "text/plain", "Request too large");
    const isVersion12 = (request.headers["content-type"] ?? "").includes("application/soap+xml");
    const version: SoapVersion = isVersion12 ? "1.2" : "1.1";
    let call: SoapRequest | undefined;
    try {
      if (!this.#isAuthorised(request.headers.authorization)) {
        this.#log(service, undefined, "auth", "HTTP Basic credentials refused");
        return sendUnauthorised(response);
      }
      call = readRequest(service, body, this.#parts.world.switches.strictContract);
      this.#assertAction(service, call, request.headers.soapaction);
      this.#assertSite(service, call);
      await this.#withFaults({ service, call }, body, response);
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
      this.#log(service, call, "fault", error.message);
      sendFault(response, version, error);
    }
  }

  #isAuthorised(header: string | undefined): boolean {
    const { user, password } = this.#parts.credentials;
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
    return timingSafeEqual(digest(header ?? ""), digest(expected));
  }

  #assertAction(service: ServiceContract, call: SoapRequest, header: unknown): void {
    if (call.version === "1.2" || !this.#parts.world.switches.strictContract) return;
    const action = typeof header === "string" ? header.replace(/^"|"$/g, "") : "";
    if (action === `${service.namespace}/${call.operation}`) return;
    throw new SoapFault(
      "Client",
      `Server did not recognize the value of HTTP Header SOAPAction: ${action}.`,
    );
  }

  /** Site and company are checked before any work; a wrong site would be another database. */
  #assertSite(service: ServiceContract, { operation, header, args }: SoapRequest): void {
    const { siteId, siteKey, companyId } = this.#parts.credentials;
    const hasHeader = service.operations.get(operation)?.hasHeader === true;
    if (!hasHeader && operation !== "ping") return;
    const given = (name: string): string => {
      const value = hasHeader ? header[name] : args[name];
      return typeof value === "string" ? value.trim() : "";
    };
    if (given("siteID") !== siteId || given("siteKey") !== siteKey) {
      throw new SoapFault(
        "Client",
        `Site ${given("siteID")} is not configured or its key is wrong`,
      );
    }
    if (hasHeader && fold(given("cpnyID")) !== fold(companyId)) {
      throw new SoapFault("Client", `Company ${given("cpnyID")} is not known`);
    }
  }

  async #withFaults(incoming: Incoming, body: string, response: ServerResponse): Promise<void> {
    const { service, call } = incoming;
    const { latencyMs, effect } = this.#parts.faults.take({
      service: service.name,
      operation: call.operation,
      actionType: actionOf(call),
      body,
    });
    // Latency is the wire's, not the database's: it passes on the machine's clock, also while the
    // sandbox's clock stands still.
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (effect === undefined) this.#answer(incoming, this.#run(incoming), response);
    else this.#inject(incoming, effect, response);
  }

  #run({ service, call }: Incoming, lineLimit?: number): Outcome {
    return run(this.#parts.world, service, {
      operation: call.operation,
      args: call.args,
      limits: lineLimit === undefined ? {} : { lineLimit },
    });
  }

  #answer({ service, call }: Incoming, outcome: Outcome, response: ServerResponse): void {
    this.#log(service, call, outcome.message === "" ? "ok" : "refused", outcome.message);
    const writer = this.#writers.get(service.name);
    const xml = writer?.render(call.version, call.operation, outcome.reply) ?? "";
    send(response, 200, contentType(call.version), xml);
  }

  #inject(incoming: Incoming, effect: FaultEffect, response: ServerResponse): void {
    const { service, call } = incoming;
    this.#log(service, call, "injected", effect.kind);
    switch (effect.kind) {
      case "latency":
        this.#answer(incoming, this.#run(incoming), response);
        break;
      case "late-answer":
        this.#answerLate(incoming, effect.ms, response);
        break;
      case "http":
        if (effect.commit) this.#runUnseen(incoming);
        sendServerError(response, effect.status);
        break;
      case "auth":
        sendUnauthorised(response);
        break;
      case "refuse":
        if (effect.commit) this.#runUnseen(incoming);
        this.#refuse(incoming, new Refusal(effect.message, effect.messageNbr), response);
        break;
      case "deadlock":
        if (effect.as === "errorMessage") this.#refuse(incoming, new Refusal(DEADLOCK), response);
        else sendFault(response, call.version, new SoapFault("Server", serverText(DEADLOCK)));
        break;
      case "drop":
        if (effect.commit === "first") this.#runUnseen(incoming);
        if (effect.commit === "later") {
          this.#parts.world.clock.after(effect.afterMs, () => this.#runUnseen(incoming));
        }
        drop(response);
        break;
      case "half-save":
        this.#halfSave(incoming, effect, response);
        break;
      case "stuck-release":
        this.#lock(call, effect.lockMs);
        if (effect.end === "drop") drop(response);
        else sendServerError(response, 500);
        break;
    }
  }

  /** The call takes effect now; until its answer comes, the caller cannot know that. */
  #answerLate(incoming: Incoming, ms: number, response: ServerResponse): void {
    const outcome = this.#run(incoming);
    const timer = setTimeout(() => this.#answer(incoming, outcome, response), ms);
    // Whoever has gone away, or is being stopped with the sandbox, needs no answer any more.
    timer.unref();
    response.once("close", () => clearTimeout(timer));
  }

  /** Runs a call whose answer nobody gets; what it refuses is only logged. */
  #runUnseen(incoming: Incoming, lineLimit?: number): void {
    const { service, call } = incoming;
    try {
      const { message } = this.#run(incoming, lineLimit);
      this.#log(service, call, message === "" ? "ok" : "refused", message);
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
      this.#log(service, call, "fault", error.message);
    }
  }

  #refuse({ service, call }: Incoming, refusal: Refusal, response: ServerResponse): void {
    const operation = service.operations.get(call.operation);
    if (operation === undefined) throw new SoapFault("Client", "unknown operation");
    const reply = refused(service, operation, refusal);
    const xml = this.#writers.get(service.name)?.render(call.version, call.operation, reply) ?? "";
    send(response, 200, contentType(call.version), xml);
  }

  #halfSave(
    incoming: Incoming,
    effect: Extract<FaultEffect, { kind: "half-save" }>,
    response: ServerResponse,
  ): void {
    if (effect.end === "answer") {
      this.#answer(incoming, this.#run(incoming, effect.lines), response);
      return;
    }
    this.#runUnseen(incoming, effect.lines);
    if (effect.end === "drop") drop(response);
    else sendServerError(response, 500);
  }

  /** A release that crashed half-way: nothing is booked, its work rows lock the batch. */
  #lock(call: SoapRequest, lockMs: number): void {
    const screen = call.args.inScreen as { myBatch?: Record<string, unknown> } | undefined;
    const batch = screen?.myBatch ?? {};
    const [module, batNbr] = [String(batch.Module ?? ""), String(batch.BatNbr ?? "")];
    const { world } = this.#parts;
    world.stuckBatches.set(`${module.trim()} ${batNbr.trim()}`, world.clock.nowMs() + lockMs);
  }

  #log(
    service: ServiceContract,
    call: SoapRequest | undefined,
    outcome: CallOutcome,
    message: string,
  ): void {
    this.#parts.calls.add({
      at: new Date(this.#parts.world.clock.nowMs()).toISOString(),
      service: service.name,
      operation: call?.operation ?? "",
      actionType: call === undefined ? "" : actionOf(call),
      outcome,
      message,
    });
  }
}

function actionOf(call: SoapRequest): string {
  const action = call.args.actionType;
  return typeof action === "string" ? action.trim().toUpperCase() : "";
}

/** Doubles as .NET writes them; with noise one unit in the last place below, in 18 digits. */
function formatDouble(value: number, isNoisy: boolean): string {
  if (!isNoisy || Number.isInteger(value)) return String(value);
  return Number((value * (1 - Number.EPSILON / 2)).toPrecision(18)).toPrecision(18);
}

function serverText(text: string): string {
  const frame =
    "System.Web.Services.Protocols.SoapException: Server was unable to process request.";
  return `${frame} ---> ${text}`;
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function contentType(version: SoapVersion): string {
  return version === "1.1" ? "text/xml" : "application/soap+xml";
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

function sendFault(response: ServerResponse, version: SoapVersion, fault: SoapFault): void {
  const xml = renderFault(version, fault.side, fault.message);
  send(response, fault.httpStatus, contentType(version), xml);
}

function sendServerError(response: ServerResponse, status: number): void {
  send(response, status, "text/html", "<html>Server Error</html>");
}

function sendUnauthorised(response: ServerResponse): void {
  response.setHeader("www-authenticate", 'Basic realm="ctDynamicsSL"');
  send(response, 401, "text/plain", "Access is denied.");
}

/** Ends the connection without an answer. */
function drop(response: ServerResponse): void {
  response.socket?.destroy();
}
