import type { FastifyInstance } from "fastify";
import { HubError } from "../base/errors.ts";
import { listEvents } from "../events/index.ts";
import { readActsOfParked, readOverridesOf } from "./acts.ts";
import {
  AssignRequest,
  BulkRequest,
  CommentRequest,
  DismissRequest,
  EditRequest,
  NumberedParams,
  type ParkedAnswer,
  ParkedQuery,
  ResumeRequest,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { commandMany } from "./parked-bulk.ts";
import { assignParked, commentParked, dismissParked, resumeParked } from "./parked-commands.ts";
import { editParked } from "./parked-edit.ts";
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

/** `GET /api/parked`, `GET /api/parked/:id`, and what a person does with parked runs. */
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
        { column: "p.code", value: query.code },
        { column: "p.assignee", value: query.assignee },
        {
          value: query.unassigned,
          condition: (place) => `(p.assignee is null) = ${place}::boolean`,
        },
        {
          value: query.olderThan,
          condition: (place) => `p.opened_at <= now() - ${place}::interval`,
        },
        { value: query.text, condition: hasText },
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

  app.post("/parked/bulk", async (request) => {
    return commandMany(deps, readInput(BulkRequest, request.body));
  });

  app.post("/parked/:id/assign", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return assignParked(deps, id, readInput(AssignRequest, request.body));
  });

  app.post("/parked/:id/comment", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return commentParked(deps, id, readInput(CommentRequest, request.body));
  });

  app.post("/parked/:id/edit", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return editParked(deps, id, readInput(EditRequest, request.body));
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

/** The words are a person's, not a pattern: nothing in them stands for other letters. */
function hasText(place: string): string {
  const everything = "concat_ws(' ', p.reason, p.cure, p.lane_key, p.facts::text)";
  return `strpos(lower(${everything}), lower(${place})) > 0`;
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
    history: await readActsOfParked(pool, id),
    overrides: await readOverridesOf(pool, [lane]),
  };
}
