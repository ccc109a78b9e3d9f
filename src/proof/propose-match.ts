import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import { explainedBy, type Finding } from "./documents.ts";
import { isMatchable } from "./match.ts";
import type { Proof } from "./prove.ts";

/** What a person wants to match, as a proof shows it: it adds up to nothing. */
export type ProposedMatch = Readonly<{ currency: string; findings: readonly Finding[] }>;

/**
 * Finds what a person names among the differences of the proofs that it was seen in.
 *
 * @throws HubError `api.invalid` for an id that is no difference there, one that only Stripe or the
 *   hub can put right, and for amounts that do not cancel each other
 */
export function proposeMatch(proofs: readonly Proof[], ids: readonly string[]): ProposedMatch {
  const named = new Set(ids);
  const proof = proofs.find(({ findings }) => findings.some(({ id }) => named.has(id)));
  const open = proof?.findings ?? proofs.flatMap(({ findings }) => findings);
  const found = open.filter(({ id }) => named.has(id));
  const missing = ids.filter((id) => !found.some((one) => one.id === id));
  if (proof === undefined || missing.length > 0) throw noDifference(missing, open);
  const other = found.find((one) => !isMatchable(one));
  if (other !== undefined) {
    const message = `${other.id} is ${other.kind}: no line of clearing that another could cancel`;
    throw new HubError("api.invalid", message, {
      cure: "docs/proof.md says what is done about each kind.",
      facts: { field: "findings" },
    });
  }
  const { currency } = proof;
  const left = explainedBy(found, currency);
  if (left.minor === 0n) return { currency, findings: found };
  const amounts = found.map(({ id, amount }) => `${id} ${toDecimal(amount)}`).join(", ");
  const message = `Only what adds up to nothing is matched, and these make ${toDecimal(left)}`;
  throw new HubError("api.invalid", `${message} ${currency}: ${amounts}`, {
    cure: "Name every batch and document that belongs together, or correct the rest in SL first.",
    facts: { field: "findings" },
  });
}

function noDifference(missing: readonly string[], open: readonly Finding[]): HubError {
  const ids = [...new Set(open.filter(isMatchable).map(({ id }) => id))];
  const among = ids.length === 0 ? "it has none that can be" : `it has ${ids.join(", ")}`;
  const message = `This proof has no difference ${missing.join(", ")} to be matched: ${among}`;
  return new HubError("api.invalid", message, {
    cure: "Name the day or the month whose proof shows it.",
    facts: { field: "findings", ...(ids[0] !== undefined && { example: ids[0] }) },
  });
}
