import { pause } from "../src/base/clock.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { bookingTimesMs } from "./support/order-run.ts";
import type { Report } from "./support/report.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { openShop, type Shop, untilBooked } from "./support/shop.ts";
import { percentile } from "./support/statistics.ts";

const ORDERS_PER_SECOND = 5;
const CUSTOMERS = 20;

/** How long an order waits for its booking while the hub has time to spare. */
export const latency: Bench = {
  name: "latency",
  summary: "time from the webhook to the booking at five orders a second",
  run: async (context) => {
    const { server, stops, home } = context;
    const scene = await openScene(stops, { databaseUrl: await server.createDatabase(), home });
    return reportOf(context, await measure(context, scene));
  },
};

function ordersOf(context: BenchContext): number {
  return context.isQuick ? 10 : 150;
}

async function measure(context: BenchContext, scene: Scene): Promise<number[][]> {
  const shop = await openShop(scene, CUSTOMERS);
  await untilBooked(scene, await placeInTime(shop, ordersOf(context), 0));
  const rounds: number[][] = [];
  await eachRound(context, async (round) => {
    const ids = await placeInTime(shop, ordersOf(context), round + 1);
    await untilBooked(scene, ids);
    const timesMs = await bookingTimesMs(scene, ids);
    rounds.push(timesMs);
    const [p50, p99] = [percentile(timesMs, 50), percentile(timesMs, 99)];
    context.say(`p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  });
  return rounds;
}

/** Places orders as shoppers come: at random moments, from a seed, at the mean rate. */
async function placeInTime(shop: Shop, count: number, seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const placed: Promise<string>[] = [];
  const startedAtMs = performance.now();
  let dueMs = 0;
  while (placed.length < count) {
    dueMs += (-Math.log(1 - random()) * 1_000) / ORDERS_PER_SECOND;
    await pause(Math.max(0, startedAtMs + dueMs - performance.now()));
    placed.push(shop.placeOrder());
  }
  return Promise.all(placed);
}

function reportOf(context: BenchContext, rounds: readonly number[][]): Report {
  const at = (percent: number) => rounds.map((timesMs) => percentile(timesMs, percent));
  return {
    bench: "latency",
    title: `Webhook to booked at ${ORDERS_PER_SECOND} orders/s, SL without latency`,
    notes: [
      `${ordersOf(context)} orders a round at random moments (Poisson, seeded).`,
      "From the first event on disk to the run that booked it, by the database's clock.",
    ],
    measures: [
      { name: "webhook → booked p50", unit: "ms", rounds: at(50) },
      { name: "webhook → booked p99", unit: "ms", rounds: at(99) },
    ],
  };
}
