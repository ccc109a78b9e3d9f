import { HubError } from "../../base/errors.ts";
import type { Rate } from "../../base/rate.ts";
import type { CapabilityAnswer, RateQuery } from "../port.ts";
import { allRows } from "./all-rows.ts";
import type { WireRow } from "./envelope.ts";
import type { Site } from "./site.ts";
import { equals, type Filter, queryView, VIEW } from "./views.ts";
import { dateFromWire, flagOf, isSameId, numberFromWire, textOf } from "./wire-values.ts";

/**
 * How many days before the wanted one are looked at in turn: sites enter rates daily, monthly or
 * once, and a view has no order to ask for the newest by. Undefined is all of them.
 */
const DAYS_BACK = [10, 400, undefined] as const;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Asserts that rates can be read.
 *
 * @throws HubError `erp.contract` naming the view
 */
export function assertRates(answer: CapabilityAnswer): void {
  if (answer === "yes") return;
  throw new HubError("erp.contract", `The site lacks the view ${VIEW.rates}`, {
    facts: { view: VIEW.rates },
    cure: `Install the view ${VIEW.rates} of site/sql, which shows SL's rates, then resume.`,
  });
}

/** SL's rate of a day; see `ErpConnector.readRate`. */
export async function readRate(
  site: Site,
  query: RateQuery,
  signal: AbortSignal | undefined,
): Promise<Rate | undefined> {
  for (const days of DAYS_BACK) {
    const rows = await rowsSince(site, query, { days, signal });
    const newest = rows
      .filter((row) => isWanted(row, query))
      .sort((a, b) => (dateOf(a) < dateOf(b) ? 1 : -1))[0];
    if (newest !== undefined) return rateOf(newest, query);
  }
  return undefined;
}

async function rowsSince(
  site: Site,
  { currency, base, type, date }: RateQuery,
  how: Readonly<{ days: number | undefined; signal: AbortSignal | undefined }>,
): Promise<readonly WireRow[]> {
  const filters: Filter[] = [
    equals("FromCuryId", currency),
    equals("ToCuryId", base),
    equals("RateType", type),
    { ...equals("EffDate", date), comparisonType: "<=" },
  ];
  if (how.days !== undefined) {
    const from = new Date(Date.parse(date) - how.days * DAY_MS).toISOString().slice(0, 10);
    filters.push({ ...equals("EffDate", from), comparisonType: ">=" });
  }
  return allRows(site, VIEW.rates, filters, how.signal);
}

/** Whatever a site makes of filters, only such a row values a document. */
function isWanted(row: WireRow, { currency, base, type, date }: RateQuery): boolean {
  return (
    isSameId(textOf(row, "FromCuryId"), currency) &&
    isSameId(textOf(row, "ToCuryId"), base) &&
    isSameId(textOf(row, "RateType"), type) &&
    dateOf(row) <= date
  );
}

function dateOf(row: WireRow): string {
  return dateFromWire(textOf(row, "EffDate"));
}

function rateOf(row: WireRow, { currency, base }: RateQuery): Rate {
  const value = numberFromWire(textOf(row, "Rate"));
  const multDiv = textOf(row, "MultDiv").trim().toUpperCase();
  if ((multDiv === "M" || multDiv === "D") && /[1-9]/.test(value) && !value.startsWith("-")) {
    return { value, multDiv, base };
  }
  throw new HubError(
    "money.rate",
    `SL's rate from ${currency} to ${base} of ${dateOf(row)} reads ${multDiv || "blank"} ${value}`,
    { facts: { currency, base, value, multDiv } },
  );
}

/** Whether SL keeps several currencies; see `ErpConnector.isMultiCurrency`. */
export async function isMultiCurrency(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const [row] = await queryView(site, VIEW.setup, { filters: [], page: 1, rows: 1 }, signal);
  return row === undefined ? undefined : flagOf(row, "MCActive");
}
