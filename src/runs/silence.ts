import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import { type ClaimedLane, recordAnswer } from "../lanes/index.ts";
import type { PairRuntime } from "./pair-runtime.ts";

type Asking = Readonly<{ pool: Pool; pair: (id: string) => PairRuntime | undefined }>;

/**
 * What it means that a call of this lane was not executed: SL is `away`, with the circuit `open` or
 * not yet, or SL is `here` and only this call fails.
 *
 * One record that SL can never show is counted once, so that it cannot open the circuit alone; a
 * part of SL that fails the orders of many is an outage like any other.
 */
export async function silenceOf(
  asking: Asking,
  lane: ClaimedLane,
  signal: AbortSignal,
): Promise<"away" | "open" | "here"> {
  // A call that we cut off ourselves says nothing about SL.
  if (signal.aborted) return "away";
  const isHere = await answersAtAll(asking.pair(lane.pair), signal);
  if (isHere && lane.tries > 0) return "here";
  const isOpen = await recordAnswer(asking.pool, lane.pair, false);
  if (isHere) return "here";
  return isOpen ? "open" : "away";
}

/** Asks SL for what every site has. */
async function answersAtAll(pair: PairRuntime | undefined, signal: AbortSignal): Promise<boolean> {
  if (pair === undefined) return false;
  const { erp, settings } = pair;
  return erp.readCurrencyDecimals(settings.sl.baseCurrency, signal).then(
    () => true,
    (thrown: unknown) => toHubError(thrown).code === "erp.refused",
  );
}
