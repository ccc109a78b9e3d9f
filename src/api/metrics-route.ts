import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { countAlerts, readChannels } from "../alerts/index.ts";
import { countOpenRows } from "../ledger/index.ts";
import { readRowWalks, readWalks } from "../pull/index.ts";
import { listSubscribers } from "../subscribers/index.ts";
import type { ApiDeps } from "./deps.ts";
import { readPairLanes } from "./lanes.ts";

/** `GET /metrics` in Prometheus' text format; the gauges are counted when they are asked for. */
export function registerMetrics(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/metrics", async (_request, reply) => {
    await refreshGauges(deps);
    reply.header("content-type", deps.metrics.registry.contentType);
    return deps.metrics.registry.metrics();
  });
}

async function countOrders(pool: Pool) {
  const { rows } = await pool.query<{ pair: string; state: string; count: number }>(
    `select pair, case when left_due_at <= now() then 'overdue' else state end as state,
       count(*)::int as count
     from sales_order where (state in ('held', 'open') or left_due_at is not null)
       and (state in ('held', 'open') or left_due_at <= now()) group by 1, 2`,
  );
  return rows;
}

/** The counters of this process are worth having most when the database is away. */
async function refreshGauges(deps: ApiDeps): Promise<void> {
  const { pool, metrics, log } = deps;
  try {
    const pairs = (await deps.pairs.list()).map(({ id }) => id);
    const counted = await readPairLanes(pool, pairs);
    metrics.lanesCounted(
      counted.map(({ circuit, pausedCode, held, ...counts }) => ({
        ...counts,
        isCircuitOpen: circuit === "open",
        isPaused: pausedCode !== null || held !== null,
      })),
    );
    const parked = await pool.query<{ pair: string; category: string; count: number }>(
      `select pair, category, count(*)::int as count from parked where state = 'open'
       group by pair, category`,
    );
    metrics.parkedCounted(parked.rows);
    const held = await pool.query<{ pair: string; kind: string; count: number }>(
      "select pair, kind, count(*)::int as count from held group by pair, kind",
    );
    metrics.heldCounted(held.rows);
    const reviews = await pool.query<{ pair: string; count: number }>(
      `select pair, count(distinct facts ->> 'review')::int as count from parked
       where state = 'open' and facts ? 'review' group by pair`,
    );
    metrics.reviewsCounted(reviews.rows);
    metrics.ordersCounted(await countOrders(pool));
    const open = await pool.query<{ pair: string; count: number }>(
      `select c.pair, count(a.key)::int as count from unnest($1::text[]) as c (pair)
       left join attempt a on a.pair = c.pair and a.answered_at is null group by c.pair`,
      [pairs],
    );
    for (const { pair, count } of open.rows) metrics.openOutcomesCounted(pair, count);
    metrics.walksCounted([...(await readWalks(pool)), ...(await readRowWalks(pool))]);
    const delayed = pairs.flatMap((id) => {
      const pair = deps.ledger(id);
      return pair === undefined ? [] : [{ id, journalDelay: pair.settings.journalDelay }];
    });
    metrics.rowsCounted(await countOpenRows(pool, delayed, 0));
    metrics.subscribersCounted(
      (await listSubscribers(pool)).map(({ id, waiting, behind, state }) => ({
        id,
        waiting: waiting + Number(behind),
        isDisabled: state === "disabled",
      })),
    );
    metrics.alertsCounted(await countAlerts(pool));
    const channels = await readChannels(pool, deps.alertChannels());
    metrics.channelsCounted(
      channels.map(({ name, error }) => ({ name, isFailing: error !== null })),
    );
    metrics.databaseAnswered(true);
  } catch (thrown) {
    log.warn({ error: String(thrown) }, "The gauges of /metrics could not be counted");
    metrics.databaseAnswered(false);
  }
}
