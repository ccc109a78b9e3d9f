import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { subtract, sum, toDecimal } from "../../base/money.ts";
import type { CreditNote } from "../../canonical/refund.ts";
import { type RefundPart, shareNote } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { type BookedNote, bookNote, coveredNote, nameOf } from "./credit-notes.ts";
import { notePartsOf } from "./credited.ts";
import { customersOf, customersOfSale } from "./refund-parts.ts";
import { bookSharedCash, type SharedSale } from "./shared-cash.ts";

type Shared = BookedNote & Readonly<{ stop?: HubError | undefined }>;

/**
 * Books a credit note of an invoice whose charges several customers share: each of them has one
 * memo, over what they get of its refunds. The cash legs of those come first and say how much that
 * is. What went back otherwise has no customer in SL: it is for a person, once all else stands.
 *
 * @throws HubError as `sharesOfRefund`, `mapping.credit_note_differs`
 */
export async function bookSharedNote(
  context: RunContext,
  of: SharedSale,
  note: CreditNote,
): Promise<Shared | undefined> {
  const covered = await coveredNote(context, of.sale, note);
  if (covered !== undefined) return covered;
  const name = nameOf(note);
  const isBegun = notePartsOf(context, note).length > 0;
  if (note.voidedAt !== undefined && !isBegun) return undefined;
  const { sale, wentBack } = of;
  const parts = new Map<string, readonly RefundPart[]>();
  for (const { refundId } of note.refunds) {
    const own = await partsOf(context, of, refundId);
    if (own === undefined) return { words: `${name}: ${refundId} is awaited`, isNew: false };
    parts.set(refundId, own);
  }
  const numbers: string[] = [];
  let isNew = false;
  const shared = shareNote(note, (refundId) => parts.get(refundId) ?? []);
  for (const { customerId, note: part } of shared) {
    const reading = await context.pair.reference.customer(customerId);
    const customer = present(reading, `SL's customer ${customerId}`);
    const share = { customerId, ownsRow: false, whole: undefined };
    const asked = { sale, ...wentBack, customer, isBooked: true, share };
    const booked = await bookNote(context, asked, part);
    if (booked === undefined) continue;
    numbers.push(booked.memo.refNbr);
    isNew ||= booked.isNew;
  }
  const words = `${name}: credit memo ${numbers.join(", ")}`;
  const stop = restOfNote(note, shared, customersOfSale(context, sale));
  return { words, isNew, stop };
}

/** What of a refund is whose; undefined while it has not moved the balance. */
async function partsOf(
  context: RunContext,
  of: SharedSale,
  refundId: string,
): Promise<readonly RefundPart[] | undefined> {
  const refund = of.wentBack.refunds.find((one) => one.refundId === refundId);
  if (refund?.row === undefined) return undefined;
  const customers = customersOf(context, refund.chargeId);
  if (customers.length < 2) {
    return customers.map((customerId) => ({ customerId, amount: refund.amount }));
  }
  const { shares } = await bookSharedCash(context, of, refund);
  return shares.map(({ refund: { amount }, of: { share } }) => {
    return { customerId: present(share, "A share").customerId, amount };
  });
}

/** What of a credit note is no customer's in SL; undefined where its parts are all of it. */
export function restOfNote(
  note: CreditNote,
  shared: ReturnType<typeof shareNote>,
  customerIds: readonly string[],
): HubError | undefined {
  const { total, creditNoteId, voidedAt } = note;
  const booked = sum(
    shared.map((part) => part.note.total),
    total.currency,
  );
  const rest = subtract(total, booked);
  if (rest.minor === 0n || voidedAt !== undefined) return undefined;
  const customers = customerIds.join(", ");
  const words = `${toDecimal(rest)} of ${creditNoteId} went back by no refund`;
  return new HubError(
    "mapping.refund_shared",
    `${words}, and ${customers} share its invoice: nothing tells whose it is`,
    {
      facts: { creditNoteId, customers, rest: toDecimal(rest), total: toDecimal(total) },
      cure: "Enter a credit memo over the rest by hand in SL, then dismiss.",
    },
  );
}
