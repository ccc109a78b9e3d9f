import { startBackfill } from "../src/backfill/index.ts";
import { pause } from "../src/base/clock.ts";
import { withTransaction } from "../src/db/index.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { runOrders } from "./support/order-run.ts";
import type { Report } from "./support/report.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { openShop, type Shop } from "./support/shop.ts";

const CUSTOMERS = 20;
const LOOK_EVERY_MS = 100;
const WITHIN_MS = 30 * 60_000;

type Round = Readonly<{ orders: number; filled: number; live: number; slCalls: number }>;

/** Orders that no webhook told of, found and booked by a backfill, beside the same by webhooks. */
export const backfill: Bench = {
  name: "backfill",
  summary: "orders booked a second by a backfill, with an SL that answers at once",
  run: async (context) => {
    const { server, stops, home, profile } = context;
    const databaseUrl = await server.createDatabase();
    const scene = await openScene(stops, { databaseUrl, home, profile });
    return reportOf(await measure(context, scene));
  },
};

async function measure(context: BenchContext, scene: Scene): Promise<Round[]> {
  const shop = await openShop(scene, CUSTOMERS);
  const count = context.isQuick ? 20 : 300;
  const size = { count, postgresPid: context.server.pid };
  // A hub that has just started is still compiling what it runs.
  await runOrders(scene, shop, { ...size, count: context.isQuick ? 10 : 200 });
  const rounds: Round[] = [];
  await eachRound(context, async () => {
    const { perSecond: live } = await runOrders(scene, shop, size);
    const filled = await fill(scene, shop, count);
    rounds.push({ orders: count, live, ...filled });
    context.say(`${filled.filled.toFixed(1)} orders/s by backfill, ${live.toFixed(1)} by webhooks`);
  });
  return rounds;
}

/** From the start of a backfill to the last booked order, its list included. */
async function fill(scene: Scene, shop: Shop, count: number) {
  const from = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  const batch = await shop.placeHeld(count);
  const until = new Date(Date.now() + 2_000);
  const before = await slCalls(scene);
  await withTransaction(scene.database, (tx) =>
    startBackfill(tx, scene.pair, { from, until, perMinute: undefined, by: "bench" }),
  );
  const seconds = await untilFilled(scene, batch.ids);
  const calls = (await slCalls(scene)) - before;
  await batch.letGo();
  return { filled: count / seconds, slCalls: calls / count };
}

const FILLED_SQL = `
select extract(epoch from max(r.ended_at) - min(b.started_at))::float8 as seconds,
  count(distinct r.lane_key)::int as booked
from run r, (select max(started_at) as started_at from backfill) b
where r.pair = $1 and r.lane_key = any ($2::text[]) and r.outcome = 'booked'`;

async function untilFilled(scene: Scene, ids: readonly string[]): Promise<number> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    const { rows } = await scene.database.query<{ seconds: number; booked: number }>(FILLED_SQL, [
      scene.pair,
      ids,
    ]);
    const { rowCount } = await scene.database.query("select from backfill where state <> 'done'");
    const [found] = rows;
    if (found?.booked === ids.length && rowCount === 0) return found.seconds;
    if (performance.now() > deadlineMs) throw new Error(`Only ${found?.booked} orders were booked`);
    await pause(LOOK_EVERY_MS);
  }
}

async function slCalls(scene: Scene): Promise<number> {
  const { counts } = await scene.slAdmin<{ counts: Record<string, Record<string, number>> }>(
    "/calls",
  );
  return Object.values(counts)
    .flatMap((outcomes) => Object.values(outcomes))
    .reduce((total, value) => total + value, 0);
}

function reportOf(rounds: readonly Round[]): Report {
  return {
    bench: "backfill",
    title: "Orders by a backfill, SL without latency",
    notes: [
      `${rounds[0]?.orders ?? 0} orders a round, first by webhooks, then as many by a backfill.`,
      "A backfill looks SL up before each first write, which webhooks do not.",
    ],
    measures: [
      { name: "booked by backfill", unit: "orders/s", rounds: rounds.map((one) => one.filled) },
      { name: "booked by webhooks", unit: "orders/s", rounds: rounds.map((one) => one.live) },
      { name: "calls to SL", unit: "calls/order", rounds: rounds.map((one) => one.slCalls) },
      {
        name: "backfill ÷ webhooks",
        unit: "ratio",
        rounds: rounds.map((one) => one.filled / one.live),
      },
    ],
  };
}
