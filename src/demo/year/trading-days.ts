/** A day of the year with how busy it is, and when it begins. */
export type TradingDay = Readonly<{ date: string; weight: number; startMs: number }>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** January to December: gifts in November and December, nobody there in July. */
const OF_MONTH = [0.8, 0.85, 0.95, 1, 1.05, 0.95, 0.7, 0.75, 1, 1.05, 1.35, 1.75];
/** Sunday to Saturday. */
const OF_WEEKDAY = [0.6, 1.1, 1.15, 1.1, 1.05, 1, 0.65];
/** The Friday after Thanksgiving and the Monday after it. */
const RUSHES: readonly Readonly<{ weekday: number; afterFourthThursday: number }>[] = [
  { weekday: 5, afterFourthThursday: 1 },
  { weekday: 1, afterFourthThursday: 4 },
];
const RUSH = 3;

/** How much is bought in each hour of a day. */
export const OF_HOUR = [
  ...[1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2, 4, 6, 7, 8],
  ...[9, 8, 7, 7, 7, 8, 9, 11, 12, 10, 6, 3],
];

/**
 * The days of so many months from the first of `from` on (`YYYY-MM`), in a zone.
 *
 * @param startOf the first moment of a date in the zone
 */
export function tradingDays(
  from: string,
  months: number,
  startOf: (date: string) => Date,
): readonly TradingDay[] {
  const days: TradingDay[] = [];
  const end = Date.UTC(Number(from.slice(0, 4)), Number(from.slice(5)) - 1 + months, 1);
  for (let noon = Date.parse(`${from}-01T12:00:00Z`); noon < end; noon += DAY_MS) {
    const date = new Date(noon).toISOString().slice(0, 10);
    days.push({ date, weight: weightOf(new Date(noon)), startMs: startOf(date).getTime() });
  }
  return days;
}

function weightOf(day: Date): number {
  const weight = (OF_MONTH[day.getUTCMonth()] ?? 1) * (OF_WEEKDAY[day.getUTCDay()] ?? 1);
  return isRush(day) ? weight * RUSH : weight;
}

function isRush(day: Date): boolean {
  if (day.getUTCMonth() < 10) return false;
  return RUSHES.some(({ weekday, afterFourthThursday }) => {
    const thursday = new Date(day.getTime() - afterFourthThursday * DAY_MS);
    const isFourth = Math.ceil(thursday.getUTCDate() / 7) === 4;
    return day.getUTCDay() === weekday && isFourth && thursday.getUTCMonth() === 10;
  });
}

/** A moment of the day by its hour and the share of that hour. */
export function momentOf(day: TradingDay, hour: number, share: number): number {
  return day.startMs + Math.floor((hour + share) * HOUR_MS);
}
