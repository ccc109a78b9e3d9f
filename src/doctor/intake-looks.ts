import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { readWalks, type WalkState } from "../pull/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding, Look } from "./check.ts";

/** A pull asks every 15 seconds; this long without one is more than a slow answer. */
const PULL_LATE_SECONDS = 300;
/** The check for gaps is hourly; a round of a large account takes its time. */
const GAP_LATE_SECONDS = 2 * 3_600;

/** Whether all of Stripe's events come, by whatever way. */
export function intakeLooks(pool: Pool, pair: PairRuntime): Look[] {
  const stateOf = async (kind: WalkState["kind"]) =>
    (await readWalks(pool)).find((walk) => walk.pair === pair.id && walk.kind === kind);
  return [
    {
      name: "intake.pull",
      look: async () => {
        const { intake } = pair.settings.stripe;
        if (intake === "webhook") return "not asked for: this pair takes webhooks";
        return lookAt(await stateOf("pull"), PULL_LATE_SECONDS);
      },
    },
    {
      name: "intake.gaps",
      look: async () => {
        const walk = await stateOf("gap");
        const finding = lookAt(walk, GAP_LATE_SECONDS);
        if (typeof finding !== "string" || walk === undefined) return finding;
        return walk.lostFrom === null ? lookAtFound(walk, finding) : lostTime(walk);
      },
    },
  ];
}

function lookAt(walk: WalkState | undefined, lateSeconds: number): Finding {
  if (walk === undefined) {
    return { warning: "Stripe was not asked yet", cure: "Look again in a minute." };
  }
  const upTo = `up to ${walk.position.toISOString()}`;
  if (walk.trouble !== null) {
    return { warning: `${walk.trouble} (${upTo})`, cure: walk.troubleCure ?? "" };
  }
  if (walk.progress !== null) return `${Math.floor(walk.progress * 100)} % of the way, ${upTo}`;
  if (walk.behindSeconds > lateSeconds) {
    return {
      warning: `Stripe was last asked ${Math.round(walk.behindSeconds / 60)} minutes ago`,
      cure: "See whether a hub runs, and read its log.",
    };
  }
  return `Stripe was asked ${upTo}`;
}

function lookAtFound({ pair, foundLately }: WalkState, fine: string): Finding {
  if (foundLately === 0) return `${fine}; nothing was missing in the last day`;
  const events = counted(foundLately, "event was", "events were");
  return {
    warning: `${events} not delivered in the last day; the hub found and works on them`,
    cure:
      `Unless the hub was off: see slipway events gaps --pair ${pair}, ` +
      "and the endpoint in Stripe's dashboard.",
  };
}

function lostTime({ pair, lostFrom, lostTo }: WalkState): Finding {
  const [from, to] = [lostFrom?.toISOString(), lostTo?.toISOString()];
  return {
    warning: `of ${from} to ${to} Stripe tells no events`,
    cure: `Run slipway rebuild ${pair} --since ${from}: it reads the payments themselves.`,
  };
}
