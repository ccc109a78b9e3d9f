import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "../src/cli/child.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { withClient } from "./support/bench-database.ts";
import { BODY_BYTES, signedChargeEvents } from "./support/charge-events.ts";
import { cpuSeconds } from "./support/cpu.ts";
import { type LoadResult, sendAll } from "./support/load.ts";
import type { Measure, Report } from "./support/report.ts";
import { BENCH_WEBHOOK_SECRET, openScene, type Scene } from "./support/scene.ts";
import { median, percentile, ratios } from "./support/statistics.ts";

const CONNECTIONS = 32;
const PEER = "@supabase/stripe-sync-engine";

/** A server under load, and what it did in each round. */
type Side = Readonly<{ name: string; url: string; pid: number; results: Result[] }>;

/** Processor time is in microseconds for each event: of the server, and of PostgreSQL besides. */
type Result = LoadResult & Readonly<{ serverUs: number; postgresUs: number }>;

/** Webhooks stored a second, beside a peer and beside verification alone. */
export const intake: Bench = {
  name: "intake",
  summary: "webhooks taken a second, beside a peer and beside verification without a store",
  run: async (context) => measure(context, await startSides(context)),
};

async function startSides(context: BenchContext): Promise<Side[]> {
  const { server, stops, home, profile } = context;
  const scene = await openScene(stops, {
    databaseUrl: await server.createDatabase(),
    home,
    profile,
  });
  await pauseWork(scene);
  const url = `${scene.hub.url}/webhooks/stripe/${scene.pair}`;
  const sides: Side[] = [{ name: "hub", url, pid: scene.pids.hub, results: [] }];
  for (const as of ["hub", "sdk"]) {
    sides.push(await startServer(context, `verify-${as}`, ["verify-only.ts", "--as", as]));
  }
  const peer = await startPeer(context);
  return peer === undefined ? sides : [...sides, peer];
}

/**
 * Keeps the hub from working on what comes in, as it would be while SL does not answer: runs would
 * take the machine's time from the intake that is measured.
 */
async function pauseWork(scene: Scene): Promise<void> {
  await scene.database.query(
    `insert into pair_state (pair, paused_code, paused_reason)
     values ($1, 'bench', 'intake alone')`,
    [scene.pair],
  );
}

async function startPeer(context: BenchContext): Promise<Side | undefined> {
  const database = await context.server.createDatabase();
  // Its migrations hand functions to a role of this name, as managed servers have it.
  await withClient(database, (client) => client.query("create role postgres"));
  try {
    return await startServer(context, "peer", ["peer.ts", "--database", database]);
  } catch (thrown) {
    if (!String(thrown).includes(`Cannot find module '${PEER}'`)) throw thrown;
    context.say(`${PEER} is not installed and is left out`);
    return undefined;
  }
}

async function startServer(
  context: BenchContext,
  name: string,
  [script, ...args]: readonly [string, ...string[]],
): Promise<Side> {
  const child = await startChild<{ url: string }>({
    name,
    script: join(fileURLToPath(new URL("./servers/", import.meta.url)), script),
    args: [...args, "--secret", BENCH_WEBHOOK_SECRET],
  });
  context.stops.add(() => child.stop());
  return { name, url: child.ready.url, pid: child.pid, results: [] };
}

async function measure(context: BenchContext, sides: readonly Side[]): Promise<Report> {
  const count = context.isQuick ? 500 : 20_000;
  const warmUp = context.isQuick ? 100 : 4_000;
  for (const side of sides) await load(context, side, warmUp);
  await eachRound(context, async (round) => {
    for (const side of rotated(sides, round)) {
      const result = await load(context, side, count);
      side.results.push(result);
      context.say(`${side.name}: ${Math.round(result.perSecond)}/s`);
    }
  });
  return reportOf(sides, count);
}

async function load({ server }: BenchContext, side: Side, count: number): Promise<Result> {
  const events = signedChargeEvents(count, BENCH_WEBHOOK_SECRET);
  const cpu = () => [cpuSeconds(side.pid), cpuSeconds(server.pid, { children: true })] as const;
  const [serverBefore, postgresBefore] = cpu();
  const result = await sendAll(side.url, events, CONNECTIONS);
  const [serverAfter, postgresAfter] = cpu();
  return {
    ...result,
    serverUs: ((serverAfter - serverBefore) * 1_000_000) / count,
    postgresUs: ((postgresAfter - postgresBefore) * 1_000_000) / count,
  };
}

/** Each round begins with another side, so that none always runs on a machine just warmed up. */
function rotated(sides: readonly Side[], round: number): Side[] {
  const first = round % sides.length;
  return [...sides.slice(first), ...sides.slice(0, first)];
}

function reportOf(sides: readonly Side[], count: number): Report {
  const each = (name: string, value: (result: Result) => number) =>
    sides.find((side) => side.name === name)?.results.map(value) ?? [];
  const rates = (name: string) => each(name, (result) => result.perSecond);
  const late = (name: string, percent: number) =>
    each(name, (result) => percentile(result.latencyMs, percent));
  const alone = faster(rates("verify-hub"), rates("verify-sdk"));
  const measures: Measure[] = [
    { name: "hub, stored with its lane", unit: "events/s", rounds: rates("hub") },
    { name: `peer, ${PEER}`, unit: "events/s", rounds: rates("peer") },
    { name: "verification alone, the hub's own", unit: "events/s", rounds: rates("verify-hub") },
    { name: "verification alone, official SDK", unit: "events/s", rounds: rates("verify-sdk") },
    {
      name: "hub ÷ peer",
      unit: "ratio",
      rounds: ratios(rates("hub"), rates("peer")),
      aim: { atLeast: 1.7 },
    },
    {
      name: "hub ÷ the faster verification",
      unit: "ratio",
      rounds: ratios(rates("hub"), alone),
      aim: { atLeast: 0.75 },
    },
    { name: "hub, processor time", unit: "µs/event", rounds: each("hub", (r) => r.serverUs) },
    {
      name: "PostgreSQL under the hub",
      unit: "µs/event",
      rounds: each("hub", (r) => r.postgresUs),
    },
    { name: "peer, processor time", unit: "µs/event", rounds: each("peer", (r) => r.serverUs) },
    {
      name: "PostgreSQL under the peer",
      unit: "µs/event",
      rounds: each("peer", (r) => r.postgresUs),
    },
    { name: "hub, time to the answer p50", unit: "ms", rounds: late("hub", 50) },
    { name: "hub, time to the answer p99", unit: "ms", rounds: late("hub", 99) },
    { name: "peer, time to the answer p99", unit: "ms", rounds: late("peer", 99) },
  ];
  return {
    bench: "intake",
    title: "Intake",
    notes: [
      `${count} events of ${BODY_BYTES} bytes a round and side, ${CONNECTIONS} connections.`,
      "Hub: `slipway serve`, its pair paused, so that taking events is all it does.",
      "Peer: Fastify around its `processWebhook`; it stores the charge only.",
    ],
    measures: measures.filter(({ rounds }) => rounds.length > 0),
  };
}

function faster(one: readonly number[], other: readonly number[]): readonly number[] {
  return median(one) >= median(other) ? one : other;
}
