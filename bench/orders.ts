import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { type OrderRun, runOrders } from "./support/order-run.ts";
import type { Measure, Report } from "./support/report.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { openShop } from "./support/shop.ts";
import { openStatementCounter, type StatementCounts } from "./support/statement-counter.ts";

const CUSTOMERS = 20;
const STATEMENTS_SHOWN = 40;

/** Orders end to end with an SL that answers at once: what the hub itself costs. */
export const orders: Bench = {
  name: "orders",
  summary: "orders booked a second with an SL that answers at once, and what each one costs",
  run: async (context) => {
    const runs = await measureRuns(context);
    const counted = await countStatements(context);
    return reportOf(context, runs, counted);
  },
};

async function measureRuns(context: BenchContext): Promise<OrderRun[]> {
  const { server, home, profile } = context;
  const scene = await openScene({ databaseUrl: await server.createDatabase(), home, profile });
  try {
    const shop = await openShop(scene, CUSTOMERS);
    const size = { count: context.isQuick ? 40 : 400, postgresPid: server.pid };
    // A hub that has just started is still compiling what it runs.
    await runOrders(scene, shop, { ...size, count: context.isQuick ? 10 : 200 });
    const runs: OrderRun[] = [];
    await eachRound(context, async () => {
      const run = await runOrders(scene, shop, size);
      runs.push(run);
      const { hub, postgres, stripe, sl } = run.cpuMs;
      context.say(
        `${run.perSecond.toFixed(1)} orders/s; CPU ms per order: hub ${hub.toFixed(1)}, ` +
          `PostgreSQL ${postgres.toFixed(1)}, sandboxes ${stripe.toFixed(1)} + ${sl.toFixed(1)}`,
      );
    });
    return runs;
  } finally {
    await scene.close();
  }
}

type Counted = StatementCounts & Readonly<{ orders: number }>;

/** A pass of its own: the counter stands in the way of the hub and would slow it down. */
async function countStatements(context: BenchContext): Promise<Counted> {
  const databaseUrl = await context.server.createDatabase();
  const counter = await openStatementCounter(databaseUrl);
  let scene: Scene | undefined;
  try {
    scene = await openScene({ databaseUrl, hubDatabaseUrl: counter.url, home: context.home });
    const shop = await openShop(scene, CUSTOMERS);
    const count = context.isQuick ? 40 : 200;
    counter.reset();
    await runOrders(scene, shop, { count, postgresPid: context.server.pid });
    const counts = counter.counts();
    tellStatements(context, counts, count);
    return { ...counts, orders: count };
  } finally {
    await scene?.close();
    await counter.close();
  }
}

function tellStatements(context: BenchContext, counts: StatementCounts, orders: number): void {
  const sorted = [...counts.byText].sort(([, one], [, other]) => other - one);
  context.say("statements per order:");
  for (const [text, times] of sorted.slice(0, STATEMENTS_SHOWN)) {
    context.say(`  ${(times / orders).toFixed(2).padStart(6)}  ${text.slice(0, 90)}`);
  }
}

function reportOf(context: BenchContext, runs: readonly OrderRun[], counted: Counted): Report {
  const each = (value: (run: OrderRun) => number) => runs.map(value);
  const measures: Measure[] = [
    {
      name: "orders booked",
      unit: "orders/s",
      rounds: each((run) => run.perSecond),
      aim: { atLeast: 30 },
    },
    {
      name: "hub, processor time",
      unit: "ms/order",
      rounds: each((run) => run.cpuMs.hub),
      aim: { atMost: 15 },
    },
    { name: "PostgreSQL", unit: "ms/order", rounds: each((run) => run.cpuMs.postgres) },
    { name: "sandbox Stripe", unit: "ms/order", rounds: each((run) => run.cpuMs.stripe) },
    { name: "sandbox Dynamics SL", unit: "ms/order", rounds: each((run) => run.cpuMs.sl) },
    {
      name: "calls to SL",
      unit: "calls/order",
      rounds: each((run) => run.slCalls),
      aim: { atMost: 12 },
    },
    {
      name: "SQL statements",
      unit: "statements/order",
      rounds: [counted.statements / counted.orders],
      aim: { atMost: 25 },
    },
    { name: "runs", unit: "runs/order", rounds: each((run) => run.runs) },
    { name: "events that wake the lane", unit: "events/order", rounds: each((run) => run.events) },
  ];
  return {
    bench: "orders",
    title: "Orders end to end, SL without latency",
    notes: [
      `${runs[0]?.orders ?? 0} orders a round of ${CUSTOMERS} customers that SL knows, default settings.`,
      "From Stripe's first webhook to the last booked order; processor time until all is quiet.",
      `Statements are counted on the wire in a pass of its own (${counted.orders} orders), with ` +
        "those of intake, claims, leases, `begin` and `commit`.",
      ...(context.profile === undefined ? [] : ["Slowed down by a CPU profile of the hub."]),
    ],
    measures,
  };
}
