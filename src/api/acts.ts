import type { FastifyInstance } from "fastify";
import type { Pool, PoolClient } from "pg";
import { type ActRow, ActsQuery, type OverrideRow } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { readInput } from "./request-input.ts";

type LaneId = Readonly<{ pair: string; key: string }>;

/** What is kept of a command; what is absent it does not concern. */
export type Act = Readonly<{
  pair?: string | undefined;
  laneKey?: string;
  parkedId?: string;
  by: string;
  act: ActRow["act"];
  words: string;
  changes?: readonly ActRow["changes"][number][];
}>;

/** Keeps who did what, in the transaction that does it. */
export async function noteAct(tx: PoolClient, act: Act): Promise<void> {
  await tx.query(
    `insert into operator_act (pair, lane_key, parked_id, done_by, act, words, changes)
     values ($1, $2, $3::bigint, $4, $5, $6, $7::jsonb)`,
    [
      ...[act.pair ?? null, act.laneKey ?? null, act.parkedId ?? null, act.by, act.act],
      ...[act.words, JSON.stringify(act.changes ?? [])],
    ],
  );
}

const COLUMNS = `a.id::text as id, a.pair, a.lane_key, a.parked_id::text as parked_id, a.done_at,
  a.done_by, a.act, a.words, a.changes`;

type ActSqlRow = {
  id: string;
  pair: string | null;
  lane_key: string | null;
  parked_id: string | null;
  done_at: Date;
  done_by: string;
  act: ActRow["act"];
  words: string;
  changes: ActRow["changes"];
};

function toActRow(row: ActSqlRow): ActRow {
  return {
    id: row.id,
    pair: row.pair,
    laneKey: row.lane_key,
    parkedId: row.parked_id,
    at: row.done_at.toISOString(),
    by: row.done_by,
    act: row.act,
    words: row.words,
    changes: row.changes,
  };
}

const ROWS_MAX = 300;

/** `GET /api/acts`: who did what, newest first. */
export function registerActs(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/acts", async (request) => {
    const { pair, lane, by, act, before, limit } = readInput(ActsQuery, request.query);
    await requireKnownPair(deps, pair);
    const found = await readPage<ActSqlRow>(deps.pool, {
      select: `select ${COLUMNS} from operator_act a`,
      numberColumn: "a.id",
      filters: [
        { column: "a.pair", value: pair },
        { column: "a.lane_key", value: lane },
        { column: "a.done_by", value: by },
        { column: "a.act", value: act },
      ],
      before,
      limit,
      numberOf: (row) => row.id,
    });
    return { rows: found.rows.map(toActRow), next: found.next };
  });
}

/** What people did to one case, oldest first. */
export async function readActsOfParked(db: Pool, parkedId: string): Promise<ActRow[]> {
  const found = await db.query<ActSqlRow>(
    `select ${COLUMNS} from operator_act a where a.parked_id = $1::bigint
     order by a.id desc limit ${ROWS_MAX}`,
    [parkedId],
  );
  return found.rows.reverse().map(toActRow);
}

/** What people did on lanes, oldest first. */
export async function readActsOf(db: Pool, lanes: readonly LaneId[]): Promise<ActRow[]> {
  const found = await db.query<ActSqlRow>(
    `select ${COLUMNS} from operator_act a
     join unnest($1::text[], $2::text[]) as w (pair, key) on a.pair = w.pair and a.lane_key = w.key
     order by a.id desc limit ${ROWS_MAX}`,
    [lanes.map(({ pair }) => pair), lanes.map(({ key }) => key)],
  );
  return found.rows.reverse().map(toActRow);
}

type OverrideSqlRow = Omit<OverrideRow, "setAt"> & { set_at: Date };

/** What people have decided for the facts of lanes. */
export async function readOverridesOf(
  db: Pool | PoolClient,
  lanes: readonly LaneId[],
): Promise<OverrideRow[]> {
  const found = await db.query<OverrideSqlRow>(
    `select o.pair, o.lane_key as "laneKey", o.field, o.target, o.value, o.set_by as by, o.reason,
       o.set_at
     from fact_override o
     join unnest($1::text[], $2::text[]) as w (pair, key) on o.pair = w.pair and o.lane_key = w.key
     order by o.pair, o.lane_key, o.field, o.target`,
    [lanes.map(({ pair }) => pair), lanes.map(({ key }) => key)],
  );
  return found.rows.map(({ set_at, ...row }) => ({ ...row, setAt: set_at.toISOString() }));
}
