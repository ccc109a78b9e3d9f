import { HubError } from "../../base/errors.ts";
import { compareBatch } from "../../erp/compare.ts";
import type { BatchReading } from "../../erp/port.ts";
import {
  type JournalId,
  journalName,
  type OpenPart,
  plannedJournals,
  planParts,
} from "../../ledger/index.ts";
import {
  bookingZone,
  type DayPurpose,
  documentDate,
  mapDayJournal,
  shortStripeId,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { type Intent, isFrozen } from "../write/intent.ts";
import { shownObject } from "./book-rows.ts";

/** A journal that stands in SL, of whose rows the hub knows nothing. */
type Adopted = Readonly<{
  journal: JournalId & Readonly<{ purpose: DayPurpose }>;
  intent: Intent;
  reading: BatchReading | undefined;
}>;

/**
 * A rebuild takes journals over from SL without their rows, which SL does not know. Each owns the
 * open parts that it holds to the cent and the account: those of the rows that its lines name, else
 * all of its days that no other journal of its kind and currency has.
 *
 * @returns the parts that they own
 * @throws HubError `conflict.journal_rows` where one holds something else
 */
export async function takeOverDay(
  context: RunContext,
  open: Readonly<{ mine: readonly OpenPart[]; all: readonly OpenPart[] }>,
): Promise<readonly OpenPart[]> {
  let left = await adoptedJournals(context);
  const mine = new Set(open.mine);
  const free = new Set([...open.mine, ...open.all]);
  const taken: OpenPart[] = [];
  while (left.length > 0) {
    const claims = left.map((one) => {
      return { one, parts: partsHeld(context, one, { free: [...free], mine }) };
    });
    const claim = claims.find(({ parts }) => parts !== undefined);
    if (claim?.parts === undefined) throw unexplained(left);
    const { one, parts } = claim;
    await planParts(
      context.pool,
      context.lane,
      parts.map(({ row, part }) => {
        return { rowId: row.id, part, journal: one.journal, isSuspense: false };
      }),
    );
    for (const part of parts) free.delete(part);
    taken.push(...parts);
    left = left.filter((other) => other !== one);
  }
  return taken;
}

async function adoptedJournals({ pool, lane, door }: RunContext): Promise<readonly Adopted[]> {
  const planned = new Set((await plannedJournals(pool, lane)).map(journalName));
  const purposes: readonly DayPurpose[] = ["fee", "category"];
  const found = purposes.flatMap((purpose) =>
    door.store.parts(lane.key, purpose).flatMap((intent) => {
      const journal = { object: lane.key, purpose, part: intent.identity.part };
      return isFrozen(intent) && !planned.has(journalName(journal)) ? [{ journal, intent }] : [];
    }),
  );
  const adopted: Adopted[] = [];
  for (const one of found) {
    const batNbr = one.intent.batNbr ?? "";
    const reading = await door.erp.readBatch("journal", batNbr, door.signal);
    adopted.push({ ...one, reading });
  }
  return adopted;
}

function partsHeld(
  context: RunContext,
  adopted: Adopted,
  { free, mine }: Readonly<{ free: readonly OpenPart[]; mine: ReadonlySet<OpenPart> }>,
): readonly OpenPart[] | undefined {
  const { journal, reading } = adopted;
  const [purpose, currency] = journal.part.split(":");
  const zone = bookingZone(context.pair.settings);
  const days = new Set(reading?.journal?.lines.map(({ date }) => date));
  const fitting = free.filter(
    ({ owner, row }) =>
      owner === purpose &&
      row.gross.currency === currency &&
      days.has(documentDate(row.created, zone)),
  );
  const named = new Set(reading?.journal?.lines.map(({ stripeId }) => stripeId.trim()));
  const ofNamed = fitting.filter(({ row }) => named.has(shortStripeId(row.id)));
  // Settings may have been others when it was booked: then also what another lane would book now.
  const ofMine = fitting.filter((part) => mine.has(part));
  return [ofNamed, ofMine, fitting].find((parts) => holds(context, adopted, parts));
}

function holds(
  { pair }: RunContext,
  { journal, intent, reading }: Adopted,
  parts: readonly OpenPart[],
): boolean {
  if (reading === undefined || parts.length === 0) return false;
  const { object, purpose } = journal;
  const period = reading.period.trim();
  const { settings } = pair;
  const of = { settings, purpose, object: shownObject(object), key: intent.key, period };
  const { draft } = mapDayJournal(parts, of);
  return compareBatch(draft, reading).length === 0;
}

function unexplained(left: readonly Adopted[]): HubError {
  const batches = left.map(({ intent }) => intent.batNbr ?? "").join(", ");
  const object = left[0]?.journal.object ?? "";
  return new HubError(
    "conflict.journal_rows",
    `Journals of ${object} in SL do not hold the rows that are open: batch ${batches}`,
    { facts: { object, batches } },
  );
}
