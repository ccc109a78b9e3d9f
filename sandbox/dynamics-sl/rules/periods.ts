import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

/** The period ends (`MMDD`) of the fiscal year, in order. */
function periodEnds(setup: Row): readonly string[] {
  return Array.from({ length: num(setup, "NbrPer") }, (_, index) =>
    text(setup, `FiscalPerEnd${String(index).padStart(2, "0")}`),
  );
}

/** The fiscal period `YYYYPP` of a date, by the calendar in GLSetup. */
export function periodOf(world: World, date: string): string {
  const setup = world.ledgerSetup;
  const ends = periodEnds(setup);
  const year = Number(date.slice(0, 4));
  const monthDay = date.slice(5, 7) + date.slice(8, 10);
  // A year whose last period ends in December is the calendar year. Otherwise the periods run
  // over the new year, and BegFiscalYr says which of the two calendar years names it.
  const last = ends[ends.length - 1] ?? "1231";
  const inOrder = [...ends.keys()].sort((a, b) => (ends[a] ?? "").localeCompare(ends[b] ?? ""));
  const found = inOrder.find((index) => monthDay <= endDay(ends[index] ?? ""));
  const index = found ?? inOrder[0] ?? 0;
  const wraps = last < "1231";
  const afterYearEnd = wraps && monthDay > endDay(last);
  const isNamedAfterStart = num(setup, "BegFiscalYr") === 1;
  const named = !wraps ? year : yearName(year, afterYearEnd, isNamedAfterStart);
  return `${named}${String(index + 1).padStart(2, "0")}`;
}

function yearName(year: number, afterYearEnd: boolean, isNamedAfterStart: boolean): number {
  if (isNamedAfterStart) return afterYearEnd ? year : year - 1;
  return afterYearEnd ? year + 1 : year;
}

/**
 * An end on the 28th of February is its last day in every year, as in SL's own
 * `GetCalendarEndDateOfGLPeriod`; so the leap day has a period, and it is February's.
 */
function endDay(end: string): string {
  return end === "0228" ? "0229" : end;
}

/** The period after `period`; the year rolls past NbrPer. */
export function periodAfter(world: World, period: string): string {
  const next = Number(period.slice(4)) + 1;
  const year = Number(period.slice(0, 4));
  if (next > num(world.ledgerSetup, "NbrPer")) return `${year + 1}01`;
  return `${year}${String(next).padStart(2, "0")}`;
}

/** Why the period takes no entries for the module (`AR` or `GL`), or undefined when it does. */
export function periodProblem(
  world: World,
  module: "AR" | "GL",
  period: string,
): string | undefined {
  if (!/^\d{6}$/.test(period)) return `Period to post "${period}" is not valid`;
  const number = Number(period.slice(4));
  if (number < 1 || number > num(world.ledgerSetup, "NbrPer")) {
    return `Period to post ${period} is not in the fiscal calendar`;
  }
  const ledger = text(world.ledgerSetup, "PerNbr");
  const receivables = text(world.receivablesSetup, "PerNbr");
  if (module === "AR" && period < receivables) {
    return `Period ${period} is closed in Accounts Receivable (current period ${receivables})`;
  }
  if (period < ledger) {
    return `Period ${period} is closed in General Ledger (current period ${ledger})`;
  }
  return undefined;
}

/** @throws Refusal when the period is closed or no period */
export function assertPeriodOpen(world: World, module: "AR" | "GL", period: string): void {
  const problem = periodProblem(world, module, period);
  if (problem !== undefined) throw new Refusal(problem);
}
