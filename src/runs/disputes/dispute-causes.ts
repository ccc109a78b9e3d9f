import { present } from "../../base/assert.ts";
import type { DISPUTE_PURPOSES } from "../../base/ids.ts";
import { money, negate } from "../../base/money.ts";
import type { InvoiceLineDraft, MemoDraft } from "../../erp/port.ts";
import { type Credited, type DisputeTaken, isBeyondSale, isTold } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { linesInSl } from "../write/standing-memo.ts";
import { CAUSE, ROW_PURPOSES } from "./dispute-parts.ts";

/** A memo of a dispute as the hub means to make it, or has made it. */
export type DisputeMemo = Intent<Partial<MemoDraft>, DocumentReceipt>;

/** What a memo of a dispute has taken of the sale, or given back. */
type Cause = Readonly<{ lines: readonly InvoiceLineDraft[]; isBack: boolean }>;

/**
 * What the memos of a dispute have taken of the sale, and given back. Of one that SL alone knows
 * nobody knows which line of the invoice a line of it credits: then of none of them it is said.
 */
export async function ownCauses(context: RunContext, object: string): Promise<DisputeTaken> {
  const causes = await causesOf(context, object);
  if (causes.every(({ lines }) => isTold(lines))) return causes;
  return causes.map(({ lines, isBack }) => {
    return { isBack, lines: lines.map(({ credits: _, ...line }) => line) };
  });
}

/** What disputes have taken of the sale, less what they gave back. */
export async function creditedByDisputes(context: RunContext): Promise<Credited> {
  const found: Credited[number][] = [];
  for (const object of disputesOf(context)) {
    const causes = await causesOf(context, object);
    if (causes.every(({ lines }) => isTold(lines))) found.push(...causes.map(toCredited));
    else found.push(totalOf(causes));
  }
  return found;
}

/** Whether a dispute has taken of what the sale sold. */
export function isSaleDisputed(context: RunContext): boolean {
  return disputesOf(context).some((object) =>
    causeMemos(context, object).some(({ draft: { lines } }) => {
      return lines === undefined || lines.some((line) => !isBeyondSale(line));
    }),
  );
}

function disputesOf({ door }: RunContext): readonly string[] {
  return [...new Set(ROW_PURPOSES.flatMap((purpose) => door.store.objectsOf(purpose)))];
}

/** Memos of a dispute that are begun, or done. */
export function memosOf(
  { door }: RunContext,
  object: string,
  purpose: (typeof DISPUTE_PURPOSES)[number],
): readonly DisputeMemo[] {
  return (door.store.parts(object, purpose) as readonly DisputeMemo[]).filter(isFrozen);
}

function causeMemos(context: RunContext, object: string): readonly DisputeMemo[] {
  const all = ROW_PURPOSES.flatMap((purpose) => memosOf(context, object, purpose));
  return all.filter(({ identity }) => identity.part.endsWith(CAUSE));
}

async function causesOf(context: RunContext, object: string): Promise<readonly Cause[]> {
  const causes: Cause[] = [];
  for (const { identity, draft, receipt } of causeMemos(context, object)) {
    const lines =
      draft.lines ?? (await linesInSl(context, present(receipt, "The receipt of a lost memo")));
    causes.push({ lines, isBack: identity.purpose === "dispute-back" });
  }
  return causes;
}

/** Lines beyond the sale credit nothing of the document. */
function toCredited({ lines, isBack }: Cause): Credited[number] {
  const own = lines.filter((line) => !isBeyondSale(line));
  return { lines: own.map((one) => (isBack ? { ...one, amount: negate(one.amount) } : one)) };
}

function totalOf(causes: readonly Cause[]): Credited[number] {
  const { currency } = present(causes[0]?.lines[0], "A line of a memo").amount;
  const lines = causes.map(toCredited).flatMap((one) => one.lines ?? []);
  const minor = lines.reduce((so, { amount }) => so + amount.minor, 0n);
  return { total: money(minor, currency) };
}
