import { bookingZone, documentDate, periodOf } from "../mapping/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding } from "./check.ts";

/** A month is often closed in the next one; what lies further apart is another calendar. */
const APART_MAX = 1;

/**
 * Whether the fiscal calendar can be read. One that stands in the settings is held against the
 * period that SL has now: named after the other year, all would be booked a year off.
 */
export async function lookAtCalendar(
  { erp, settings }: Pick<PairRuntime, "erp" | "settings">,
  nowMs: number,
): Promise<Finding> {
  const calendar = await erp.readCalendar();
  const { periods, firstOpenReceivables, firstOpenLedger } = calendar;
  const open = `${firstOpenReceivables} (AR), ${firstOpenLedger} (GL)`;
  const words = `${periods} periods a year; open from ${open}`;
  if (erp.capabilities["setup-values"] === "yes") return words;
  const own = periodOf(documentDate(new Date(nowMs), bookingZone(settings)), calendar);
  const current = await erp.readCurrentPeriod();
  const number = (period: string) => Number(period.slice(0, 4)) * periods + Number(period.slice(4));
  const isThere = Number(current.slice(4)) <= periods;
  if (isThere && Math.abs(number(own) - number(current)) <= APART_MAX) {
    return `${words}; today is ${own} by the settings, ${current} in SL`;
  }
  return {
    warning: `today is in ${own} by \`calendar\`, and SL's current period is ${current}`,
    cure:
      "Compare calendar.period-ends and calendar.named-after with SL's GL Setup, or install " +
      "xslw_Setup of site/sql. Where SL is only closed late, all is well.",
  };
}
