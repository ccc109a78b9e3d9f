import { toHubError } from "../../base/errors.ts";
import { type JournalId, partName, partsOfJournal, settleRows } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";
import { notCovered } from "../dismissal.ts";
import { Waiting, WaitingForNextRun } from "../waiting.ts";
import { doneReceipt } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { throwRefused } from "./book-rows.ts";
import { isOfThePart, type RefusedPart } from "./day-plan.ts";
import { isLeftAlone, type LeftParts, namesOf, type RowsPerson } from "./left-parts.ts";

/** Journals to book, with what no journal takes and what a person has left alone. */
export type ToBookPlanned = Readonly<{
  journals: readonly JournalId[];
  /** @returns undefined where it was booked before */
  book: (journal: JournalId) => Promise<DocumentReceipt | undefined>;
  refused: readonly RefusedPart[];
  left: LeftParts["left"];
  person: RowsPerson;
}>;

/**
 * Books journals one after the other. One that waits, or cannot be booked as things are, stops none
 * of the next, and one that a person has left alone is passed over.
 *
 * @throws Waiting for the first that is awaited, HubError for the first part that cannot be booked;
 *   each once all others are booked
 */
export async function bookPlanned(
  context: RunContext,
  { journals, book, person, ...of }: ToBookPlanned,
): Promise<readonly DocumentReceipt[]> {
  const receipts: DocumentReceipt[] = [];
  const refused = [...of.refused];
  const left = of.left.map(({ row, part }) => ({ rowId: row.id, part }));
  const waits: Readonly<{ journal: JournalId; wait: Waiting }>[] = [];
  for (const journal of journals) {
    // It may be the other side of the conversion that is awaited.
    if (journal.purpose === "bridge" && waits.some(isOnBridge)) continue;
    const passed = await passedOver(context, journal, person);
    if (passed !== undefined) {
      refused.push(...passed);
      continue;
    }
    try {
      const receipt = await book(journal);
      if (receipt !== undefined) receipts.push(receipt);
    } catch (thrown) {
      if (thrown instanceof Waiting && !(thrown instanceof WaitingForNextRun)) {
        waits.push({ journal, wait: thrown });
        continue;
      }
      const error = toHubError(thrown);
      const parts = await namedParts(context, journal);
      refused.push(...parts.map((one) => ({ ...one, error })));
      person.onRefused(namesOf([...left, ...refused]));
      if (!isOfThePart(error)) throw thrown;
    }
  }
  await settleRows(context.pool, context.pair);
  person.onRefused(namesOf([...left, ...refused]));
  const [soonest] = waits.map(({ wait }) => wait).toSorted((a, b) => a.dueInMs - b.dueInMs);
  if (soonest !== undefined) throw soonest;
  throwRefused(refused);
  return receipts;
}

function isOnBridge({ journal }: Readonly<{ journal: JournalId }>): boolean {
  return journal.purpose === "bridge";
}

/**
 * Whether a journal is passed over, since a person has left parts of it alone; then those of its
 * parts that they have not seen, or their booking by hand would be doubled.
 */
async function passedOver(
  context: RunContext,
  journal: JournalId,
  person: RowsPerson,
): Promise<readonly RefusedPart[] | undefined> {
  const known = context.door.store.find(journal) as Intent<unknown, DocumentReceipt> | undefined;
  const { dismissal } = person;
  if (dismissal === undefined || doneReceipt(known) !== undefined) return undefined;
  const parts = await namedParts(context, journal);
  const unseen = parts.filter((one) => !isLeftAlone(person, one));
  if (unseen.length === parts.length) return undefined;
  return unseen.map((one) => {
    return { ...one, error: notCovered(dismissal, partName(one.rowId, one.part)) };
  });
}

async function namedParts({ pool, lane }: RunContext, journal: JournalId) {
  const parts = await partsOfJournal(pool, lane, journal);
  return parts.map(({ row, part }) => ({ rowId: row.id, part }));
}
