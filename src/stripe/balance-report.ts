import { isCurrency } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import { fromDecimal, type Money, negate } from "../base/money.ts";
import type { BalanceReport, PayoutUnderWay, ReportQuery } from "../canonical/report.ts";
import type { StripeApi } from "./stripe-api.ts";
import { orAsCounted } from "./units.ts";
import { amountOf, idOf, instantOf, shapeError, textOf, type Wire } from "./wire.ts";

/** docs.stripe.com/reports/report-types/balance: the balance at both ends of an interval. */
const REPORT_TYPE = "balance.summary.1";
/** None of them holds free text, so a cell has neither a comma nor a line's end. */
const COLUMNS = ["category", "currency", "net_amount"] as const;

/** See `StripePort.reportedSpan`. */
export async function reportedSpan(
  api: StripeApi,
  signal: AbortSignal | undefined,
): Promise<Readonly<{ from: Date; until: Date }>> {
  const read = () => api.sdk.reporting.reportTypes.retrieve(REPORT_TYPE);
  const type = await api.one("reporting.report_types.retrieve", read, signal);
  const start = instantOf(type, "data_available_start");
  const until = instantOf(type, "data_available_end");
  if (start === undefined || until === undefined) {
    throw shapeError(REPORT_TYPE, "does not say of which time it has data");
  }
  // An interval begins a second after the data at the earliest.
  return { from: new Date(start.getTime() + 1_000), until };
}

/** See `StripePort.askBalanceReport`. */
export async function askBalanceReport(
  api: StripeApi,
  { from, until, zone }: ReportQuery,
  signal: AbortSignal | undefined,
): Promise<string> {
  const run = await api.one(
    "reporting.report_runs.create",
    () =>
      api.sdk.reporting.reportRuns.create({
        report_type: REPORT_TYPE,
        parameters: {
          interval_start: secondsOf(from),
          interval_end: secondsOf(until),
          timezone: asListed(zone),
          columns: [...COLUMNS],
        },
      }),
    signal,
  );
  return textOf(run, "id");
}

/** Settings take a zone in letters of any case; Stripe refuses a name that is not in its list. */
function asListed(zone: string): string {
  return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
}

/** See `StripePort.readBalanceReport`. */
export async function readBalanceReport(
  api: StripeApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<BalanceReport> {
  const run = await readRun(api, id, signal);
  if (run === undefined) return { state: "failed", why: `Stripe could not make report ${id}` };
  const state = textOf(run, "status");
  if (state !== "succeeded") return { state: "pending" };
  const file = idOf(run, "result");
  if (file === undefined) throw shapeError(id, "has succeeded and has no file");
  const text = await api.file("files.contents", file, signal);
  return { state, endings: endingsIn(text, id) };
}

/**
 * Undefined for a report that failed: the SDK takes the `error` of such an object for one of the
 * call, whatever its status, and keeps none of its words.
 */
async function readRun(
  api: StripeApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Wire | undefined> {
  const read = () => api.sdk.reporting.reportRuns.retrieve(id);
  try {
    return await api.one("reporting.report_runs.retrieve", read, signal);
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.facts.status === 200) return undefined;
    throw thrown;
  }
}

/**
 * Amounts of reports are in major units. A currency that this version does not know is in no proof.
 *
 * @throws HubError `stripe.shape`
 */
function endingsIn(text: string, id: string): readonly Money[] {
  const [header = [], ...lines] = text.split(/\r?\n/).filter(Boolean).map(cellsOf);
  const [category, currency, amount] = COLUMNS.map((name) => header.indexOf(name));
  if (category === undefined || currency === undefined || amount === undefined) return [];
  if (Math.min(category, currency, amount) < 0) {
    throw shapeError(id, `has no columns ${COLUMNS.join(", ")}`);
  }
  return lines.flatMap((cells) => {
    if (cells[category] !== "ending_balance") return [];
    const code = (cells[currency] ?? "").toUpperCase();
    return isCurrency(code) ? [fromDecimal(cells[amount] ?? "", code)] : [];
  });
}

function cellsOf(line: string): readonly string[] {
  return line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

/** See `StripePort.listPayoutsUnderWay`. */
export async function listPayoutsUnderWay(
  api: StripeApi,
  at: Date,
  signal: AbortSignal | undefined,
): Promise<readonly PayoutUnderWay[]> {
  const [created, arrival_date] = [{ lt: secondsOf(at) }, { gte: secondsOf(at) }];
  const list = (paging: object) => api.sdk.payouts.list({ ...paging, created, arrival_date });
  const payouts = await api.all("payouts.list", list, signal);
  const toMoney = orAsCounted(api.toMoney);
  return payouts
    .filter(({ automatic }) => automatic === true)
    .map((payout) => ({
      payoutId: textOf(payout, "id"),
      amount: amountOf(payout, "amount", toMoney),
    }))
    .filter(({ amount }) => isCurrency(amount.currency))
    .map(({ payoutId, amount }) => ({ payoutId, amount: negate(amount) }));
}

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}
