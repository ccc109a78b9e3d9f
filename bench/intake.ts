import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "../src/cli/child.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { withClient } from "./support/bench-database.ts";
import { BODY_BYTES, signedChargeEvents } from "./support/charge-events.ts";
import { type LoadResult, sendAll } from "./support/load.ts";
import type { Measure, Report } from "./support/report.ts";
import { BENCH_WEBHOOK_SECRET, openScene, type Scene } from "./support/scene.ts";
import { median, percentile, ratios } from "./support/statistics.ts";

const CONNECTIONS = 32;
const PEER = "@supabase/stripe-sync-engine";

/** A server under load, and what it did in each round. */
type Side = Readonly<{ name: string; url: string; secret: string; results: LoadResult[] }>;

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
  const secret = BENCH_WEBHOOK_SECRET;
  const sides: Side[] = [sideOf("hub", `${scene.hub.url}/webhooks/stripe/${scene.pair}`, secret)];
  for (const as of ["hub", "sdk"]) {
    const { url } = await startServer(context, "verify-only.ts", ["--secret", secret, "--as", as]);
    sides.push(sideOf(`verify-${as}`, url, secret));
  }
  const peer = await startPeer(context, secret);
  return peer === undefined ? sides : [...sides, sideOf("peer", peer.url, secret)];
}

function sideOf(name: string, url: string, secret: string): Side {
  return { name, url, secret, results: [] };
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

async function startPeer(
  context: BenchContext,
  secret: string,
): Promise<{ url: string } | undefined> {
  const database = await context.server.createDatabase();
  // Its migrations hand functions to a role of this name, as managed servers have it.
  await withClient(database, (client) => client.query("create role postgres"));
  try {
    return await startServer(context, "peer.ts", ["--database", database, "--secret", secret]);
  } catch (thrown) {
    if (!String(thrown).includes(`Cannot find module '${PEER}'`)) throw thrown;
    context.say(`${PEER} is not installed and is left out`);
    return undefined;
  }
}

async function startServer(
  context: BenchContext,
  script: string,
  args: readonly string[],
): Promise<{ url: string }> {
  const path = join(fileURLToPath(new URL("./servers/", import.meta.url)), script);
  const child = await startChild<{ url: string }>({ name: script, script: path, args });
  context.stops.add(() => child.stop());
  return child.ready;
}

async function measure(context: BenchContext, sides: readonly Side[]): Promise<Report> {
  const count = context.isQuick ? 500 : 20_000;
  const warmUp = context.isQuick ? 100 : 4_000;
  for (const side of sides) await sendAll(side.url, eventsFor(side, warmUp), CONNECTIONS);
  await eachRound(context, async (round) => {
    for (const side of rotated(sides, round)) {
      const result = await sendAll(side.url, eventsFor(side, count), CONNECTIONS);
      side.results.push(result);
      context.say(`${side.name}: ${Math.round(result.perSecond)}/s`);
    }
  });
  return reportOf(sides, count);
}

function eventsFor(side: Side, count: number) {
  return signedChargeEvents(count, side.secret);
}

/** Each round begins with another side, so that none always runs on a machine just warmed up. */
function rotated(sides: readonly Side[], round: number): Side[] {
  const first = round % sides.length;
  return [...sides.slice(first), ...sides.slice(0, first)];
}

function reportOf(sides: readonly Side[], count: number): Report {
  const rates = (name: string) =>
    sides.find((side) => side.name === name)?.results.map((result) => result.perSecond) ?? [];
  const late = (name: string, percent: number) =>
    sides
      .find((side) => side.name === name)
      ?.results.map((result) => percentile(result.latencyMs, percent)) ?? [];
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
