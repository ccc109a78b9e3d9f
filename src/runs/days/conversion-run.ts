import { HubError } from "../../base/errors.ts";
import type { Money } from "../../base/money.ts";
import type { LedgerRow } from "../../canonical/balance.ts";
import type { JournalDraft } from "../../erp/port.ts";
import { type JournalId, partsOfJournal, rowsOfSource } from "../../ledger/index.ts";
import {
  type Conversion,
  checkConversion,
  choosePeriod,
  conversionOf,
  hasBridge,
  mapConversion,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { book, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";

/**
 * The conversion that a row is a side of, where the pair books conversions; else it is a row like
 * any other.
 *
 * @throws HubError `mapping.currency_unsupported` where neither side is in the base currency
 */
export async function conversionAt(
  { pool, pair }: Pick<RunContext, "pool" | "pair">,
  { sourceId }: LedgerRow,
): Promise<Conversion | undefined> {
  if (sourceId === undefined || !hasBridge(pair.settings)) return undefined;
  const conversion = conversionOf(await rowsOfSource(pool, pair.id, sourceId));
  if (conversion !== undefined) checkConversion(conversion, pair.settings);
  return conversion;
}

/** The journal of a side of a conversion is told by its row. */
export function conversionJournal(row: LedgerRow): JournalId {
  return { object: row.id, purpose: "bridge", part: "" };
}

/**
 * Books one side of a conversion. The side in the base currency comes second: it takes off the
 * bridge what the journal of the other side has put there.
 */
export async function bookConversion(
  context: RunContext,
  journal: JournalId,
  day: string,
): Promise<DocumentReceipt> {
  const { pool, lane, pair, door, steps } = context;
  const [part] = await partsOfJournal(pool, lane, journal);
  const conversion = part && (await conversionAt(context, part.row));
  if (part === undefined || conversion === undefined) {
    throw new HubError("bug.assertion", `${journal.object} is planned as a conversion`);
  }
  const { row } = part;
  const otherWorth = await worthOfOther(context, conversion, row);
  const calendar = await pair.reference.calendar();
  const chosen = choosePeriod(day, calendar, pair.settings.closedPeriod);
  const { settings } = pair;
  const receipt = await book(door, {
    ...journal,
    make: (key) =>
      withNotes(
        chosen,
        mapConversion(conversion, row, { settings, key, period: chosen.period, otherWorth }),
      ),
    owners: [{ rowId: row.id, part: "gross" }],
  });
  const { batNbr } = receipt;
  steps.note("bridge", `journal ${batNbr}: conversion by ${row.id}`, { batNbr });
  return receipt;
}

/** What the other side has put on the bridge, for the side in the base currency. */
async function worthOfOther(
  { door, pair }: RunContext,
  conversion: Conversion,
  row: LedgerRow,
): Promise<Money | undefined> {
  const base = pair.settings.sl.baseCurrency;
  if (row.gross.currency !== base) return undefined;
  const other = row.id === conversion.out.id ? conversion.in : conversion.out;
  const { object, purpose, part } = conversionJournal(other);
  await door.store.load([object]);
  const intent = door.store.find({ object, purpose, part }) as
    | Intent<Partial<JournalDraft>, DocumentReceipt>
    | undefined;
  const booked = intent?.stage === "done" ? intent : undefined;
  const known = booked?.draft.rate?.worth;
  if (known !== undefined) return known;
  // A rebuild took it over from SL without its draft: SL knows what it is worth.
  const batNbr = booked?.receipt?.batNbr;
  const read = batNbr === undefined ? undefined : await door.erp.readBatch("journal", batNbr);
  if (read?.journal?.worth !== undefined) return read.journal.worth;
  throw new HubError(
    "mapping.row_unknown",
    `${row.id} converts what ${other.id} has brought, and that is not booked on the bridge`,
    {
      facts: { row: row.id, other: other.id },
      cure: "Book this side by hand against the account of the other one, then dismiss.",
    },
  );
}
