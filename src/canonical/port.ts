import type { ChargeStanding, HeldBalance, MoneyRow, RowsPage, RowsQuery } from "./balance.ts";
import type { Dispute, DisputeClosing } from "./dispute.ts";
import type { Payout } from "./payout.ts";
import type { CreditNote, Refund } from "./refund.ts";
import type { BalanceReport, PayoutUnderWay, ReportQuery } from "./report.ts";
import type { BalanceRow, Buyer, LaneReading, Metadata, Sale, SalePayment } from "./sale.ts";
import type { SweptObject, SweptPage, SweptQuery } from "./swept.ts";

/** A webhook endpoint of the account; without a version it follows the account's. */
export type WebhookEndpoint = Readonly<{
  id: string;
  url: string;
  isEnabled: boolean;
  apiVersion: string | undefined;
  /** What it is sent; `*` is everything. */
  types: readonly string[];
}>;

/** Which of Stripe's events a list shows, by Stripe's clock in whole seconds. */
export type EventsQuery = Readonly<{
  from: Date;
  /** Events of this second and later ones are left out. */
  until?: Date | undefined;
  /** At most 20; all types where none are named. */
  types?: readonly string[] | undefined;
}>;

/** What was made between two instants, the second left out. */
export type MadeQuery = Readonly<{ madeFrom: Date; madeBefore: Date }>;

/** An event as Stripe's list shows it, its body the JSON of the whole event. */
export type ListedEvent = Readonly<{ id: string; type: string; createdAt: Date; body: string }>;

/** A page of the list of events, newest first. */
export type EventsPage = Readonly<{ events: readonly ListedEvent[]; isLast: boolean }>;

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
  /**
   * The sale of a lane with those payments alone that their banks have not settled yet and that
   * have a balance row already; undefined where there are none.
   */
  readPending(laneKey: string, signal?: AbortSignal): Promise<Sale | undefined>;
  /**
   * The sale of a lane as it was, with those payments alone that their banks took back; undefined
   * where there are none.
   */
  readTakenBack(laneKey: string, signal?: AbortSignal): Promise<Sale | undefined>;
  /** What a bank took back of a charge, or undefined where it stands. */
  readReturn(chargeId: string, signal?: AbortSignal): Promise<ReturnReading | undefined>;
  /** A payout or top-up with the rows that it has by now. */
  readPayout(id: string, signal?: AbortSignal): Promise<Payout>;
  /** Every refund of a charge, oldest first; what a partial capture gave back is none. */
  readRefunds(
    charge: Readonly<{ chargeId: string; livemode: boolean }>,
    signal?: AbortSignal,
  ): Promise<readonly Refund[]>;
  /** Every credit note of an invoice, oldest first, voided ones too. */
  readCreditNotes(invoiceId: string, signal?: AbortSignal): Promise<readonly CreditNote[]>;
  /** Every dispute of a charge with its rows, oldest first; inquiries too. */
  readDisputes(chargeId: string, signal?: AbortSignal): Promise<readonly Dispute[]>;
  /** One dispute with its rows. */
  readDispute(disputeId: string, signal?: AbortSignal): Promise<Dispute>;
  /** The verdicts on a dispute that Stripe still tells of: those of the last 30 days. */
  readDisputeClosings(
    dispute: Pick<Dispute, "disputeId" | "openedAt">,
    signal?: AbortSignal,
  ): Promise<readonly DisputeClosing[]>;
  /** A Stripe customer as it stands now; undefined once it was deleted. */
  readCustomer(customerId: string, signal?: AbortSignal): Promise<Buyer | undefined>;
  /**
   * The present metadata of an object that the hub writes to, told by its prefix; undefined once it
   * was deleted.
   */
  readMetadata(objectId: string, signal?: AbortSignal): Promise<Metadata | undefined>;
  /** Merges `changes` into the metadata; an empty text removes the key. */
  writeMetadata(objectId: string, changes: Metadata, signal?: AbortSignal): Promise<void>;
  /**
   * What was paid since `since`, oldest first, as lane keys: charges that succeeded, and invoices
   * of the last half year before `since` that were paid without a charge. For `rebuild`.
   */
  listMoneyInSince(since: Date, signal?: AbortSignal): AsyncIterable<string>;
  /**
   * Stripe's events of the last 30 days, page by page, newest first. One that becomes visible while
   * the list is read, or that Stripe shows late, may be missing: whoever asks must ask again.
   */
  listEvents(query: EventsQuery, signal?: AbortSignal): AsyncIterable<EventsPage>;
  /**
   * Balance transactions by the time they were made, page by page, newest first. One that Stripe
   * shows late may be missing: whoever asks must ask again.
   */
  listRows(query: RowsQuery, signal?: AbortSignal): AsyncIterable<RowsPage>;
  /** As `listRows`, each row with the lane that books its object. */
  listMoneyRows(
    query: Pick<RowsQuery, "from" | "until">,
    signal?: AbortSignal,
  ): AsyncIterable<Readonly<{ rows: readonly MoneyRow[]; isLast: boolean }>>;
  /**
   * Payouts of a span that arrive no earlier than `arriveFrom`, and top-ups and inbound transfers
   * of it that moved the balance, by their ids: for what was on its way at a pair's start.
   */
  listPayoutsArriving(
    query: MadeQuery & Readonly<{ arriveFrom: Date }>,
    signal?: AbortSignal,
  ): AsyncIterable<string>;
  /** Invoices that were paid without a charge in a span, as lane keys with when, oldest first. */
  listInvoicesPaidApart(
    query: MadeQuery,
    signal?: AbortSignal,
  ): AsyncIterable<Readonly<{ laneKey: string; at: Date }>>;
  /** Disputes of a span with their rows, newest first. */
  listDisputesMade(query: MadeQuery, signal?: AbortSignal): AsyncIterable<Dispute>;
  /** Refunds, disputes, payouts or top-ups by the time they were made, page by page. */
  listSwept(query: SweptQuery, signal?: AbortSignal): AsyncIterable<SweptPage>;
  /** How an event's body shows such an object; undefined where it tells of none. */
  sweptInEvent(body: string): SweptObject | undefined;
  /** The balance of payments as it stands, one entry for each currency. */
  readBalance(signal?: AbortSignal): Promise<readonly HeldBalance[]>;
  /**
   * How far a charge is, told by its id or by that of a refund of it; undefined for an id of
   * anything else, and for one that Stripe does not know.
   */
  readChargeStanding(id: string, signal?: AbortSignal): Promise<ChargeStanding | undefined>;
  /**
   * Of which time Stripe has the data of its reports on the balance; a key of test mode, or without
   * the right to run reports, is refused.
   */
  reportedSpan(signal?: AbortSignal): Promise<Readonly<{ from: Date; until: Date }>>;
  /** Asks for a report on the balance, and gives the id to read it by. */
  askBalanceReport(query: ReportQuery, signal?: AbortSignal): Promise<string>;
  /** A report that was asked for, as far as it is. */
  readBalanceReport(id: string, signal?: AbortSignal): Promise<BalanceReport>;
  /** Automatic payouts that were made before an instant and arrive at it or later. */
  listPayoutsUnderWay(at: Date, signal?: AbortSignal): Promise<readonly PayoutUnderWay[]>;
  /** The account's webhook endpoints; a restricted key needs the right to read them. */
  listEndpoints(signal?: AbortSignal): Promise<readonly WebhookEndpoint[]>;
}>;
