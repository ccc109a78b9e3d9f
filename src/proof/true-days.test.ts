import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { money } from "../base/money.ts";
import { openPool } from "../db/index.ts";
import type { FiscalCalendar, LedgerLine, LedgerQuery } from "../erp/port.ts";
import { onTrueDays } from "./true-days.ts";

let database: TestDatabase;
let pool: Pool;

const usd = (minor: number) => money(minor, "USD");
const CLEARING = { account: "1095", subaccount: "000" };
const CALENDAR: FiscalCalendar = {
  periods: 12,
  periodEnds: "0131 0228 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231".split(" "),
  namedAfterStart: false,
  firstOpenReceivables: "202604",
  firstOpenLedger: "202604",
};
/** A journal of fees over two days of March, booked in April. */
const MOVED = [
  { trueDate: "2026-03-30", minor: -300 },
  { trueDate: "2026-03-31", minor: -500 },
];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-test" });
  const lines = MOVED.map(({ trueDate, minor }) => ({
    ...{ account: CLEARING, role: "clearing", side: "credit", date: "2026-04-01", trueDate },
    amount: { minor: String(-minor), currency: "USD" },
  }));
  const draft = { kind: "journal", documentDate: "2026-03-31", currency: "USD", lines };
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage)
     values ('acme', 'MOVED', 'fees:po_1', 'fees:po_1', 'fee', '', $1, 'h', 1, 'done')`,
    [JSON.stringify(draft)],
  );
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** All that SL has on clearing: a negative amount is a credit. */
const IN_SL = [
  { key: "", date: "2026-03-12", period: "202603", amount: usd(10_000) },
  { key: "MOVED", date: "2026-04-01", period: "202604", amount: usd(-300) },
  { key: "MOVED", date: "2026-04-01", period: "202604", amount: usd(-500) },
  { key: "OTHER", date: "2026-04-01", period: "202604", amount: usd(-500) },
];
const REST = { module: "GL", batNbr: "1", refNbr: "", user: "", description: "" };

function wireLine({ key, date, period, amount }: (typeof IN_SL)[number]): LedgerLine {
  const [debit, credit] =
    amount.minor > 0n ? [amount, usd(0)] : [usd(0), usd(-Number(amount.minor))];
  return {
    ...{ module: "GL", batNbr: "1", lineNumber: "1", type: "GL", refNbr: "", customerId: "" },
    ...{ date, period, key, stripeId: "", isPosted: true, account: CLEARING },
    ...{ description: "", reference: "", enteredBy: "", debit, credit },
    ...{ baseDebit: debit, baseCredit: credit },
  };
}

const asked: string[] = [];
const erp = {
  listLedgerLines: async ({ from = "", until = "" }: LedgerQuery) => {
    asked.push(`${from} ${until}`);
    const rows = IN_SL.filter(({ date }) => date >= from && date <= until).map(wireLine);
    return { rows, isLast: true };
  },
};

/** What a proof of the days sees, as `date amount`, with what lies before them. */
async function shownIn(from: string, day: string, period?: string): Promise<string[]> {
  const sl = IN_SL.filter(({ date }) => date <= day);
  const before = sl.filter(({ date }) => date < from).map(({ amount }) => amount);
  const ledger = {
    before: usd(before.reduce((so, { minor }) => so + Number(minor), 0)),
    lines: sl.filter(({ date }) => date >= from).map((line) => ({ ...REST, ...line })),
  };
  const of = { pool, erp, pair: "acme", calendar: CALENDAR, clearing: CLEARING, currency: "USD" };
  const seen = await onTrueDays({ ...of, from, day, period }, ledger);
  const shown = seen.lines.map(({ date, amount }) => `${date} ${amount.minor}`);
  return [`before ${seen.before.minor}`, ...shown];
}

test("a line is there from its true day on, though SL has it in the open period", async () => {
  expect(await shownIn("2026-03-29", "2026-03-29")).toEqual(["before 10000"]);
  expect(await shownIn("2026-03-30", "2026-03-30")).toEqual(["before 10000", "2026-03-30 -300"]);
  expect(await shownIn("2026-03-31", "2026-03-31")).toEqual(["before 9700", "2026-03-31 -500"]);
});

test("on the day that SL has it, it lies before, and what others booked does not", async () => {
  expect(await shownIn("2026-04-01", "2026-04-01")).toEqual(["before 9200", "2026-04-01 -500"]);
});

test("a period that it is not booked in shows it with its day, and counts none of it", async () => {
  expect(await shownIn("2026-03-31", "2026-03-31", "202603")).toEqual([
    "before 10000",
    "2026-03-31 -500",
  ]);
});

test("SL is asked for first days of periods alone, up to the open one", async () => {
  asked.length = 0;

  await shownIn("2026-02-10", "2026-02-10");
  await shownIn("2026-04-10", "2026-04-10");

  expect(asked).toEqual(["2026-03-01 2026-03-01", "2026-04-01 2026-04-01"]);
});
