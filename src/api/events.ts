import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { listEvents, readEvent } from "../events/index.ts";
import { readWalks } from "../pull/index.ts";
import { type EventAnswer, EventParams, EventQuery, EventsQuery, GapsQuery } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { toPage } from "./paging.ts";
import { readInput } from "./request-input.ts";
import { toEventRow, toWalkRow } from "./rows.ts";

/** Stripe's events are a few kilobytes; a longer body is cut, its length is told. */
const BODY_BYTES_SHOWN = 256 * 1024;

/** `GET /api/events` and `GET /api/events/:id`. */
export function registerEvents(app: FastifyInstance, deps: ApiDeps): void {
  const { pool } = deps;
  app.get("/events", async (request) => {
    const { pair, type, end, lane, before, limit } = readInput(EventsQuery, request.query);
    await requireKnownPair(deps, pair);
    const filter = {
      ...(pair === undefined ? {} : { pair }),
      ...(type === undefined ? {} : { type }),
      ...(end === undefined ? {} : { end }),
      ...(lane === undefined ? {} : { laneKey: lane }),
    };
    const events = await listEvents(pool, filter, {
      ...(before === undefined ? {} : { before: BigInt(before) }),
      limit: limit + 1,
    });
    return toPage(events.map(toEventRow), limit, (row) => row.seq);
  });

  app.get("/events/gaps", async (request) => {
    const { pair, before, limit } = readInput(GapsQuery, request.query);
    await requireKnownPair(deps, pair);
    const filter = { via: "gap", ...(pair === undefined ? {} : { pair }) } as const;
    const events = await listEvents(pool, filter, {
      ...(before === undefined ? {} : { before: BigInt(before) }),
      limit: limit + 1,
    });
    const walks = (await readWalks(pool)).filter(
      (walk) => pair === undefined || walk.pair === pair,
    );
    const page = toPage(events.map(toEventRow), limit, (row) => row.seq);
    return { walks: walks.map(toWalkRow), ...page };
  });

  app.get("/events/:id", async (request) => {
    const { id } = readInput(EventParams, request.params);
    const { pair } = readInput(EventQuery, request.query);
    await requireKnownPair(deps, pair);
    return readEventWithBody(pool, id, pair);
  });
}

async function readEventWithBody(
  pool: Pool,
  id: string,
  wanted: string | undefined,
): Promise<EventAnswer> {
  const pair = wanted ?? (await onlyPairOf(pool, id));
  const event = await readEvent(pool, pair, id);
  if (event === undefined) {
    throw new HubError("api.not_found", `No event ${id} was received for ${pair}`);
  }
  const body = {
    text: new TextDecoder().decode(event.body.subarray(0, BODY_BYTES_SHOWN)),
    sizeBytes: event.body.length,
    isCut: event.body.length > BODY_BYTES_SHOWN,
  };
  return { ...toEventRow(event), body };
}

async function onlyPairOf(pool: Pool, id: string): Promise<string> {
  const found = await pool.query<{ pair: string }>(
    "select pair from event where stripe_event_id = $1 limit 2",
    [id],
  );
  const [row, other] = found.rows;
  if (row === undefined) throw new HubError("api.not_found", `No event ${id} was received`);
  if (other === undefined) return row.pair;
  throw new HubError("api.invalid", `pair: event ${id} was received for more than one pair`, {
    facts: { field: "pair", example: row.pair },
  });
}
