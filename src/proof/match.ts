import { explainedBy, type Finding, type FindingKind } from "./documents.ts";
import type { PartName } from "./parts.ts";

/** Findings and rows of a currency that a person says cancel each other. */
export type Match = Readonly<{
  id: string;
  pair: string;
  currency: string;
  /** As proofs show them: batches of SL, keys of documents, and rows of line 1. */
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

/** A part of a row that stands in line 1 and that no run is to book any more. */
export type LeftRow = Finding & Readonly<{ part: PartName }>;

/**
 * Takes out of the findings and of the rows of line 1 those that a match names, where they add up
 * to nothing to the last minor unit. What does not, such as a batch whose reversal lies after the
 * day that is proved, or a document that was edited once more, stays as it was. Rows alone cancel
 * nothing: it takes an entry on clearing to book them.
 */
export function pairOff(
  of: Readonly<{ findings: readonly Finding[]; left: readonly LeftRow[] }>,
  matches: readonly Match[],
  currency: string,
): Readonly<{
  open: readonly Finding[];
  booked: readonly LeftRow[];
  matched: readonly Matched[];
}> {
  let open = of.findings;
  const booked: LeftRow[] = [];
  const matched: Matched[] = [];
  for (const match of matches) {
    const named = new Set(match.findingIds);
    const entries = open.filter((one) => isMatchable(one) && named.has(one.id));
    const rows = of.left.filter((one) => named.has(one.id) && !booked.includes(one));
    const own = [...entries, ...rows];
    if (entries.length === 0 || explainedBy(own, currency).minor !== 0n) continue;
    open = open.filter((one) => !entries.includes(one));
    booked.push(...rows);
    const { id, madeBy, reason } = match;
    matched.push(...own.map((one) => ({ ...one, match: { id, madeBy, reason } })));
  }
  return { open, booked, matched };
}
