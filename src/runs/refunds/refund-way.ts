import { allocate, type Money, money, negate } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { BalanceRow } from "../../canonical/sale.ts";
import { crossingOfMemo, type MemoCrossing } from "../bridge/crossing.ts";
import { takeToClearing, worthOfAll } from "../bridge/to-clearing.ts";
import type { RunContext } from "../context.ts";
import { isFrozen } from "../write/intent.ts";
import { amountOfMemo, dayOfRow, type MemoIntent } from "./refund-parts.ts";

/** Money of a refund that left the balance, or came back to it, with its row. */
export type RefundWay = Readonly<{ refund: Refund; row: BalanceRow; settled: Money }>;

/** One of the two memos of a refund that move money. */
export type CashIdentity = Readonly<{
  object: string;
  purpose: "refund-cash" | "refund-back-cash";
  /** Whose part it is where several customers share the charge, else empty. */
  part: string;
}>;

/** How a memo of the money is valued, and over what it reaches clearing. */
export function crossingOfRefund(
  context: RunContext,
  { refund: { amount }, row, settled }: RefundWay,
  identity: CashIdentity,
): Promise<MemoCrossing> {
  const known = context.door.store.find(identity);
  const date = dayOfRow(context, row);
  return crossingOfMemo(context.pair, { amount, settled, date, known });
}

/**
 * The same for a memo over a part of the refund. Its worth is in proportion to its amount, of what
 * the memos that are begun have left: together they are worth what the row has moved.
 *
 * @param whole the refund that several customers share
 */
export async function crossingOfPart(
  context: RunContext,
  of: Readonly<{ part: Money; whole: Refund }>,
  identity: CashIdentity,
): Promise<MemoCrossing> {
  const { part, whole } = of;
  const { store } = context.door;
  const way = wayOfWhole(whole, identity.purpose);
  if (way === undefined) return { over: undefined, worth: undefined };
  const all = store.parts(identity.object, identity.purpose) as readonly MemoIntent[];
  const begun = all.filter(isFrozen);
  const { amount } = whole;
  const { row, settled } = way;
  const date = dayOfRow(context, row);
  const crossing = await crossingOfMemo(context.pair, { amount, settled, date, known: begun[0] });
  const { worth, over } = crossing;
  const isBegun = begun.some((one) => one.identity.part === identity.part);
  if (isBegun || worth === undefined || !("settled" in worth)) return crossing;
  let open = amount.minor;
  for (const memo of begun) open -= (await amountOfMemo(context, memo)).minor;
  const taken = await worthOfAll(context, begun);
  const rest = money(worth.settled.minor - taken.minor, worth.settled.currency);
  const [own = rest] = allocate(rest, [part.minor, open - part.minor]);
  return { over, worth: { settled: own } };
}

/** What moved the balance for the refund, or for its failure. */
export function wayOfWhole(
  refund: Refund,
  purpose: CashIdentity["purpose"],
): RefundWay | undefined {
  const { row, failure } = refund;
  if (purpose === "refund-cash") return row && { refund, row, settled: negate(row.gross) };
  return failure && { refund, row: failure, settled: failure.gross };
}

/** Takes to clearing what the memo has put on the way there. */
export async function takeRefundToClearing(
  context: RunContext,
  { refund, row, settled }: RefundWay,
  identity: CashIdentity,
): Promise<void> {
  await takeToClearing(context, {
    object: refund.refundId,
    rowId: row.id,
    rowIds: [row.id],
    direction: identity.purpose === "refund-cash" ? "out" : "in",
    charged: refund.amount,
    settled,
    linkTo: refund.paymentIntentId ?? refund.chargeId,
    livemode: refund.livemode,
    date: dayOfRow(context, row),
    documents: context.door.store.parts(refund.refundId, identity.purpose),
  });
}
