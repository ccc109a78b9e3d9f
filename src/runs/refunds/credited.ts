import type { CreditNote, Refund } from "../../canonical/refund.ts";
import { type Credited, creditedByLines, isBackBefore } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { creditedByDisputes } from "../disputes/dispute-causes.ts";
import { creditedInSl } from "../write/standing-memo.ts";
import { begunMemo, partOf, type RefundedSale, type WentBack } from "./refund-parts.ts";

/**
 * What memos of the sale have credited already, but for this one. For a refund what had been taken
 * back before it was made counts for nothing; what was taken back later had its share then.
 */
export async function creditedBefore(
  context: RunContext,
  of: WentBack & Pick<RefundedSale, "share">,
  refund: Refund,
): Promise<Credited> {
  return creditedBy(context, of, {
    but: { object: refund.refundId, part: partOf(of) },
    mayBeBack: (one) => isBackBefore(one, refund),
    mayBeVoid: () => true,
  });
}

/**
 * What memos of the sale had credited when a row of a dispute was made, or a credit note: what was
 * taken back later had its share then, however late the hub hears of it.
 *
 * @param but a credit note that does not count
 */
export async function creditedAt(
  context: RunContext,
  of: WentBack,
  seen: Readonly<{ at: Date; but?: MemoName }>,
): Promise<Credited> {
  const { at, but = { object: "", part: "" } } = seen;
  const isBy = (back: Date | undefined) => back !== undefined && back.getTime() <= at.getTime();
  return creditedBy(context, of, {
    but,
    mayBeBack: ({ failure }) => isBy(failure?.created),
    mayBeVoid: ({ voidedAt }) => isBy(voidedAt),
  });
}

/** A memo by its Stripe object, and whose part of it. */
type MemoName = Readonly<{ object: string; part: string }>;

async function creditedBy(
  context: RunContext,
  of: WentBack,
  rule: Readonly<{
    but: MemoName;
    mayBeBack: (refund: Refund) => boolean;
    mayBeVoid: (note: CreditNote) => boolean;
  }>,
): Promise<Credited> {
  const pairs = [
    ...of.refunds.flatMap((one) =>
      context.door.store.parts(one.refundId, "refund-cause").map(({ identity: { part } }) => ({
        memo: { object: one.refundId, purpose: "refund-cause" as const, part },
        back: { object: one.refundId, purpose: "refund-back-cause" as const, part },
        mayBeBack: rule.mayBeBack(one),
      })),
    ),
    ...of.notes.flatMap((one) =>
      notePartsOf(context, one).map((part) => ({
        memo: { object: one.creditNoteId, purpose: "credit-note" as const, part },
        back: { object: one.creditNoteId, purpose: "credit-note" as const, part: voidOf(part) },
        mayBeBack: rule.mayBeVoid(one),
      })),
    ),
  ];
  const found: Credited[number][] = [];
  for (const { memo, back, mayBeBack } of pairs) {
    const taken = begunMemo(context, memo);
    const isOwn = memo.object === rule.but.object && memo.part === rule.but.part;
    if (isOwn || taken === undefined) continue;
    // What was taken back counts for nothing, whatever its lines are.
    if (mayBeBack && begunMemo(context, back) !== undefined) continue;
    const { lines } = taken.draft;
    if (lines !== undefined) found.push(creditedByLines(lines));
    else if (taken.receipt !== undefined) {
      found.push({ total: await creditedInSl(context, taken.receipt) });
    }
  }
  return [...found, ...(await creditedByDisputes(context))];
}

/** The parts of a credit note's memos, without those that take it back. */
export function notePartsOf({ door }: RunContext, { creditNoteId }: CreditNote): readonly string[] {
  const all = door.store.parts(creditNoteId, "credit-note").map(({ identity }) => identity.part);
  return all.filter((part) => !part.endsWith(VOIDED));
}

/** The part of the memo that takes a voided credit note back. */
export function voidOf(part: string): string {
  return part === "" ? VOIDED : `${part}/${VOIDED}`;
}

// In small letters, as no id of a customer in SL.
const VOIDED = "void";
