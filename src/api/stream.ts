import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import type { DomainEventEnvelope } from "../hub-events/index.ts";
import { type Chunk, isEventAt, positionOf, readStream } from "../subscribers/index.ts";
import { StreamQuery, StreamTypes } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";
import { readStart } from "./subscribers.ts";

/** Readers of one process at once. */
const STREAMS_MAX = 50;
/** Proxies close connections that are silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is cut off; it comes back with `Last-Event-ID`. */
const SLOW_READER_MS = 10_000;

/**
 * `GET /api/stream`: the domain events as server-sent events. Each carries the id by which a reader
 * goes on: `Last-Event-ID`. Without one it begins with `from`, by default with what is to come.
 */
export function registerStream(app: FastifyInstance, deps: ApiDeps): void {
  const stopping = new AbortController();
  let open = 0;
  app.addHook("preClose", async () => stopping.abort());
  app.get("/stream", async (request, reply) => {
    const query = readInput(StreamQuery, request.query);
    const { types } = readInput(StreamTypes, { types: listOf(query.types) });
    const pairs = listOf(query.pair);
    for (const pair of pairs) await requireKnownPair(deps, pair);
    const after = await startOf(deps, request, query.from);
    if (open >= STREAMS_MAX) {
      throw new HubError("api.streams_full", `${STREAMS_MAX} readers follow the stream already`);
    }
    open += 1;
    const gone = new AbortController();
    reply.raw.on("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, stopping.signal]);
    reply.hijack();
    const follows = query.follow === "true";
    const restMs = deps.telling.heartbeatMs ?? HEARTBEAT_MS;
    const reading = { after, types, pairs, signal, follows, restMs };
    try {
      await writeStream(reply.raw, readStream({ pool: deps.pool, ...deps.telling }, reading), {
        signal,
        slowMs: deps.telling.slowReaderMs ?? SLOW_READER_MS,
      });
      reply.raw.end();
    } catch (thrown) {
      // The head is out: a reader that is cut off comes again and is told then what is wrong.
      deps.log.warn({ path: "/api/stream", error: String(thrown) }, "A stream was cut off");
      reply.raw.destroy();
    } finally {
      open -= 1;
    }
  });
}

async function startOf(
  { pool }: ApiDeps,
  request: FastifyRequest,
  from: z.output<typeof StreamQuery>["from"],
): Promise<bigint> {
  const seen = request.headers["last-event-id"];
  if (typeof seen !== "string" || seen === "") return positionOf(pool, readStart(from ?? "now"));
  const [, position, uid = ""] = /^(\d{1,18})(?:-([0-9a-f]{8}))?$/.exec(seen) ?? [];
  if (position === undefined) {
    throw new HubError("api.invalid", "Last-Event-ID must be the id of an event of this stream", {
      facts: { field: "Last-Event-ID", example: "1042-9f2c41aa" },
    });
  }
  const after = await positionOf(pool, { after: BigInt(position) });
  if (uid === "" || (await isEventAt(pool, after, uid))) return after;
  throw new HubError("api.position_unknown", `Position ${position} is another event now`, {
    facts: { field: "Last-Event-ID" },
  });
}

async function writeStream(
  response: ServerResponse,
  chunks: AsyncIterable<Chunk>,
  limits: { signal: AbortSignal; slowMs: number },
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.write(": the events of this hub\n\n");
  for await (const { events, position } of chunks) {
    // Without an event the id alone moves a filtered reader on; no event is dispatched for it.
    const text = events.length === 0 ? `: beat\nid: ${position}\n\n` : events.map(block).join("");
    if (response.write(text)) continue;
    const patience = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.slowMs)]);
    await once(response, "drain", { signal: patience });
  }
}

function block(event: DomainEventEnvelope): string {
  const id = `${event.position}-${event.id.slice(4, 12)}`;
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function listOf(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
