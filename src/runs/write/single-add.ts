import { HubError } from "../../base/errors.ts";
import { isFilled } from "../../erp/compare.ts";
import {
  type DocumentDraft,
  type KeyedBatch,
  type StandingBatch,
  screenOf,
} from "../../erp/port.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "./door.ts";
import { type DocumentReceipt, type Intent, newestAttempt, newestSave } from "./intent.ts";
import {
  assertNotInVain,
  isOpen,
  LOOK_AFTER_LAG_MS,
  LOOK_AGAIN_AT_MS,
  mayLag,
  waitOutHorizon,
} from "./open-outcome.ts";
import { takesReserved } from "./route.ts";
import { send } from "./send.ts";

type DocumentIntent = Intent<DocumentDraft, DocumentReceipt>;

/**
 * The way to a held document where a site refuses empty batches: one ADD on hold that carries the
 * key in batch and document. No number is known before its answer, so a lost one is settled by
 * looking the key up, and absence counts only after the outcome horizon. Since an ADD may still
 * commit later than that, a batch is released only while it is **the only one of its key**; one
 * that shows up afterwards stays unreleased for ever and is listed by `doctor`.
 */
export async function addOnHold(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  // What an earlier send has left is taken over; nothing is ever sent beside it.
  const found = await takeFound(door, intent);
  if (found !== undefined) return found;
  try {
    return await send(door, intent, {
      step: "add",
      during: "adding",
      // A refusal is an answer, but only the look-up tells whether something was saved.
      onFailure: "adding",
      call: (signal) => door.erp.add(intent.draft, signal),
      onAnswer: ({ batNbr }) => ({ stage: "filled", batNbr }),
    });
  } catch (refusal) {
    const refused = door.store.find(intent.identity) as DocumentIntent | undefined;
    const isAnswered = newestAttempt(refused ?? intent, "add")?.isAnswered === true;
    // Settled while the answer is fresh, so that a mended draft is free to take its place.
    if (refused?.savedStage === "adding" && isAnswered) await settleAdd(door, refused);
    throw refusal;
  }
}

/** The ADD had no good answer: look the key up and decide. */
export async function settleAdd(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const found = await takeFound(door, intent);
  if (found !== undefined) return found;
  const attempt = newestAttempt(intent, "add");
  if (!isOpen(attempt)) return door.store.advance(intent, { stage: "planned" });
  await waitOutHorizon(door, intent);
  const answer = { nr: attempt.nr, outcome: "absent" };
  const settled = await door.store.advance(intent, { stage: "planned", answer });
  assertNotInVain(settled);
  return settled;
}

/**
 * The last look before a release.
 *
 * @throws Waiting while the view may lag; HubError `conflict.key_taken` when another batch stands
 */
export async function assertOnlyBatch(door: Door, intent: DocumentIntent): Promise<void> {
  if (!mayHaveSeveral(door, intent)) return;
  const standing = await standingBatches(door, intent);
  const [only] = standing;
  if (only?.batNbr === intent.batNbr && standing.length === 1) return;
  if (only === undefined && mayLag(door, newestSave(intent))) {
    throw new Waiting(`the views to show batch ${intent.batNbr}`, LOOK_AFTER_LAG_MS);
  }
  throw severalBatches(intent, standing);
}

/**
 * Our batch was voided: goes on with another batch of the key where one stands, since the next
 * generation would be a second document beside it. Undefined where none does.
 */
export async function takeOther(
  door: Door,
  intent: DocumentIntent,
): Promise<DocumentIntent | undefined> {
  if (!mayHaveSeveral(door, intent)) return undefined;
  const standing = await standingBatches(door, intent);
  // The one batch that this intent may release is gone; only what is released already can count.
  const isTooLate = intent.releaseKey !== undefined && standing.some((one) => !one.isReleased);
  if (isTooLate) throw severalBatches(intent, standing, "Void these batches too, then resume.");
  return take(door, intent, standing);
}

/** True once an ADD was sent, and where another hub may have sent one before a restore. */
function mayHaveSeveral(door: Door, intent: DocumentIntent): boolean {
  const isAddRoute = !takesReserved(door.erp.capabilities, screenOf(intent.draft));
  return isAddRoute || newestAttempt(intent, "add") !== undefined;
}

async function takeFound(door: Door, intent: DocumentIntent): Promise<DocumentIntent | undefined> {
  return take(door, intent, await standingBatches(door, intent));
}

/** Stage `filling` reads the batch and compares: it may hold half of the document, or another. */
async function take(
  door: Door,
  intent: DocumentIntent,
  standing: readonly KeyedBatch[],
): Promise<DocumentIntent | undefined> {
  const [only] = standing;
  if (only === undefined) return undefined;
  if (standing.length > 1) throw severalBatches(intent, standing);
  const reading = await door.erp.readBatch(screenOf(intent.draft), only.batNbr, door.signal);
  // The views have shown a document; reads by batch may lag behind them.
  if (reading === undefined || !isFilled(intent.draft, reading)) {
    throw new Waiting(`batch ${only.batNbr} to show its document`, LOOK_AGAIN_AT_MS[0] ?? 0);
  }
  return door.store.advance(intent, { stage: "filling", batNbr: only.batNbr });
}

/** The batches of the key that are not voided and hold its document or application. */
export async function standingBatches(
  door: Door,
  intent: DocumentIntent,
): Promise<readonly KeyedBatch[]> {
  const batches = await door.erp.findBatches(intent.key, door.signal);
  const standing: KeyedBatch[] = [];
  for (const batch of batches) {
    // An empty batch of the key is a reservation from before the site was known: it books nothing.
    const isStanding = batch.state !== "voided" && (await holdsDraft(door, intent, batch));
    if (isStanding) standing.push(batch);
  }
  return standing;
}

/** A batch of an application or a journal holds no document: only reading it shows its lines. */
async function holdsDraft(
  door: Door,
  { draft }: DocumentIntent,
  { holdsDocument, batNbr }: StandingBatch,
): Promise<boolean> {
  if (draft.kind !== "application" && draft.kind !== "journal") return holdsDocument;
  const reading = await door.erp.readBatch(screenOf(draft), batNbr, door.signal);
  return reading !== undefined && isFilled(draft, reading);
}

function severalBatches(
  intent: Intent,
  standing: readonly KeyedBatch[],
  cure = "Void all of these batches but one in their screen, then resume.",
): HubError {
  const numbers = standing.map(({ batNbr }) => batNbr).join(", ") || "none";
  return new HubError(
    "conflict.key_taken",
    `The views show batches ${numbers} of one key; it must be ${intent.batNbr ?? "one"} alone`,
    { facts: { key: intent.key, batNbr: intent.batNbr, batches: numbers }, cure },
  );
}
