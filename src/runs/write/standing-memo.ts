import { HubError } from "../../base/errors.ts";
import { isSameAmount, type Money, subtract, sum, toDecimal } from "../../base/money.ts";
import type { DocumentReading, InvoiceLineDraft, MemoDraft } from "../../erp/port.ts";
import { isBeyondSale, type Mapped } from "../../mapping/index.ts";
import { withWash } from "../bridge/washed.ts";
import type { RunContext } from "../context.ts";
import { releasedBefore } from "./adopt.ts";
import type { DocumentReceipt } from "./intent.ts";

type Numbered = Pick<DocumentReceipt, "type" | "refNbr" | "batNbr">;

/**
 * The memo of a dispute or refund that SL holds under this key and a hub that lost its database
 * does not know, as it stands there: drafted anew it would differ, since nobody knows any more what
 * the invoice's lines were.
 */
export async function standingMemo(
  context: RunContext,
  slot: Omit<Parameters<typeof releasedBefore>[1], "pair">,
  key: string,
): Promise<Mapped<MemoDraft> | undefined> {
  const released = await releasedBefore(context.door, { ...slot, pair: context.pair.id });
  // One of an earlier generation was taken back: then it is booked as it is asked for now.
  if (released?.key.trim() !== key) return undefined;
  const shown = await shownMemo(context, released);
  const { type, stripeId, documentDate, amount: total, own: receivable, original = "" } = shown;
  const lines = withWash(linesOf(shown), context.pair.settings);
  const draft: MemoDraft = {
    kind: "memo",
    type: type === "DM" ? "DM" : "CM",
    ...{ key, stripeId, documentDate, total, receivable, original, lines },
    ...{ customerId: shown.customerId.trim(), currency: shown.currency.trim() },
    ...{ period: shown.period.trim(), description: "", note: "", userFields: {} },
    ...{ terms: "", dueDate: "", orderNumber: "" },
  };
  return { draft, notes: [] };
}

/** The lines of a released memo that a rebuild took over from SL without its draft. */
export async function linesInSl(
  context: RunContext,
  memo: Numbered,
): Promise<readonly InvoiceLineDraft[]> {
  return linesOf(await shownMemo(context, memo));
}

/**
 * What a memo in SL says that it is about, where a hub that lost its database does not know it;
 * undefined where there is none.
 */
export async function originalInSl(
  { door, pair }: RunContext,
  slot: Omit<Parameters<typeof releasedBefore>[1], "pair">,
): Promise<string | undefined> {
  const standing = await releasedBefore(door, { ...slot, pair: pair.id });
  if (standing === undefined) return undefined;
  const { type, customerId, refNbr } = standing;
  const shown = await door.erp.readReleased(type, customerId, refNbr, door.signal);
  return shown && (shown.original?.trim() ?? "");
}

/** What such a memo has credited of a sale: all but its lines that are nothing of the sale. */
export async function creditedInSl(context: RunContext, memo: Numbered): Promise<Money> {
  const { amount, lines } = await shownMemo(context, memo);
  return lines.filter(isBeyondSale).reduce((so, line) => subtract(so, line.amount), amount);
}

/**
 * A released memo as SL shows it.
 *
 * @throws HubError `erp.not_found`
 */
export async function shownMemo({ door }: RunContext, memo: Numbered): Promise<DocumentReading> {
  const { type, refNbr, batNbr } = memo;
  const batch = await door.erp.readBatch("invoice", batNbr, door.signal);
  const shown = batch?.documents.find((one) => one.type === type && one.refNbr === refNbr);
  if (shown !== undefined) return shown;
  throw new HubError("erp.not_found", `SL does not show ${type} ${refNbr} in batch ${batNbr}`, {
    facts: { type, refNbr, batNbr },
  });
}

function linesOf(shown: DocumentReading): readonly InvoiceLineDraft[] {
  const { type, refNbr, batNbr, amount } = shown;
  const lines = shown.lines.filter(({ isTax }) => !isTax).map(({ isTax: _, ...line }) => line);
  const added = sum(
    lines.map((line) => line.amount),
    amount.currency,
  );
  if (isSameAmount(added, amount)) return lines;
  const words = `${type} ${refNbr} is over ${toDecimal(amount)}`;
  throw new HubError("erp.not_found", `${words}, and the lines that SL shows of it are not`, {
    facts: { type, refNbr, batNbr, shown: toDecimal(added) },
  });
}
