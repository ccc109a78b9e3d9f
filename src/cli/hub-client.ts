import { type IncomingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { z } from "zod";
import { ErrorAnswer } from "../api/contract.ts";
import { HubError } from "../base/errors.ts";
import type { HubAddress } from "./hub-address.ts";
import { NoStream, readBlocks, type StreamBlock } from "./hub-stream.ts";

const ANSWER_WITHIN_MS = 30_000;
/**
 * For what asks SL or Stripe before it answers: a place among the calls of the pair alone may take
 * two minutes, and then each may be slow.
 */
export const ASKED_ELSEWHERE_WITHIN_MS = 5 * 60_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** The hub answered, and refused. */
export class HubRefusal extends Error {
  readonly status: number;
  readonly answer: ErrorAnswer["error"];

  constructor(status: number, answer: ErrorAnswer["error"]) {
    super(answer.message);
    this.name = "HubRefusal";
    this.status = status;
    this.answer = answer;
  }
}

type Query = Readonly<Record<string, string | number | undefined>>;
type Call = Readonly<{
  query?: Query;
  body?: unknown;
  /** For work that takes its time: a rebuild, a doctor with probes. */
  withinMs?: number;
}>;

/** The hub's API; answers are checked by the contract's schema. */
export type HubClient = Readonly<{
  get<T extends z.ZodType>(path: string, schema: T, call?: Call): Promise<z.output<T>>;
  /** An answer that is no JSON, written to `sink` as it comes; its headers. */
  download(path: string, sink: Writable, call?: Call): Promise<IncomingHttpHeaders>;
  post<T extends z.ZodType>(path: string, schema: T, call?: Call): Promise<z.output<T>>;
  patch<T extends z.ZodType>(path: string, schema: T, call?: Call): Promise<z.output<T>>;
  delete<T extends z.ZodType>(path: string, schema: T, call?: Call): Promise<z.output<T>>;
  /** Server-sent events, after the one with id `after` where it is given. */
  stream(
    path: string,
    call: Readonly<{ query: Query; after?: string }>,
  ): AsyncIterable<StreamBlock>;
}>;

/**
 * A client for the hub at `address`. Its methods throw `HubRefusal` for an answer that is an error,
 * and HubError `api.unreachable` where no hub answers.
 */
export function createHubClient(address: HubAddress): HubClient {
  const send = async <T extends z.ZodType>(
    method: string,
    path: string,
    schema: T,
    call: Call = {},
  ): Promise<z.output<T>> => {
    const url = urlOf(address, path, call.query);
    const { status, text } = await exchange(url, { method, token: address.token, call });
    const answer = parseAnswer(address, text);
    if (status >= 200 && status < 300) return readAs(schema, answer, address);
    throw refusalOf(address, status, answer);
  };
  const download: HubClient["download"] = async (path, sink, call = {}) => {
    const url = urlOf(address, path, call.query);
    const got = await exchange(url, { method: "GET", token: address.token, call, sink });
    if (got.status >= 200 && got.status < 300) return got.headers;
    throw refusalOf(address, got.status, parseAnswer(address, got.text));
  };
  return {
    download,
    get: (path, schema, call) => send("GET", path, schema, call),
    post: (path, schema, call) => send("POST", path, schema, { body: {}, ...call }),
    patch: (path, schema, call) => send("PATCH", path, schema, { body: {}, ...call }),
    delete: (path, schema, call) => send("DELETE", path, schema, { body: {}, ...call }),
    stream: (path, call) => streamOf(address, path, call),
  };
}

async function* streamOf(
  address: HubAddress,
  path: string,
  { query, after }: Readonly<{ query: Query; after?: string }>,
): AsyncGenerator<StreamBlock> {
  const url = urlOf(address, path, query);
  const authorization = `Bearer ${address.token}`;
  const headers = { authorization, ...(after === undefined ? {} : { "last-event-id": after }) };
  try {
    yield* readBlocks(url, headers);
  } catch (thrown) {
    if (thrown instanceof NoStream) {
      throw refusalOf(address, thrown.status, parseAnswer(address, thrown.text));
    }
    throw unreachable(url, thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

function urlOf(address: HubAddress, path: string, query: Query = {}): URL {
  const url = new URL(`${address.url}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function refusalOf(address: HubAddress, status: number, answer: unknown): Error {
  const refused = ErrorAnswer.safeParse(answer);
  return refused.success ? new HubRefusal(status, refused.data.error) : stranger(address);
}

type Exchanged = Readonly<{ status: number; text: string; headers: IncomingHttpHeaders }>;
type Exchange = Readonly<{
  method: string;
  token: string;
  call: Call;
  /** Takes a good answer, whatever its size; a refusal is read as text all the same. */
  sink?: Writable;
}>;

// Not fetch: its limit of five minutes to the first byte cannot be moved, and a rebuild may be
// longer.
function exchange(url: URL, options: Exchange): Promise<Exchanged> {
  const { method, token, call } = options;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/json",
    // Without its length Node sends the body of a DELETE as if there were none.
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
  };
  const withinMs = call.withinMs ?? ANSWER_WITHIN_MS;
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(withinMs);
    const sent = request(url, { method, headers, signal, agent: false }, (response) => {
      const { statusCode: status = 0, headers } = response;
      if (options.sink !== undefined && status >= 200 && status < 300) {
        pipeline(response, options.sink).then(
          () => resolve({ status, text: "", headers }),
          (cause: Error) => reject(sinkFault(url, cause)),
        );
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_BYTES_MAX) response.destroy(new Error("the answer has no end"));
        else chunks.push(chunk);
      });
      response.on("error", (cause) => reject(unreachable(url, cause)));
      response.on("end", () => {
        resolve({ status, text: Buffer.concat(chunks).toString("utf8"), headers });
      });
    });
    sent.on("error", (cause) => reject(unreachable(url, cause)));
    sent.end(body);
  });
}

function parseAnswer(address: HubAddress, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw stranger(address);
  }
}

function readAs<T extends z.ZodType>(schema: T, answer: unknown, address: HubAddress): z.output<T> {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw new HubError("api.unreachable", `The hub at ${address.url} speaks another version`, {
    cure: "Use the slipway command of the version that the hub runs.",
    cause: read.error,
  });
}

function stranger(address: HubAddress): HubError {
  return new HubError("api.unreachable", `What answers at ${address.url} is no hub`, {
    cure: "Check --url, or start the hub with `slipway serve`.",
  });
}

/** A file that could not be written says so itself; anything else is the hub's. */
function sinkFault(url: URL, cause: Error): Error {
  return "syscall" in cause && "path" in cause ? cause : unreachable(url, cause);
}

function unreachable(url: URL, cause: Error): HubError {
  const isLate = cause.name === "AbortError" || cause.name === "TimeoutError";
  if (isLate) {
    return new HubError("api.unreachable", `The hub at ${url.origin} did not answer in time`, {
      cure: "It may be at it still, where SL or Stripe is slow: look (`slipway lanes`), ask again.",
      cause,
    });
  }
  return new HubError("api.unreachable", `The hub at ${url.origin} does not answer`, {
    cure: "Start it with `slipway serve`, or name another with --home or --url.",
    cause,
  });
}
