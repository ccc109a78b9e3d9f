import type { Pool } from "pg";
import { add, type Money, negate, subtract, sum, zero } from "../../base/money.ts";
import type { LedgerRow } from "../../canonical/balance.ts";
import type { Payout } from "../../canonical/payout.ts";
import { arrivalDate, bookingZone, type RowOwner, rowParts } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";

/** What a payout is made of, in the order in which people read it. */
const PAYOUT_LINES = ["gross", "refunds", "disputes", "fees", "other"] as const;
export type PayoutLine = (typeof PAYOUT_LINES)[number];

/** A document of SL that owns a part of a row. */
export type RowBooking = Readonly<{
  part: "gross" | "fee";
  purpose: string;
  object: string;
  batNbr: string;
}>;

/** A row that a payout took along; `waiting` are the parts that no document in SL has yet. */
export type PaidRow = Readonly<{
  row: LedgerRow;
  line: PayoutLine;
  bookings: readonly RowBooking[];
  waiting: readonly RowBooking["part"][];
}>;

/** A journal of the payout itself. */
export type PayoutJournal = Readonly<{
  purpose: string;
  batNbr: string;
  period: string;
  documentDate: string;
}>;

/** What Stripe calls a kind of row, with all rows of it that the payout took along. */
export type CategorySum = Readonly<{
  category: string;
  rows: number;
  gross: Money;
  fee: Money;
  net: Money;
  /** Rows of which a part has no document in SL yet. */
  waiting: number;
}>;

/** What one document of SL has of a category; without a number: what no document has yet. */
export type BatchSum = Readonly<{
  category: string;
  part: RowBooking["part"];
  purpose: string;
  batNbr: string;
  rows: number;
  /** By how much it moves Stripe's balance: a fee lowers it. */
  amount: Money;
}>;

/** One payout with all that it took along, added up; the lines add up to its amount. */
export type PayoutReport = Readonly<{
  payout: Payout;
  /** The day in the pair's zone on which the bank has it, or is to, where Stripe names one. */
  bankDate: string | undefined;
  journals: readonly PayoutJournal[];
  /** Why there are no lines, in words; undefined where there are. */
  notItemised: string | undefined;
  lines: Readonly<Record<PayoutLine, Money>>;
  categories: readonly CategorySum[];
  /** Category by category, and batch by batch in it. */
  batches: readonly BatchSum[];
  rows: number;
  net: Money;
  /** What the lines lack of the payout: nothing, once Stripe's list is complete. */
  difference: Money;
  /** The first rows of which a part is not booked yet. */
  firstWaiting: readonly string[];
}>;

/** Ids that a report names; the list of rows has all of them. */
const WAITING_NAMED_MAX = 20;
/** Stripe's list begins with the oldest row there is. */
const EVER = new Date(0);

type Reading = Readonly<{ pool: Pool; pair: PairRuntime; signal?: AbortSignal | undefined }>;

/**
 * Adds a payout up by what it took along. Rows are read page by page and none is kept: what is
 * kept is a sum for each category and for each batch of SL.
 *
 * @throws HubError those of reading Stripe; `stripe.object_missing` for an id of another kind
 */
export async function reportPayout(reading: Reading, id: string): Promise<PayoutReport> {
  const { pool, pair, signal } = reading;
  const payout = await pair.stripe.readPayout(id, signal);
  const { currency } = payout.amount;
  const nothing = zero(currency);
  const lines = {
    gross: nothing,
    refunds: nothing,
    disputes: nothing,
    fees: nothing,
    other: nothing,
  };
  const categories = new Map<string, CategorySum>();
  const batches = new Map<string, BatchSum>();
  const firstWaiting: string[] = [];
  let rows = 0;
  const notItemised = whyNotItemised(payout);
  const pages = notItemised === undefined ? paidRows(reading, payout) : [];
  for await (const page of pages) {
    for (const one of page) {
      rows += 1;
      const { row, line, waiting } = one;
      lines[line] = add(lines[line], row.gross);
      lines.fees = subtract(lines.fees, row.fee);
      const name = row.category === "" ? row.type : row.category;
      categories.set(name, withRow(categories.get(name), one, name));
      for (const sum of batchesOf(one, name)) addBatch(batches, sum);
      const isNamed = waiting.length > 0 && firstWaiting.length < WAITING_NAMED_MAX;
      if (isNamed) firstWaiting.push(row.id);
    }
  }
  const net = sum(Object.values(lines), currency);
  return {
    payout,
    bankDate: arrivalDate(payout, bookingZone(pair.settings)),
    journals: await journalsOf(pool, pair.id, id),
    ...{ notItemised, lines, rows, net, firstWaiting },
    categories: [...categories.values()].sort((a, b) => (a.category < b.category ? -1 : 1)),
    batches: [...batches.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum),
    difference: notItemised === undefined ? subtract(payout.amount, net) : nothing,
  };
}

/**
 * One page of the rows that a payout took along, newest first; `next` is where the page after it
 * begins.
 */
export async function listPaidRows(
  reading: Reading,
  id: string,
  after: string | undefined,
): Promise<Readonly<{ rows: readonly PaidRow[]; next: string | undefined }>> {
  const payout = await reading.pair.stripe.readPayout(id, reading.signal);
  if (whyNotItemised(payout) !== undefined) return { rows: [], next: undefined };
  const query = { from: EVER, payoutId: id, after };
  for await (const { rows, isLast } of reading.pair.stripe.listRows(query, reading.signal)) {
    const paid = await withBookings(reading, payout, rows);
    return { rows: paid, next: isLast ? undefined : rows.at(-1)?.id };
  }
  return { rows: [], next: undefined };
}

function whyNotItemised({ kind, isAutomatic, method, reconciliation }: Payout): string | undefined {
  if (kind !== "payout") return "what comes in takes no rows along";
  if (!isAutomatic) {
    const which = method === "instant" ? "an instant payout" : "a payout that was made by hand";
    return `Stripe has no itemisation of ${which}: it is a withdrawal from the balance`;
  }
  if (reconciliation === "completed") return undefined;
  return `Stripe has not completed the list of its rows (${reconciliation})`;
}

async function* paidRows(reading: Reading, payout: Payout): AsyncIterable<readonly PaidRow[]> {
  const query = { from: EVER, payoutId: payout.id };
  for await (const { rows } of reading.pair.stripe.listRows(query, reading.signal)) {
    yield await withBookings(reading, payout, rows);
  }
}

type BookingRow = RowBooking & { row_id: string };

const BOOKINGS_SQL = `
select o.row_id, o.part, i.purpose, i.object, coalesce(i.receipt ->> 'batNbr', '') as "batNbr"
from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
where o.pair = $1 and o.row_id = any ($2::text[]) and i.stage = 'done'
order by o.row_id, o.part desc`;

/** The rows but the payout's own, each with the documents that own its parts. */
async function withBookings(
  { pool, pair }: Reading,
  payout: Payout,
  all: readonly LedgerRow[],
): Promise<readonly PaidRow[]> {
  const rows = all.filter(({ id }) => id !== payout.row?.id);
  const ids = rows.map(({ id }) => id);
  const { rows: found } = await pool.query<BookingRow>(BOOKINGS_SQL, [pair.id, ids]);
  return rows.map((row) => {
    const bookings = found
      .filter(({ row_id }) => row_id === row.id)
      .map(({ row_id: _, ...booking }) => booking);
    const parts = rowParts(row, pair.settings);
    const waiting = parts
      .map(({ part }) => part)
      .filter((part) => !bookings.some((booking) => booking.part === part));
    const owner = parts.find(({ part }) => part === "gross")?.owner;
    return { row, line: LINE_OF[owner ?? "category"], bookings, waiting };
  });
}

const LINE_OF: Readonly<Record<RowOwner, PayoutLine>> = {
  payment: "gross",
  return: "gross",
  refund: "refunds",
  dispute: "disputes",
  fee: "fees",
  payout: "other",
  category: "other",
};

function withRow(
  before: CategorySum | undefined,
  { row, waiting }: PaidRow,
  category: string,
): CategorySum {
  const { gross, fee, net } = row;
  const isWaiting = waiting.length > 0 ? 1 : 0;
  if (before === undefined) return { category, rows: 1, gross, fee, net, waiting: isWaiting };
  return {
    category,
    rows: before.rows + 1,
    gross: add(before.gross, gross),
    fee: add(before.fee, fee),
    net: add(before.net, net),
    waiting: before.waiting + isWaiting,
  };
}

/** The parts of a row, each with the batch that has it. */
function batchesOf({ row, bookings, waiting }: PaidRow, category: string): BatchSum[] {
  const amounts = { gross: row.gross, fee: negate(row.fee) };
  const sumOf = (part: RowBooking["part"], purpose: string, batNbr: string): BatchSum => {
    return { category, part, purpose, batNbr, rows: 1, amount: amounts[part] };
  };
  return [
    ...bookings.map(({ part, purpose, batNbr }) => sumOf(part, purpose, batNbr)),
    ...waiting.map((part) => sumOf(part, "", "")),
  ];
}

function addBatch(batches: Map<string, BatchSum>, one: BatchSum): void {
  const name = [one.category, one.batNbr, one.part, one.purpose].join("\n");
  const before = batches.get(name);
  const amount = before === undefined ? one.amount : add(before.amount, one.amount);
  batches.set(name, { ...one, rows: (before?.rows ?? 0) + 1, amount });
}

const JOURNALS_SQL = `
select purpose, receipt ->> 'batNbr' as "batNbr", receipt ->> 'period' as period,
  receipt ->> 'documentDate' as "documentDate"
from intent
where pair = $1 and object = $2 and purpose like 'payout-%' and stage = 'done'
  and reversed_by is null
order by created_at`;

async function journalsOf(pool: Pool, pair: string, id: string): Promise<PayoutJournal[]> {
  return (await pool.query<PayoutJournal>(JOURNALS_SQL, [pair, id])).rows;
}
