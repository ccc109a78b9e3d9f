import { HubError } from "../../base/errors.ts";
import { generationOfKey, type IntentIdentity, intentKey, isIntentKey } from "../../base/ids.ts";
import type { DocumentDraft, KeyedBatch, KeyedDocument } from "../../erp/port.ts";
import { dayOfLane } from "../../ledger/index.ts";
import { OPENING_OBJECT, shortStripeId } from "../../mapping/index.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "./door.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import { partOfReversal } from "./reversal-parts.ts";
import { canFindByKey } from "./route.ts";
import { standingBatches } from "./single-add.ts";

/** What a lane waits for that has met something in SL of which only a rebuild tells the rest. */
export const WAITS_FOR_REBUILD = "a rebuild: what SL holds of it was taken back";

/** A rebuild wakes what waits for it; this is for one that nobody has asked for yet. */
const REBUILD_LOOK_MS = 60_000;

/** Where something of the key stands. */
type Found = Pick<KeyedBatch, "batNbr" | "isReleased">;

/**
 * Looks SL up by key before a first fill, where hub and SL may have lost sight of each other: a
 * document that already stands there is taken over instead of written again. Returns undefined
 * when there is nothing to take over.
 *
 * The intent's own stage and attempts prove nothing here: a database that was put back to an older
 * copy shows an intent half way whose document was released since, perhaps in another batch.
 *
 * @throws HubError `conflict.key_taken` when SL holds several batches of the key and not exactly
 *   one of them is released; Waiting where SL holds what has taken it back
 */
export async function adoptFromSl(
  door: Door,
  intent: Intent<DocumentDraft, DocumentReceipt>,
): Promise<Intent<DocumentDraft, DocumentReceipt> | undefined> {
  if (!door.mustLookUp || !door.noteLookUp(intent)) return undefined;
  const found = await findInSl(door, intent);
  const batches = new Map(found.map((document) => [document.batNbr, document]));
  const released = [...batches.values()].filter((document) => document.isReleased);
  // Held ones beside it are orphans: they have no effect, and are listed to be voided.
  const [only] = released.length === 1 ? released : [...batches.values()];
  if (only === undefined) return yieldToLater(door, intent);
  if (batches.size > 1 && released.length !== 1) throw severalBatches(intent.key, found);
  if (only.isReleased) await assertNotTakenBack(door, intent);
  return door.store.advance(intent, { stage: "filling", batNbr: only.batNbr });
}

/**
 * What was taken back is not booked any more, and owns no rows: whether the fact was booked again
 * since, and under which key, only a rebuild tells a hub that has lost its database.
 *
 * @throws Waiting
 */
async function assertNotTakenBack(
  door: Door,
  { identity, draft }: Intent<DocumentDraft, DocumentReceipt>,
): Promise<void> {
  if (draft.kind === "application" || !(await canFindByKey(door))) return;
  const part = partOfReversal(identity);
  const back = intentKey({ ...identity, purpose: "reverse", part, generation: 0 });
  const standing = await door.erp.findOfStripeId(draft.stripeId, door.signal);
  if (!standing.some(({ key, isReleased }) => isReleased && key.trim() === back)) return;
  throw new Waiting(WAITS_FOR_REBUILD, REBUILD_LOOK_MS);
}

/**
 * Nothing stands under the key. A lost database may have known a later generation, one that took
 * the place of a draft that SL had refused or of a voided batch: this one gives way to it, and the
 * next in turn is looked up as it was.
 *
 * @throws HubError `conflict.foreign_document`
 */
export async function yieldToLater(
  door: Door,
  intent: Intent<DocumentDraft, DocumentReceipt>,
): Promise<Intent<DocumentDraft, DocumentReceipt> | undefined> {
  const { identity, draft } = intent;
  // An application reads first what is applied, so another one of it applies no cent twice.
  if (!door.mustLookUp || draft.kind === "application") return undefined;
  if (!(await canFindByKey(door))) return undefined;
  const standing = await door.erp.findOfStripeId(draft.stripeId, door.signal);
  const isLater = ({ key, type }: KeyedDocument) =>
    type !== "" && (generationOfKey(identity, key) ?? -1) > identity.generation;
  if (standing.some(isLater)) return door.store.advance(intent, { stage: "abandoned" });
  assertNotForeign(door, draft, standing);
  return undefined;
}

/**
 * The released document of an identity among those of its Stripe id, of whatever generation: the
 * newest, since what an earlier one had booked was taken back.
 */
export function newestReleased(
  standing: readonly KeyedDocument[],
  slot: Omit<IntentIdentity, "generation">,
): KeyedDocument | undefined {
  const generation = ({ key }: KeyedDocument) => generationOfKey(slot, key) ?? -1;
  return standing
    .filter((one) => one.isReleased && generation(one) >= 0)
    .toSorted((a, b) => generation(b) - generation(a))[0];
}

/**
 * The same where the hub may have lost its database and does not know it; undefined where nothing
 * is to be looked up, or no view finds a document by its key.
 */
export async function releasedBefore(
  door: Door,
  slot: Omit<IntentIdentity, "generation">,
): Promise<KeyedDocument | undefined> {
  if (!door.mustLookUp || !(await canFindByKey(door))) return undefined;
  return newestReleased(
    await door.erp.findOfStripeId(shortStripeId(slot.object), door.signal),
    slot,
  );
}

function mayBeForeign(door: Door, { stripeId, kind }: DocumentDraft): boolean {
  if (door.mayBeForeign !== true || kind === "application") return false;
  return dayOfLane(stripeId) === undefined && stripeId !== OPENING_OBJECT;
}

/**
 * What a person or an older connector has booked for the same Stripe object is never doubled, and
 * never guessed to be the same: a person says what becomes of it.
 */
function assertNotForeign(
  door: Door,
  draft: DocumentDraft,
  standing: readonly KeyedDocument[],
): void {
  const { stripeId } = draft;
  const found = standing.filter(({ key }) => !isIntentKey(key.trim()));
  if (found.length === 0 || !mayBeForeign(door, draft)) return;
  const names = found.map(({ type, refNbr, batNbr }) => `${type} ${refNbr} in batch ${batNbr}`);
  const documents = names.join(", ");
  throw new HubError(
    "conflict.foreign_document",
    `SL holds documents of ${stripeId} that the hub has not booked: ${documents}`,
    { facts: { stripeId, documents } },
  );
}

async function findInSl(
  door: Door,
  intent: Intent<DocumentDraft, DocumentReceipt>,
): Promise<readonly Found[]> {
  const { erp, signal } = door;
  // A site that was never asked answers here, before anything can be written twice.
  if (!(await canFindByKey(door))) {
    assertCanLookUp(door, intent.draft);
    const released = await erp.findReleased(intent.draft, signal);
    return released === undefined ? [] : [released];
  }
  // Their batches have no document to be found by; reading tells whether they are empty.
  const { kind } = intent.draft;
  if (kind === "application" || kind === "journal") return standingBatches(door, intent);
  const keyed = await erp.findByKey(intent.key, signal);
  // Empty batches of the key are reservations that nobody used; they hold nothing to take over.
  return keyed.filter((document) => document.type !== "");
}

/** A journal has neither customer nor number: without views only a list of batches shows it. */
function assertCanLookUp({ erp }: Door, draft: DocumentDraft): void {
  if (draft.kind !== "journal" || erp.capabilities["list-batches"] === "yes") return;
  const message = "No view finds a journal by its key, so it might stand in SL already";
  throw new HubError("config.no_safe_write", message, { facts: { screen: "journal" } });
}

function severalBatches(key: string, found: readonly Found[]): HubError {
  return new HubError("conflict.key_taken", "SL holds several batches of one key", {
    facts: { key, batches: found.map((document) => document.batNbr).join(", ") },
  });
}
