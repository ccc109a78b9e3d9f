import type { Money } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { BalanceRow } from "../../canonical/sale.ts";
import { bridgeMoney } from "../bridge/bridge-money.ts";
import { type Crossing, crossingOf } from "../bridge/crossing.ts";
import type { RunContext } from "../context.ts";
import { dayOfRow } from "./refund-parts.ts";

/** Money of a refund that left the balance, or came back to it, with its row. */
export type RefundWay = Readonly<{ refund: Refund; row: BalanceRow; settled: Money }>;

/** One of the two memos of a refund that move money. */
export type CashIdentity = Readonly<{
  object: string;
  purpose: "refund-cash" | "refund-back-cash";
  /** Whose part it is where several customers share the charge, else empty. */
  part: string;
}>;

/** How a memo on clearing is valued, and whether its money goes over the bridge. */
export function crossingOfRefund(
  context: RunContext,
  { refund: { amount }, row, settled }: RefundWay,
  identity: CashIdentity,
): Promise<Crossing> {
  const known = context.door.store.find(identity);
  const date = dayOfRow(context, row);
  return crossingOf(context.pair, { amount, settled, date, known });
}

/** Takes what the memo has put on the bridge to clearing. */
export async function bridgeRefund(
  context: RunContext,
  { refund, row, settled }: RefundWay,
  identity: CashIdentity,
): Promise<void> {
  await bridgeMoney(context, {
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
