import { cpuSeconds } from "./cpu.ts";
import type { Scene } from "./scene.ts";
import { type Shop, untilBooked } from "./shop.ts";

/** What one batch of orders took from Stripe's first webhook to the last booked order. */
export type OrderRun = Readonly<{
  orders: number;
  perSecond: number;
  /** Processor time for each order, in ms, of each process and of PostgreSQL's backends. */
  cpuMs: Readonly<{ hub: number; postgres: number; stripe: number; sl: number }>;
  slCalls: number;
  /** The same by operation and action. */
  slCallsOf: ReadonlyMap<string, number>;
  /** Runs for each order: more than one when a later event wakes the lane again. */
  runs: number;
  events: number;
  /** From the first webhook of an order to its booking, by the database's clock. */
  bookedAfterMs: readonly number[];
}>;

type Cpu = OrderRun["cpuMs"];

/** Places `count` orders, lets their webhooks go at once, and measures until all is quiet. */
export async function runOrders(
  scene: Scene,
  shop: Shop,
  options: { count: number; postgresPid: number },
): Promise<OrderRun> {
  const batch = await shop.placeHeld(options.count);
  const before = await readMeters(scene, options.postgresPid);
  await batch.letGo();
  await untilBooked(scene, batch.ids);
  const after = await readMeters(scene, options.postgresPid);
  return { ...(await readRows(scene, batch.ids)), ...difference(before, after, options.count) };
}

type Meters = Readonly<{ cpu: Cpu; slCalls: ReadonlyMap<string, number> }>;

async function readMeters(scene: Scene, postgresPid: number): Promise<Meters> {
  const { counts } = await scene.slAdmin<{ counts: Record<string, Record<string, number>> }>(
    "/calls",
  );
  const calls = Object.entries(counts).map(
    ([operation, outcomes]) => [operation, sum(Object.values(outcomes))] as const,
  );
  return {
    slCalls: new Map(calls),
    cpu: {
      hub: cpuSeconds(scene.pids.hub),
      postgres: cpuSeconds(postgresPid, { children: true }),
      stripe: cpuSeconds(scene.pids.stripe),
      sl: cpuSeconds(scene.pids.sl),
    },
  };
}

function difference(
  before: Meters,
  after: Meters,
  orders: number,
): Pick<OrderRun, "cpuMs" | "slCalls" | "slCallsOf"> {
  const perOrderMs = (of: keyof Cpu) => ((after.cpu[of] - before.cpu[of]) * 1_000) / orders;
  const slCallsOf = new Map(
    [...after.slCalls].map(([operation, calls]) => [
      operation,
      (calls - (before.slCalls.get(operation) ?? 0)) / orders,
    ]),
  );
  return {
    slCalls: sum([...slCallsOf.values()]),
    slCallsOf,
    cpuMs: {
      hub: perOrderMs("hub"),
      postgres: perOrderMs("postgres"),
      stripe: perOrderMs("stripe"),
      sl: perOrderMs("sl"),
    },
  };
}

const BOOKED_SQL = `
select (extract(epoch from booked_at - first_at) * 1000)::float8 as "bookedAfterMs",
  (extract(epoch from first_at) * 1000)::float8 as "firstMs",
  (extract(epoch from booked_at) * 1000)::float8 as "bookedMs", events, runs
from unnest($2::text[]) as o (key)
cross join lateral (
  select min(e.received_at) as first_at, count(*)::int as events from event e
  where e.pair = $1 and e.lane_key = o.key) as e
cross join lateral (
  select min(r.ended_at) filter (where r.outcome = 'booked') as booked_at, count(*)::int as runs
  from run r where r.pair = $1 and r.lane_key = o.key) as r`;

async function readRows(
  scene: Scene,
  ids: readonly string[],
): Promise<Omit<OrderRun, "cpuMs" | "slCalls" | "slCallsOf">> {
  type Row = Record<"bookedAfterMs" | "firstMs" | "bookedMs" | "events" | "runs", number>;
  const { rows } = await scene.database.query<Row>(BOOKED_SQL, [scene.pair, ids]);
  const booked = rows.filter((row) => row.bookedMs !== null);
  if (booked.length < ids.length) throw new Error(`Only ${booked.length} orders were booked`);
  const firstMs = Math.min(...rows.map((row) => row.firstMs));
  const lastMs = Math.max(...rows.map((row) => row.bookedMs));
  const perOrder = (of: "events" | "runs") => sum(rows.map((row) => row[of])) / ids.length;
  return {
    orders: ids.length,
    perSecond: ids.length / ((lastMs - firstMs) / 1_000),
    runs: perOrder("runs"),
    events: perOrder("events"),
    bookedAfterMs: rows.map((row) => row.bookedAfterMs),
  };
}

/** The times from webhook to booking of these orders. */
export async function bookingTimesMs(scene: Scene, ids: readonly string[]): Promise<number[]> {
  return [...(await readRows(scene, ids)).bookedAfterMs];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
