import { HubError, toHubError } from "../../base/errors.ts";
import { type Exchange, hearExchanges } from "../../base/exchange.ts";
import { sendBy } from "../../base/last-look.ts";
import type { Door } from "./door.ts";
import type { Answer, Attempt, Intent, SendStep, Stage } from "./intent.ts";
import type { Move } from "./intent-move.ts";

type Sending<T> = Readonly<{
  step: SendStep;
  /** The stage while the call is under way: found there after a crash, its outcome is open. */
  during: Stage;
  /** The stage after an answer that says no; the error is thrown on. */
  onFailure: Stage;
  releaseKey?: string;
  call: (signal: AbortSignal) => Promise<T>;
  /** What a good answer means: saved with the next move, or at once where it is the last. */
  onAnswer: (answer: T) => Omit<Move, "answer" | "send">;
}>;

/**
 * Claims an attempt, sends it, and notes its answer. Without an answer the intent stays in
 * `during` with the attempt open, to be settled by reading.
 *
 * @throws HubError what the call threw; `run.frozen` when nothing was sent
 */
export async function send<D, R, T>(
  door: Door,
  intent: Intent<D, R>,
  sending: Sending<T>,
): Promise<Intent<D, R>> {
  let claimedAtMs = door.clock.monotonicMs();
  let claimed = await door.store.advance(intent, {
    stage: sending.during,
    send: { step: sending.step },
    ...(sending.releaseKey === undefined ? {} : { releaseKey: sending.releaseKey }),
  });
  const nr = claimed.attempts.at(-1)?.nr ?? 0;
  door.noteSent(intent, nr);
  // A worker that stood still in between must not send: another one may have taken over and reckons
  // the outcome horizon from the claim.
  const isInTime = () => door.clock.monotonicMs() - claimedAtMs <= door.sendWithinMs;
  if (door.signal.aborted || !isInTime()) {
    await answer(door, claimed, { nr, stage: intent.stage, outcome: "not_sent" });
    throw new HubError("run.frozen", "The process stood still between claim and send");
  }
  // What the call reads first may take longer than that. It is the claim that has to be young.
  const renew = async () => {
    if (isInTime()) return;
    const renewedAtMs = door.clock.monotonicMs();
    claimed = await door.store.claimAgain(claimed, nr);
    claimedAtMs = renewedAtMs;
  };
  const heard: Exchange[] = [];
  const noted = () => (heard.length === 0 ? {} : { exchange: heard.at(-1) as Exchange });
  let result: T;
  try {
    const listen = (exchange: Exchange) => void heard.push(exchange);
    const call = () => sending.call(door.signal);
    result = await hearExchanges(listen, () => sendBy({ renew, mayLeave: isInTime }, call));
  } catch (thrown) {
    const error = toHubError(thrown);
    if (error.code === "erp.outcome_open") {
      await door.store.keepExchange(claimed, nr, heard.at(-1));
      throw error;
    }
    const stage = wasNotExecuted(error) ? intent.stage : sending.onFailure;
    const facts = { ...error.facts, message: error.message };
    await answer(door, claimed, { nr, stage, outcome: error.code, facts, ...noted() });
    throw error;
  }
  const move = sending.onAnswer(result);
  const ok = { nr, outcome: "ok", ...noted() };
  if (move.stage !== "done") return door.store.note(claimed, move, ok);
  return door.store.advance(claimed, { ...move, answer: ok });
}

/** Closes the attempt of a send whose lost answer does not matter, and steps back to `stage`. */
export function closeUnsent<D, R>(
  door: Door,
  intent: Intent<D, R>,
  stage: Stage,
): Promise<Intent<D, R>> {
  const open = intent.attempts.findLast((attempt) => !attempt.isAnswered);
  if (open === undefined) return door.store.advance(intent, { stage });
  return answer(door, intent, { nr: open.nr, stage, outcome: "no_answer" });
}

/** How long ago it was sent; ages count on the monotonic clock, so no clock step fools them. */
export function openAgeMs(door: Door, attempt: Attempt | undefined): number {
  return attempt === undefined
    ? Number.POSITIVE_INFINITY
    : door.clock.monotonicMs() - attempt.sentAtMs;
}

function answer<D, R>(
  door: Door,
  intent: Intent<D, R>,
  closed: Answer & { stage: Stage },
): Promise<Intent<D, R>> {
  const { stage, ...answered } = closed;
  return door.store.advance(intent, { stage, answer: answered });
}

/** No connection, a lock or bad credentials: the call certainly had no effect. */
function wasNotExecuted(error: HubError): boolean {
  return error.code === "erp.unavailable" || error.code === "erp.busy" || error.code === "erp.auth";
}
