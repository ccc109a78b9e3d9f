import { money } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { PairSettings } from "../../config/index.ts";
import {
  isBackBefore,
  partsByLines,
  partsOfRefund,
  type RefundPart,
  shareRefund,
} from "../../mapping/index.ts";
import { unshared } from "../refunds/refund-shares.ts";
import type { SaleMemos } from "./foresee-memos.ts";

/** What of a refund is one customer's. */
type Part = Readonly<{ customerId: string; refund: Refund }>;

/** Shares refunds of shared charges out one after the other, as if nothing of them was booked. */
export class SharedRefunds {
  readonly #memos: SaleMemos;
  readonly #linesKey: string;
  readonly #known = new Map<string, readonly Part[]>();

  constructor(memos: SaleMemos, { metadata }: PairSettings) {
    this.#memos = memos;
    this.#linesKey = metadata.refundLines;
  }

  /**
   * The refund customer by customer; once it is shared out it stays so.
   *
   * @param freeOf minor units of a customer's money that are applied to nothing
   * @throws HubError as `sharesOfRefund` of a run
   */
  partsOf(refund: Refund, freeOf: (customerId: string) => bigint): readonly Part[] {
    const known = this.#known.get(refund.refundId);
    if (known !== undefined) return known;
    const { chargeId, amount } = refund;
    const customers = this.#memos
      .customersOf(chargeId)
      .toSorted()
      .map((customerId): RefundPart => {
        return { customerId, amount: money(this.#keptBy(refund, customerId), amount.currency) };
      });
    const shared = this.#share(refund, customers, freeOf).filter((one) => one.amount.minor > 0n);
    const refunds = partsOfRefund(refund, shared, this.#linesKey);
    const parts = shared.flatMap(({ customerId }, at): Part[] => {
      const part = refunds[at];
      return part === undefined ? [] : [{ customerId, refund: part }];
    });
    this.#known.set(refund.refundId, parts);
    return parts;
  }

  #share(
    refund: Refund,
    customers: readonly RefundPart[],
    freeOf: (customerId: string) => bigint,
  ): readonly RefundPart[] {
    const { amount, metadata } = refund;
    const named = (metadata[this.#linesKey] ?? "").trim();
    if (named !== "") return partsByLines(named, { amount, customers });
    const holdings = customers.map(({ customerId, amount: kept }) => {
      return { kept: kept.minor, free: freeOf(customerId) };
    });
    const shares = shareRefund(amount, holdings);
    if (shares === undefined) throw unshared(refund, "it is more than the parts are");
    return customers.map(({ customerId }, at) => {
      return { customerId, amount: shares[at] ?? money(0n, amount.currency) };
    });
  }

  /** What a customer has paid with the charge, less what earlier refunds have given back of it. */
  #keptBy(refund: Refund, customerId: string): bigint {
    const { chargeId } = refund;
    const own = this.#memos
      .payments()
      .filter(({ object, draft }) => object === chargeId && draft.customerId.trim() === customerId);
    const paid = own.reduce((so, { draft }) => so + draft.amount.minor, 0n);
    const gone = [...this.#known.values()].flat().filter((one) => {
      const isOf = one.customerId === customerId && one.refund.chargeId === chargeId;
      return isOf && !isBackBefore(one.refund, refund);
    });
    return gone.reduce((so, one) => so - one.refund.amount.minor, paid);
  }
}
