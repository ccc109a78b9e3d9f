import type { FastifyInstance } from "fastify";
import type { PoolClient } from "pg";
import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { wakeLanes } from "../lanes/index.ts";
import { type ReplayAnswer, ReplayRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** Lanes that one replay wakes at most; a longer time is replayed in parts. */
const REPLAY_LANES_MAX = 10_000;
const SAMPLE_MAX = 10;

type Request = z.output<typeof ReplayRequest>;
type Lane = Readonly<{ pair: string; key: string }>;

/** `POST /api/replay`: lanes run again, reading Stripe and SL anew. */
export function registerReplay(app: FastifyInstance, deps: ApiDeps): void {
  app.post("/replay", async (request) => {
    const wanted = readInput(ReplayRequest, request.body);
    await requireKnownPair(deps, wanted.pair);
    return replay(deps, wanted);
  });
}

async function replay(deps: ApiDeps, request: Request): Promise<ReplayAnswer> {
  const { by, reason, dryRun } = request;
  if (!isChosen(request)) {
    throw new HubError("api.invalid", "Nothing says what is to run again", {
      facts: { field: "lane", example: "pi_3Pq" },
      cure: "Give an event, a lane, or filters: pair, type, end, since, until.",
    });
  }
  return withTransaction(deps.pool, async (tx) => {
    const found = await find(tx, request);
    const { lanes } = found;
    if (!dryRun && lanes.length > 0) {
      await wakeLanes(tx, lanes);
      await noteReplay(tx, lanes, { by, words: reason ?? "without a reason" });
    }
    return {
      isDryRun: dryRun,
      lanes: lanes.length,
      events: found.events,
      withoutLane: found.withoutLane,
      parked: await countParked(tx, lanes),
      sample: lanes.slice(0, SAMPLE_MAX).map(({ pair, key }) => ({ pair, laneKey: key })),
    };
  });
}

function isChosen({ pair, event, lane, type, end, since, until }: Request): boolean {
  return [pair, event, lane, type, end, since, until].some((value) => value !== undefined);
}

type Found = Readonly<{ lanes: Lane[]; events: number; withoutLane: number }>;

/** @throws HubError `api.not_found` for one event or lane that nobody knows, `api.invalid` */
async function find(tx: PoolClient, request: Request): Promise<Found> {
  const { where, values } = conditionsOf(request);
  const counted = await tx.query<{ events: number; without: number }>(
    `select count(*)::int as events, count(*) filter (where e.lane_key is null)::int as without
     from event e ${where}`,
    values,
  );
  const lanes = await tx.query<Lane>(
    `select distinct e.pair, e.lane_key as key from event e ${where} and e.lane_key is not null
     order by e.pair, e.lane_key limit ${REPLAY_LANES_MAX + 1}`,
    values,
  );
  if (lanes.rows.length > REPLAY_LANES_MAX) {
    throw new HubError("api.invalid", `More than ${REPLAY_LANES_MAX} lanes are chosen`, {
      facts: { field: "until" },
      cure: "Replay a shorter time, one after the other.",
    });
  }
  const { events = 0, without = 0 } = counted.rows[0] ?? {};
  if (events > 0) return { lanes: lanes.rows, events, withoutLane: without };
  return { lanes: await lanesWithoutEvents(tx, request), events, withoutLane: without };
}

/** A rebuild or another lane may have made a lane that no event named. */
async function lanesWithoutEvents(tx: PoolClient, request: Request): Promise<Lane[]> {
  const { event, lane, pair } = request;
  const named = event ?? lane;
  if (named === undefined) return [];
  const found =
    event !== undefined
      ? { rows: [] }
      : await tx.query<Lane>(
          "select pair, key from lane where key = $1 and ($2::text is null or pair = $2)",
          [named, pair ?? null],
        );
  if (found.rows.length > 0) return found.rows;
  throw new HubError("api.not_found", `Nothing is known of ${named}`);
}

function conditionsOf(request: Request): { where: string; values: string[] } {
  const values: string[] = [];
  const parts: string[] = ["true"];
  const add = (value: string | undefined, condition: (place: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  add(request.pair, (place) => `e.pair = ${place}`);
  add(request.event, (place) => `e.stripe_event_id = ${place}`);
  add(request.lane, (place) => `e.lane_key = ${place}`);
  add(request.type, (place) => `e.type = ${place}`);
  if (request.end === "open") parts.push("e.end_state is null");
  else add(request.end, (place) => `e.end_state = ${place}`);
  add(request.since, (place) => `e.created_at >= ${place}::timestamptz`);
  add(request.until, (place) => `e.created_at < ${place}::timestamptz`);
  return { where: `where ${parts.join(" and ")}`, values };
}

const columnsOf = (lanes: readonly Lane[]) => [
  lanes.map(({ pair }) => pair),
  lanes.map(({ key }) => key),
];

async function noteReplay(
  tx: PoolClient,
  lanes: readonly Lane[],
  { by, words }: { by: string; words: string },
): Promise<void> {
  await tx.query(
    `insert into operator_act (pair, lane_key, done_by, act, words)
     select w.pair, w.key, $3, 'replayed', $4
     from unnest($1::text[], $2::text[]) as w (pair, key)`,
    [...columnsOf(lanes), by, words],
  );
}

async function countParked(tx: PoolClient, lanes: readonly Lane[]): Promise<number> {
  const found = await tx.query<{ count: number }>(
    `select count(*)::int as count from parked p
     join unnest($1::text[], $2::text[]) as w (pair, key) on p.pair = w.pair and p.lane_key = w.key
     where p.state = 'open'`,
    columnsOf(lanes),
  );
  return found.rows[0]?.count ?? 0;
}
