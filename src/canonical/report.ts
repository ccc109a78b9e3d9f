import type { Money } from "../base/money.ts";

/** What a report on the balance is asked for: the end of a day, and in which zone that is. */
export type ReportQuery = Readonly<{ from: Date; until: Date; zone: string }>;

/** A report on the balance, which takes Stripe from seconds to hours. */
export type BalanceReport =
  | Readonly<{ state: "pending" }>
  | Readonly<{ state: "failed"; why: string }>
  /** The balance at the end, of each currency that has one. */
  | Readonly<{ state: "succeeded"; endings: readonly Money[] }>;

/** An automatic payout that reports count on arrival, and what it does to the balance. */
export type PayoutUnderWay = Readonly<{ payoutId: string; amount: Money }>;
