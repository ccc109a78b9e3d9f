import type { Pool } from "pg";
import { pause } from "../src/base/clock.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { runOrders } from "./support/order-run.ts";
import type { Report } from "./support/report.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { openShop, type Shop, untilBooked } from "./support/shop.ts";

const CUSTOMERS = 20;
const MINUTE_MS = 60_000;
const SIZE = { minutes: 60, orders: 2_000, usual: 400 } as const;
const QUICK = { minutes: 1, orders: 40, usual: 20 } as const;

/** SL is away for an hour while orders arrive: what the hub does meanwhile, and afterwards. */
export const outage: Bench = {
  name: "outage",
  summary: "an hour without SL while 2,000 orders arrive, and how they are booked afterwards",
  isLong: true,
  run: async (context) => {
    const { server, stops, home } = context;
    const databaseUrl = await server.createDatabase();
    const scene = await openScene(stops, { databaseUrl, home, isSlKept: true });
    const shop = await openShop(scene, CUSTOMERS);
    const stood = await stand(context, scene, shop);
    const { usual } = sizeOf(context);
    const after = await runOrders(scene, shop, { count: usual, postgresPid: server.pid });
    return reportOf(stood, after.perSecond);
  },
};

function sizeOf({ isQuick }: BenchContext) {
  return isQuick ? QUICK : SIZE;
}

type Stood = Readonly<{
  orders: number;
  minutes: number;
  away: Away;
  firstAfterMs: number;
  perSecond: number;
  outOfPlace: number;
}>;

async function stand(context: BenchContext, scene: Scene, shop: Shop): Promise<Stood> {
  const { minutes, orders } = sizeOf(context);
  const comeBack = await scene.stopSl();
  const ids = await placeSpread(context, shop, { orders, overMs: minutes * MINUTE_MS });
  const away = await readAway(scene.database, ids);
  context.say(`SL comes back; ${away.parked} parked, ${away.tries} tries, ${away.runs} runs`);
  await comeBack();
  const backAtMs = await clockOf(scene.database);
  await untilBooked(scene, ids);
  return { orders, minutes, away, ...(await readAfter(scene, ids, backAtMs)) };
}

/** One order after the other, evenly over the time that SL is away. */
async function placeSpread(
  context: BenchContext,
  shop: Shop,
  { orders, overMs }: { orders: number; overMs: number },
): Promise<string[]> {
  const startedAtMs = performance.now();
  const placed: Promise<string>[] = [];
  while (placed.length < orders) {
    const dueMs = (placed.length * overMs) / orders;
    await pause(Math.max(0, startedAtMs + dueMs - performance.now()));
    placed.push(shop.placeOrder());
    if (placed.length % 200 === 0) context.say(`${placed.length} orders placed`);
  }
  const ids = await Promise.all(placed);
  await pause(Math.max(0, startedAtMs + overMs - performance.now()));
  return ids;
}

type Away = Readonly<{
  parked: number;
  tries: number;
  runs: number;
  alerts: number;
  circuit: string;
}>;

const AWAY_SQL = `
select (select count(*)::int from parked where state = 'open') as parked,
  (select coalesce(max(tries), 0)::int from lane where key = any ($1::text[])) as tries,
  (select count(*)::int from run where lane_key = any ($1::text[])) as runs,
  (select count(*)::int from alert) as alerts,
  (select circuit from pair_state) as circuit`;

async function readAway(database: Pool, ids: readonly string[]): Promise<Away> {
  const { rows } = await database.query<Away>(AWAY_SQL, [ids]);
  const away = rows[0];
  if (away?.circuit !== "open") throw new Error("The circuit did not open while SL was away");
  return away;
}

async function clockOf(database: Pool): Promise<number> {
  const { rows } = await database.query<{ ms: number }>(
    "select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms",
  );
  return rows[0]?.ms ?? Number.NaN;
}

const AFTER_SQL = `
select (extract(epoch from r.booked_at) * 1000)::float8 as "bookedMs",
  abs(rank() over (order by r.booked_at) - rank() over (order by e.first_at))::int as "outOfPlace"
from unnest($2::text[]) as o (key)
cross join lateral (
  select min(received_at) as first_at from event where pair = $1 and lane_key = o.key) as e
cross join lateral (
  select min(ended_at) as booked_at from run
  where pair = $1 and lane_key = o.key and outcome = 'booked') as r`;

async function readAfter(
  { database, pair }: Scene,
  ids: readonly string[],
  backAtMs: number,
): Promise<Pick<Stood, "firstAfterMs" | "perSecond" | "outOfPlace">> {
  type Row = Readonly<{ bookedMs: number; outOfPlace: number }>;
  const { rows } = await database.query<Row>(AFTER_SQL, [pair, ids]);
  const booked = rows.map((row) => row.bookedMs).toSorted((a, b) => a - b);
  const [first = Number.NaN] = booked;
  const last = booked.at(-1) ?? Number.NaN;
  return {
    firstAfterMs: first - backAtMs,
    perSecond: ids.length / ((last - first) / 1_000),
    outOfPlace: Math.max(...rows.map((row) => row.outOfPlace)),
  };
}

function reportOf(stood: Stood, usualPerSecond: number): Report {
  const once = (name: string, unit: string, value: number) => ({ name, unit, rounds: [value] });
  const { away } = stood;
  return {
    bench: "outage",
    title: `SL away for ${stood.minutes} min while ${stood.orders} orders arrive`,
    notes: [
      "SL's process is stopped and started again at the same address; one round.",
      "Usual: the rate of the next orders, with an SL that answers.",
      "Places: how far an order was booked from its place in the order of arrival, at most.",
    ],
    measures: [
      { ...once("parked meanwhile", "runs", away.parked), aim: { atMost: 0 } },
      { ...once("tries burnt meanwhile, at most", "tries/order", away.tries), aim: { atMost: 0 } },
      once("runs meanwhile", "runs", away.runs),
      { ...once("alerts opened", "alerts", away.alerts), aim: { atMost: 1 } },
      once("SL is back → first booked", "s", stood.firstAfterMs / 1_000),
      once("booked afterwards", "orders/s", stood.perSecond),
      {
        ...once("booked afterwards ÷ usual", "ratio", stood.perSecond / usualPerSecond),
        aim: { atLeast: 0.8 },
      },
      once("out of order", "places", stood.outOfPlace),
    ],
  };
}
