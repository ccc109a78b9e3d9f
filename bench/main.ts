// npm run bench: what the hub does a second, and what an order costs.
//
// Usage: npm run bench --
//   [intake|orders|backfill|shoppers|slow-sl|latency|lanes|outage|proof|payout …]
//   [--rounds N] [--quick] [--json] [--profile FOLDER]
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { backfill } from "./backfill.ts";
import { intake } from "./intake.ts";
import { lanes } from "./lanes.ts";
import { latency } from "./latency.ts";
import { orders } from "./orders.ts";
import { outage } from "./outage.ts";
import { payout } from "./payout.ts";
import { proof } from "./proof.ts";
import { shoppers } from "./shoppers.ts";
import { slowSl } from "./slow-sl.ts";
import type { Bench } from "./support/bench.ts";
import { startBenchServer } from "./support/bench-database.ts";
import { type Report, renderReport } from "./support/report.ts";
import { Stops } from "./support/stops.ts";

const BENCHES: readonly Bench[] = [
  ...[intake, orders, backfill, shoppers, slowSl, latency, lanes],
  ...[outage, proof, payout],
];
const ROUNDS = 5;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const rounds = values.rounds ?? (values.quick ? "1" : String(ROUNDS));
const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (values.help || unknown.length > 0 || !/^[1-9]\d?$/.test(rounds)) {
  console.log(usage());
  process.exitCode = values.help ? 0 : 2;
} else {
  const chosen = BENCHES.filter(({ name, isLong }) =>
    positionals.length === 0 ? isLong !== true : positionals.includes(name),
  );
  await runAll(chosen);
}

function usage(): string {
  const names = BENCHES.map((bench) => `  ${bench.name.padEnd(8)}  ${bench.summary}`);
  return [
    "npm run bench -- [name …] [--rounds 1-99] [--quick] [--json] [--profile folder]",
    "",
    ...names,
    "",
    `Without a name: all but outage, proof and payout, ${ROUNDS} rounds each.`,
    "--quick is to try the bench itself.",
  ].join("\n");
}

async function runAll(chosen: readonly Bench[]): Promise<void> {
  for (const bench of chosen) {
    const report = await runOne(bench);
    console.log(values.json ? JSON.stringify(report) : `\n${renderReport(report)}`);
  }
}

/** Each bench has a PostgreSQL of its own, so that none works in what another left behind. */
async function runOne(bench: Bench): Promise<Report> {
  const load = loadavg()[0] ?? 0;
  const stops = new Stops();
  const onSignal = () => void stops.run().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    const home = mkdtempSync(join(tmpdir(), "slipway-bench-"));
    stops.add(async () => rmSync(home, { recursive: true, force: true }));
    const server = await startBenchServer(home);
    stops.add(() => server.stop());
    const say = (line: string) => console.error(`${bench.name}: ${line}`);
    say(bench.summary);
    const report = await bench.run({
      server,
      stops,
      home,
      rounds: Number(rounds),
      isQuick: values.quick,
      profile: values.profile === undefined ? undefined : resolve(values.profile),
      say,
    });
    return { ...report, notes: [...report.notes, machine(server.durability, load)] };
  } finally {
    await stops.run();
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
}

function machine(durability: string, load: number): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? "processor";
  return (
    `${new Date().toISOString().slice(0, 16)}Z, ${all.length} × ${model}, Node ` +
    `${process.versions.node}, PostgreSQL ${durability}; load before the start ${load.toFixed(2)}.`
  );
}
