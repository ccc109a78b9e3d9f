import { HubError } from "../../base/errors.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "./door.ts";
import { type Attempt, type Intent, newestSave, type SendStep } from "./intent.ts";
import { openAgeMs } from "./send.ts";

/** How often SL is read while it may still change: at once, then at these ages of the send. */
export const LOOK_AGAIN_AT_MS = [5_000, 20_000, 60_000, 180_000];
/** SL's reads may lag its writes by a few seconds; for so long absence proves nothing. */
const READ_LAG_MAX_MS = 30_000;
/**
 * Sends of a step that may stay without answer and effect before a person is told. SL has answered
 * every look at them, so it fails at this very call, and more of them would only fail likewise.
 */
const SENDS_IN_VAIN_MAX = 4;
/** How soon a read that may lag is repeated. */
export const LOOK_AFTER_LAG_MS = 1_000;

/** Whether reads may not show yet what it did: a slow call is old when its answer comes. */
export function mayLag({ clock }: Pick<Door, "clock">, attempt: Attempt | undefined): boolean {
  if (attempt === undefined) return false;
  return clock.monotonicMs() - (attempt.answeredAtMs ?? attempt.sentAtMs) < READ_LAG_MAX_MS;
}

/** True while the send may still take effect, or has done so unseen. */
export function isOpen(attempt: Attempt | undefined): attempt is Attempt {
  return attempt !== undefined && !attempt.isAnswered;
}

/**
 * Returns only once nothing that was sent can take effect any more.
 *
 * @throws Waiting until the next look
 */
export function waitOutHorizon(door: Door, intent: Intent): Promise<void> {
  const ageMs = openAgeMs(door, newestSave(intent));
  if (ageMs >= door.horizonMs) return Promise.resolve();
  return Promise.reject(openOutcome(intent, lookInMs(ageMs, door.horizonMs)));
}

/** How long until SL is read again for a send of this age, which is settled at `endMs`. */
export function lookInMs(ageMs: number, endMs: number): number {
  return (LOOK_AGAIN_AT_MS.find((at) => at > ageMs && at < endMs) ?? endMs) - ageMs;
}

/**
 * How old a release without an answer gets before it is sent again: ever older in a row. The last
 * one is given up, and must be able to take effect no more.
 */
export function releaseAgainAtMs({ horizonMs }: Pick<Door, "horizonMs">, intent: Intent): number {
  const nr = sentInVain(intent, "release") % SENDS_IN_VAIN_MAX;
  return nr === SENDS_IN_VAIN_MAX - 1 ? horizonMs : (LOOK_AGAIN_AT_MS[nr] ?? 0);
}

function sentInVain(intent: Intent, step: SendStep): number {
  return intent.attempts.filter((one) => one.step === step && isInVain(one)).length;
}

function isInVain({ outcome }: Attempt): boolean {
  return outcome === "absent" || outcome === "no_answer";
}

/**
 * Called where the newest send is settled, and before it is sent again.
 *
 * @throws HubError `erp.unanswered` each time that so many sends have been in vain: whoever resumes
 *   lets as many more be tried
 */
export function assertNotInVain(intent: Intent): void {
  const last = intent.attempts.at(-1);
  if (last === undefined || !isInVain(last)) return;
  const { step } = last;
  const count = sentInVain(intent, step);
  if (count % SENDS_IN_VAIN_MAX !== 0) return;
  const { batNbr } = intent;
  const what = batNbr === undefined ? "" : ` of batch ${batNbr}`;
  throw new HubError(
    "erp.unanswered",
    `SL was sent the ${step}${what} ${count} times without an answer, and shows no effect of it`,
    { facts: { step, count, batNbr } },
  );
}

/**
 * The same for a send that is repeated soon, since a lost one does no harm: a short outage is not
 * told, and the first one in vain is a horizon old by then.
 *
 * @throws HubError `erp.unanswered`
 */
export function assertNotInVainForLong(door: Door, intent: Intent): void {
  const first = intent.attempts.find(isInVain);
  if (first !== undefined && openAgeMs(door, first) >= door.horizonMs) assertNotInVain(intent);
}

/** The same for a record that no batch holds, by the send that may have made it. */
export function openOutcomeAt(door: Door, attempt: Attempt, what: string): Waiting {
  const dueInMs = lookInMs(openAgeMs(door, attempt), door.horizonMs);
  return new Waiting(`the outcome of a call to SL for ${what} that had no answer`, dueInMs);
}

/** The run goes on when it is time for the next look. */
export function openOutcome(intent: Intent, dueInMs: number): Waiting {
  const batch = intent.batNbr === undefined ? "" : ` in batch ${intent.batNbr}`;
  return new Waiting(`the outcome of a call to SL that had no answer${batch}`, dueInMs);
}
