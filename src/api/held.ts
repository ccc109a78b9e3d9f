import type { FastifyInstance } from "fastify";
import type { PoolClient } from "pg";
import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { reopenEvents } from "../events/index.ts";
import { lockLanes, wakeLanes } from "../lanes/index.ts";
import { noteAct } from "./acts.ts";
import { HeldQuery, type HeldRow, type RecheckAnswer, RecheckRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { readInput } from "./request-input.ts";

type HeldSqlRow = {
  nr: string;
  pair: string;
  lane_key: string;
  kind: HeldRow["kind"];
  rule: string;
  reason: string;
  money: string;
  since: Date;
  seen_at: Date;
};

const COLUMNS =
  "h.nr::text as nr, h.pair, h.lane_key, h.kind, h.rule, h.reason, h.money, h.since, h.seen_at";

/** `GET /api/held`: what rules and words keep from being booked; and the command to look again. */
export function registerHeld(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/held", async (request) => {
    const query = readInput(HeldQuery, request.query);
    await requireKnownPair(deps, query.pair);
    const found = await readPage<HeldSqlRow>(deps.pool, {
      select: `select ${COLUMNS} from held h`,
      numberColumn: "h.nr",
      filters: [
        { column: "h.pair", value: query.pair },
        { column: "h.kind", value: query.kind },
        { column: "h.lane_key", value: query.lane },
      ],
      before: query.before,
      limit: query.limit,
      numberOf: (row) => row.nr,
    });
    return { rows: found.rows.map(toHeldRow), next: found.next };
  });

  app.post("/held/recheck", async (request) => {
    const wanted = readInput(RecheckRequest, request.body);
    await requireKnownPair(deps, wanted.pair);
    return withTransaction(deps.pool, (tx) => recheck(tx, wanted));
  });
}

/**
 * Wakes what is held back, so that the rules of today decide. The events that ended with it are
 * open again: they end with what the new run comes to.
 *
 * @throws HubError `conflict.version` where more is held back by now than the caller has seen
 */
async function recheck(
  tx: PoolClient,
  { pair, kinds, count, by, dryRun }: z.output<typeof RecheckRequest>,
): Promise<RecheckAnswer> {
  const found = await tx.query<HeldSqlRow>(
    `select ${COLUMNS} from held h where h.kind = any ($1::text[]) and ($2::text is null
     or h.pair = $2) order by h.pair, h.lane_key`,
    [kinds, pair ?? null],
  );
  const { rows } = found;
  const answer = { isDryRun: dryRun, count: rows.length, byRule: countByRule(rows) };
  if (dryRun) return answer;
  if (count === undefined || rows.length > count) {
    throw new HubError("conflict.version", `${rows.length} are held back by now`, {
      facts: { field: "count", example: String(rows.length) },
      cure: "Look at the count with dryRun, then repeat with it.",
    });
  }
  const lanes = rows.map((row) => ({ pair: row.pair, key: row.lane_key }));
  await lockLanes(tx, lanes);
  await reopenEvents(
    tx,
    rows.map((row) => ({ pair: row.pair, laneKey: row.lane_key, reason: row.reason })),
  );
  await wakeLanes(tx, lanes);
  for (const one of new Set(rows.map((row) => row.pair))) {
    const words = `${rows.filter((row) => row.pair === one).length} held back looked at again`;
    await noteAct(tx, { pair: one, by, act: "replayed", words });
  }
  return answer;
}

function countByRule(rows: readonly HeldSqlRow[]): RecheckAnswer["byRule"] {
  const counts = new Map<string, RecheckAnswer["byRule"][number]>();
  for (const { pair, kind, rule } of rows) {
    // A word is told with its object: each would be a line of its own.
    const words = kind === "hold" || kind === "skip" ? `the word ${kind}` : rule;
    const key = `${pair}\n${kind}\n${words}`;
    const before = counts.get(key)?.count ?? 0;
    counts.set(key, { pair, kind, rule: words, count: before + 1 });
  }
  return [...counts.values()];
}

function toHeldRow(row: HeldSqlRow): HeldRow {
  const { nr, pair, kind, rule, reason, money } = row;
  return {
    nr,
    pair,
    laneKey: row.lane_key,
    kind,
    rule,
    reason,
    money,
    since: row.since.toISOString(),
    seenAt: row.seen_at.toISOString(),
  };
}
