import type { Pool } from "pg";
import { pause } from "../src/base/clock.ts";
import { migrate, openPool } from "../src/db/index.ts";
import { finishLane, newOwnerName, startLaneWorker } from "../src/lanes/index.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import type { Report } from "./support/report.ts";
import { ratios } from "./support/statistics.ts";

const PAIR = "bench";
const LANES_AT_ONCE = 64;
const FEW = 1_000;
const MANY = 100_000;

/** How fast lanes are claimed and finished, whatever waits behind them. */
export const lanes: Bench = {
  name: "lanes",
  summary: "lanes drained a second with 1,000 and with 100,000 waiting",
  run: async (context) => {
    const url = await context.server.createDatabase();
    await migrate(url);
    const pool = openPool(url, { max: 20, applicationName: "slipway-bench" });
    context.stops.add(() => pool.end());
    return measure(context, pool, url);
  },
};

async function measure(context: BenchContext, pool: Pool, url: string): Promise<Report> {
  const drained = context.isQuick ? 500 : 8_000;
  const many = context.isQuick ? 5_000 : MANY;
  const few: number[] = [];
  const large: number[] = [];
  await drain(pool, url, { lanes: drained, drained });
  await eachRound(context, async (round) => {
    const sizes = round % 2 === 0 ? [FEW, many] : [many, FEW];
    for (const waiting of sizes) {
      const rate = await drain(pool, url, { lanes: drained + waiting, drained });
      (waiting === FEW ? few : large).push(rate);
      context.say(`${waiting} waiting: ${Math.round(rate)}/s`);
    }
  });
  return {
    bench: "lanes",
    title: "Lanes",
    notes: [
      `One process, ${LANES_AT_ONCE} lanes at once, runs that do nothing: claim, finish, lease.`,
      `${drained} lanes a round; the others wait behind them.`,
    ],
    measures: [
      { name: `drained with ${FEW} more waiting`, unit: "lanes/s", rounds: few },
      { name: `drained with ${many} more waiting`, unit: "lanes/s", rounds: large },
      {
        name: "many ÷ few waiting",
        unit: "ratio",
        rounds: ratios(large, few),
        aim: { atLeast: 0.8 },
      },
    ],
  };
}

/** Makes `size.lanes` due lanes and returns how many of the first `size.drained` went a second. */
async function drain(
  pool: Pool,
  url: string,
  size: { lanes: number; drained: number },
): Promise<number> {
  await pool.query("truncate lane");
  await pool.query(
    `insert into lane (pair, key, wake, due_at)
     select $1, 'pi_' || n, 1, clock_timestamp() from generate_series(1, $2::int) n`,
    [PAIR, size.lanes],
  );
  // What autovacuum would do some time later, so that each round meets the same table.
  await pool.query("vacuum analyze lane");
  let finished = 0;
  const startedAtMs = performance.now();
  let endedAtMs = startedAtMs;
  const worker = startLaneWorker({
    pool,
    url,
    owner: newOwnerName(),
    pairs: () => [{ pair: PAIR, limit: 1_000 }],
    maxLanes: LANES_AT_ONCE,
    work: async (lane) => {
      await finishLane(pool, lane, { dueInMs: null, tries: 0 });
      finished += 1;
      if (finished === size.drained) endedAtMs = performance.now();
    },
  });
  while (finished < size.drained) await pause(10);
  await worker.stop();
  return size.drained / ((endedAtMs - startedAtMs) / 1_000);
}
