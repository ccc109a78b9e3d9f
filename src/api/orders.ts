import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { money, toDecimal } from "../base/money.ts";
import { wakeLanes } from "../lanes/index.ts";
import {
  type OrderAnswer,
  OrderParams,
  OrderQuery,
  type OrderRow,
  OrdersQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/orders`, `GET /api/orders/:id` and `POST /api/orders/:id/look`. */
export function registerOrders(app: FastifyInstance, deps: ApiDeps): void {
  const { pool } = deps;
  app.get("/orders", async (request) => {
    const { pair, state, left, before, limit } = readInput(OrdersQuery, request.query);
    await requireKnownPair(deps, pair);
    const found = await readPage<OrderSqlRow>(pool, {
      select: SELECT_SQL,
      numberColumn: "o.seq",
      filters: [
        { column: "o.pair", value: pair },
        { column: "o.state", value: state },
        {
          condition: (place) => `(o.left_since is not null) = ${place}::boolean`,
          value: asText(left),
        },
      ],
      before,
      limit,
      numberOf: (row) => row.seq,
    });
    return { rows: found.rows.map(toOrderRow), next: found.next };
  });

  app.get("/orders/:id", async (request): Promise<OrderAnswer> => {
    const row = await readOrder(deps, request);
    return { ...toOrderRow(row), documents: row.documents };
  });

  app.post("/orders/:id/look", async (request) => {
    const { pair, lane_key: laneKey } = await readOrder(deps, request);
    await wakeLanes(pool, [{ pair, key: laneKey }]);
    return { pair, laneKey };
  });
}

const COLUMNS = `o.seq::text as seq, o.pair, o.object, o.lane_key, o.order_number, o.customer_id,
  o.customer_order_number, o.currency, o.paid::text as paid, o.applied::text as applied,
  o.refunded::text as refunded, o.left_over::text as left_over, o.state, o.waits_for, o.placed_at,
  o.changed_at, o.looked_at, o.left_since, o.documents,
  coalesce(o.left_due_at <= now(), false) as is_overdue,
  case when l.owner is null then l.due_at end as due_at`;
const SELECT_SQL = `select ${COLUMNS} from sales_order o
  left join lane l on l.pair = o.pair and l.key = o.lane_key`;

type OrderSqlRow = {
  seq: string;
  pair: string;
  object: string;
  lane_key: string;
  order_number: string;
  customer_id: string;
  customer_order_number: string;
  currency: string;
  paid: string;
  applied: string;
  refunded: string;
  left_over: string;
  state: OrderRow["state"];
  waits_for: string;
  placed_at: Date;
  changed_at: Date;
  looked_at: Date;
  left_since: Date | null;
  documents: OrderAnswer["documents"];
  is_overdue: boolean;
  due_at: Date | null;
};

async function readOrder(
  deps: ApiDeps,
  request: Readonly<{ params: unknown; query: unknown }>,
): Promise<OrderSqlRow> {
  const { id } = readInput(OrderParams, request.params);
  const { pair } = readInput(OrderQuery, request.query);
  await requireKnownPair(deps, pair);
  const rows = await findOrders(deps.pool, id, pair);
  const [row, second] = rows;
  if (row === undefined) throw new HubError("api.not_found", `There is no order ${id}`);
  if (second === undefined) return row;
  const pairs = rows.map((one) => one.pair).join(", ");
  throw new HubError("api.invalid", `Pairs ${pairs} have an order ${id}: name one`, {
    facts: { field: "pair", example: row.pair },
  });
}

async function findOrders(pool: Pool, id: string, pair: string | undefined) {
  const { rows } = await pool.query<OrderSqlRow>(
    `${SELECT_SQL} where (o.order_number = upper($1) or o.object = $1 or o.lane_key = $1)
       and ($2::text is null or o.pair = $2) order by o.seq`,
    [id, pair ?? null],
  );
  return rows;
}

function toOrderRow(row: OrderSqlRow): OrderRow {
  const amount = (minor: string) => toDecimal(money(BigInt(minor), row.currency));
  return {
    seq: row.seq,
    pair: row.pair,
    orderNumber: row.order_number,
    customerId: row.customer_id,
    customerOrderNumber: row.customer_order_number,
    object: row.object,
    laneKey: row.lane_key,
    currency: row.currency,
    paid: amount(row.paid),
    applied: amount(row.applied),
    refunded: amount(row.refunded),
    left: amount(row.left_over),
    state: row.state,
    waitsFor: row.waits_for,
    placedAt: row.placed_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    lookedAt: row.looked_at.toISOString(),
    nextLookAt: row.due_at?.toISOString() ?? null,
    leftSince: row.left_since?.toISOString() ?? null,
    isOverdue: row.is_overdue,
  };
}

function asText(flag: boolean | undefined): string | undefined {
  return flag === undefined ? undefined : String(flag);
}
