import type { FastifyInstance } from "fastify";
import { HubError } from "../base/errors.ts";
import { listEvents } from "../events/index.ts";
import {
  DismissRequest,
  NumberedParams,
  type ParkedAnswer,
  ParkedQuery,
  ResumeRequest,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { dismissParked, resumeParked } from "./parked-commands.ts";
import { readOpenOutcomes, readUnfinished } from "./parked-state.ts";
import { readInput } from "./request-input.ts";
import {
  PARKED_COLUMNS,
  type ParkedSqlRow,
  toAttemptRow,
  toEventRow,
  toParkedRow,
} from "./rows.ts";

const EVENTS_SHOWN = 100;

/** `GET /api/parked`, `GET /api/parked/:id`, and the two commands of a person on a parked run. */
export function registerParked(app: FastifyInstance, deps: ApiDeps): void {
  const { pool } = deps;
  app.get("/parked", async (request) => {
    const query = readInput(ParkedQuery, request.query);
    await requireKnownPair(deps, query.pair);
    const found = await readPage<ParkedSqlRow>(pool, {
      select: `select ${PARKED_COLUMNS} from parked p`,
      numberColumn: "p.id",
      filters: [
        { column: "p.pair", value: query.pair },
        { column: "p.state", value: query.state },
        { column: "p.category", value: query.category },
        { column: "p.lane_key", value: query.lane },
      ],
      before: query.before,
      limit: query.limit,
      numberOf: (row) => row.id,
    });
    return { rows: found.rows.map(toParkedRow), next: found.next };
  });

  app.get("/parked/:id", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return readParked(deps, id);
  });

  app.post("/parked/:id/resume", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return resumeParked(deps, id, readInput(ResumeRequest, request.body));
  });

  app.post("/parked/:id/dismiss", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return dismissParked(deps, id, readInput(DismissRequest, request.body));
  });
}

async function readParked(deps: ApiDeps, id: string): Promise<ParkedAnswer> {
  const { pool } = deps;
  const found = await pool.query<ParkedSqlRow>(
    `select ${PARKED_COLUMNS} from parked p where p.id = $1::bigint`,
    [id],
  );
  const row = found.rows[0];
  if (row === undefined) throw new HubError("api.not_found", `There is no case ${id}`);
  const lane = { pair: row.pair, key: row.lane_key };
  const open = await readOpenOutcomes(pool, lane, deps.outcomeHorizonMs(lane.pair));
  const unfinished = await readUnfinished(pool, lane);
  const filter = { pair: lane.pair, laneKey: lane.key };
  const events = await listEvents(pool, filter, { limit: EVENTS_SHOWN });
  return {
    ...toParkedRow(row),
    events: events.map(toEventRow),
    openOutcomes: open.map(toAttemptRow),
    unfinished,
  };
}
