import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import { explainedBy, type Finding } from "./documents.ts";
import { isMatchable } from "./match.ts";
import type { Proof } from "./prove.ts";

/** What a person wants to match, as a proof shows it: it adds up to nothing. */
export type ProposedMatch = Readonly<{ currency: string; findings: readonly Finding[] }>;

/**
 * Finds what a person names among the differences of the proofs that it was seen in, and among the
 * rows of their line 1, which somebody may have booked by hand.
 *
 * @throws HubError `api.invalid` for an id that is neither there, one that only Stripe or the hub
 *   can put right, rows that no entry on clearing is named with, and for amounts that do not cancel
 *   each other
 */
export function proposeMatch(proofs: readonly Proof[], ids: readonly string[]): ProposedMatch {
  const named = new Set(ids);
  const shownIn = ({ findings, left }: Proof) => [...findings, ...left];
  const proof = proofs.find((one) => shownIn(one).some(({ id }) => named.has(id)));
  const open = proof === undefined ? proofs.flatMap(shownIn) : shownIn(proof);
  const found = open.filter(({ id }) => named.has(id));
  const missing = ids.filter((id) => !found.some((one) => one.id === id));
  if (proof === undefined || missing.length > 0) throw noDifference(missing, { open, proofs });
  const other = found.find((one) => !isMatchable(one) && one.kind !== "row-booked-by-hand");
  if (other !== undefined) {
    const message = `${other.id} is ${other.kind}: no line of clearing that another could cancel`;
    throw new HubError("api.invalid", message, {
      cure: "docs/proof.md says what is done about each kind.",
      facts: { field: "findings" },
    });
  }
  if (!found.some(isMatchable)) throw rowsAlone(ids);
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

function rowsAlone(ids: readonly string[]): HubError {
  const message = `Nothing on clearing is named that books ${ids.join(", ")}`;
  return new HubError("api.invalid", message, {
    cure: "Name the batch too, as the proof shows it.",
    facts: { field: "findings" },
  });
}

function noDifference(
  missing: readonly string[],
  { open, proofs }: Readonly<{ open: readonly Finding[]; proofs: readonly Proof[] }>,
): HubError {
  const first = proofs.flatMap(({ lines }) => lines.find(({ number }) => number === 1) ?? []);
  const parked = first.flatMap(({ entries }) => entries.map(({ id }) => id));
  const waiting = missing.find((id) => parked.includes(id));
  if (waiting !== undefined) {
    const message = `A run is yet to book ${waiting}, which waits in line 1`;
    return new HubError("api.invalid", message, {
      cure: "Dismiss its case first (slipway parked dismiss), then match it.",
      facts: { field: "findings" },
    });
  }
  const ids = [...new Set(open.filter(isMatchable).map(({ id }) => id))];
  const among = ids.length === 0 ? "it has none that can be" : `it has ${ids.join(", ")}`;
  const message = `This proof has no difference ${missing.join(", ")} to be matched: ${among}`;
  return new HubError("api.invalid", message, {
    cure: "Name the day or the month whose proof shows it.",
    facts: { field: "findings", ...(ids[0] !== undefined && { example: ids[0] }) },
  });
}
