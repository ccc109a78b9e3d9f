import { HubError, toHubError } from "../../base/errors.ts";
import { chosenNumber } from "../../base/ids.ts";
import type { DocumentDraft, PaymentDraft } from "../../erp/port.ts";
import type { Door } from "./door.ts";
import { bookDocument, type RowsFor } from "./effect.ts";
import { type DocumentReceipt, type Intent, newestAttempt } from "./intent.ts";

type DocumentIntent = Intent<DocumentDraft, DocumentReceipt>;

/** Numbers are hashes of 50 bits: that many taken ones are no chance but something else. */
const NUMBERS_MAX = 10;

/** Which of the numbers of a key this is; the first for one that is none of them. */
export function numberTryOf(key: string, refNbr: string | undefined): number {
  const tries = Array.from({ length: NUMBERS_MAX }, (_, nr) => nr);
  return tries.find((nr) => chosenNumber(key, nr) === refNbr) ?? 0;
}

/**
 * Books a document as `bookDocument` does. A payment whose number SL holds under another key takes
 * the next number of its own key, saved in the draft before it is sent.
 *
 * @throws HubError `conflict.key_taken` when SL holds that number under our own key: it is this
 *   payment, and a second one must not be made
 */
export async function bookNumbered(
  door: Door,
  first: DocumentIntent,
  rowsFor: RowsFor,
): Promise<DocumentIntent> {
  let intent = first;
  for (;;) {
    try {
      return await bookDocument(door, intent, rowsFor);
    } catch (thrown) {
      const next = await withNextNumber(door, intent, thrown);
      if (next === undefined) throw thrown;
      intent = next;
    }
  }
}

/**
 * The intent under its next number, where a payment was refused because its own is taken. Sites
 * word that differently, so the document that holds the number tells.
 */
async function withNextNumber(
  door: Door,
  sent: DocumentIntent,
  thrown: unknown,
): Promise<DocumentIntent | undefined> {
  const refused = door.store.find(sent.identity) as DocumentIntent | undefined;
  if (toHubError(thrown).code !== "erp.refused" || refused?.draft.kind !== "payment") {
    return undefined;
  }
  // Only an intent of which nothing stands in SL may say something else now.
  const isAdded = refused.stage === "planned" && newestAttempt(refused, "add") !== undefined;
  if (refused.stage !== "reserved" && !isAdded) return undefined;
  const { draft, key } = refused as Intent<PaymentDraft, DocumentReceipt>;
  const { type, customerId, refNbr } = draft;
  const held = await door.erp.readReleased(type, customerId, refNbr, door.signal);
  if (held === undefined) return undefined;
  if (held.key === key) {
    throw new HubError("conflict.key_taken", `SL holds payment ${refNbr} of this key already`, {
      facts: { key, refNbr, batNbr: held.batNbr },
      cure: "The hub has lost what it booked: run `slipway rebuild`, then resume.",
    });
  }
  // What a single ADD has sent keeps its key to itself: the next generation has other numbers.
  if (isAdded) return door.store.advance(refused, { stage: "abandoned" });
  const next = numberTryOf(key, refNbr) + 1;
  if (next >= NUMBERS_MAX) return undefined;
  return door.store.renumber(refused, { ...draft, refNbr: chosenNumber(key, next) });
}
