import { wakeLanes } from "../../lanes/index.ts";
import { summaryLane, summedUpAt } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";

/** How soon it is looked again at a summary that is due: it wakes what it is made of itself. */
const LOOK_AGAIN_MS = 60 * 60_000;

/**
 * Waits for the summary that something is collected for, and sees to it that there will be one:
 * whoever has collected it may have died before it could tell the day.
 *
 * @throws Waiting
 */
export async function awaitSummary({ pool, pair }: RunContext, day: string): Promise<never> {
  const dueInMs = Math.max(summedUpAt(day, pair.settings).getTime() - Date.now(), 0);
  await wakeLanes(pool, [{ pair: pair.id, key: summaryLane(day) }], dueInMs);
  throw new Waiting(`the summary of ${day}`, dueInMs + LOOK_AGAIN_MS);
}
