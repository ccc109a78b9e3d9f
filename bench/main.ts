// npm run bench: what the hub does a second, and what an order costs.
//
// Usage: npm run bench --
//   [intake|orders|backfill|shoppers|slow-sl|latency|lanes|outage|proof|payout …]
//   [--rounds N] [--quick] [--json] [--profile FOLDER]
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Bench } from "./support/bench.ts";
import { startBenchServer } from "./support/bench-database.ts";
import { type Report, renderReport } from "./support/report.ts";
import { Stops } from "./support/stops.ts";

/** Each is loaded where it is wanted: what a process holds is measured too. */
const BENCHES: ReadonlyMap<string, () => Promise<Bench>> = new Map([
  ["intake", async () => (await import("./intake.ts")).intake],
  ["orders", async () => (await import("./orders.ts")).orders],
  ["backfill", async () => (await import("./backfill.ts")).backfill],
  ["shoppers", async () => (await import("./shoppers.ts")).shoppers],
  ["slow-sl", async () => (await import("./slow-sl.ts")).slowSl],
  ["latency", async () => (await import("./latency.ts")).latency],
  ["lanes", async () => (await import("./lanes.ts")).lanes],
  ["outage", async () => (await import("./outage.ts")).outage],
  ["proof", async () => (await import("./proof.ts")).proof],
  ["payout", async () => (await import("./payout.ts")).payout],
]);
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
const unknown = positionals.filter((name) => !BENCHES.has(name));
if (values.help || unknown.length > 0 || !/^[1-9]\d?$/.test(rounds)) {
  console.log(usage(await load([...BENCHES.keys()])));
  process.exitCode = values.help ? 0 : 2;
} else {
  const isAll = positionals.length === 0;
  const loaded = await load(isAll ? [...BENCHES.keys()] : positionals);
  await runAll(loaded.filter(({ isLong }) => !isAll || isLong !== true));
}

/** In the order of the list, whatever order they are named in. */
async function load(names: readonly string[]): Promise<readonly Bench[]> {
  const wanted = [...BENCHES].filter(([name]) => names.includes(name));
  return Promise.all(wanted.map(([, one]) => one()));
}

function usage(benches: readonly Bench[]): string {
  const names = benches.map((bench) => `  ${bench.name.padEnd(8)}  ${bench.summary}`);
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
