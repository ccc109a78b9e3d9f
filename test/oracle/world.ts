import type { Chart } from "./accounts.ts";
import type { Rates } from "./rates.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import type { Expected, ExpectedSale } from "./sales.ts";
import { dayOf, type StripeRows } from "./stripe-rows.ts";

/** An end of a dispute, as Stripe's event told it. */
export type Closing = Readonly<{ status: string; at: number }>;

/** All that facts are worked out from. */
export type OracleWorld = Readonly<{
  chart: Chart;
  stripe: StripeRows;
  expected: Expected;
  /** SL's items with the account of their sales; SL's own set-up, not the hub's work. */
  salesAccounts: ReadonlyMap<string, string>;
  /** Ends of disputes by their id. */
  closings: ReadonlyMap<string, readonly Closing[]>;
  /** Payouts that Stripe has told to be paid, whatever they are now. */
  paidPayouts: ReadonlySet<string>;
  /** Ids that are left out, with all that hangs on them: parked, or skipped by a word. */
  leftOut: ReadonlySet<string>;
  /** The first day whose journals are not due yet, `YYYY-MM-DD`; empty where all days are over. */
  openFrom: string;
  rates: Rates;
  /** Charges and refunds whose documents have SL's own rate, since the site keeps no other. */
  slRated: ReadonlySet<string>;
  /** Objects that the oracle has no rule for: they are told of, and their accounts not compared. */
  unjudged: Set<string>;
}>;

/** Stripe's rows that a world is made of, beside events. */
export const WORLD_TABLES = [
  ...["credit_note", "credit_note_line", "dispute", "payout", "refund", "topup"],
];

/** The day of a row or object. */
export function dayIn({ chart }: OracleWorld, row: Row | undefined): string {
  return dayOf(numberOf(row, "created"), chart.zone);
}

/** Whether the journals of a day are not due yet. */
export function isOpenDay({ openFrom }: OracleWorld, day: string): boolean {
  return openFrom !== "" && day >= openFrom;
}

/** What a row moved, without its fee. */
export function grossOf(row: Row | undefined): number {
  return numberOf(row, "amount");
}

/** A balance row by its id. */
export function rowOf({ stripe }: OracleWorld, id: string): Row | undefined {
  return stripe.one("balance_transaction", id);
}

/** The clearing account. */
export function clearingOf({ chart }: OracleWorld): string {
  return chart.of(`clearing.${chart.currency}`);
}

/** Whether a sale is booked at all. */
export function isBooked({ chart, leftOut }: OracleWorld, sale: ExpectedSale): boolean {
  const ids = [sale.identity, ...sale.payments.map(({ chargeId }) => chargeId)];
  if (ids.some((id) => leftOut.has(id))) return false;
  return !isBeforeStart(chart, sale);
}

/** Money that came in before the pair was there is not booked. */
export function isBeforeStart(chart: Chart, sale: ExpectedSale): boolean {
  const start = chart.setting("start");
  return start !== "" && (sale.payments[0]?.date ?? "") < start.slice(0, 10);
}

/** The sale that each charge is of. */
export function saleByCharge({ expected }: OracleWorld): ReadonlyMap<string, ExpectedSale> {
  return new Map(
    expected.sales.flatMap((sale) =>
      sale.payments.map(({ chargeId }) => [chargeId, sale] as const),
    ),
  );
}

/** The rows of an object in the order in which they were made. */
export function rowsOf({ stripe }: OracleWorld, source: string): readonly Row[] {
  return stripe
    .by("balance_transaction", "source", source)
    .filter((row) => ["", "payments"].includes(textOf(row, "balance_type")));
}
