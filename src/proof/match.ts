import { explainedBy, type Finding, type FindingKind } from "./documents.ts";

/** Findings of a currency that a person says cancel each other. */
export type Match = Readonly<{
  id: string;
  pair: string;
  currency: string;
  /** As proofs show them: batches of SL and keys of documents. */
  findingIds: readonly string[];
  madeAt: Date;
  madeBy: string;
  reason: string;
  undoneAt: Date | undefined;
  undoneBy: string;
}>;

/** A finding that is no difference any more, and by which match. */
export type Matched = Finding & Readonly<{ match: Pick<Match, "id" | "madeBy" | "reason"> }>;

/** What it is and who has matched it, for a paper or a table. */
export function matchedWords({ words, match }: Matched): string {
  return `${words}; matched by ${match.madeBy} (match ${match.id}): ${match.reason}`;
}

/** What stands on the clearing account in SL: the rest is between Stripe and the hub. */
const ON_CLEARING: ReadonlySet<FindingKind> = new Set([
  "line-without-key",
  "line-of-unknown-key",
  "document-missing",
  "document-on-other-account",
  "document-doubled",
  "other-amount",
  "other-period",
]);

/** Findings that may be matched: each is told by what SL has on the clearing account. */
export function isMatchable({ kind }: Pick<Finding, "kind">): boolean {
  return ON_CLEARING.has(kind);
}

/**
 * Takes out of the findings those that a match names, where they add up to nothing to the last
 * minor unit. What does not, such as a batch whose reversal lies after the day that is proved, or
 * a document that was edited once more, stays a difference.
 */
export function pairOff(
  findings: readonly Finding[],
  matches: readonly Match[],
  currency: string,
): Readonly<{ open: readonly Finding[]; matched: readonly Matched[] }> {
  let open = findings;
  const matched: Matched[] = [];
  for (const match of matches) {
    const named = new Set(match.findingIds);
    const own = open.filter((one) => isMatchable(one) && named.has(one.id));
    if (own.length === 0 || explainedBy(own, currency).minor !== 0n) continue;
    open = open.filter((one) => !own.includes(one));
    const { id, madeBy, reason } = match;
    matched.push(...own.map((one) => ({ ...one, match: { id, madeBy, reason } })));
  }
  return { open, matched };
}
