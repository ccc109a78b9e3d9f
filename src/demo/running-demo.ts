import { HubError } from "../base/errors.ts";
import type { DemoState } from "./demo-state.ts";

/** A sandbox on this machine answers in milliseconds; what is silent for so long is none. */
const ANSWER_WITHIN_MS = 2_000;

/**
 * Refuses a start beside another one of the same home: two sandboxes on one set of files would
 * spoil them, and the pair would lead to the second alone.
 *
 * @throws HubError `start.already_up` while the sandbox of an earlier start answers to its key
 */
export async function refuseWhileUp(known: DemoState | undefined, home: string): Promise<void> {
  if (known?.stripeKey === undefined) return;
  const url = `http://127.0.0.1:${known.stripePort}`;
  const isUp = await fetch(`${url}/v1/account`, {
    headers: { authorization: `Bearer ${known.stripeKey}` },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isUp) return;
  throw new HubError("start.already_up", `Another start of ${home} is up, its Stripe at ${url}`, {
    facts: { home, url },
  });
}
