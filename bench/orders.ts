import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { type OrderRun, runOrders } from "./support/order-run.ts";
import type { Measure, Report } from "./support/report.ts";
import { openScene } from "./support/scene.ts";
import { openShop } from "./support/shop.ts";
import { openStatementCounter, type StatementCounts } from "./support/statement-counter.ts";
import { Stops } from "./support/stops.ts";

const CUSTOMERS = 20;
const NAME_COLUMNS = 90;

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
  const stops = new Stops();
  context.stops.add(() => stops.run());
  const databaseUrl = await server.createDatabase();
  const scene = await openScene(stops, { databaseUrl, home, profile });
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
  tellCounts(context, "calls to SL", runs.at(-1)?.slCallsOf ?? new Map());
  await stops.run();
  return runs;
}

type Counted = StatementCounts & Readonly<{ orders: number }>;

/** A pass of its own: the counter stands in the way of the hub and would slow it down. */
async function countStatements(context: BenchContext): Promise<Counted> {
  const { server, stops, home } = context;
  const databaseUrl = await server.createDatabase();
  const counter = await openStatementCounter(databaseUrl);
  stops.add(() => counter.close());
  const scene = await openScene(stops, { databaseUrl, hubDatabaseUrl: counter.url, home });
  const shop = await openShop(scene, CUSTOMERS);
  const count = context.isQuick ? 40 : 200;
  counter.reset();
  await runOrders(scene, shop, { count, postgresPid: server.pid });
  const counts = counter.counts();
  const perOrder = [...counts.byText].map(([text, times]) => [text, times / count] as const);
  tellCounts(context, "SQL statements", new Map(perOrder));
  return { ...counts, orders: count };
}

/** Of what the count is made, the most frequent first. */
function tellCounts(
  context: BenchContext,
  what: string,
  perOrder: ReadonlyMap<string, number>,
): void {
  context.say(`${what} per order:`);
  const sorted = [...perOrder].sort(([, one], [, other]) => other - one);
  for (const [name, times] of sorted) {
    const text = times.toFixed(2).padStart(6);
    if (times > 0) context.say(`  ${text}  ${name.slice(0, NAME_COLUMNS)}`);
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
      `${runs[0]?.orders ?? 0} orders a round of ${CUSTOMERS} customers that SL knows, ` +
        "default settings.",
      "From Stripe's first webhook to the last booked order; processor time until all is quiet.",
      `Statements are counted on the wire in a pass of its own (${counted.orders} orders), with ` +
        "those of intake, claims, leases, `begin` and `commit`.",
      ...(context.profile === undefined ? [] : ["Slowed down by a CPU profile of the hub."]),
    ],
    measures,
  };
}
