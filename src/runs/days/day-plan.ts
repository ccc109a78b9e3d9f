import { type HubError, toHubError } from "../../base/errors.ts";
import type { PairSettings } from "../../config/index.ts";
import type { FiscalCalendar } from "../../erp/port.ts";
import {
  type JournalId,
  journalName,
  type OpenPart,
  type PlannedPart,
  partName,
  plannedAmong,
} from "../../ledger/index.ts";
import {
  bookingZone,
  checkCurrency,
  type DayPurpose,
  documentDate,
  namedAccount,
  periodOf,
  postingsOf,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { isFrozen } from "../write/intent.ts";
import { conversionAt, conversionJournal } from "./conversion-run.ts";

/** A part of a row that goes into no journal, or whose journal cannot be booked, and why. */
export type RefusedPart = Readonly<{ rowId: string; part: OpenPart["part"]; error: HubError }>;

/** Which journals parts of rows go into, and which parts go into none. */
export type DayPlan = Readonly<{
  planned: readonly PlannedPart[];
  refused: readonly RefusedPart[];
}>;

/**
 * Plans the parts that no journal was planned for yet. One that cannot be mapped is refused by
 * itself; the others go into the youngest journal of their kind and currency of which nothing was
 * sent, else into one of the next number. What a person has left alone is not planned, and a
 * journal that holds some of it takes no other part. With a calendar they are what a payout took
 * along, whose fees have a journal for each fiscal period.
 */
export async function planDay(
  context: RunContext,
  day: Readonly<{
    parts: readonly OpenPart[];
    left: readonly OpenPart[];
    begun: readonly JournalId[];
  }>,
  calendar?: FiscalCalendar,
): Promise<DayPlan> {
  const { pool, pair } = context;
  const ids = [...new Set(day.parts.map(({ row }) => row.id))];
  const before = await plannedAmong(pool, pair.id, ids);
  const journalBefore = ({ row, part }: OpenPart) => before.get(partName(row.id, part));
  const closed = new Set(day.left.flatMap((one) => journalBefore(one) ?? []).map(journalName));
  const left = new Set(day.left);
  const fresh = day.parts.filter((one) => journalBefore(one) === undefined && !left.has(one));
  const planned: PlannedPart[] = [];
  const refused: RefusedPart[] = [];
  for (const one of fresh) {
    const rowId = one.row.id;
    try {
      const { settings, reference } = pair;
      const { currency } = one.row.gross;
      checkCurrency(currency, settings, await reference.decimals(currency));
      if (await isConversion(context, one)) {
        const journal = conversionJournal(one.row);
        planned.push({ rowId, part: one.part, journal, isSuspense: false });
        continue;
      }
      const postings = postingsOf(one.row, one.part, { settings, isPrefunding: one.isPrefunding });
      const isSuspense = postings.some(({ role }) => role === "suspense");
      const slot = calendar === undefined ? "" : `${slotOf(one, settings, calendar)}:`;
      const journal = journalFor(context, { begun: day.begun, closed, slot }, one);
      planned.push({ rowId, part: one.part, journal, isSuspense });
    } catch (thrown) {
      const error = toHubError(thrown);
      if (!isOfThePart(error)) throw thrown;
      refused.push({ rowId, part: one.part, error });
    }
  }
  return { planned, refused };
}

/** Whether only a person can do something about it, and it says nothing of any other part. */
export function isOfThePart({ category, code }: HubError): boolean {
  return category === "mapping" || code === "money.precision";
}

/** What a person has named an account for is what that person says it is. */
async function isConversion(context: RunContext, { row, part, owner }: OpenPart): Promise<boolean> {
  const isPlain = part === "gross" && owner === "category";
  if (!isPlain || namedAccount(row, context.pair.settings) !== undefined) return false;
  return (await conversionAt(context, row)) !== undefined;
}

/**
 * What one journal of a payout's fees may hold: a fiscal period; a day in a currency that SL
 * values, since a batch has one rate.
 */
export function slotOf(
  { row }: Pick<OpenPart, "row">,
  settings: PairSettings,
  calendar: FiscalCalendar,
): string {
  const date = documentDate(row.created, bookingZone(settings));
  const isValued = row.gross.currency !== settings.sl.baseCurrency;
  return isValued ? date : periodOf(date, calendar);
}

function journalFor(
  { pair, lane, door }: RunContext,
  {
    begun,
    closed,
    slot,
  }: Readonly<{ begun: readonly JournalId[]; closed: ReadonlySet<string>; slot: string }>,
  { row, owner }: OpenPart,
): JournalId {
  const purpose: DayPurpose = owner === "fee" ? "fee" : "category";
  const mode = purpose === "fee" ? pair.settings.fees : pair.settings.category;
  if (mode === "per-row" && slot === "") return { object: row.id, purpose, part: "" };
  const object = lane.key;
  const kind = `${purpose}:${row.gross.currency}:${slot}`;
  const numbers = [
    ...begun.filter((one) => one.object === object && one.purpose === purpose),
    ...door.store.parts(object, purpose).map(({ identity }) => identity),
  ].flatMap(({ part }) => numberOf(part, kind) ?? []);
  const last = Math.max(1, ...numbers);
  const part = `${kind}${last}`;
  const intent = door.store.find({ object, purpose, part });
  // One that was taken back is dated anew, and with it what had never been booked.
  const wasBooked = intent?.stage === "reversed" || (intent?.identity.generation ?? 0) > 0;
  const isSent = intent !== undefined && (wasBooked || isFrozen(intent));
  const isClosed = isSent || closed.has(journalName({ object, purpose, part }));
  return { object, purpose, part: isClosed ? `${kind}${last + 1}` : part };
}

function numberOf(part: string, kind: string): number | undefined {
  const number = part.slice(kind.length);
  return part.startsWith(kind) && /^[0-9]+$/.test(number) ? Number(number) : undefined;
}
