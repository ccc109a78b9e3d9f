import { HubError } from "../base/errors.ts";
import {
  isSameAmount,
  leastMinor,
  type Money,
  money,
  negate,
  subtract,
  toDecimal,
} from "../base/money.ts";
import type { Refund } from "../canonical/refund.ts";
import type { BalanceRow } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, InvoiceLineDraft } from "../erp/port.ts";
import { BEYOND } from "./creditable.ts";
import { exchangeAccount } from "./exchange-account.ts";

type Role = "fx-gain" | "fx-loss";

/**
 * What left the balance for a refund beside its share of the sale: less is a gain that the cash leg
 * has, more is a loss that the cause leg has.
 */
export function exchangeOf({ exchange }: Refund, role: Role): Money | undefined {
  if (exchange === undefined) return undefined;
  const { share, moved } = exchange;
  const minor = role === "fx-gain" ? share.minor - moved.minor : moved.minor - share.minor;
  return minor > 0n ? money(minor, share.currency) : undefined;
}

/** What a memo on clearing is made of: its lines add up to what the refund is over. */
export type MovedMoney = Readonly<{
  /** What the balance row moved, in its currency. */
  moved: Money;
  /** The line on clearing, in the document's currency. */
  amount: Money;
  exchange: readonly InvoiceLineDraft[];
}>;

/** The money of a refund as it left: on clearing, with what was gained by it. */
export function moneyOut(refund: Refund, row: BalanceRow, settings: PairSettings): MovedMoney {
  const moved = movedBy(refund, row, negate(row.gross));
  const gain = exchangeOf(refund, "fx-gain");
  if (gain === undefined) return { moved, amount: refund.amount, exchange: [] };
  return { moved, amount: moved, exchange: [exchangeLine(gain, "fx-gain", settings)] };
}

/**
 * The same for the money of one that failed. Of what is missing of it a gain of then is taken back
 * first, and the rest is lost; what came back beyond all that had left is `surplusOf`.
 */
export function moneyBack(refund: Refund, failure: BalanceRow, settings: PairSettings): MovedMoney {
  const moved = movedBy(refund, failure, failure.gross);
  const { amount, exchange } = refund;
  if (exchange === undefined) return { moved, amount, exchange: [] };
  const missing = leastMinor(amount.minor - moved.minor);
  const gained = leastMinor(missing, exchangeOf(refund, "fx-gain")?.minor ?? 0n);
  const parts = [
    ["fx-gain", gained],
    ["fx-loss", missing - gained],
  ] as const;
  const lines = parts
    .filter(([, minor]) => minor > 0n)
    .map(([role, minor]) => exchangeLine(money(minor, amount.currency), role, settings));
  return { moved, amount: moved, exchange: lines };
}

/** The part of the memo that takes what was gained: in small letters, as no customer's id. */
export const SURPLUS = "exchange";

/** What the money of a failed refund brought beyond all that had left for it: a gain. */
export function surplusOf({ amount, exchange }: Refund, failure: BalanceRow): Money | undefined {
  if (exchange === undefined) return undefined;
  const surplus = subtract(failure.gross, amount);
  return surplus.minor > 0n ? surplus : undefined;
}

export function exchangeLine(amount: Money, role: Role, settings: PairSettings): InvoiceLineDraft {
  return plainLine(amount, exchangeAccount(role, settings), BEYOND.exchange);
}

export function plainLine(amount: Money, sales: GlAccount, description: string): InvoiceLineDraft {
  const unitPrice = toDecimal(amount);
  return { amount, sales, itemId: "", quantity: "1", unitPrice, description };
}

/** Stripe's amounts are never computed again: the row is the refund, whatever it is settled in. */
function movedBy({ refundId, amount, exchange }: Refund, row: BalanceRow, moved: Money): Money {
  const isMoved = moved.minor > 0n;
  // Booked at what was settled, what comes back may have another rate than what had left.
  if (isMoved && exchange?.moved.currency === moved.currency) return moved;
  const isOther = amount.currency !== moved.currency && isMoved;
  if (isOther || isSameAmount(amount, moved)) return moved;
  const words = `${refundId} is over ${toDecimal(amount)} ${amount.currency}`;
  throw new HubError(
    "mapping.amount_out_of_range",
    `${words}, and ${row.id} moved ${toDecimal(moved)} ${moved.currency}`,
    { facts: { refundId, row: row.id, amount: toDecimal(amount), moved: toDecimal(moved) } },
  );
}
