import { HubError, toHubError } from "../../base/errors.ts";
import { compareBatch, type Difference, isFilled } from "../../erp/compare.ts";
import { type BatchReading, type DocumentDraft, screenOf } from "../../erp/port.ts";
import { assertApplied } from "../apply/applied-check.ts";
import { Waiting } from "../waiting.ts";
import { adoptFromSl, yieldToLater } from "./adopt.ts";
import type { Door } from "./door.ts";
import {
  type Attempt,
  type DocumentReceipt,
  type Intent,
  isSave,
  newestAttempt,
  newestSave,
} from "./intent.ts";
import type { ReceiptRows } from "./intent-move.ts";
import {
  assertNotInVain,
  assertNotInVainForLong,
  isOpen,
  LOOK_AFTER_LAG_MS,
  lookInMs,
  mayLag,
  openOutcome,
  releaseAgainAtMs,
  waitOutHorizon,
} from "./open-outcome.ts";
import { isReleasedByPerson, waitForRelease } from "./release-by-person.ts";
import { routeOf, takesReserved, tryReserve } from "./route.ts";
import { closeUnsent, openAgeMs, send } from "./send.ts";
import { addOnHold, assertOnlyBatch, settleAdd, takeOther } from "./single-add.ts";

type DocumentIntent = Intent<DocumentDraft, DocumentReceipt>;
/** Rows that stand beside the receipt: links and owners. */
export type RowsFor = (receipt: DocumentReceipt) => ReceiptRows;

const TAX_CURE =
  "SL's tax is not Stripe's. Correct `taxes:` of the pair or the rate in SL, or set tax: line; " +
  "void the batch in its screen, then resume.";

const RELEASED_CURE =
  "The batch is released and counts. Compare it with what the fact asks for, correct what is " +
  "wrong by documents of their own in SL, then dismiss.";

/** Outcomes after which the send may have saved a document, or may still do so. */
const COMMIT_POSSIBLE = new Set(["ok", "found", "absent", "no_answer"]);

/**
 * The write protocol: reserve an empty held batch → fill → read back and compare → release →
 * receipt. SL has no idempotency keys, so **release is the commit point**: whatever else was sent
 * twice or late stays unreleased and has no effect on the books. Where a site refuses empty batches
 * `single-add.ts` takes the place of reserve and fill.
 *
 * Restartable at any point: each stage is saved before the send that leaves it, and a send without
 * an answer is settled by reading SL, never by guessing.
 *
 * @throws Waiting while an outcome is open; HubError as the connector throws, and
 *   `conflict.batch_content`, `erp.batch_suspended`
 */
export async function bookDocument(
  door: Door,
  first: DocumentIntent,
  rowsFor: RowsFor,
): Promise<DocumentIntent> {
  let intent = first;
  try {
    while (intent.stage !== "done" && intent.stage !== "abandoned") {
      intent = await nextStep(door, intent, rowsFor);
    }
  } finally {
    await door.store.flush(first.identity);
  }
  return intent;
}

function nextStep(door: Door, intent: DocumentIntent, rowsFor: RowsFor): Promise<DocumentIntent> {
  switch (intent.stage) {
    case "planned":
      return begin(door, intent);
    case "reserving":
      // At worst an empty held batch stands in SL that nobody will ever fill: reserve another.
      return reserveAgain(door, intent);
    case "reserved":
      return fill(door, intent);
    case "adding":
      return settleAdd(door, intent);
    case "filling":
      return settleFill(door, intent);
    case "filled":
      return release(door, intent, rowsFor);
    default:
      return settleRelease(door, intent, rowsFor);
  }
}

async function reserveAgain(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const settled = await closeUnsent(door, intent, "planned");
  assertNotInVainForLong(door, settled);
  return settled;
}

async function begin(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const route = await routeOf(door, screenOf(intent.draft));
  if (route === "add") {
    return (await yieldToLater(door, intent)) ?? addOnHold(door, intent);
  }
  return (await adoptFromSl(door, intent)) ?? reserve(door, intent);
}

async function reserve(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const { draft, key } = intent;
  const { stripeId, period, currency, documentDate: rateDate, rate } = draft;
  const rated = rate === undefined ? {} : { rate };
  const head = { screen: screenOf(draft), key, stripeId, period, currency, rateDate, ...rated };
  return send(door, intent, {
    step: "reserve",
    during: "reserving",
    onFailure: "planned",
    call: (signal) => tryReserve(door, head, signal),
    onAnswer: ({ batNbr }) => ({ stage: "reserved", batNbr }),
  });
}

async function fill(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const adopted = await adoptFromSl(door, intent);
  if (adopted !== undefined) return adopted;
  const batNbr = batchOf(intent);
  // A probe has found out since that this batch can never be filled: it stays empty.
  if (!takesReserved(door.erp.capabilities, screenOf(intent.draft))) {
    return door.store.advance(intent, { stage: "planned" });
  }
  try {
    return await send(door, intent, {
      step: "fill",
      during: "filling",
      // A refusal is an answer, but only reading tells whether the batch is still empty.
      onFailure: "filling",
      call: (signal) => door.erp.fill(batNbr, intent.draft, signal),
      onAnswer: () => ({ stage: "filled" }),
    });
  } catch (refusal) {
    const refused = door.store.find(intent.identity) as DocumentIntent | undefined;
    const isAnswered = newestAttempt(refused ?? intent, "fill")?.isAnswered === true;
    // Settled while the answer is fresh, so that a mended draft is free to take its place.
    if (refused?.savedStage === "filling" && isAnswered) await settleFill(door, refused);
    throw refusal;
  }
}

/** The save had no good answer: read the batch and decide. */
async function settleFill(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const reading = await readBatch(door, intent);
  const attempt = newestSave(intent);
  if (reading.state === "voided") return giveUp(door, intent);
  if (!isFilled(intent.draft, reading)) {
    if (isOpen(attempt)) await waitOutHorizon(door, intent);
    const empty = { stage: "reserved", ...closing(attempt, "absent") } as const;
    const settled = await door.store.advance(intent, empty);
    assertNotInVain(settled);
    return settled;
  }
  const differences = compareBatch(intent.draft, reading);
  if (differences.length > 0) {
    // A call that is still running may be half way: only its end makes a difference a conflict.
    if (isOpen(attempt)) await waitOutHorizon(door, intent);
    throw foreignContent(intent, reading, differences);
  }
  return door.store.advance(intent, { stage: "filled", ...closing(attempt, "found") });
}

/** What reading has shown, for an attempt whose answer was lost. */
function closing(attempt: Attempt | undefined, outcome: string) {
  return isOpen(attempt) ? { answer: { nr: attempt.nr, outcome } } : {};
}

/** Reads back, compares, and only then releases exactly that batch. */
async function release(
  door: Door,
  intent: DocumentIntent,
  rowsFor: RowsFor,
): Promise<DocumentIntent> {
  const reading = await readBatch(door, intent);
  if (reading.state === "voided") return giveUp(door, intent);
  if (!isFilled(intent.draft, reading)) throw notYetVisible(door, intent, reading);
  const differences = compareBatch(intent.draft, reading);
  if (differences.length > 0) throw foreignContent(intent, reading, differences);
  if (reading.isReleased) return saveReceipt(door, intent, { reading, rowsFor });
  assertFillsSettled(door, intent);
  await assertOnlyBatch(door, intent);
  if (isReleasedByPerson(door, intent)) return waitForRelease(door, intent, reading);
  const sent = await (door.inReleaseTurn ?? atOnce)(() => sendRelease(door, intent));
  // The content was compared a moment ago; what is left to see is whether SL shows it as released.
  const shown = await door.erp.readState(screenOf(intent.draft), batchOf(intent), door.signal);
  if (shown?.isReleased !== true || shown.key !== intent.key) return sent;
  return saveReceipt(door, sent, { reading, rowsFor });
}

function atOnce<T>(release: () => Promise<T>): Promise<T> {
  return release();
}

async function sendRelease(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const batNbr = batchOf(intent);
  try {
    return await send(door, intent, {
      step: "release",
      during: "releasing",
      onFailure: "releasing",
      releaseKey: batNbr,
      call: (signal) => door.erp.release(screenOf(intent.draft), batNbr, signal),
      onAnswer: () => ({ stage: "releasing" }),
    });
  } catch (thrown) {
    const refusal = toHubError(thrown);
    if (refusal.code !== "erp.refused") throw thrown;
    // A failed check suspends the batch, which the person who mends the cause has to know.
    const shown = await door.erp.readState(screenOf(intent.draft), batNbr, door.signal);
    throw shown?.state === "suspended" ? suspended(intent, refusal.message) : thrown;
  }
}

/** Released is what SL shows as released, whatever the call said. */
async function settleRelease(
  door: Door,
  intent: DocumentIntent,
  rowsFor: RowsFor,
): Promise<DocumentIntent> {
  if (intent.releaseKey !== intent.batNbr) {
    throw new HubError("conflict.key_taken", "Another batch was chosen for release", {
      facts: { batNbr: intent.batNbr, chosen: intent.releaseKey },
    });
  }
  const reading = await readBatch(door, intent);
  if (reading.isReleased) return saveReceipt(door, intent, { reading, rowsFor });
  if (reading.state === "voided") return giveUp(door, intent);
  const attempt = newestAttempt(intent, "release");
  const ageMs = openAgeMs(door, attempt);
  if (reading.state === "suspended" && attempt !== undefined && door.hasSent(intent, attempt.nr)) {
    throw suspended(intent, "without saying why");
  }
  if (attempt?.outcome === "ok" && mayLag(door, attempt)) {
    throw new Waiting(`batch ${intent.batNbr} to show as released`, LOOK_AFTER_LAG_MS);
  }
  const againAtMs = releaseAgainAtMs(door, intent);
  if (attempt !== undefined && !attempt.isAnswered && ageMs < againAtMs) {
    throw openOutcome(intent, lookInMs(ageMs, againAtMs));
  }
  const settled = await closeUnsent(door, intent, "filled");
  assertNotInVain(settled);
  return release(door, settled, rowsFor);
}

async function saveReceipt(
  door: Door,
  intent: DocumentIntent,
  released: { reading: BatchReading; rowsFor: RowsFor },
): Promise<DocumentIntent> {
  const { reading, rowsFor } = released;
  waitUntilClosed(door, intent);
  const differences = compareBatch(intent.draft, reading);
  const receipt = receiptOf(intent.draft, reading);
  if (receipt === undefined || differences.length > 0) {
    throw foreignContent(intent, reading, differences);
  }
  await assertApplied(door, intent, reading);
  const open = intent.attempts.findLast((attempt) => !attempt.isAnswered);
  return door.store.advance(intent, {
    stage: "done",
    receipt,
    rows: rowsFor(receipt),
    ...(open === undefined ? {} : { answer: { nr: open.nr, outcome: "found" } }),
  });
}

/** SL's numbers for what the batch has done; an application has none but its payer's. */
function receiptOf(draft: DocumentDraft, reading: BatchReading): DocumentReceipt | undefined {
  const { batNbr } = reading;
  if (draft.kind === "application") {
    const { payer, customerId, period, documentDate } = draft;
    return { ...payer, customerId, batNbr, period, documentDate };
  }
  if (draft.kind === "journal") {
    // A journal has no number of its own: its batch's stands for it.
    const { period, documentDate } = draft;
    return { type: "GJ", customerId: "", refNbr: batNbr, batNbr, period, documentDate };
  }
  const document = reading.documents[0];
  if (document === undefined) return undefined;
  const { type, customerId, refNbr, period, documentDate } = document;
  return { type, customerId, refNbr, batNbr, period, documentDate };
}

async function readBatch(door: Door, intent: DocumentIntent): Promise<BatchReading> {
  const batNbr = batchOf(intent);
  const reading = await door.erp.readBatch(screenOf(intent.draft), batNbr, door.signal);
  const isOurs = reading?.key === intent.key || reading?.key === "";
  const holdsOurs = reading?.documents.some((document) => document.key === intent.key) === true;
  // Reads may lag behind the call that made the batch; absence proves something only later.
  if (reading === undefined && mayLag(door, intent.attempts.at(-1))) {
    throw new Waiting(`batch ${batNbr} to show up in SL`, LOOK_AFTER_LAG_MS);
  }
  // A batch of ours cannot vanish or become another's: then SL was put back to an older copy.
  if (reading === undefined || (!isOurs && !holdsOurs)) {
    throw new HubError("conflict.lineage", `SL no longer holds our batch ${batNbr}`, {
      facts: { batNbr, key: intent.key, found: reading?.key ?? "nothing" },
    });
  }
  return reading;
}

/** A person voided the batch: this generation is over and the next one may be booked. */
async function giveUp(door: Door, intent: DocumentIntent): Promise<DocumentIntent> {
  const other = await takeOther(door, intent);
  return other ?? door.store.advance(intent, { stage: "abandoned" });
}

/**
 * Releasing is allowed when every save that may have taken effect is answered, or is the only one,
 * or is older than the horizon: otherwise a second copy may still arrive.
 */
function assertFillsSettled(door: Door, intent: DocumentIntent): void {
  const saves = mayHaveCommitted(intent);
  if (saves.length <= 1) return;
  const youngest = saves.findLast(
    (attempt) => attempt.outcome !== "ok" && openAgeMs(door, attempt) < door.horizonMs,
  );
  if (youngest !== undefined) {
    throw openOutcome(intent, door.horizonMs - openAgeMs(door, youngest));
  }
}

function mayHaveCommitted(intent: DocumentIntent): readonly Attempt[] {
  return intent.attempts.filter(
    (attempt) =>
      isSave(attempt) && (attempt.outcome === undefined || COMMIT_POSSIBLE.has(attempt.outcome)),
  );
}

/**
 * A site whose released batches take documents shows a save that comes after its horizon only
 * later: the batch is counted once more before it has its receipt.
 *
 * @throws Waiting
 */
function waitUntilClosed(door: Door, intent: DocumentIntent): void {
  if (door.erp.capabilities["closed-after-release"] !== "no") return;
  if (mayHaveCommitted(intent).length <= 1) return;
  const dueInMs = door.horizonMs - openAgeMs(door, newestAttempt(intent, "release"));
  if (dueInMs <= 0) return;
  throw new Waiting(`released batch ${intent.batNbr} to take no late document any more`, dueInMs);
}

function notYetVisible(door: Door, intent: DocumentIntent, reading: BatchReading): Error {
  if (mayLag(door, newestSave(intent))) {
    return new Waiting(`batch ${intent.batNbr} to show its document`, LOOK_AFTER_LAG_MS);
  }
  return foreignContent(intent, reading, ["the document is missing"]);
}

function suspended(intent: Intent, words: string): HubError {
  const { batNbr } = intent;
  return new HubError("erp.batch_suspended", `SL suspended batch ${batNbr}: ${words}`, {
    facts: { batNbr },
  });
}

function foreignContent(
  intent: Intent,
  reading: BatchReading,
  differences: readonly (Difference | string)[],
): HubError {
  const what = differences.map((difference) => toText(difference)).join("; ");
  return new HubError(
    "conflict.batch_content",
    `Batch ${reading.batNbr} holds ${reading.documents.length} documents and differs: ${what}`,
    {
      facts: { batNbr: reading.batNbr, key: intent.key, documents: reading.documents.length },
      ...cureOf(reading, differences),
    },
  );
}

/** That of the code is for a batch on hold. */
function cureOf({ isReleased }: BatchReading, differences: readonly (Difference | string)[]) {
  if (isReleased) return { cure: RELEASED_CURE };
  const isTaxed = differences.some((one) => typeof one !== "string" && one.what === "tax");
  return isTaxed ? { cure: TAX_CURE } : {};
}

function toText(difference: unknown): string {
  return typeof difference === "string" ? difference : JSON.stringify(difference);
}

function batchOf(intent: Intent): string {
  if (intent.batNbr !== undefined) return intent.batNbr;
  throw toHubError(new Error(`Intent ${intent.key} has no batch in stage ${intent.stage}`));
}
