import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import type { Order } from "./orders.ts";

const MINUTES_PASS = `
with aged as (
  update attempt a set sent_at = sent_at - interval '10 minutes'
  from intent i, lane l
  where i.pair = a.pair and i.key = a.key and i.lane_key = $1 and a.answered_at is null
    and l.pair = i.pair and l.key = i.lane_key and l.owner is null and l.due_at > now()
), due as (
  update lane set due_at = now() where key = $1 and owner is null and due_at > now()
  returning pair
)
select pg_notify('slipway_lane', pair) from due`;

const RETRY_NOW = `
with due as (
  update lane set due_at = now() where key = $1 and owner is null and due_at > now()
  returning pair
)
select pg_notify('slipway_lane', pair) from due`;

const PROBE_NOW = `
with due as (
  update pair_state set probe_at = now() where circuit = 'open' returning pair
)
select pg_notify('slipway_lane', pair) from due`;

/**
 * Lets ten minutes pass for a lane whenever it waits for a time, until `isOver`: sends without an
 * answer grow older than any outcome horizon, and what is due later is due now.
 */
export async function letMinutesPass(
  world: World,
  order: Order,
  isOver: () => Promise<boolean>,
): Promise<void> {
  await until(
    `${order.id} to come through`,
    async () => {
      await world.sql(MINUTES_PASS, [order.id]);
      return isOver();
    },
    60_000,
  );
}

/** What is due later is due now, without any send growing older. */
export async function skipDelay(world: World, order: Order): Promise<void> {
  await world.sql(RETRY_NOW, [order.id]);
}

/** The next lane may probe a pair whose circuit is open. */
export async function probeNow(world: World): Promise<void> {
  await world.sql(PROBE_NOW);
}

/** Whether the newest run of the lane has booked it, or parked it. */
export async function hasEnded(world: World, order: Order): Promise<boolean> {
  const rows = await world.sql(
    "select outcome from run where lane_key = $1 order by id desc limit 1",
    [order.id],
  );
  return rows[0]?.outcome === "booked" || rows[0]?.outcome === "parked";
}
