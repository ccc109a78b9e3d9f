import { type IncomingMessage, Agent as PlainAgent, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import { guardedLookup } from "./target.ts";

/** Long enough for a receiver that stores and answers; what it does besides is to come later. */
const POST_WITHIN_MS = 10_000;
/** An answer is read no further: of it only the status counts. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** What became of a post: taken, or not and why. */
export type PostResult =
  | Readonly<{ isTaken: true }>
  | Readonly<{ isTaken: false; error: string; isGone: boolean }>;

export type Posting = Readonly<{
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
  /** Default `POST_WITHIN_MS`. */
  withinMs?: number;
}>;

/** Connections to subscribers: kept between posts, and let go with `close`. */
export class Connections {
  readonly #plain = new PlainAgent({ keepAlive: true });
  readonly #tls = new TlsAgent({ keepAlive: true });

  of(url: URL): PlainAgent {
    return url.protocol === "https:" ? this.#tls : this.#plain;
  }

  close(): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }
}

/**
 * Posts one message; any status from 200 to 299 takes it. No redirect is followed: the address that
 * a person has set is the one that is told.
 */
export async function post(connections: Connections, posting: Posting): Promise<PostResult> {
  const { url, withinMs = POST_WITHIN_MS } = posting;
  const limit = AbortSignal.timeout(withinMs);
  try {
    const signal = AbortSignal.any([posting.signal, limit]);
    const status = await send(connections, posting, signal);
    if (status >= 200 && status < 300) return { isTaken: true };
    const isRedirect = status >= 300 && status < 400;
    const error = isRedirect
      ? `answered ${status}, and no redirect is followed`
      : `answered ${status}`;
    return { isTaken: false, error, isGone: status === 410 };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
    const error = limit.aborted ? `no answer within ${withinMs / 1_000} s` : `${url.host}: ${why}`;
    return { isTaken: false, error: error.slice(0, 300), isGone: false };
  }
}

function send(connections: Connections, posting: Posting, signal: AbortSignal): Promise<number> {
  const { url, body } = posting;
  const headers = {
    ...posting.headers,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "slipway",
  };
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const lookup = guardedLookup(url);
    const options = { method: "POST", headers, signal, lookup, agent: connections.of(url) };
    const sent = request(url, options, (response) => {
      readNoFurther(response);
      response.on("error", reject);
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("close", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function readNoFurther(response: IncomingMessage): void {
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) response.destroy();
  });
}
