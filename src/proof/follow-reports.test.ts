import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { HubError } from "../base/errors.ts";
import type { BalanceReport, ReportQuery } from "../canonical/report.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { listDayProofs } from "./day-proofs.ts";
import { followReports } from "./follow-reports.ts";
import { proveAsAsked } from "./prove-days.ts";
import { runProof } from "./run-proof.ts";

const PAIR = "acme-us";
/** Two in the afternoon in New York. */
const NOW = new Date("2026-03-31T18:00:00Z");
const KNOWN = new Date("2026-03-31T12:00:00Z");
const { signal } = new AbortController();

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "follow-reports-test", max: 2 });
});
beforeEach(() =>
  pool.query("truncate day_proof, proof_round, stripe_report; delete from balance_row"),
);
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const usd = (minor: bigint) => ({ minor, currency: "USD" });

type Stripe = Readonly<{
  known?: Date;
  opened?: Date;
  reports?: "on" | "off";
  answers?: readonly (BalanceReport | HubError)[];
  underWay?: bigint;
}>;

/** A pair whose balance is nothing on every day, what it was asked for, and Stripe's answers. */
function aPair({
  known = KNOWN,
  opened = new Date(0),
  reports = "on",
  answers = [],
  underWay,
}: Stripe = {}) {
  const asked: ReportQuery[] = [];
  const left = [...answers];
  const stripe = {
    readBalance: async () => [],
    listRows: async function* () {
      await Promise.resolve();
      yield { rows: [], isLast: true };
    },
    reportedSpan: async () => ({ from: opened, until: known }),
    askBalanceReport: async (query: ReportQuery) => `frr_${asked.push(query)}`,
    readBalanceReport: async () => {
      const answer = left.shift() ?? { state: "pending" };
      if (answer instanceof HubError) throw answer;
      return answer;
    },
    listPayoutsUnderWay: async () =>
      underWay === undefined ? [] : [{ payoutId: "po_1", amount: usd(underWay) }],
  };
  const balance = usd(0n);
  const lines = { rows: [], isLast: true };
  const erp = {
    capabilities: { "gl-balance": "yes", "gl-detail": "yes", "find-by-key": "yes" },
    listLedgerLines: async () => lines,
    listUnreleasedLines: async () => lines,
    ledgerBalance: async () => ({
      ...{ currency: "USD", debit: balance, credit: balance, balance, base: balance },
      ...{ lines: 0, otherLines: 0, periods: [] },
    }),
  };
  const settings = someSettings();
  const own = { ...settings, stripe: { ...settings.stripe, reports } };
  const pair = { id: PAIR, settings: own, erp, stripe } as unknown as PairRuntime;
  return { pair, asked };
}

async function proved(pair: PairRuntime, ...days: string[]): Promise<void> {
  for (const day of days) await proveAsAsked({ pool, pair }, { when: { day } }, NOW);
}

const follow = (pair: PairRuntime, now = NOW) => followReports({ pool, pair }, { now, signal });
const says = (minor: bigint): BalanceReport => ({ state: "succeeded", endings: [usd(minor)] });

async function states(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ day: string; run_id: string; state: string }>(
    "select day, run_id, state from stripe_report order by day",
  );
  return rows.map(({ day, run_id, state }) => `${day} ${run_id} ${state}`);
}

test("each day that was proved is asked for in its zone once Stripe has its data", async () => {
  const { pair, asked } = aPair();
  await proved(pair, "2026-03-29", "2026-03-30");
  const early = aPair({ known: new Date("2026-03-31T03:59:59Z") });

  await follow(early.pair);
  const first = await states();
  await follow(pair);
  await follow(pair);

  expect(first).toEqual(["2026-03-29 frr_1 pending"]);
  expect(await states()).toEqual(["2026-03-29 frr_1 pending", "2026-03-30 frr_1 pending"]);
  expect(asked).toEqual([
    {
      from: new Date("2026-03-30T04:00:00Z"),
      until: new Date("2026-03-31T04:00:00Z"),
      zone: "America/New_York",
    },
  ]);
});

test("a report that says otherwise makes its day differ, one that agrees does not", async () => {
  const { pair } = aPair({ answers: [says(0n), says(1n)] });
  await proved(pair, "2026-03-29", "2026-03-30");

  await follow(pair);
  await follow(pair);

  const days = await listDayProofs(pool, { pair: PAIR });
  expect(days.map(({ day, isProven, findings }) => [day, isProven, findings[0]?.kind])).toEqual([
    ["2026-03-30", false, "stripe-report"],
    ["2026-03-29", true, undefined],
  ]);
});

test("payouts under way and what Stripe holds back are counted as the report does", async () => {
  const { pair } = aPair({ answers: [says(2_200n)], underWay: -2_000n });
  await pool.query(
    `insert into balance_row (pair, row_id, currency, balance_type, gross, fee, net, created,
       category, type, description, status)
     values ($1, 'txn_1', 'USD', 'risk_reserved', 200, 0, 200, '2026-03-30T12:00:00Z',
       'risk_reserved_withdrawal', 'reserve_transaction', '', 'available')`,
    [PAIR],
  );
  await proved(pair, "2026-03-30");
  await follow(pair);
  await follow(pair);

  const [proof] = await runProof({ pool, pair }, { when: { day: "2026-03-30" } });

  expect(proof?.stripe.report).toEqual({
    ending: usd(2_200n),
    underWay: [{ payoutId: "po_1", amount: usd(-2_000n) }],
    held: usd(200n),
  });
  expect(proof).toMatchObject({ findings: [], isProven: true });
});

test("a report that Stripe cannot make or has no more is asked for a day later", async () => {
  const gone = new HubError("stripe.object_missing", "No such report");
  const failed: BalanceReport = { state: "failed", why: "No data" };
  const { pair } = aPair({ answers: [failed, gone] });
  await proved(pair, "2026-03-29", "2026-03-30");
  await follow(pair);
  await follow(pair);
  const both = await states();
  await pool.query(
    `update stripe_report set asked_at = asked_at - interval '25 hours' where day = '2026-03-30'`,
  );

  await follow(pair);

  expect(both).toEqual(["2026-03-29 frr_1 failed", "2026-03-30 frr_2 failed"]);
  expect(await states()).toEqual(["2026-03-29 frr_1 failed", "2026-03-30 frr_3 pending"]);
});

test("a pair without reports asks for none, and its proofs count none that are there", async () => {
  const { pair } = aPair({ answers: [says(1n)] });
  await proved(pair, "2026-03-30");
  await follow(pair);
  await follow(pair);
  const { pair: off, asked } = aPair({ reports: "off" });
  await proved(off, "2026-03-29");

  await follow(off);
  const [proof] = await runProof({ pool, pair: off }, { when: { day: "2026-03-30" } });

  expect(asked).toEqual([]);
  expect(proof).toMatchObject({ isProven: true, findings: [] });
});

test("days of more than five weeks ago are asked for no more", async () => {
  const { pair, asked } = aPair();
  await proved(pair, "2026-02-23", "2026-02-24");

  await follow(pair);

  expect(asked).toHaveLength(1);
  expect(await states()).toEqual(["2026-02-24 frr_1 pending"]);
});

test("the first day of an account is asked for from its opening on", async () => {
  const opened = new Date("2026-03-30T16:00:00Z");
  const { pair, asked } = aPair({ opened });
  await proved(pair, "2026-03-29", "2026-03-30");

  await follow(pair);

  expect(asked.map(({ from }) => from)).toEqual([opened]);
  expect(await states()).toEqual(["2026-03-30 frr_1 pending"]);
});

test("days before an account's first are in the way of no later ones", async () => {
  const { pair, asked } = aPair({ opened: new Date("2026-03-30T16:00:00Z") });
  await proved(pair, "2026-03-24", "2026-03-25", "2026-03-26", "2026-03-27", "2026-03-28");
  await proved(pair, "2026-03-30");

  await follow(pair);

  expect(asked.map(({ from }) => from)).toEqual([new Date("2026-03-30T16:00:00Z")]);
});

test("a day that SL gave no answer for beside its report is proved by the next look", async () => {
  const { pair } = aPair({ answers: [says(1n)] });
  await proved(pair, "2026-03-30");
  await follow(pair);
  const listLines = pair.erp.listLedgerLines.bind(pair.erp);
  const erp = pair.erp as { -readonly [N in keyof typeof pair.erp]: (typeof pair.erp)[N] };
  erp.listLedgerLines = () => Promise.reject(new HubError("erp.unavailable", "SL is away"));
  await expect(follow(pair)).rejects.toThrow("SL is away");
  erp.listLedgerLines = listLines;

  await follow(pair);

  const [day] = await listDayProofs(pool, { pair: PAIR });
  expect(day?.findings.map(({ kind }) => kind)).toEqual(["stripe-report"]);
});
