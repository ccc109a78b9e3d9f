/** Where the horizon has no margin at all, which the doctor warns of, a call still has to leave. */
const SEND_WITHIN_MS_MIN = 2_000;

/**
 * How old a claim may be when a write leaves. The horizon counts from the claim and covers SL's
 * longest call: half of what it has beyond that is for the way there, the other half is a margin.
 *
 * @param settings both in seconds
 */
export function sendWithinMs(
  settings: Readonly<{ outcomeHorizon: number; sl: Readonly<{ callTimeout: number }> }>,
): number {
  const marginMs = (settings.outcomeHorizon - settings.sl.callTimeout) * 1000;
  return Math.max(SEND_WITHIN_MS_MIN, marginMs / 2);
}
