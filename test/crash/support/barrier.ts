import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request on its way to a sandbox. */
export type WireCall = Readonly<{
  method: string;
  path: string;
  /** The SOAP action, without namespace and quotes; empty for Stripe. */
  operation: string;
  body: string;
}>;

/** Where a call is stopped: before the other side has it, or after it was carried out. */
export type StopAt = "request" | "answer";

/** A stop for one call, set before the call comes. */
export type Stop = Readonly<{
  /** What it waits for, in words. */
  name: string;
  /** Whether the call stands there now. */
  isHeld(): boolean;
  /** Whether the other side has carried it out. */
  isCarriedOut(): boolean;
  /** Lets it go on: to the other side, or back to the caller where that still lives. */
  letGo(): void;
  /** Makes it vanish: a request never arrives, an answer is never seen. */
  swallow(): void;
}>;

/** What to stop. */
export type StopRule = Readonly<{
  name: string;
  at: StopAt;
  matches: (call: WireCall) => boolean;
}>;

/** A proxy in front of a sandbox that stops single calls exactly where a test wants them. */
export type Barrier = Readonly<{
  /** The address to use instead of the sandbox's own. */
  origin: string;
  /** Every call that came, oldest first. */
  calls: readonly WireCall[];
  stop(rule: StopRule): Stop;
  close(): Promise<void>;
}>;

/** Longer than any client keeps an idle connection, so that no call meets a closing one. */
const KEEP_ALIVE_MS = 120_000;
/** Headers of one connection; the proxy has two. */
const HOP_HEADERS = new Set(["connection", "content-length", "host", "keep-alive"]);

/** Opens a barrier in front of `target`, an origin such as `http://127.0.0.1:4711`. */
export async function openBarrier(target: string): Promise<Barrier> {
  const agent = new Agent({ keepAlive: false });
  const calls: WireCall[] = [];
  const stops: ArmedStop[] = [];
  const server = createServer((incoming, response) => {
    pass({ target, agent, calls, stops }, incoming, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    stop: (rule) => {
      const stop = new ArmedStop(rule);
      stops.push(stop);
      return stop;
    },
    close: async () => {
      for (const stop of stops) stop.swallow();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

class ArmedStop implements Stop {
  readonly rule: StopRule;
  readonly #gate = Promise.withResolvers<"go" | "vanish">();
  #state: "armed" | "held" | "passed" = "armed";
  #isCarriedOut = false;

  constructor(rule: StopRule) {
    this.rule = rule;
  }

  get name(): string {
    return this.rule.name;
  }

  isHeld(): boolean {
    return this.#state === "held";
  }

  isCarriedOut(): boolean {
    return this.#isCarriedOut;
  }

  noteCarriedOut(): void {
    this.#isCarriedOut = true;
  }

  /** Whether this call is the one; a stop takes one call only. */
  takes(call: WireCall): boolean {
    if (this.#state !== "armed" || !this.rule.matches(call)) return false;
    this.#state = "passed";
    return true;
  }

  stand(): Promise<"go" | "vanish"> {
    this.#state = "held";
    return this.#gate.promise;
  }

  letGo(): void {
    this.#state = "passed";
    this.#gate.resolve("go");
  }

  swallow(): void {
    this.#state = "passed";
    this.#gate.resolve("vanish");
  }
}

type Way = Readonly<{
  target: string;
  agent: Agent;
  calls: WireCall[];
  stops: readonly ArmedStop[];
}>;

async function pass(way: Way, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readAll(incoming);
  const call: WireCall = {
    method: incoming.method ?? "GET",
    path: incoming.url ?? "/",
    operation: operationOf(incoming.headers.soapaction),
    body: body.toString("utf8"),
  };
  way.calls.push(call);
  const stop = way.stops.find((candidate) => candidate.takes(call));
  if (stop?.rule.at === "request" && (await stop.stand()) === "vanish") {
    response.destroy();
    return;
  }
  const answer = await forward(way, { call, headers: incoming.headers, body });
  stop?.noteCarriedOut();
  if (stop?.rule.at === "answer" && (await stop.stand()) === "vanish") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
  response.end(answer.body);
}

type Answer = Readonly<{ status: number; headers: IncomingMessage["headers"]; body: Buffer }>;

function forward(
  way: Way,
  sent: { call: WireCall; headers: IncomingMessage["headers"]; body: Buffer },
): Promise<Answer> {
  const { call, headers, body } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = request(`${way.target}${call.path}`, {
      agent: way.agent,
      method: call.method,
      headers: { ...withoutHops(headers), "content-length": body.length },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      readAll(answer).then((answered) => {
        const { statusCode: status = 502 } = answer;
        resolve({ status, headers: withoutHops(answer.headers), body: answered });
      }, reject);
    });
    outgoing.end(body);
  });
}

function withoutHops(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const own = Object.entries(headers).filter(
    ([name]) => !HOP_HEADERS.has(name) && name !== "transfer-encoding",
  );
  return Object.fromEntries(own);
}

function operationOf(soapAction: string | string[] | undefined): string {
  const text = Array.isArray(soapAction) ? (soapAction[0] ?? "") : (soapAction ?? "");
  return text.replaceAll('"', "").split("/").at(-1) ?? "";
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
