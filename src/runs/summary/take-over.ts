import { HubError } from "../../base/errors.ts";
import { money, toDecimal } from "../../base/money.ts";
import { dayLane } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import {
  type OpenBook,
  putInto,
  readOpenBooks,
  readParts,
  type SummaryKind,
} from "./collected-store.ts";

/** A document of a day that a rebuild took over, of which the hub does not know what is in it. */
type Adopted = Readonly<{ part: string; currency: string; receipt: DocumentReceipt }>;

/** What the first document of each kind is for. */
const FIRST = { sale: "summary", refund: "refund-cash" } as const;

/**
 * A rebuild takes the documents of a day over from SL without what they were made of. Where what is
 * collected of the day comes to what they are over, to the cent, that is what they were made of.
 *
 * @throws HubError `conflict.journal_rows` where it comes to something else
 */
export async function takeOverSummary(context: RunContext, day: string): Promise<void> {
  const { pool, lane, pair } = context;
  const known = new Set(
    (await readParts(pool, pair.id, day)).map(({ kind, part }) => `${kind} ${part}`),
  );
  const open = await readOpenBooks(pool, pair.id, day);
  for (const kind of ["sale", "refund"] as const) {
    const adopted = adoptedOf(context, day, kind).filter(({ part }) => {
      return !known.has(`${kind} ${part}`);
    });
    const groups = Map.groupBy(adopted, ({ currency, receipt }) => {
      return `${currency} ${receipt.customerId.trim()}`;
    });
    for (const [name, of] of groups) {
      const own = open.filter((book) => {
        return book.kind === kind && `${book.currency} ${book.customerId}` === name;
      });
      if (own.length === 0) continue;
      await assertSame(context, { day, adopted: of, open: own });
      const [first] = of;
      for (const book of own) await putInto(pool, lane, { ...book, day, part: first?.part ?? "" });
    }
  }
}

function adoptedOf({ door }: RunContext, day: string, kind: SummaryKind): readonly Adopted[] {
  const all = door.store.parts(dayLane(day), FIRST[kind]) as readonly Intent<
    Readonly<{ kind?: string }>,
    DocumentReceipt
  >[];
  return all.flatMap(({ stage, draft, receipt, identity: { part } }) => {
    if (stage !== "done" || draft.kind !== undefined || receipt === undefined) return [];
    return [{ part, currency: part.split(":")[0] ?? "", receipt }];
  });
}

async function assertSame(
  { door }: RunContext,
  of: Readonly<{ day: string; adopted: readonly Adopted[]; open: readonly OpenBook[] }>,
): Promise<void> {
  const { day, adopted, open } = of;
  let inSl = 0n;
  for (const { receipt } of adopted) inSl += (await readBooked(door, receipt)).amount.minor;
  const collected = open.reduce((so, { total }) => so + total, 0n);
  if (inSl === collected) return;
  const currency = adopted[0]?.currency ?? "";
  const text = (minor: bigint) => `${toDecimal(money(minor, currency))} ${currency}`;
  const names = adopted.map(({ receipt: { type, refNbr } }) => `${type} ${refNbr}`).join(", ");
  const batches = adopted.map(({ receipt }) => receipt.batNbr).join(", ");
  throw new HubError(
    "conflict.journal_rows",
    `${names} of ${day} in SL come to ${text(inSl)}, and what is collected to ${text(collected)}`,
    {
      facts: { day, batches, inSl: text(inSl), collected: text(collected) },
      cure:
        "Wait until every sale of the day is read again, then resume; what SL's documents do not " +
        "hold is to be booked by hand, and then dismissed.",
    },
  );
}
