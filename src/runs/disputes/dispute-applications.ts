import { DISPUTE_PURPOSES } from "../../base/ids.ts";
import { type Money, sum } from "../../base/money.ts";
import type { MemoDraft } from "../../erp/port.ts";
import type { RunContext } from "../context.ts";
import { applyOpen } from "../refunds/refund-cash.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { memosOf } from "./dispute-causes.ts";

/** What is open of the memo of a verdict meets the dispute's memos of the other side. */
export async function applyClosing(
  context: RunContext,
  object: string,
  memo: DocumentReceipt,
): Promise<void> {
  if (memo.type === "CM") await applyToDebts(context, object, memo);
  else await applyCredits(context, object, memo);
}

/** What SL shows as owed of the dispute's debit memos; undefined where the hub knows of none. */
export async function owedOf(
  context: RunContext,
  object: string,
  currency: string,
): Promise<Money | undefined> {
  const open: Money[] = [];
  for (const debt of memosOfType(context, object, "DM")) {
    open.push((await readBooked(context.door, debt)).balance);
  }
  return open.length === 0 ? undefined : sum(open, currency);
}

/** Debit memos of the dispute, oldest first, get what is open of a credit memo. */
export async function applyToDebts(
  context: RunContext,
  object: string,
  credit: DocumentReceipt,
): Promise<void> {
  for (const target of memosOfType(context, object, "DM")) {
    await applyOpen(context, { object, payer: creditOf(credit), target });
  }
}

/** A debit memo gets what is open of the dispute's credit memos, oldest first. */
async function applyCredits(
  context: RunContext,
  object: string,
  target: DocumentReceipt,
): Promise<void> {
  for (const credit of memosOfType(context, object, "CM")) {
    await applyOpen(context, { object, payer: creditOf(credit), target });
  }
}

function memosOfType(context: RunContext, object: string, type: MemoDraft["type"]) {
  const all = DISPUTE_PURPOSES.flatMap((purpose) => memosOf(context, object, purpose));
  const receipts = all.flatMap(({ receipt }) => receipt ?? []);
  return receipts
    .filter((one) => one.type === type)
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

/** By date and batch; what a rebuild took over from SL has no date, and comes first. */
function placeOf({ documentDate, batNbr }: DocumentReceipt): string {
  return `${documentDate.padEnd(10)} ${batNbr}`;
}

/** A credit memo as what pays. */
export function creditOf({ customerId, refNbr }: DocumentReceipt) {
  return { type: "CM", customerId, refNbr } as const;
}
