import { invalidRequest, resourceMissing } from "../errors.ts";
import { exponentOf } from "../money/currencies.ts";
import { newId } from "../random.ts";
import type { BalanceTransactionRow } from "../store/money-rows.ts";
import type { ReportRunRow } from "../store/report-rows.ts";
import type { World } from "../world.ts";

/** The one type of report that the sandbox makes. */
export const REPORT_TYPE = "balance.summary.1";
/** Its columns, in the order in which Stripe shows them by default. */
export const REPORT_COLUMNS = ["category", "currency", "description", "net_amount"] as const;

const DAY_SECONDS = 86_400;
const ACCOUNT_OPENED = 1_700_000_000;
const RUN_SECONDS = 2;

/** Until when there is data for reports: they never know of the day that is under way. */
export function dataAvailable(world: World): { start: number; end: number } {
  const today = Math.floor(world.nowSeconds() / DAY_SECONDS) * DAY_SECONDS;
  return { start: ACCOUNT_OPENED, end: today };
}

type Asked = Pick<
  ReportRunRow,
  "columns" | "currency" | "interval_end" | "interval_start" | "timezone"
>;

/** Runs a report; its file is there two seconds later. */
export function addReportRun(world: World, asked: Asked): ReportRunRow {
  checkInterval(world, asked);
  const created = world.nowSeconds();
  return world.tables.report_run.put({
    ...{ id: newId("report_run"), created, report_type: REPORT_TYPE, ...asked },
    ...{ ready: created + RUN_SECONDS, file: newId("file"), csv: balanceSummary(world, asked) },
  });
}

export function reportRunOf(world: World, id: string): ReportRunRow {
  const row = world.tables.report_run.get(id);
  if (row === undefined) throw resourceMissing("reporting.report_run", id);
  return row;
}

/** The report that a file is of. */
export function reportOfFile(world: World, id: string): ReportRunRow {
  const [row] = world.tables.report_run.by("file", id);
  if (row === undefined || world.nowSeconds() < row.ready) throw resourceMissing("file", id);
  return row;
}

function checkInterval(world: World, { interval_start, interval_end }: Asked): void {
  const { start, end } = dataAvailable(world);
  if (interval_start >= interval_end) {
    const message = "`interval_start` must be before `interval_end`.";
    throw invalidRequest(message, undefined, "parameters[interval_start]");
  }
  if (interval_start >= start && interval_end <= end) return;
  const message = `The interval must lie within the available data, from ${start} to ${end}.`;
  throw invalidRequest(message, undefined, "parameters[interval_end]");
}

/** What a report counts: payments, and what Stripe holds back of them. */
const COUNTED = new Set(["payments", "risk_reserved"]);

/**
 * Balances before and after the interval, and what moved them. An automatic payout counts when it
 * arrives, everything else when it was made.
 */
function balanceSummary(world: World, asked: Asked): string {
  const sums = new Map<string, { before: number; activity: number; payouts: number }>();
  for (const row of world.tables.balance_transaction.all()) {
    if (!COUNTED.has(row.balance_type)) continue;
    if (asked.currency !== null && row.currency !== asked.currency) continue;
    const at = effectiveAt(world, row);
    if (at >= asked.interval_end) continue;
    const sum = sums.get(row.currency) ?? { before: 0, activity: 0, payouts: 0 };
    sums.set(row.currency, sum);
    if (at < asked.interval_start) sum.before += row.net;
    else if (row.type === "payout") sum.payouts += row.net;
    else sum.activity += row.net;
  }
  const lines = [...sums].flatMap(([currency, { before, activity, payouts }]) => {
    const line = (category: string, description: string, net: number) => {
      return { category, description, currency, net_amount: inMajor(net, currency) };
    };
    const ending = before + activity + payouts;
    return [
      line("starting_balance", `Starting balance (${dayOf(asked.interval_start, asked)})`, before),
      line("activity", "Activity", activity),
      line("payouts", "Less payouts", payouts),
      line("ending_balance", `Ending balance (${dayOf(asked.interval_end - 1, asked)})`, ending),
    ];
  });
  const table = [
    asked.columns,
    ...lines.map((line) => asked.columns.map((of) => cellOf(line, of))),
  ];
  return table.map((cells) => `${cells.map((cell) => `"${cell}"`).join(",")}\n`).join("");
}

function cellOf(line: { [column: string]: string }, column: string): string {
  return line[column] ?? "";
}

function effectiveAt(world: World, { type, source, created }: BalanceTransactionRow): number {
  if (type !== "payout" || source === null) return created;
  const payout = world.tables.payout.get(source);
  return payout?.automatic === true ? Math.max(created, payout.arrival_date) : created;
}

function inMajor(minor: number, currency: string): string {
  const exponent = exponentOf(currency) ?? 2;
  return (minor / 10 ** exponent).toFixed(exponent);
}

function dayOf(second: number, { timezone }: Asked): string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short" });
  return format.format(second * 1000);
}
