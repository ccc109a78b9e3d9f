import { type Money, sum, zero } from "../base/money.ts";
import type { ApplicationDraft, PaymentDraft } from "../erp/port.ts";

/** A document of receivables by what identifies it in SL. */
export type Named = Readonly<{ type: string; customerId: string; refNbr: string }>;

/** What the hub knows to be applied: by a payment as it was saved, or by an application. */
export type KnownApplication = Readonly<{
  payer: Named;
  target: Named;
  /** All that is applied between the two after it. */
  amount: Money;
  isAtEntry: boolean;
}>;

/**
 * The applications of a released payment or of an application of its own. One that found nothing
 * left to do names no target but the number that it was for: others had done it.
 */
export function applicationsIn(
  draft: PaymentDraft | ApplicationDraft,
  { receipt, part }: Readonly<{ receipt: Named; part: string }>,
): readonly KnownApplication[] {
  const { customerId } = draft;
  if (draft.kind === "payment") {
    const payer = { type: receipt.type, customerId, refNbr: receipt.refNbr };
    return draft.applications.map(({ type = "IN", invoiceRefNbr, amount }) => {
      const target = { type, customerId, refNbr: invoiceRefNbr };
      return { payer, target, amount, isAtEntry: true };
    });
  }
  const payer = { ...draft.payer, customerId };
  const { between } = draft.before;
  const lines = draft.applications.map(({ type, refNbr, amount }) => ({
    payer,
    target: { type, customerId, refNbr },
    amount: { minor: amount.minor + between.minor, currency: amount.currency },
    isAtEntry: false,
  }));
  if (lines.length > 0) return lines;
  const target = { type: "", customerId, refNbr: part };
  return [{ payer, target, amount: between, isAtEntry: false }];
}

/**
 * What of a document is applied by what the hub knows, whether it pays or is paid. A later
 * application tells of all that was between the two before it, so the greatest one counts.
 */
export function appliedOf(
  document: Named,
  known: readonly KnownApplication[],
  currency: string,
): Money | undefined {
  const own = known.filter(({ payer, target }) => isOf(payer, document) || isOf(target, document));
  if (own.some(({ amount }) => amount.currency !== currency)) return undefined;
  const between = [...Map.groupBy(own, pairName).values()].map((group) => {
    const atEntry = sum(
      group.filter(({ isAtEntry }) => isAtEntry).map(({ amount }) => amount),
      currency,
    );
    const later = group.filter(({ isAtEntry }) => !isAtEntry).map(({ amount }) => amount);
    return [atEntry, ...later].reduce((most, one) => (one.minor > most.minor ? one : most));
  });
  return between.length === 0 ? zero(currency) : sum(between, currency);
}

/** By numbers: what found nothing left to do does not know the type of its target. */
function pairName({ payer, target }: KnownApplication): string {
  return `${nameOf(payer)} > ${nameOf({ ...target, type: "" })}`;
}

const nameOf = ({ type, customerId, refNbr }: Named) =>
  [type, customerId, refNbr].map((text) => text.trim().toUpperCase()).join(" ");
const isOf = (a: Named, b: Named) => nameOf(a) === nameOf(b);
