import { HubError } from "../base/errors.ts";
import { isSameAmount, type Money, negate, toDecimal } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import { type DisputeState, disputeState } from "./dispute-state.ts";

/**
 * Rates move a little between a withdrawal and what comes back. Beyond a quarter a part of it may
 * have come back, and a row in another currency does not say of how much.
 */
const DRIFT_MAX = { top: 1n, bottom: 4n };

/**
 * The state of a dispute in the currency of its charge, for documents of the customer. Rows that
 * were settled in another currency do not say what of the charge they stand for: money goes out
 * and comes back by turns, each time all that is disputed. What both ways differ in is exchange.
 *
 * @throws HubError `mapping.currency_unsupported` where rows are of another kind
 */
export function disputeCharged(
  dispute: Dispute,
  closings: readonly DisputeClosing[],
): DisputeState {
  const isSame = dispute.rows.every(({ gross }) => gross.currency === dispute.amount.currency);
  if (isSame) return disputeState(dispute, closings);
  const settled = disputeState(dispute, []);
  let out: Money | undefined;
  const charged = new Map<string, LedgerRow>();
  for (const { row, kind, amount } of settled.moves) {
    const isOut = kind === "withdrawn";
    const isFar = out !== undefined && isFarFrom(out, amount);
    if (isOut === (out !== undefined) || (isFar && !isSameAmount(amount, dispute.amount))) {
      throw noWhole(dispute, row);
    }
    out = isOut ? amount : undefined;
    charged.set(row.id, { ...row, gross: isOut ? negate(dispute.amount) : dispute.amount });
  }
  const rows = dispute.rows.map((row) => charged.get(row.id) ?? row);
  const state = disputeState({ ...dispute, rows }, closings);
  const own = new Map(dispute.rows.map((row) => [row.id, row]));
  const moves = state.moves.map((move) => ({ ...move, row: own.get(move.row.id) ?? move.row }));
  return { ...state, moves };
}

/** How far amounts of two currencies are apart nobody can tell. */
function isFarFrom(out: Money, back: Money): boolean {
  if (out.currency !== back.currency) return true;
  const off = out.minor > back.minor ? out.minor - back.minor : back.minor - out.minor;
  return off * DRIFT_MAX.bottom > out.minor * DRIFT_MAX.top;
}

function noWhole({ disputeId, amount }: Dispute, { id, gross }: LedgerRow): HubError {
  return new HubError(
    "mapping.currency_unsupported",
    `${disputeId} is over ${toDecimal(amount)} ${amount.currency}, and ${id} moved ` +
      `${toDecimal(gross)} ${gross.currency}: what of it that stands for is not known`,
    {
      facts: { dispute: disputeId, row: id, disputed: amount.currency, settled: gross.currency },
      cure: "Book it by hand in SL and dismiss, or set dispute.policy: receivable; then resume.",
    },
  );
}
