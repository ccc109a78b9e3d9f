import { HubError } from "../../base/errors.ts";
import type {
  CustomerChange,
  CustomerDraft,
  CustomerReading,
  TaxNumberField,
} from "../../erp/port.ts";
import { linkedCustomerId } from "../../links/index.ts";
import {
  type CustomerConflict,
  type FollowedTexts,
  hasTaxNumber,
  nextBase,
  planCustomerChange,
  textsAtStripe,
} from "../../mapping/index.ts";
import type { SaleResult } from "../charges/charge-run.ts";
import type { RunContext } from "../context.ts";
import type { Dismissal } from "../dismissal.ts";
import { Waiting } from "../waiting.ts";
import { type Intent, newestAttempt } from "../write/intent.ts";
import { LOOK_AGAIN_AT_MS } from "../write/open-outcome.ts";
import { closeUnsent, openAgeMs, send } from "../write/send.ts";
import type { CustomerReceipt } from "./create-customer.ts";
import { followedTextsOf, type Memory, readBase, saveBase } from "./customer-base.ts";

/** Purpose of the intents that write a customer's new texts. */
const PURPOSE = "customer-update" as const;
/** New texts of one customer; an empty receipt says that SL shows them. */
type ChangeDraft = Readonly<{ customerId: string; change: CustomerChange }>;
type ChangeIntent = Intent<ChangeDraft, Readonly<Record<string, never>>>;

/** What a run of a customer knows beside its context. */
export type CustomerRun = Readonly<{
  stripeId: string;
  /** A person's decision to leave SL's values as they are; it covers what they saw. */
  dismissal: Dismissal | undefined;
  /** Whether an event of Stripe's says that something has changed. */
  isTold: boolean;
  /** Told what is in conflict, in words, for whoever looks at the parked run. */
  onConflict: (words: string) => void;
}>;

/**
 * Brings what has changed of a Stripe customer to its SL customer, where the settings ask for it.
 * Reads both sides, compares them with what they last said, and writes what Stripe alone has
 * changed: a value of ours that comes back differs from nothing, and one that a person has changed
 * in SL is never written over.
 *
 * @throws HubError `conflict.customer_changed` for what both sides have changed
 */
export async function runCustomer(context: RunContext, run: CustomerRun): Promise<SaleResult> {
  const { pool, pair, lane, door, signal } = context;
  const { settings } = pair;
  const { updates, updatesOf, taxId } = settings.customer;
  await door.store.load([run.stripeId]);
  // Whatever the settings say by now, a send is never left without its end.
  await settleChange(context, run.stripeId);
  if (updates.length === 0) return left("customers are not updated from Stripe (customer.updates)");
  const customerId = await linkedCustomerId(pool, pair.id, run.stripeId);
  if (customerId === undefined) return left("no SL customer is linked to it yet");
  const draft = madeOf(context, run.stripeId, customerId);
  if (updatesOf === "made" && draft === undefined) {
    return left(`SL customer ${customerId} was not made by the hub (customer.updates-of: made)`);
  }
  const buyer = await pair.stripe.readCustomer(run.stripeId, signal);
  if (buyer === undefined) return left("it was deleted at Stripe");
  const reading = await readCustomer(context, customerId);
  const which = { stripeId: run.stripeId, customerId };
  const stored = await readBase(pool, { pair: pair.id, ...which });
  const base = stored === undefined ? draft : withDraft(stored, draft);
  const now = { sl: followedTextsOf(reading, taxId?.to), stripe: textsAtStripe(buyer, settings) };
  if (base === undefined && !run.isTold) {
    await saveBase(pool, lane, { ...which, ...now });
    return left(`what SL customer ${customerId} and Stripe say is remembered from now on`);
  }
  const isWritten = hasWritten(context, { ...which, taxNumber: now.sl.taxNumber }, base);
  const isTaxNumberOurs = isWritten && !hasTaxNumber(buyer, now.sl.taxNumber);
  const plan = planCustomerChange({ ...now, isTaxNumberOurs }, base, updates);
  const change = inColumns(plan.change, taxId?.to);
  const written = await writeChange(context, run.stripeId, { customerId, change });
  const open = plan.conflicts.filter((conflict) => !isDecided(run, conflict));
  const decided = plan.conflicts.filter((one) => !open.includes(one)).map(({ field }) => field);
  const after = { sl: { ...now.sl, ...plan.change }, stripe: now.stripe };
  // Without a base a difference stays one until a person has decided about it.
  if (base !== undefined || open.length === 0) {
    const next = nextBase(after, base, { agreed: plan.agreed, decided });
    const ours = plan.change.taxNumber ?? (isWritten ? now.sl.taxNumber : "");
    await saveBase(pool, lane, { ...which, ...next, sl: { ...next.sl, taxNumberWritten: ours } });
  }
  if (open.length > 0) throw conflictOf(run, customerId, open);
  if (written === "") return left(`nothing of SL customer ${customerId} is to be changed`);
  return { outcome: "booked", reason: `SL customer ${customerId} changed: ${written}` };
}

function left(reason: string): SaleResult {
  return { outcome: "not_applicable", reason: `Left alone: ${reason}` };
}

/** What the hub has made the customer with: both sides said that then. Else undefined. */
function madeOf(
  { door, pair }: RunContext,
  stripeId: string,
  customerId: string,
): Memory | undefined {
  const intent = door.store.find({ object: stripeId, purpose: "customer", part: "" }) as
    | Intent<Partial<CustomerDraft>, CustomerReceipt>
    | undefined;
  if (intent?.stage !== "done" || intent.receipt?.customerId !== customerId) return undefined;
  const { name, addressLine1, addressLine2, city, state, zip, country, email, phone } =
    intent.draft;
  const texts = { name, addressLine1, addressLine2, city, state, zip, country, email, phone };
  const { taxId } = pair.settings.customer;
  const taxNumber = (taxId && intent.draft.taxNumbers?.[taxId.to]) ?? "";
  // A customer that a rebuild took over from SL has no draft of all its texts.
  const full = Object.fromEntries(
    Object.entries({ ...texts, taxNumber }).map(([text, value]) => [text, value ?? ""]),
  ) as FollowedTexts;
  return { sl: { ...full, taxNumberWritten: taxNumber }, stripe: full };
}

/** A memory from before tax numbers followed has theirs from what the customer was made with. */
function withDraft(stored: Memory, draft: Memory | undefined): Memory {
  if (draft === undefined || stored.sl.taxNumber !== undefined) return stored;
  const { taxNumber, taxNumberWritten = "" } = draft.sl;
  return {
    sl: { ...stored.sl, taxNumber, taxNumberWritten },
    stripe: { ...stored.stripe, taxNumber },
  };
}

type Numbered = Readonly<{ stripeId: string; customerId: string; taxNumber: string }>;

/**
 * Whether the hub itself has written this tax number to SL, by what is remembered, or by the newest
 * change, whose run may have died before it remembered. Only such a number is ever taken away.
 */
function hasWritten(
  { door, pair }: RunContext,
  { stripeId, customerId, taxNumber }: Numbered,
  base: Memory | undefined,
): boolean {
  const column = pair.settings.customer.taxId?.to;
  if (column === undefined || taxNumber === "") return false;
  if (base?.sl.taxNumberWritten === taxNumber) return true;
  const place = { object: stripeId, purpose: PURPOSE, part: "" };
  const newest = door.store.find(place) as ChangeIntent | undefined;
  if (newest?.stage !== "done" || newest.draft.customerId !== customerId) return false;
  return newest.draft.change[column] === taxNumber;
}

/** A change as SL takes it: the tax number under its column. */
function inColumns(
  { taxNumber, ...texts }: Readonly<Partial<FollowedTexts>>,
  column: TaxNumberField | undefined,
): CustomerChange {
  return column === undefined || taxNumber === undefined
    ? texts
    : { ...texts, [column]: taxNumber };
}

async function readCustomer(context: RunContext, customerId: string): Promise<CustomerReading> {
  const reading = await context.pair.erp.readCustomer(customerId, context.signal);
  if (reading !== undefined) return reading;
  throw new HubError("mapping.customer_unknown", `SL has no customer ${customerId} any more`, {
    facts: { customerId },
  });
}

/**
 * A change whose answer was lost: SL shows it, or it may still come until the outcome horizon, and
 * nothing else may be written over it meanwhile.
 */
async function settleChange(context: RunContext, stripeId: string): Promise<void> {
  const { door } = context;
  const place = { object: stripeId, purpose: PURPOSE, part: "" };
  const intent = door.store.find(place) as ChangeIntent | undefined;
  if (intent?.stage !== "filling") return;
  const reading = await readCustomer(context, intent.draft.customerId);
  const attempt = newestAttempt(intent, "write");
  const isOpen = attempt !== undefined && !attempt.isAnswered;
  if (isShown(intent.draft.change, reading)) {
    const answer = isOpen ? { answer: { nr: attempt.nr, outcome: "found" } } : {};
    await door.store.advance(intent, { stage: "done", receipt: {}, ...answer });
    return;
  }
  const ageMs = openAgeMs(door, attempt);
  if (isOpen && ageMs < door.horizonMs) {
    const lookAtMs = LOOK_AGAIN_AT_MS.find((atMs) => atMs > ageMs) ?? door.horizonMs;
    throw new Waiting(
      `the outcome of a change of customer ${intent.draft.customerId}`,
      Math.min(lookAtMs, door.horizonMs) - ageMs,
    );
  }
  await closeUnsent(door, intent, "abandoned");
}

function isShown(change: CustomerChange, reading: CustomerReading): boolean {
  const texts = Object.entries(change) as [keyof CustomerChange, string][];
  const shown = { ...reading, ...reading.taxNumbers };
  return texts.every(([text, value]) => shown[text].trim() === value.trim());
}

/** @returns the names of what was written, empty where there was nothing to write */
async function writeChange(
  { door, pair, steps }: RunContext,
  stripeId: string,
  draft: ChangeDraft,
): Promise<string> {
  const names = Object.keys(draft.change).join(", ");
  if (names === "") return "";
  const place = { object: stripeId, purpose: PURPOSE, part: "" };
  const before = door.store.find(place);
  if (before?.stage === "done") await door.store.advance(before, { stage: "abandoned" });
  const intent: ChangeIntent = await door.store.ensure(place, () => ({ draft, notes: [] }));
  await send(door, intent, {
    step: "write",
    during: "filling",
    onFailure: "planned",
    call: (signal) => door.erp.updateCustomer(draft.customerId, draft.change, signal),
    onAnswer: () => ({ stage: "done", receipt: {} }),
  });
  pair.reference.clear();
  steps.note("customer", `customer ${draft.customerId} changed: ${names}`, {
    customerId: draft.customerId,
  });
  return names;
}

/** A person has seen this very conflict and left SL's value as it is. */
function isDecided({ dismissal }: CustomerRun, conflict: CustomerConflict): boolean {
  return dismissal?.money.split(BETWEEN).includes(wordsOf(conflict)) === true;
}

const BETWEEN = " | ";

function wordsOf({ field, inSl, atStripe }: CustomerConflict): string {
  return `${field}: "${inSl}" in SL, "${atStripe}" at Stripe`;
}

function conflictOf(
  run: CustomerRun,
  customerId: string,
  open: readonly CustomerConflict[],
): HubError {
  const words = open.map(wordsOf).join(BETWEEN);
  run.onConflict(words);
  const before = Object.fromEntries(open.map((one) => [`${one.field} before`, one.before]));
  return new HubError(
    "conflict.customer_changed",
    `Customer ${customerId} was changed in SL and at Stripe; ${words}`,
    { facts: { customerId, stripeId: run.stripeId, ...before } },
  );
}
