import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { type OrderRun, runOrders } from "./support/order-run.ts";
import type { Report } from "./support/report.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { openShop } from "./support/shop.ts";

const SL_LATENCY_MS = 400;
const CONNECTIONS = 2;
const CUSTOMERS = 5;

/** Orders with a slow SL and few connections: how much of SL's time the hub leaves unused. */
export const slowSl: Bench = {
  name: "slow-sl",
  summary: "orders with an SL that takes 400 ms a call, over two connections",
  run: async (context) => {
    const { server, stops, home } = context;
    const change = { sl: { "call-limit": CONNECTIONS } };
    const databaseUrl = await server.createDatabase();
    const scene = await openScene(stops, { databaseUrl, home, change });
    return reportOf(await measure(context, scene));
  },
};

async function measure(context: BenchContext, scene: Scene): Promise<OrderRun[]> {
  const shop = await openShop(scene, CUSTOMERS);
  await scene.slAdmin("/faults", {
    method: "POST",
    body: { match: {}, effect: { kind: "latency", ms: SL_LATENCY_MS }, times: null },
  });
  const size = { count: context.isQuick ? 4 : 24, postgresPid: context.server.pid };
  const runs: OrderRun[] = [];
  await eachRound(context, async () => {
    const run = await runOrders(scene, shop, size);
    runs.push(run);
    context.say(`${run.perSecond.toFixed(3)} orders/s, ${run.slCalls.toFixed(2)} calls per order`);
  });
  return runs;
}

/** What the connections could do if each was in a call at every moment. */
function possiblePerSecond(run: OrderRun): number {
  return CONNECTIONS / ((run.slCalls * SL_LATENCY_MS) / 1_000);
}

function reportOf(runs: readonly OrderRun[]): Report {
  return {
    bench: "slow-sl",
    title: `Orders end to end, SL at ${SL_LATENCY_MS} ms a call, ${CONNECTIONS} connections`,
    notes: [
      `${runs[0]?.orders ?? 0} orders a round; \`sl.call-limit: ${CONNECTIONS}\`.`,
      "Possible: connections ÷ (calls per order × latency).",
    ],
    measures: [
      { name: "orders booked", unit: "orders/s", rounds: runs.map((run) => run.perSecond) },
      {
        name: "possible with so many calls",
        unit: "orders/s",
        rounds: runs.map(possiblePerSecond),
      },
      { name: "calls to SL", unit: "calls/order", rounds: runs.map((run) => run.slCalls) },
      {
        name: "booked ÷ possible",
        unit: "ratio",
        rounds: runs.map((run) => run.perSecond / possiblePerSecond(run)),
        aim: { atLeast: 0.8 },
      },
    ],
  };
}
