import type { Chance } from "./random.ts";

/** How the pair of a run books what comes after its sales. */
export type AftermathRules = Readonly<{
  refundFailed: "credit" | "reverse";
  policy: "receivable" | "reverse-sale" | "customer";
  /** For policy `customer`. */
  lost: "leave-open" | "bad-debt";
}>;

/** Those of the pair's file. */
export const PLAIN_RULES: AftermathRules = {
  refundFailed: "credit",
  policy: "receivable",
  lost: "leave-open",
};

export function makeRules(chance: Chance): AftermathRules {
  return {
    refundFailed: chance.pick(["credit", "reverse"] as const),
    policy: chance.pick(["receivable", "receivable", "reverse-sale", "customer"] as const),
    lost: chance.pick(["leave-open", "bad-debt"] as const),
  };
}

/** The rules as they stand in a pair's file. */
export function asSettings({ refundFailed, policy, lost }: AftermathRules): object {
  return { "refund-failed": refundFailed, dispute: { policy, lost }, "journal-delay": 0 };
}
