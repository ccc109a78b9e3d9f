import type { Pool } from "pg";
import { type Money, money, zero } from "../src/base/money.ts";
import { migrate, openPool } from "../src/db/index.ts";
import type { LedgerLine } from "../src/erp/port.ts";
import { runProof } from "../src/proof/index.ts";
import type { PairRuntime } from "../src/runs/index.ts";
import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { FILLED_CLEARING, FILLED_DAY, FILLED_PAIR, fillBooks } from "./support/filled-books.ts";
import type { Report } from "./support/report.ts";

const SIZES = [10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 10_000];
const MEGABYTE = 1024 * 1024;
const SAMPLE_EVERY_MS = 20;

/** What a proof of one day costs, by how many rows the pair has. */
export const proof: Bench = {
  name: "proof",
  summary: "the proof of a day over a year of rows, by their number",
  isLong: true,
  run: async (context) => {
    const url = await context.server.createDatabase();
    await migrate(url);
    const pool = openPool(url, { max: 5, applicationName: "slipway-bench" });
    context.stops.add(() => pool.end());
    return measure(context, pool);
  },
};

async function measure(context: BenchContext, pool: Pool): Promise<Report> {
  const sizes = context.isQuick ? QUICK_SIZES : SIZES;
  const bySize = new Map<number, number[]>();
  const memory: number[] = [];
  for (const size of sizes) {
    context.say(`filling ${size} rows`);
    await fillBooks(pool, size);
    const pair = await filledPair(pool);
    // The first proof of a connection plans its statements and warms the cache.
    await prove(pool, pair);
    const seconds: number[] = [];
    await eachRound(context, async () => {
      const { ms, peakMb } = await prove(pool, pair);
      seconds.push(ms / 1_000);
      if (size === sizes.at(-1)) memory.push(peakMb);
    });
    bySize.set(size, seconds);
  }
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)];
  const growth = (bySize.get(most) ?? []).map((slow, round) => {
    const fast = bySize.get(least)?.[round] ?? slow;
    return Math.log(slow / fast) / Math.log(most / least);
  });
  return {
    bench: "proof",
    title: "Proof",
    notes: [
      "One currency, one day; a year of charges, each with its payment, and a fee journal a day.",
      "Stripe and SL answer from memory: what is measured is the hub and its database.",
    ],
    measures: [
      ...[...bySize].map(([size, rounds]) => ({
        name: `proof of a day, ${size} rows`,
        unit: "s",
        rounds,
        ...(size === most ? { aim: { atMost: 2 } } : {}),
      })),
      { name: "growth exponent", unit: "", rounds: growth, aim: { atMost: 1.1 } },
      { name: "memory of the process at most", unit: "MB", rounds: memory, aim: { atMost: 150 } },
    ],
  };
}

async function prove(pool: Pool, pair: PairRuntime): Promise<{ ms: number; peakMb: number }> {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const sampler = setInterval(look, SAMPLE_EVERY_MS);
  const startedMs = performance.now();
  const [made] = await runProof({ pool, pair }, { when: { day: FILLED_DAY } });
  const ms = performance.now() - startedMs;
  look();
  clearInterval(sampler);
  if (made?.isProven !== true) {
    throw new Error(`The filled books are not proved: ${JSON.stringify(made?.findings)}`);
  }
  return { ms, peakMb: peak / MEGABYTE };
}

/** A pair whose Stripe and SL know just what the filled books say. */
async function filledPair(pool: Pool): Promise<PairRuntime> {
  const net = await sumOf(pool, "select sum(net) as sum from balance_row where pair = $1");
  const lines = await linesOfDay(pool);
  const nothing = zero("USD");
  const balance = { balance: net, debit: net, credit: nothing, base: net };
  const periods = [{ period: "202610", debit: net, credit: nothing }];
  const pages = async function* () {
    yield { rows: [], isLast: true };
  };
  const known = {
    id: FILLED_PAIR,
    settings: {
      timeZone: "UTC",
      dashboard: { url: "" },
      sl: { companyId: "BENCH" },
      stripe: { livemode: false },
      cutoff: {},
      accounts: { clearing: { USD: FILLED_CLEARING } },
    },
    stripe: {
      readBalance: async () => [{ currency: "USD", available: net, pending: nothing }],
      listRows: pages,
    },
    erp: {
      capabilities: { "gl-balance": "yes", "gl-detail": "yes" },
      ledgerBalance: async () => ({
        currency: "USD",
        ...balance,
        periods,
        lines: 0,
        otherLines: 0,
      }),
      listLedgerLines: async () => ({ rows: lines, isLast: true }),
      listUnreleasedLines: async () => ({ rows: [], isLast: true }),
    },
  };
  return known as unknown as PairRuntime;
}

async function sumOf(pool: Pool, sql: string): Promise<Money> {
  const { rows } = await pool.query<{ sum: string }>(sql, [FILLED_PAIR]);
  return money(BigInt(rows[0]?.sum ?? "0"), "USD");
}

/** Each payment and the fee journal of the last day, as SL would show them. */
async function linesOfDay(pool: Pool): Promise<readonly LedgerLine[]> {
  const { rows } = await pool.query<{ key: string; bat_nbr: string; minor: string }>(
    `select key, bat_nbr, coalesce(draft #>> '{amount,minor}',
       '-' || (draft #>> '{lines,0,amount,minor}')) as minor
     from intent where pair = $1 and draft ->> 'documentDate' = $2`,
    [FILLED_PAIR, FILLED_DAY],
  );
  return rows.map(({ key, bat_nbr: batNbr, minor }) => {
    const [debit, credit] = [money(BigInt(minor), "USD"), zero("USD")];
    return {
      ...{ module: "AR", batNbr, lineNumber: "1", type: "PA", refNbr: "", customerId: "" },
      ...{ date: FILLED_DAY, period: "202610", debit, credit, baseDebit: debit },
      ...{ baseCredit: credit, key, stripeId: "", isPosted: true, description: "" },
      ...{ reference: "", enteredBy: "" },
    };
  });
}
