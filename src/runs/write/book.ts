import { present } from "../../base/assert.ts";
import { assertJournal } from "../../erp/journal.ts";
import type { DocumentDraft } from "../../erp/port.ts";
import type { LinkKind } from "../../links/index.ts";
import { datedAgain, type Mapped, openOnly, type PeriodChoice } from "../../mapping/index.ts";
import type { Door } from "./door.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import type { ReceiptRows } from "./intent-move.ts";
import { bookNumbered } from "./payment-number.ts";
import type { Worth } from "./value.ts";

/** A document to book: for what, how its draft is made for a key, and which rows it then owns. */
export type ToBook = Readonly<{
  object: string;
  purpose: LinkKind;
  part: string;
  make: (key: string) => Mapped<DocumentDraft> | Promise<Mapped<DocumentDraft>>;
  owners: ReceiptRows["owners"];
  /** Absent: SL's rate of its date values it, where it is in another currency at all. */
  worth?: Worth | undefined;
}>;

/**
 * One document through the write protocol; a voided batch makes the next generation go on. What is
 * booked again after a reversal is dated on the day of that. The link
 * from the Stripe object to SL's number is saved with the receipt.
 */
export async function book(door: Door, document: ToBook): Promise<DocumentReceipt> {
  const { object, purpose, part, owners, worth } = document;
  const again = purpose === "reverse" ? undefined : await door.rebookedOn?.(document);
  const make = async (key: string) => {
    const mapped = checked(await document.make(key));
    const inPeriod = door.dated ?? (async (of: typeof mapped) => of);
    if (again === undefined) return inPeriod(await valued(door, mapped, worth));
    const dated = (of: typeof mapped) => ({ ...of, draft: datedAgain(of.draft, openOnly(again)) });
    // A correction makes no exchange: the fact keeps the rate of its own day, where SL lets it.
    if (door.erp.capabilities["supplied-rate"] !== "yes")
      return inPeriod(await valued(door, dated(mapped), worth));
    return inPeriod(dated(await valued(door, mapped, worth)));
  };
  for (;;) {
    const planned = await door.store.ensure<DocumentDraft, DocumentReceipt>(
      { object, purpose, part },
      make,
      "with its send",
    );
    const { receipt } = await bookNumbered(door, planned, (got) => ({
      ...slRecordOf(got),
      links: [{ stripeId: object, kind: purpose, part, slKey: got.refNbr, batNbr: got.batNbr }],
      owners,
    }));
    if (receipt !== undefined) return receipt;
  }
}

/** Where SL keeps it: a journal is its batch, which the ledger counts apart from receivables. */
function slRecordOf({ type, refNbr, customerId, batNbr }: DocumentReceipt) {
  if (type === "GJ") return { slTable: "Batch", slKey: `GL|${batNbr}` };
  return { slTable: "ARDoc", slKey: `${type}|${refNbr}|${customerId}` };
}

/** What can be seen to be wrong before anything is sent leaves no intent and no batch behind. */
function checked(mapped: Mapped<DocumentDraft>): Mapped<DocumentDraft> {
  if (mapped.draft.kind === "journal") assertJournal(mapped.draft);
  return mapped;
}

/** The draft with its rate, where it is in another currency than the ledger. */
export async function valued<D extends DocumentDraft>(
  { value }: Pick<Door, "value">,
  mapped: Mapped<D>,
  worth?: Worth,
): Promise<Mapped<D>> {
  return value === undefined ? mapped : value(mapped, worth);
}

/** A document that is booked needs no mapping any more, whatever the settings say now. */
export function doneReceipt(intent: Intent | undefined): DocumentReceipt | undefined {
  return intent?.stage === "done"
    ? present(intent.receipt as DocumentReceipt, "A receipt")
    : undefined;
}

/**
 * The draft with what its period has to say before what its lines have.
 *
 * @throws HubError `mapping.period_closed`
 */
export function withNotes<D>(chosen: PeriodChoice, mapped: Mapped<D>): Mapped<D> {
  const { notes } = openOnly(chosen);
  return { draft: mapped.draft, notes: [...notes, ...mapped.notes] };
}
