import { toHubError } from "../base/errors.ts";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
import { followReports } from "./follow-reports.ts";
import type { ProvingOptions } from "./start-proving.ts";

const MINUTE_MS = 60_000;
/** Stripe takes minutes for a report, and half a day until it has the data of one. */
const LOOK_EVERY_MS = 15 * MINUTE_MS;
/** Rights and settings are mended by people. */
const REFUSED_AGAIN_MS = 6 * 60 * MINUTE_MS;
/** What a key that may run no reports is answered. */
const REFUSALS: ReadonlySet<string> = new Set(["stripe.auth", "stripe.refused"]);

/** Holds the proof of each day against Stripe's own report, where the pair's key may run some. */
export function startReports({ pool, log, pairs }: ProvingOptions): RepeatedWork {
  const refusedUntilMs = new Map<string, number>();
  return repeatWork({
    everyMs: LOOK_EVERY_MS,
    log,
    later: "Stripe's reports are read later",
    work: async (signal) => {
      for (const pair of pairs()) {
        signal.throwIfAborted();
        const now = new Date();
        if ((refusedUntilMs.get(pair.id) ?? 0) > now.getTime()) continue;
        try {
          await followReports({ pool, pair }, { now, signal });
        } catch (thrown) {
          if (signal.aborted) return;
          const { code, message } = toHubError(thrown);
          if (REFUSALS.has(code)) refusedUntilMs.set(pair.id, now.getTime() + REFUSED_AGAIN_MS);
          log.info({ pair: pair.id, code }, `No report of Stripe's for now: ${message}`);
        }
      }
    },
  });
}
