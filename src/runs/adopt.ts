import { HubError } from "../base/errors.ts";
import type { DocumentDraft, KeyedDocument } from "../erp/port.ts";
import type { Door } from "./door.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import { canFindByKey } from "./route.ts";

/**
 * Looks SL up by key before a first attempt, where hub and SL may have lost sight of each other: a
 * document that already stands there is taken over instead of written again. Returns undefined
 * when there is nothing to take over.
 *
 * @throws HubError `conflict.key_taken` when SL holds more than one batch of the key
 */
export async function adoptFromSl(
  door: Door,
  intent: Intent<DocumentDraft, DocumentReceipt>,
): Promise<Intent<DocumentDraft, DocumentReceipt> | undefined> {
  if (!door.mustLookUp || intent.attempts.length > 0) return undefined;
  // A site that was never asked answers here, before anything can be written twice.
  if (!(await canFindByKey(door))) return undefined;
  const keyed = await door.erp.findByKey(intent.key, door.signal);
  // Empty batches of the key are reservations that nobody used; they hold nothing to take over.
  const found = keyed.filter((document) => document.type !== "");
  const batches = new Map(found.map((document) => [document.batNbr, document]));
  if (batches.size > 1) throw severalBatches(intent.key, found);
  const only = found[0];
  if (only === undefined) return undefined;
  return door.store.advance(intent, { stage: "filling", batNbr: only.batNbr });
}

function severalBatches(key: string, found: readonly KeyedDocument[]): HubError {
  return new HubError("conflict.key_taken", "SL holds several batches of one key", {
    facts: { key, batches: found.map((document) => document.batNbr).join(", ") },
  });
}
