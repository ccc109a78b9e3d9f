// npm run torture -- --runs N --seed S [--jobs J] [--mode M] [--real-every E] [--stop] [--trace]
// npm run torture -- --mutants [name …]
import { parseArgs } from "node:util";
import { startEmbeddedPostgres } from "../../src/db/index.ts";
import { useQuickTemp } from "../support/quick-temp.ts";
import {
  makeTestHome,
  removeTestHome,
  sweepTestHomes,
  TEST_SETTINGS,
} from "../support/test-home.ts";
import { type CampaignResult, runCampaign } from "./campaign.ts";
import { coverageTable, RUNS_FOR_COVERAGE, thinCells } from "./coverage.ts";
import type { SentResult } from "./job.ts";
import { chooseMutants, type MutantResult, mutantsTable, tryMutant } from "./mutants.ts";
import { MODES } from "./plan.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Breaks guards of the hub, all or those named, and sees whether a campaign finds it. */
    mutants: { type: "boolean", default: false },
    runs: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    /** No divisor in common with the 40 cells, or processes would die at the same few for ever. */
    "real-every": { type: "string", default: "11" },
    /** A server to make databases on, instead of one of our own. */
    server: { type: "string" },
    /**
     * Only runs of one mode: invoice, existing-invoice, sales-order, aftermath or summary; or
     * returns, those sales orders whose refunds wait for return orders; or losses, in which the
     * hub's database is lost and rebuilt.
     */
    mode: { type: "string" },
    /** Ends at the first difference. */
    stop: { type: "boolean", default: false },
    /** Prints what happened in runs with differences. */
    trace: { type: "boolean", default: false },
  },
});

const PROGRESS_EVERY = 100;

process.exitCode = await withServer(values.mutants ? tryMutants : runSeeds);

async function runSeeds(serverUrl: string): Promise<number> {
  const startedMs = performance.now();
  const runs = Number(values.runs);
  let done = 0;
  const note = (result: SentResult) => {
    report(result);
    done += 1;
    // A long campaign shows that it lives.
    if (done % PROGRESS_EVERY === 0 && done < runs) console.log(`${done} of ${runs} runs`);
  };
  const result = await runCampaign({
    serverUrl,
    runs,
    firstSeed: Number(values.seed),
    jobs: Number(values.jobs),
    realEvery: Number(values["real-every"]),
    stopsAtFirst: values.stop,
    mode: modeAsked(),
    onResult: note,
  });
  const seconds = (performance.now() - startedMs) / 1000;
  return conclude(result, seconds, runs);
}

/** A name that none has would look for its first seed for ever. */
function modeAsked(): string | undefined {
  const { mode } = values;
  const all = [...MODES, "returns", "losses"];
  if (mode === undefined || all.includes(mode)) return mode;
  throw new Error(`--mode ${mode}: it is one of ${all.join(", ")}`);
}

async function tryMutants(serverUrl: string): Promise<number> {
  const startedMs = performance.now();
  const results: MutantResult[] = [];
  for (const mutant of chooseMutants(positionals)) {
    const result = await tryMutant(mutant, {
      serverUrl,
      firstSeed: Number(values.seed),
      jobs: Number(values.jobs),
    });
    results.push(result);
    const { verdict, name, runs, words } = result;
    // By these a difference is told from a machine that was too slow for its own limits.
    console.log(`${verdict.padEnd(8)} ${name} after ${runs} runs: ${words}`);
  }
  const found = results.filter(({ verdict }) => verdict === "found").length;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`\n${mutantsTable(results)}\n`);
  console.log(`${found} of ${results.length} broken guards were found, in ${seconds} s`);
  return found === results.length ? 0 : 1;
}

async function withServer(use: (url: string) => Promise<number>): Promise<number> {
  await useQuickTemp();
  if (values.server !== undefined) return use(values.server);
  await sweepTestHomes();
  const home = await makeTestHome();
  const server = await startEmbeddedPostgres({ home, settings: TEST_SETTINGS });
  try {
    return await use(server.url);
  } finally {
    await server.stop();
    await removeTestHome(home);
  }
}

function report(result: SentResult): void {
  if (result.differences.length === 0) return;
  console.log(`\nseed ${result.seed} differs:`);
  for (const difference of result.differences) console.log(`  ${difference}`);
  console.log(`  repeat it: npm run torture -- --runs 1 --seed ${result.seed} --trace`);
  if (values.trace) for (const line of result.trace) console.log(`    ${line}`);
}

function conclude(result: CampaignResult, seconds: number, asked: number): number {
  console.log(`\n${coverageTable(result.hits)}\n`);
  const { runs, documents, orphanDocuments, orphanBatches, bad } = result;
  const perRun = ((seconds / Math.max(1, runs)) * 1000).toFixed(0);
  console.log(
    `${runs} runs from seed ${values.seed} in ${seconds.toFixed(1)} s (${perRun} ms each): ` +
      `${documents} released documents, ${bad.length} runs with differences, ` +
      `unreleased orphans: ${orphanDocuments} documents, ${orphanBatches} empty batches`,
  );
  const thin = asked >= RUNS_FOR_COVERAGE ? thinCells(result.hits) : [];
  for (const cell of thin) console.log(`hit too rarely: ${cell}`);
  return bad.length > 0 || thin.length > 0 || runs < asked ? 1 : 0;
}
