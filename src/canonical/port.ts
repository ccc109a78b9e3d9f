import type { BalanceRow, LaneReading, Metadata, SalePayment } from "./sale.ts";

/** A payment that was taken back after success, with the row that did so. */
export type ReturnReading = Readonly<{
  payment: SalePayment;
  returned: BalanceRow;
  livemode: boolean;
}>;

/**
 * Stripe as the runs see it: one pair's account, read at the pinned version. Errors are HubErrors
 * `stripe.unavailable`, `stripe.rate_limited`, `stripe.auth`, `stripe.refused`,
 * `stripe.object_missing`, `stripe.shape`.
 */
export type StripePort = Readonly<{
  /** One small read that tells whether the key works; names the account. */
  checkAccess(signal?: AbortSignal): Promise<Readonly<{ accountId: string; livemode: boolean }>>;
  /** Reads the object a lane is named after, and all the charge path needs with it. */
  readLane(laneKey: string, signal?: AbortSignal): Promise<LaneReading>;
  /** What a bank took back of a charge, or undefined where it stands. */
  readReturn(chargeId: string, signal?: AbortSignal): Promise<ReturnReading | undefined>;
  /** The present metadata of a PaymentIntent, charge, invoice or customer, told by its prefix. */
  readMetadata(objectId: string, signal?: AbortSignal): Promise<Metadata>;
  /** Merges `changes` into the metadata; an empty text removes the key. */
  writeMetadata(objectId: string, changes: Metadata, signal?: AbortSignal): Promise<void>;
  /**
   * What was paid since `since`, oldest first, as lane keys: charges that succeeded, and invoices
   * of the last half year before `since` that were paid without a charge. For `rebuild`.
   */
  listMoneyInSince(since: Date, signal?: AbortSignal): AsyncIterable<string>;
}>;
