import { HubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerReading, InvoiceDraft } from "../../erp/port.ts";
import {
  bookingZone,
  choosePeriod,
  documentDate,
  type Ending,
  mapEnded,
} from "../../mapping/index.ts";
import { applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import { ownInvoice } from "../refunds/refund-parts.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { readBooked } from "../write/read-booked.ts";

/**
 * Closes a booked invoice that ended at Stripe without its money: a credit memo over its lines, or
 * over what it owes, applied to it. Returns the memo, and whether this run has made it; undefined
 * where nothing is to be closed.
 */
export async function endInvoice(
  context: RunContext,
  sale: Sale,
  booked: Readonly<{ invoice: DocumentReceipt; customer: CustomerReading }>,
): Promise<Readonly<{ memo: DocumentReceipt; isNew: boolean }> | undefined> {
  const ending = endingOf(context, sale);
  if (ending === undefined) return undefined;
  const { door } = context;
  const { invoice } = booked;
  const object = sale.document.identity;
  const known = doneReceipt(door.store.find({ object, purpose: "reverse", part: ending }));
  const open = await readBooked(door, invoice);
  // What somebody has closed already needs nothing more.
  if (open.balance.minor === 0n) return known && { memo: known, isNew: false };
  const memo =
    known ?? (await bookEnding(context, sale, { ...booked, ending, balance: open.balance }));
  await applyTo(context, {
    object,
    part: ending,
    payer: { type: "CM", customerId: memo.customerId, refNbr: memo.refNbr },
    target: { type: "IN", refNbr: invoice.refNbr },
    amount: open.balance,
  });
  return { memo, isNew: known === undefined };
}

function endingOf({ pair }: RunContext, sale: Sale): Ending | undefined {
  const { standing } = sale.document;
  if (standing === "void") return "void";
  const isWrittenOff = standing === "uncollectible" && pair.settings.uncollectible === "bad-debt";
  return isWrittenOff ? "uncollectible" : undefined;
}

type ToEnd = Readonly<{
  invoice: DocumentReceipt;
  customer: CustomerReading;
  ending: Ending;
  balance: InvoiceDraft["total"];
}>;

async function bookEnding(
  context: RunContext,
  sale: Sale,
  { invoice, customer, ending, balance }: ToEnd,
): Promise<DocumentReceipt> {
  const { door, pair, steps } = context;
  const { settings, reference } = pair;
  const { identity, endedAt } = sale.document;
  const date = documentDate(endedAt ?? door.clock.now(), bookingZone(settings));
  const chosen = choosePeriod(date, await reference.calendar(), settings.closedPeriod);
  const { total, lines } = draftOf(context, sale, invoice);
  const memo = await book(door, {
    object: identity,
    purpose: "reverse",
    part: ending,
    make: (key) =>
      withNotes(
        chosen,
        mapEnded(sale, {
          settings,
          key,
          customer,
          period: chosen.period,
          date,
          ending,
          invoice: { refNbr: invoice.refNbr, total, balance, lines },
        }),
      ),
    worth: await worthOfOriginal(context, ownInvoice(context, sale), sale),
    owners: [],
  });
  const { refNbr, batNbr } = memo;
  const words = `credit memo ${refNbr}: invoice ${invoice.refNbr} is ${ending} at Stripe`;
  steps.note("reverse", words, { refNbr, batNbr });
  return memo;
}

/** The invoice as it was booked. One that a rebuild took over from SL keeps no draft. */
function draftOf(
  { door }: RunContext,
  sale: Sale,
  { refNbr, batNbr }: DocumentReceipt,
): Pick<InvoiceDraft, "total" | "lines"> {
  const object = sale.document.identity;
  const intent = door.store.find({ object, purpose: "invoice", part: "" }) as
    | Intent<Partial<InvoiceDraft>>
    | undefined;
  const { total, lines } = intent?.draft ?? {};
  if (total !== undefined && lines !== undefined) return { total, lines };
  throw new HubError(
    "conflict.draft_changed",
    `IN ${refNbr} ended at Stripe, and the hub does not know its lines any more`,
    {
      facts: { refNbr, batNbr },
      cure: "Enter the credit memo by hand in SL, apply it to the invoice, then dismiss.",
    },
  );
}
