import { Chart, type PairFile } from "./accounts.ts";
import { dayFacts, payoutFacts } from "./balance-facts.ts";
import { compareBooks, type Verdict } from "./compare-books.ts";
import { disputeFacts } from "./dispute-facts.ts";
import type { Fact } from "./facts.ts";
import { foreignFacts } from "./foreign-facts.ts";
import { foreignRows } from "./foreign-rows.ts";
import { readLedger } from "./ledger.ts";
import { Rates } from "./rates.ts";
import { returnFacts } from "./return-facts.ts";
import { type Admin, numberOf, type Row, textOf } from "./rows.ts";
import { saleFacts } from "./sale-facts.ts";
import { SALE_TABLES, salesIn } from "./sales.ts";
import { type ReadTable, StripeRows, tablesOf } from "./stripe-rows.ts";
import { type Closing, type OracleWorld, WORLD_TABLES } from "./world.ts";

/** What the oracle of all accounts sees: both sandboxes, and what the pair is set to. */
export type BooksView = Readonly<{
  stripe: Admin;
  sl: Admin;
  /** The pair as it stands in its file, without secrets. */
  pairFile: PairFile;
  /**
   * Ids of what waits for a person or is left alone by a word: sales, charges, refunds, disputes,
   * payouts or rows. Nothing of them may stand in SL.
   */
  leftOut?: readonly string[];
  /** The first day whose journals are not due yet, `YYYY-MM-DD`. Default: all days are over. */
  openFrom?: string;
  /** Ids of charges and refunds that were booked while the site kept no rate but its own. */
  slRated?: readonly string[];
}>;

/**
 * Works out from Stripe's rows and the pair file alone what every account of SL must hold, day by
 * day and fact by fact, and compares. It shares no code with the hub: an error on both sides would
 * pass.
 *
 * @throws Error for settings that it has no rules for
 */
export async function judgeBooks(view: BooksView): Promise<Verdict> {
  const chart = new Chart(view.pairFile);
  refuseUnknown(chart);
  const books = await readLedger(view.sl, chart);
  const world = await readWorld(view, chart, books.salesAccounts);
  const facts = factsOf(world);
  return compareBooks(world, facts, books);
}

/** All facts of a world. */
function factsOf(world: OracleWorld): Fact[] {
  return [
    ...saleFacts(world),
    ...foreignFacts(world),
    ...returnFacts(world),
    ...disputeFacts(world),
    ...dayFacts(world),
    ...foreignRows(world),
    ...payoutFacts(world),
  ];
}

/** Settings under which other documents are made than the oracle works out. */
const ONLY: Readonly<Record<string, string>> = {
  mode: "invoice",
  "invoice.when": "paid",
  tax: "line",
  "pending-payments": "off",
  summary: "off",
  "book-in": "presentment",
  "zero-invoice": "skip",
};

function refuseUnknown(chart: Chart): void {
  for (const [path, value] of Object.entries(ONLY)) {
    const set = chart.setting(path, value);
    if (set !== value) throw new Error(`the oracle has no rules for ${path}: ${set}`);
  }
}

async function readWorld(
  view: BooksView,
  chart: Chart,
  salesAccounts: ReadonlyMap<string, string>,
): Promise<OracleWorld> {
  const read = tablesOf(view.stripe);
  const stripe = await StripeRows.read(read, [...SALE_TABLES, ...WORLD_TABLES]);
  const succeeded = await returnedCharges(read, stripe);
  const skipped = [
    ...stripe.all("charge"),
    ...stripe.all("payment_intent"),
    ...stripe.all("invoice"),
  ];
  return {
    chart,
    stripe,
    expected: salesIn(stripe, chart.zone, succeeded),
    salesAccounts,
    closings: await closingsOf(read),
    paidPayouts: await failedAfterPaid(read, stripe),
    leftOut: new Set([...(view.leftOut ?? []), ...skippedIds(chart, skipped)]),
    openFrom: view.openFrom ?? "",
    rates: await Rates.read(view.sl, chart.currency, chart.setting("sl.rate-type", "SPOT")),
    slRated: new Set(view.slRated ?? []),
    unjudged: new Set(),
  };
}

/** Sales that metadata leave alone. */
function skippedIds(chart: Chart, rows: readonly Row[]): string[] {
  const key = chart.setting("metadata.sync", "slipway_sync");
  return rows
    .filter((row) => {
      const word = (row.metadata as Readonly<Record<string, string>> | undefined)?.[key] ?? "";
      return ["skip", "hold"].includes(word.trim().toLowerCase());
    })
    .map((row) => textOf(row, "id"));
}

/** Charges that have failed although they had succeeded before: Stripe has told of it. */
async function returnedCharges(read: ReadTable, stripe: StripeRows): Promise<Set<string>> {
  const failed = stripe
    .all("charge")
    .filter((charge) => textOf(charge, "failure_balance_transaction") !== "");
  return toldOf(read, failed, "charge.succeeded");
}

async function failedAfterPaid(read: ReadTable, stripe: StripeRows): Promise<Set<string>> {
  const undone = stripe
    .all("payout")
    .filter((payout) => ["failed", "canceled"].includes(textOf(payout, "status")));
  return toldOf(read, undone, "payout.paid");
}

async function toldOf(read: ReadTable, rows: readonly Row[], type: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const row of rows) {
    const id = textOf(row, "id");
    const events = await read("event", { type, "object.id": id });
    if (events.length > 0) found.add(id);
  }
  return found;
}

async function closingsOf(read: ReadTable): Promise<ReadonlyMap<string, readonly Closing[]>> {
  const events = await read("event", { type: "charge.dispute.closed" });
  const told = events.map((event) => {
    const dispute = event.object as Row;
    const closing = { status: textOf(dispute, "status"), at: numberOf(event, "created") };
    return { id: textOf(dispute, "id"), closing };
  });
  const moving = told.filter(({ closing }) => ["won", "lost"].includes(closing.status));
  const byDispute = Map.groupBy(moving, ({ id }) => id);
  return new Map([...byDispute].map(([id, all]) => [id, all.map(({ closing }) => closing)]));
}
