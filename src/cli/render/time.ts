/** An instant in the local zone as `2026-11-23 20:31:08`. */
export function localTime(instant: string): string {
  return `${localDate(instant)} ${localClock(instant).slice(0, 8)}`;
}

/** The local calendar date, `2026-11-23`. */
export function localDate(instant: string): string {
  const at = new Date(instant);
  const parts = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/** The local time of day to the millisecond, `20:31:08.123`. */
export function localClock(instant: string): string {
  const at = new Date(instant);
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return `${clock}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** The zone in which the times are shown, `Europe/Berlin (UTC+01:00)` at the given instant. */
export function localZone(instant: string): string {
  const minutes = -new Date(instant).getTimezoneOffset();
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, "0");
  const rest = String(size % 60).padStart(2, "0");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${zone} (UTC${minutes < 0 ? "-" : "+"}${hours}:${rest})`;
}

/** A length of time in the largest units that matter: `3 d 4 h`, `12 min`, `8 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
