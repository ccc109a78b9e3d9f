import type { FastifyInstance } from "fastify";
import type { PoolClient } from "pg";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { lockLanes, wakeLanes } from "../lanes/index.ts";
import { linkCustomer } from "../links/index.ts";
import { TELL_CLOSED } from "../runs/index.ts";
import { noteAct } from "./acts.ts";
import {
  NumberedParams,
  type ReviewAnswer,
  ReviewCreateRequest,
  ReviewLinkRequest,
  type ReviewRow,
  ReviewsQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { readInput } from "./request-input.ts";
import { instantOrNull } from "./rows.ts";

type ReviewSqlRow = Omit<
  ReviewRow,
  "laneKey" | "openedAt" | "closedAt" | "closedBy" | "customerId"
> & {
  lane_key: string;
  opened_at: Date;
  closed_at: Date | null;
  closed_by: string | null;
  customer_id: string | null;
};

const WAITING = `(
  select count(*)::int from parked p where p.state = 'open' and p.facts ->> 'review' = r.id::text)`;
const COLUMNS = `r.id::text as id, r.version, r.pair, r.object, r.lane_key, r.state, r.code,
  r.reasons, r.buyer, r.candidates, r.money, r.opened_at, r.closed_at, r.closed_by, r.comment,
  r.customer_id, ${WAITING} as waiting`;

/** `/api/customers/review`: buyers of whom a person is to say who they are, and the decisions. */
export function registerCustomerReview(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/customers/review", async (request) => {
    const query = readInput(ReviewsQuery, request.query);
    await requireKnownPair(deps, query.pair);
    // A review for which nothing waits any more was settled another way: in SL or by metadata.
    const isWaitedFor = query.state === "open" ? "true" : undefined;
    const found = await readPage<ReviewSqlRow>(deps.pool, {
      select: `select ${COLUMNS} from customer_review r`,
      numberColumn: "r.id",
      filters: [
        { column: "r.pair", value: query.pair },
        { column: "r.state", value: query.state },
        { column: `(${WAITING} > 0)::text`, value: isWaitedFor },
      ],
      before: query.before,
      limit: query.limit,
      numberOf: (row) => row.id,
    });
    return { rows: found.rows.map(toReviewRow), next: found.next };
  });

  app.get("/customers/review/:id", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    const { rows } = await deps.pool.query<ReviewSqlRow>(
      `select ${COLUMNS} from customer_review r where r.id = $1::bigint`,
      [id],
    );
    const [row] = rows;
    if (row === undefined) throw new HubError("api.not_found", `There is no review ${id}`);
    return toReviewRow(row);
  });

  app.post("/customers/review/:id/link", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    const { customerId, ...seen } = readInput(ReviewLinkRequest, request.body);
    return decide(deps, { id, ...seen }, customerId);
  });

  app.post("/customers/review/:id/create", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    return decide(deps, { id, ...readInput(ReviewCreateRequest, request.body) }, undefined);
  });
}

type Seen = Readonly<{
  id: string;
  version: number;
  by: string;
  comment?: string | undefined;
  dryRun: boolean;
}>;

/**
 * Saves the decision and lets every run go on that waits for it.
 *
 * @param chosen the SL customer that the buyer is; undefined where one is to be made
 */
async function decide(
  deps: ApiDeps,
  seen: Seen,
  chosen: string | undefined,
): Promise<ReviewAnswer> {
  const pair = await pairOf(deps, seen.id);
  // SL is asked before the transaction: nothing is locked while it answers.
  const customer = chosen === undefined ? undefined : await deps.customers.check(pair, chosen);
  if (chosen === undefined) deps.customers.assertMayMake(pair);
  return withTransaction(deps.pool, async (tx) => {
    const row = await lockReview(tx, seen);
    const waiting = await lockWaiting(tx, row);
    const lanes = waiting.map(({ key }) => ({ pair, key }));
    const who = customer?.customerId;
    const effects = [
      who === undefined
        ? `a customer is made in SL for ${row.object}`
        : `${row.object} is booked on ${who} (${customer?.name}) from now on`,
      ...lanes.map(({ key }) => `lane ${key} is woken and runs again`),
    ];
    if (seen.dryRun) return { isDryRun: true, effects, review: toReviewRow(row) };
    if (who !== undefined) {
      await linkCustomer(tx, { pair, stripeId: row.object, customerId: who });
    }
    const review = await closeReview(tx, row, { seen, customerId: who });
    const words = `review ${row.id}: ${effects[0]}`;
    for (const { key: laneKey, parkedId } of waiting) {
      await noteAct(tx, { pair, laneKey, parkedId, by: seen.by, act: "resumed", words });
    }
    // The customer's own lane remembers what both sides say, so that changes count from now on.
    const own = row.object.startsWith("cus_") ? [{ pair, key: row.object }] : [];
    await wakeLanes(tx, [...lanes, ...own]);
    return { isDryRun: false, effects, review };
  });
}

async function pairOf({ pool }: ApiDeps, id: string): Promise<string> {
  const { rows } = await pool.query<{ pair: string }>(
    "select pair from customer_review where id = $1::bigint",
    [id],
  );
  const pair = rows[0]?.pair;
  if (pair === undefined) throw new HubError("api.not_found", `There is no review ${id}`);
  return pair;
}

async function lockReview(tx: PoolClient, { id, version }: Seen): Promise<ReviewSqlRow> {
  const { rows } = await tx.query<ReviewSqlRow>(
    `select ${COLUMNS} from customer_review r where r.id = $1::bigint for update`,
    [id],
  );
  const row = present(rows[0], `review ${id}`);
  if (row.state !== "open") {
    const by = row.closed_by ?? "somebody";
    throw new HubError("conflict.version", `Review ${id} was decided by ${by} meanwhile`);
  }
  if (row.version === version) return row;
  throw new HubError("conflict.version", `Review ${id} is at version ${row.version} now`, {
    facts: { field: "version", example: String(row.version) },
  });
}

/** The lanes of the runs that wait; parked rows before lanes, as every command takes them. */
async function lockWaiting(
  tx: PoolClient,
  { id, pair }: ReviewSqlRow,
): Promise<readonly Readonly<{ key: string; parkedId: string }>[]> {
  const { rows } = await tx.query<{ lane_key: string; id: string }>(
    `select lane_key, id::text as id from parked where state = 'open' and pair = $2 and facts ->> 'review' = $1
     order by id for update`,
    [id, pair],
  );
  const lanes = rows.map((row) => ({ pair, key: row.lane_key }));
  await lockLanes(tx, lanes);
  return rows.map((row) => ({ key: row.lane_key, parkedId: row.id }));
}

async function closeReview(
  tx: PoolClient,
  row: ReviewSqlRow,
  decision: Readonly<{ seen: Seen; customerId: string | undefined }>,
): Promise<ReviewRow> {
  const { seen, customerId } = decision;
  const state = customerId === undefined ? "create" : "linked";
  const words = customerId === undefined ? "a customer is to be made" : `linked to ${customerId}`;
  await tx.query(
    `with closed as (
       update parked set state = 'resumed', closed_at = now(), changed_at = now(), closed_by = $2,
         comment = $3, version = version + 1
       where state = 'open' and pair = $4 and facts ->> 'review' = $1 returning *
     ) ${TELL_CLOSED} from closed`,
    [row.id, seen.by, `review ${row.id}: ${words}`, row.pair],
  );
  const { rows } = await tx.query<ReviewSqlRow>(
    `update customer_review r set state = $2, closed_at = now(), changed_at = now(),
       closed_by = $3, comment = $4, customer_id = $5, version = r.version + 1
     where r.id = $1::bigint returning ${COLUMNS}`,
    [row.id, state, seen.by, seen.comment ?? null, customerId ?? null],
  );
  return toReviewRow(present(rows[0], `review ${row.id}`));
}

function toReviewRow(row: ReviewSqlRow): ReviewRow {
  const { lane_key, opened_at, closed_at, closed_by, customer_id, ...same } = row;
  return {
    ...same,
    laneKey: lane_key,
    openedAt: opened_at.toISOString(),
    closedAt: instantOrNull(closed_at),
    closedBy: closed_by,
    customerId: customer_id,
  };
}
