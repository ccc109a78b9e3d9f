import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { countLanes, readPairStates } from "../lanes/index.ts";
import { LanesQuery, type PairLanes } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/lanes`: how much work each pair has, and what holds it back. */
export function registerLanes(app: FastifyInstance, deps: ApiDeps): void {
  const { pool, pairs } = deps;
  app.get("/lanes", async (request) => {
    const { pair } = readInput(LanesQuery, request.query);
    await requireKnownPair(deps, pair);
    const wanted = pair === undefined ? (await pairs.list()).map(({ id }) => id) : [pair];
    return { pairs: await readPairLanes(pool, wanted) };
  });
}

/** The counts and states of each named pair; one that never worked has zeros. */
export async function readPairLanes(pool: Pool, pairs: readonly string[]): Promise<PairLanes[]> {
  const [counts, states, parked] = await Promise.all([
    countLanes(pool),
    readPairStates(pool),
    countParked(pool),
  ]);
  return [...pairs].sort().map((pair) => {
    const count = counts.find((counted) => counted.pair === pair);
    const state = states.find((known) => known.pair === pair);
    return {
      pair,
      waiting: count?.waiting ?? 0,
      due: count?.due ?? 0,
      owned: count?.owned ?? 0,
      oldestDueSeconds: Math.round((count?.oldestDueMs ?? 0) / 100) / 10,
      circuit: state?.circuit ?? "closed",
      probeAt: state?.probeAt?.toISOString() ?? null,
      pausedCode: state?.pausedCode ?? null,
      pausedReason: state?.pausedReason ?? null,
      held: state?.held === undefined ? null : { ...state.held, at: state.held.at.toISOString() },
      parkedOpen: parked.get(pair) ?? 0,
    };
  });
}

async function countParked(pool: Pool): Promise<Map<string, number>> {
  const found = await pool.query<{ pair: string; count: number }>(
    "select pair, count(*)::int as count from parked where state = 'open' group by pair",
  );
  return new Map(found.rows.map((row) => [row.pair, row.count]));
}
