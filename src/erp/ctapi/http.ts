import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/**
 * No answer came. `wasSent` false is a promise: not one byte of the request left this process, so
 * the server cannot have acted on it.
 */
export class NoAnswer extends Error {
  readonly wasSent: boolean;
  readonly reason:
    | "no_connection"
    | "no_slot"
    | "too_late"
    | "timeout"
    | "aborted"
    | "connection_lost"
    | "too_large";

  constructor(reason: NoAnswer["reason"], wasSent: boolean, cause?: unknown) {
    super(reason.replace("_", " "), { cause });
    this.name = "NoAnswer";
    this.reason = reason;
    this.wasSent = wasSent;
  }
}

export type HttpCall = Readonly<{
  url: URL;
  method: "GET" | "POST";
  headers: Readonly<Record<string, string>>;
  body: string;
  /** From the call to the end of the answer. */
  timeLimitMs: number;
  /** The latest moment for the request to leave; a later one is not sent at all. */
  sendLimitMs: number;
  /** Asked right before the first byte leaves: where it says no, nothing is sent. */
  mayLeave: (() => boolean) | undefined;
  signal: AbortSignal | undefined;
}>;

export type HttpAnswer = Readonly<{ status: number; body: string }>;

/** Keeps connections to one server open and never has more than `socketsMax` of them. */
export type HttpChannel = Readonly<{
  /** @throws NoAnswer */
  send(call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}>;

/** Shorter than servers and proxies wait, so that an idle connection is ours to close. */
const IDLE_LIMIT_MS = 15_000;
/**
 * Answers are parsed where webhooks are taken as well: 4 MiB take 80 ms of processor time, a screen
 * of an invoice with 200 lines is 0.7 MiB, and a page of a view far less.
 */
export const ANSWER_BYTES_MAX = 4 * 1_024 * 1_024;

class AnswerTooLarge extends Error {}

/**
 * Makes the channel. It stands on `node:http` instead of `fetch`: only there the moment is known
 * at which a request leaves, which tells "not executed" from "outcome open".
 */
export function createHttpChannel(baseUrl: URL, socketsMax: number): HttpChannel {
  const options = { keepAlive: true, maxSockets: socketsMax, timeout: IDLE_LIMIT_MS };
  const agent = baseUrl.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
  return {
    send: (call) => new Promise((resolve, reject) => exchange(agent, call, { resolve, reject })),
    close: () => agent.destroy(),
  };
}

type Settle = Readonly<{
  resolve: (answer: HttpAnswer) => void;
  reject: (reason: NoAnswer) => void;
}>;

function exchange(agent: HttpAgent | HttpsAgent, call: HttpCall, settle: Settle): void {
  const startedAtMs = performance.now();
  const isLate = () =>
    performance.now() - startedAtMs > call.sendLimitMs || call.mayLeave?.() === false;
  let request = open(agent, call);
  let wasSent = false;
  let hasSocket = false;
  let isSettled = false;
  const end = (conclude: () => void) => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timer);
    clearTimeout(sendTimer);
    call.signal?.removeEventListener("abort", onAbort);
    conclude();
  };
  const fail = (reason: NoAnswer["reason"], cause?: unknown) =>
    end(() => {
      settle.reject(new NoAnswer(reason, wasSent, cause));
      request.destroy();
    });
  const onAbort = () => fail("aborted", call.signal?.reason);
  const send = (ready: ClientRequest) => {
    if (isSettled || ready !== request || ready.destroyed) return;
    // A process that stood still meanwhile must not send: others have stopped waiting for it.
    if (isLate()) return fail("too_late");
    wasSent = true;
    ready.end(call.body);
  };
  const start = () => {
    const begun = request;
    begun.once("socket", (socket) => {
      hasSocket = true;
      whenUsable(socket, () => send(begun));
    });
    begun.on("error", (cause) => {
      if (begun !== request) return;
      if (wasSent || !begun.reusedSocket || isSettled) {
        return fail(wasSent ? "connection_lost" : "no_connection", cause);
      }
      // An idle connection was closed by the server before it was used: another one is as good.
      request = open(agent, call);
      start();
    });
    begun.once("response", (response) => {
      readBody(response).then(
        (body) => end(() => settle.resolve({ status: response.statusCode ?? 0, body })),
        (cause: unknown) =>
          fail(cause instanceof AnswerTooLarge ? "too_large" : "connection_lost", cause),
      );
    });
  };
  const timer = setTimeout(() => fail("timeout"), call.timeLimitMs);
  const sendTimer = setTimeout(
    () => {
      if (!wasSent) fail(hasSocket ? "no_connection" : "no_slot");
    },
    Math.max(0, call.sendLimitMs),
  );
  start();
  call.signal?.addEventListener("abort", onAbort);
  if (call.signal?.aborted === true) onAbort();
  else if (isLate()) fail("too_late");
}

function open(agent: HttpAgent | HttpsAgent, call: HttpCall): ClientRequest {
  const begin = call.url.protocol === "https:" ? httpsRequest : httpRequest;
  return begin(call.url, { agent, method: call.method, headers: call.headers });
}

function whenUsable(socket: Socket, then: () => void): void {
  if (socket.connecting)
    socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", then);
  // A kept connection may have been closed by the server already. Two turns hold one whole look at
  // the network between them, so that it is noticed while the request is still here.
  else setImmediate(() => setImmediate(then));
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new AnswerTooLarge("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
