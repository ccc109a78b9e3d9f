import type { Pool } from "pg";
import { payoutPaper } from "../src/api/payout-paper.ts";
import { type Money, money, sum } from "../src/base/money.ts";
import type { LedgerRow } from "../src/canonical/balance.ts";
import { migrate, openPool } from "../src/db/index.ts";
import { paperPdf, paperXlsx } from "../src/papers/index.ts";
import { type PairRuntime, reportPayout } from "../src/runs/index.ts";
import { type Bench, type BenchContext, eachRound } from "./support/bench.ts";
import { FILLED_PAIR, fillBooks } from "./support/filled-books.ts";
import type { Measure, Report } from "./support/report.ts";

const SIZES = [5_000, 50_000];
const QUICK_SIZES = [500, 1_000];
const PAGE_ROWS = 100;
const MEGABYTE = 1024 * 1024;
const SAMPLE_EVERY_MS = 20;
const MADE_AT = new Date("2026-11-01T12:00:00Z");
const FRAME = { title: "Payout", nothing: "", madeAt: MADE_AT, size: "a4" } as const;

/** What a payout of many rows costs, and its papers, by the number of its rows. */
export const payout: Bench = {
  name: "payout",
  summary: "a payout added up row by row, and made into papers, by its rows",
  isLong: true,
  run: async (context) => {
    const url = await context.server.createDatabase();
    await migrate(url);
    const pool = openPool(url, { max: 5, applicationName: "slipway-bench" });
    context.stops.add(() => pool.end());
    return measure(context, pool);
  },
};

const KINDS = ["report", "pdf", "xlsx"] as const;
type Kind = (typeof KINDS)[number];
type Taken = Record<Kind, number[]>;

async function measure(context: BenchContext, pool: Pool): Promise<Report> {
  const sizes = context.isQuick ? QUICK_SIZES : SIZES;
  const bySize = new Map<number, Taken>();
  const memory: number[] = [];
  for (const size of sizes) {
    context.say(`filling ${size} rows`);
    await fillBooks(pool, size);
    const pair = filledPair(await readRows(pool));
    const taken: Taken = { report: [], pdf: [], xlsx: [] };
    await eachRound(context, async () => {
      const { peakMb, seconds } = await once({ pool, pair });
      for (const kind of KINDS) taken[kind].push(seconds[kind]);
      if (size === sizes.at(-1)) memory.push(peakMb);
    });
    bySize.set(size, taken);
  }
  return {
    bench: "payout",
    title: "Payout",
    notes: [
      "Each row a charge with its own payment in SL, and the fee in a journal of its day.",
      "Stripe answers from memory, 100 rows a call: what is measured is the hub and its database.",
    ],
    measures: [
      ...[...bySize].flatMap(([size, taken]) =>
        KINDS.map((kind) => ({ name: `${kind}, ${size} rows`, unit: "s", rounds: taken[kind] })),
      ),
      growthOf(bySize, sizes),
      { name: "memory of the process at most", unit: "MB", rounds: memory },
    ],
  };
}

function growthOf(bySize: ReadonlyMap<number, Taken>, sizes: readonly number[]): Measure {
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)];
  const fast = bySize.get(least)?.report ?? [];
  const rounds = (bySize.get(most)?.report ?? []).map(
    (slow, round) => Math.log(slow / (fast[round] ?? slow)) / Math.log(most / least),
  );
  return { name: "growth exponent of the report", unit: "", rounds, aim: { atMost: 1.1 } };
}

async function once(
  reading: Readonly<{ pool: Pool; pair: PairRuntime }>,
): Promise<Readonly<{ seconds: Record<Kind, number>; peakMb: number }>> {
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, SAMPLE_EVERY_MS);
  const report = await timed(() => reportPayout(reading, "po_1"));
  const { difference } = report.made;
  if (difference.minor !== 0n) throw new Error(`The payout lacks ${difference.minor}`);
  const papers = [payoutPaper(FILLED_PAIR, report.made, MADE_AT)];
  const pdf = await timed(() => drain(paperPdf(papers, FRAME)));
  const xlsx = await timed(() => drain(paperXlsx(papers, FRAME)));
  clearInterval(sampler);
  const seconds = { report: report.seconds, pdf: pdf.seconds, xlsx: xlsx.seconds };
  return { seconds, peakMb: peak / MEGABYTE };
}

async function timed<T>(work: () => Promise<T>): Promise<Readonly<{ made: T; seconds: number }>> {
  const startedMs = performance.now();
  const made = await work();
  return { made, seconds: (performance.now() - startedMs) / 1_000 };
}

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) bytes += piece.length;
  return bytes;
}

/** A pair whose Stripe lists these rows for whatever payout, and paid just their net. */
function filledPair(rows: readonly LedgerRow[]): PairRuntime {
  const amount = sum(
    rows.map(({ net }) => net),
    "USD",
  );
  const known = {
    id: FILLED_PAIR,
    settings: { accounts: {}, fees: {}, categories: {} },
    stripe: {
      readPayout: async (id: string) => ({
        ...{ kind: "payout", id, amount, status: "paid", state: "arrived", createdAt: MADE_AT },
        ...{ isAutomatic: true, method: "standard", reconciliation: "completed", traceId: "" },
        ...{ failure: "", metadata: {}, livemode: false },
      }),
      listRows: async function* () {
        for (let from = 0; from < rows.length; from += PAGE_ROWS) {
          const isLast = from + PAGE_ROWS >= rows.length;
          yield { rows: rows.slice(from, from + PAGE_ROWS), isLast };
        }
      },
    },
  };
  return known as unknown as PairRuntime;
}

async function readRows(pool: Pool): Promise<readonly LedgerRow[]> {
  const { rows } = await pool.query<{ row_id: string; created: Date; gross: string; fee: string }>(
    `select row_id, created, gross::text, fee::text from balance_row where pair = $1
     order by created desc`,
    [FILLED_PAIR],
  );
  const usd = (minor: bigint): Money => money(minor, "USD");
  return rows.map(({ row_id: id, created, gross, fee }) => ({
    ...{ id, created, category: "charge", type: "charge", feeDetails: [] },
    ...{ gross: usd(BigInt(gross)), fee: usd(BigInt(fee)), net: usd(BigInt(gross) - BigInt(fee)) },
    ...{ balanceType: "payments", status: "available" as const, availableOn: undefined },
    ...{ sourceId: id.replace("txn", "ch"), description: "Order", exchangeRate: undefined },
  }));
}
