import { isCalendarDate } from "../base/calendar-date.ts";
import { HubError } from "../base/errors.ts";

/**
 * The instant that a flag names. A day begins where the person sits, as the lists show their times.
 *
 * @throws HubError `api.invalid` for what is neither a day that there is nor an instant of one
 */
export function readInstant(flag: string, text: string): string {
  const isDay = text.length === 10;
  const isWritten = isDay || /^.{10}T\S+$/.test(text);
  const at = new Date(isDay ? `${text}T00:00:00` : text);
  if (isWritten && isCalendarDate(text.slice(0, 10)) && !Number.isNaN(at.getTime())) {
    return at.toISOString();
  }
  throw new HubError("api.invalid", `--${flag} ${text} is neither a day nor an instant`, {
    cure: `Write --${flag} 2026-11-01 or --${flag} 2026-11-01T08:00:00Z.`,
  });
}
