import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { NumberedParams, type RunAnswer, RunsQuery } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { readInput } from "./request-input.ts";
import {
  ATTEMPT_COLUMNS,
  type AttemptSqlRow,
  RUN_COLUMNS,
  type RunSqlRow,
  toAttemptRow,
  toRunRow,
} from "./rows.ts";

/** `GET /api/runs` and `GET /api/runs/:id`. */
export function registerRuns(app: FastifyInstance, deps: ApiDeps): void {
  const { pool } = deps;
  app.get("/runs", async (request) => {
    const { pair, outcome, lane, before, limit } = readInput(RunsQuery, request.query);
    await requireKnownPair(deps, pair);
    const found = await readPage<RunSqlRow>(pool, {
      select: `select ${RUN_COLUMNS} from run r`,
      numberColumn: "r.id",
      filters: [
        { column: "r.pair", value: pair },
        { column: "r.outcome", value: outcome },
        { column: "r.lane_key", value: lane },
      ],
      before,
      limit,
      numberOf: (row) => row.id,
    });
    return { rows: found.rows.map(toRunRow), next: found.next };
  });

  app.get("/runs/:id", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return readRun(pool, id);
  });
}

// Between two runs of a lane nobody sends, except a run that died without leaving a row: its sends
// belong to the story of the next one. All instants here are the database's.
const ATTEMPTS_SQL = `
select ${ATTEMPT_COLUMNS}
from run r
join intent i on i.pair = r.pair and i.lane_key = r.lane_key
join attempt a on a.pair = i.pair and a.key = i.key
where r.id = $1::bigint and a.sent_at <= r.ended_at + interval '1 second'
  and a.sent_at > coalesce((
    select max(earlier.ended_at) from run earlier
    where earlier.pair = r.pair and earlier.lane_key = r.lane_key and earlier.id < r.id),
    '-infinity')
order by a.sent_at limit 500`;

async function readRun(pool: Pool, id: string): Promise<RunAnswer> {
  const found = await pool.query<RunSqlRow>(
    `select ${RUN_COLUMNS}, r.steps from run r where r.id = $1::bigint`,
    [id],
  );
  const row = found.rows[0];
  if (row === undefined) throw new HubError("api.not_found", `There is no run ${id}`);
  const attempts = await pool.query<AttemptSqlRow>(ATTEMPTS_SQL, [id]);
  return { ...toRunRow(row), steps: row.steps ?? [], attempts: attempts.rows.map(toAttemptRow) };
}
