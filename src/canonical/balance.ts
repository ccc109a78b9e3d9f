import type { Money } from "../base/money.ts";

/** One part of a row's fee, as Stripe explains it. */
export type FeeDetail = Readonly<{
  /** Stripe's word: `stripe_fee`, `application_fee`, `tax`, or one that is new. */
  type: string;
  /** Positive is cost; negative is a fee given back. */
  amount: Money;
  description: string;
  /** The platform that took it, `ca_…`, or empty. */
  application: string;
}>;

/**
 * A balance transaction as Stripe lists it, whatever caused it. Amounts are in the settlement
 * currency and moved the balance by net = gross − fee.
 */
export type LedgerRow = Readonly<{
  /** `txn_…`. */
  id: string;
  /** The instant whose day it is booked on. */
  created: Date;
  /** Stripe's reporting category; empty where it gave none. */
  category: string;
  type: string;
  gross: Money;
  fee: Money;
  net: Money;
  feeDetails: readonly FeeDetail[];
  /** Which of Stripe's balances moved: `payments` is the one that is booked. */
  balanceType: string;
  /** `pending` until `availableOn`, then `available`. */
  status: string;
  availableOn: Date | undefined;
  /** The object that caused it: `ch_…`, `re_…`, `po_…`; undefined where Stripe names none. */
  sourceId: string | undefined;
  description: string;
  /** Decimal text as Stripe wrote it; undefined where nothing was converted. */
  exchangeRate: string | undefined;
}>;

/** Which rows a list shows, by Stripe's clock in whole seconds. */
export type RowsQuery = Readonly<{
  from: Date;
  /** Rows of this second and later ones are left out. */
  until?: Date | undefined;
  /** Only what this payout took along; Stripe knows it of automatic payouts alone. */
  payoutId?: string | undefined;
  /** Only what stands behind this row in the list: where a page before has ended. */
  after?: string | undefined;
}>;

/** A page of the list of rows, newest first. */
export type RowsPage = Readonly<{ rows: readonly LedgerRow[]; isLast: boolean }>;

/** A row with what its money hangs on. */
export type MoneyRow = Readonly<{
  row: LedgerRow;
  /** The lane of its sale, payout or top-up; undefined where only a journal of its day owns it. */
  laneKey: string | undefined;
  /** The charge that it is about: its own, or the one that a refund or dispute is of. */
  chargeId: string | undefined;
}>;

/** What Stripe's payments balance holds in one currency, whether available or not yet. */
export type HeldBalance = Readonly<{ currency: string; available: Money; pending: Money }>;

/** How far a charge is; `failed` also once its bank has taken back what it had paid. */
export type ChargeStanding = Readonly<{
  chargeId: string;
  standing: "pending" | "succeeded" | "failed";
}>;
