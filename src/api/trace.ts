import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import type { StoredEvent } from "../events/index.ts";
import { readActsOf, readOverridesOf } from "./acts.ts";
import {
  type LinkRow,
  type OwnerRow,
  type ReceiptRow,
  type Trace,
  type TraceDocument,
  TraceParams,
  TraceQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";
import { toEventRow, toParkedRow, toRunRow } from "./rows.ts";
import { tellStory } from "./story.ts";
import { findTraceScope, type LaneId } from "./trace-find.ts";
import {
  columnsOf,
  readDocuments,
  readLaneStates,
  readParkedOf,
  readRuns,
  readScopeEvents,
  TRACE_ROWS_MAX,
} from "./trace-read.ts";

/** `GET /api/trace/:id`: from any id of Stripe or number of SL to the whole story, and back. */
export function registerTrace(app: FastifyInstance, { pool }: ApiDeps): void {
  app.get("/trace/:id", async (request) => {
    const { id } = readInput(TraceParams, request.params);
    const { exchanges } = readInput(TraceQuery, request.query);
    return trace(pool, id, exchanges === "true");
  });
}

/** @throws HubError `api.not_found` when neither events nor documents know the id */
async function trace(pool: Pool, id: string, withExchanges: boolean): Promise<Trace> {
  const scope = await findTraceScope(pool, id);
  if (scope.lanes.length + scope.intents.length + scope.events.length === 0) {
    throw new HubError("api.not_found", `Nothing is known of ${id}`, {
      cure:
        "Give an id of Stripe (pi_ ch_ in_ re_ po_ cs_ cus_ evt_ txn_) or a number of SL (batch, " +
        "RefNbr, CustId).",
    });
  }
  const [documents, stored] = await Promise.all([
    readDocuments(pool, scope, withExchanges),
    readScopeEvents(pool, scope),
  ]);
  const lanes = withHandedOver(scope.lanes, { documents, events: stored });
  const [laneStates, runRows, parkedRows, beside, acts, overrides] = await Promise.all([
    readLaneStates(pool, lanes),
    readRuns(pool, lanes),
    readParkedOf(pool, lanes),
    readBeside(pool, documents),
    readActsOf(pool, lanes),
    readOverridesOf(pool, lanes),
  ]);
  const events = stored.map(toEventRow);
  const runs = runRows.reverse().map((row) => ({ ...toRunRow(row), steps: row.steps ?? [] }));
  const parked = parkedRows.reverse().map(toParkedRow);
  const story = tellStory({ events, runs, documents, receipts: beside.receipts, parked, acts });
  const longest = Math.max(events.length, runs.length, documents.length);
  const isCut = scope.isCut || longest === TRACE_ROWS_MAX;
  const people = { acts, overrides };
  return {
    id,
    lanes: laneStates,
    story,
    events,
    runs,
    documents,
    ...beside,
    parked,
    ...people,
    isCut,
  };
}

/**
 * The lanes, and those that handed their events over to them: an event that names a charge woke the
 * lane of the charge before it was known to which payment the charge belongs.
 */
function withHandedOver(
  lanes: readonly LaneId[],
  parts: {
    documents: readonly TraceDocument[];
    events: readonly StoredEvent[];
  },
): LaneId[] {
  const all = new Map(lanes.map((lane) => [`${lane.pair}\n${lane.key}`, lane]));
  const isOfMoney = (key: string) => /^(pi|ch|py|in|cs)_/.test(key);
  const named = [
    ...parts.documents.map(({ pair, object }) => ({ pair, key: object })),
    ...parts.events.map(({ pair, objectId }) => ({ pair, key: objectId ?? "" })),
  ];
  for (const lane of named) {
    if (isOfMoney(lane.key)) all.set(`${lane.pair}\n${lane.key}`, lane);
  }
  return [...all.values()];
}

type Beside = Readonly<{
  receipts: z.output<typeof ReceiptRow>[];
  links: z.output<typeof LinkRow>[];
  owners: z.output<typeof OwnerRow>[];
}>;

/** What stands beside the documents: receipts, links (also of their customers) and row owners. */
async function readBeside(pool: Pool, documents: readonly TraceDocument[]): Promise<Beside> {
  const keys = columnsOf(documents);
  const objects = documents.map(({ pair, object }) => ({ pair, key: object }));
  const customers = documents.flatMap(({ pair, receipt }) => {
    const customerId = receipt?.customerId;
    return typeof customerId === "string" ? [{ pair, key: customerId }] : [];
  });
  const on = "join unnest($1::text[], $2::text[]) as w (pair, key)";
  const bound = `limit ${TRACE_ROWS_MAX}`;
  const [receipts, links, owners] = await Promise.all([
    pool.query<Omit<z.output<typeof ReceiptRow>, "createdAt"> & { created_at: Date }>(
      `select r.pair, r.sl_table as "slTable", r.sl_key as "slKey", r.intent_key as "intentKey",
         r.created_at from receipt r ${on} on r.pair = w.pair and r.intent_key = w.key
       order by r.created_at ${bound}`,
      keys,
    ),
    pool.query<z.output<typeof LinkRow>>(
      `select pair, stripe_id as "stripeId", kind, part, sl_key as "slKey", bat_nbr as "batNbr"
       from (
         select l.* from link l ${on} on l.pair = w.pair and l.stripe_id = w.key
         union
         select l.* from link l join unnest($3::text[], $4::text[]) as c (pair, key)
           on l.pair = c.pair and l.sl_key = c.key and l.kind = 'customer'
       ) as found order by kind, stripe_id ${bound}`,
      [...columnsOf(objects), ...columnsOf(customers)],
    ),
    pool.query<z.output<typeof OwnerRow>>(
      `select o.pair, o.row_id as "rowId", o.part, o.intent_key as "intentKey"
       from row_owner o ${on} on o.pair = w.pair and o.intent_key = w.key
       order by o.row_id ${bound}`,
      keys,
    ),
  ]);
  return {
    receipts: receipts.rows.map(({ created_at, ...row }) => ({
      ...row,
      createdAt: created_at.toISOString(),
    })),
    links: links.rows,
    owners: owners.rows,
  };
}
