import { HubError } from "../../base/errors.ts";
import { money, toDecimal } from "../../base/money.ts";
import type { RunContext } from "../context.ts";
import { readBooked } from "../write/read-booked.ts";
import {
  type CollectedBook,
  putInto,
  readBooks,
  readTakenOver,
  type TakenOver,
} from "./taken-over.ts";

/** Which day, and up to when a person has left it alone: what was there by then is theirs. */
type OfDay = Readonly<{ day: string; after: Date | undefined }>;

/**
 * A rebuild takes the documents of a day over from SL without what they were made of. Where what is
 * collected of the day comes to what they are over, to the cent, that is what they were made of.
 *
 * @throws HubError `conflict.journal_rows` where it comes to something else
 */
export async function takeOverSummary(context: RunContext, of: OfDay): Promise<void> {
  const { pool, pair } = context;
  const standing = await readTakenOver(pool, pair.id, of);
  if (standing.length === 0) return;
  const books = await readBooks(pool, pair.id, of);
  const groups = Map.groupBy(standing, ({ receipt, ...one }) => {
    return nameOf({ ...one, customerId: receipt.customerId.trim() });
  });
  for (const [name, documents] of groups) {
    const own = books.filter((book) => nameOf(book) === name);
    const [one] = documents;
    // Of another customer as well: a setting may have named that one for the very same sales.
    const isAnyOpen = books.some(({ kind, currency, part }) => {
      return part === undefined && kind === one?.kind && currency === one.currency;
    });
    if (isAnyOpen || own.length > 0) await takeOver(context, of, { documents, own });
  }
}

function nameOf(of: Pick<CollectedBook, "kind" | "currency" | "customerId">): string {
  return `${of.kind} ${of.currency} ${of.customerId}`;
}

type Group = Readonly<{ documents: readonly TakenOver[]; own: readonly CollectedBook[] }>;

async function takeOver(context: RunContext, of: OfDay, group: Group): Promise<void> {
  const { pool, lane, door } = context;
  const { documents, own } = group;
  const parts = new Set(documents.map(({ part }) => part));
  const known = own.filter(({ part }) => part !== undefined && parts.has(part));
  const open = own.filter(({ part }) => part === undefined);
  let inSl = 0n;
  for (const { receipt } of documents) inSl += (await readBooked(door, receipt)).amount.minor;
  if (inSl === totalOf(known)) return;
  const collected = totalOf(known) + totalOf(open);
  if (inSl !== collected) throw isOtherwise(of.day, documents, { inSl, collected });
  for (const { part } of known) if (part !== undefined) parts.delete(part);
  // Only together do they come to their sum: all that is open is said to be in one of them.
  const [part = ""] = parts;
  for (const book of open) await putInto(pool, lane, { ...of, book, part });
}

function totalOf(books: readonly CollectedBook[]): bigint {
  return books.reduce((so, { total }) => so + total, 0n);
}

function isOtherwise(
  day: string,
  documents: readonly TakenOver[],
  of: Readonly<{ inSl: bigint; collected: bigint }>,
): HubError {
  const currency = documents[0]?.currency ?? "";
  const text = (minor: bigint) => `${toDecimal(money(minor, currency))} ${currency}`;
  const [inSl, collected] = [text(of.inSl), text(of.collected)];
  const names = documents.map(({ receipt: { type, refNbr } }) => `${type} ${refNbr}`).join(", ");
  const batches = documents.map(({ receipt }) => receipt.batNbr).join(", ");
  return new HubError(
    "conflict.journal_rows",
    `${names} of ${day} in SL come to ${inSl}, and what is collected to ${collected}`,
    {
      facts: { day, batches, inSl, collected },
      cure:
        "Wait until every sale of the day is read again, then resume; what SL's documents do not " +
        "hold is to be booked by hand, and then dismissed.",
    },
  );
}
