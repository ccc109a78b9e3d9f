import type { PairSettings } from "../config/index.ts";
import type { Held } from "./held.ts";

/**
 * Why events of the other mode of Stripe are left alone: their objects are not in the account that
 * the pair's key opens. Undefined where the pair's mode is not known, or some event is of it.
 */
export function otherMode(
  settings: PairSettings,
  livemodes: readonly boolean[],
): Readonly<{ reason: string; held: Held }> | undefined {
  if (livemodes.length === 0) return undefined;
  const isLive = isLivePair(settings);
  if (isLive === undefined) return undefined;
  if (livemodes.includes(isLive)) return undefined;
  const [theirs, ours] = isLive ? ["test", "live"] : ["live", "test"];
  const reason = `Skipped: an event of ${theirs} mode, and the pair is of ${ours} mode`;
  return { reason, held: { kind: "mode", rule: `the pair is of ${ours} mode` } };
}

/** What the setting says, else what the key shows; undefined where neither does. */
export function isLivePair({ stripe }: PairSettings): boolean | undefined {
  if (stripe.livemode !== undefined) return stripe.livemode;
  const mode = /^[a-z]+_(live|test)_/.exec(stripe.secretKey.reveal())?.[1];
  return mode === undefined ? undefined : mode === "live";
}
