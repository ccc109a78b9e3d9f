import { currencies } from "../../base/currency.ts";
import { HubError } from "../../base/errors.ts";
import {
  DISPUTE_PURPOSES,
  type IntentIdentity,
  identityOfKey,
  intentKey,
  isJournalPurpose,
  JOURNAL_PURPOSES,
  type Purpose,
  REFUND_PURPOSES,
} from "../../base/ids.ts";
import type { Dispute } from "../../canonical/dispute.ts";
import type { BatchReading } from "../../erp/port.ts";
import { dayOfLane, feesLane, payoutOfLane } from "../../ledger/index.ts";
import {
  customerObject,
  ENDINGS,
  guestObject,
  OPENING_OBJECT,
  SURPLUS,
  stopoverRestPart,
} from "../../mapping/index.ts";
import { partsOfMemos, VERDICT_JOURNAL_PARTS } from "../disputes/dispute-parts.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { voidOf } from "../refunds/credited.ts";
import { exchangePart, partOfReversal, washPart } from "./reversal-parts.ts";

/** Late rows of one day seldom come in more turns than this; each is a hash for each currency. */
const JOURNALS_TRIED = 5;
/** Where its batch tells the currency: each fee whose payment came late may have one of its own. */
const JOURNALS_TRIED_MAX = 100;
/** The same of a payout, each for every period that it may be of. */
const JOURNALS_OF_PAYOUT_TRIED = 20;
/** Hours of payments that come late without an end: of such numbers the first generation alone. */
const JOURNALS_OF_BACKLOG_TRIED = 1_000;
const JOURNALS_OF_PAYOUT_BACKLOG_TRIED = 200;
/**
 * A day's sales have documents for each set of accounts, which may be one for each tax authority,
 * and for all that comes late.
 */
const SUMMARIES_TRIED = 500;

/** What SL tells about a record that carries a key of ours. */
export type KeyedRecord = Readonly<{
  key: string;
  /** The readable Stripe id beside the key. */
  stripeId: string;
  purpose: Purpose;
  /** What it may be for instead; its key tells. */
  orFor?: readonly Purpose[];
  /** Of a customer; else empty. */
  email: string;
  /** The batch of a journal; absent of anything else. */
  journal?: string;
  /** What else its part may be, as the record itself tells; absent where nobody asked it. */
  parts?: readonly string[];
  /** The SL customer of a document, who is its part where a charge is shared out; else empty. */
  customerId: string;
}>;

/**
 * The identity whose key the record carries, or undefined where no known object gives that key:
 * only the hash proves object and generation.
 *
 * A guest's customer is made for the guest, who is told by the e-mail address, while beside the key
 * stands the sale that the guest was first seen with. The address in SL may be missing (it did not
 * fit) or mended since; then the sale at Stripe tells who the guest is.
 */
export async function identify(
  pair: PairRuntime,
  record: KeyedRecord,
): Promise<IntentIdentity | undefined> {
  const isOfDay = dayOfLane(record.stripeId) !== undefined;
  if (isOfDay && record.customerId !== "") return summaryOf(pair, record);
  const found = identityOf(pair.id, record, record.stripeId);
  if (found === undefined && record.journal !== undefined) {
    const batch = await pair.erp.readBatch("journal", record.journal);
    const ofVerdicts = isDispute(record.stripeId) ? VERDICT_JOURNAL_PARTS : [];
    const parts = [...rowsOf(batch), ...ofVerdicts];
    const byRow = identityOf(pair.id, { ...record, parts }, record.stripeId);
    return byRow ?? (isOfDay ? ofFullDay : feesOfPayout)(pair.id, record, batch);
  }
  if (found === undefined && isDispute(record.stripeId)) {
    const dispute = await disputeAtStripe(pair, record.stripeId);
    if (dispute === undefined) return undefined;
    const [purpose, ...others] = DISPUTE_PURPOSES;
    const asMemo = { ...record, purpose, orFor: [...others, "reverse"] as const };
    return identityOf(pair.id, { ...asMemo, parts: partsOfMemos(dispute) }, record.stripeId);
  }
  if (found !== undefined || record.purpose !== "customer") return found;
  const guest = guestObject(record.email);
  const byEmail = guest === undefined ? undefined : identityOf(pair.id, record, guest);
  if (byEmail !== undefined) return byEmail;
  const buyer = await buyerAtStripe(pair, record.stripeId);
  return buyer === undefined ? undefined : identityOf(pair.id, record, buyer);
}

/** Whether the record's key is that of its Stripe id in this pair: no look at Stripe is taken. */
export function isKeyOf(pair: string, record: KeyedRecord): boolean {
  return identityOf(pair, record, record.stripeId) !== undefined;
}

function identityOf(
  pair: string,
  { key, purpose, orFor, customerId, parts }: KeyedRecord,
  object: string,
): IntentIdentity | undefined {
  const purposes = [purpose, ...(orFor ?? [])];
  const usual = (one: Purpose) =>
    parts ?? (dayOfLane(object) === undefined ? partsOf(one, customerId, object) : partsOfDay(one));
  const slots = purposes.flatMap((one) => {
    const own = one === "reverse" ? [...ENDINGS, ...partsOfReversals(usual)] : usual(one);
    return own.map((part) => ({ pair, object, purpose: one, part }));
  });
  return identityOfKey(slots, key);
}

/** What may have been taken back, with the generations that are looked for. */
const REVERSIBLE: readonly Purpose[] = [
  ...(["invoice", "payment", "return"] as const),
  ...REFUND_PURPOSES,
  ...JOURNAL_PURPOSES,
];
const REVERSED_TRIED = 3;

function partsOfReversals(usual: (purpose: Purpose) => readonly string[]): readonly string[] {
  return REVERSIBLE.flatMap((purpose) =>
    usual(purpose)
      .flatMap((part) => generationsOf({ purpose, part }))
      .flatMap((taken) =>
        isJournalPurpose(purpose)
          ? [partOfReversal(taken)]
          : [partOfReversal(taken), exchangePart(taken), washPart(taken)],
      ),
  );
}

function generationsOf(taken: Readonly<{ purpose: Purpose; part: string }>) {
  return Array.from({ length: REVERSED_TRIED }, (_, generation) => ({ ...taken, generation }));
}

/** Which of several documents of a purpose it may be, as far as the record itself can tell. */
function partsOf(purpose: Purpose, customerId: string, object: string): readonly string[] {
  if (object === OPENING_OBJECT) return purpose === "opening" ? currencies() : [];
  const isRefund = REFUND_PURPOSES.some((one) => one === purpose);
  const isShared = purpose === "payment" || purpose === "return" || isRefund;
  const own = isShared && customerId !== "" ? ["", customerId] : [""];
  if (purpose === "refund-back-cause") return [...own, SURPLUS];
  return purpose === "credit-note" ? [...own, ...own.map(voidOf)] : own;
}

/** The balance rows that a journal's lines name: one of several journals has one for its part. */
function rowsOf(batch: BatchReading | undefined): readonly string[] {
  const named = [...new Set(batch?.journal?.lines.map(({ stripeId }) => stripeId.trim()) ?? [])];
  return named.flatMap((row) => [row, stopoverRestPart(row)]);
}

/** One of the many journals that a day has where its payments came late, one by one. */
function ofFullDay(
  pair: string,
  { key, stripeId: object }: KeyedRecord,
  batch: BatchReading | undefined,
): IntentIdentity | undefined {
  const currency = batch?.currency.trim() ?? "";
  const numbers = Array.from({ length: JOURNALS_TRIED_MAX }, (_, at) => at + 1);
  const slots = (["fee", "category"] as const).flatMap((purpose) =>
    numbers.flatMap((number) => {
      const part = `${purpose}:${currency}:${number}`;
      const backs = generationsOf({ purpose, part }).map(partOfReversal);
      return [
        { pair, object, purpose, part },
        ...backs.map((back) => ({ pair, object, purpose: "reverse", part: back }) as const),
      ];
    }),
  );
  const beyond = (["fee", "category"] as const).flatMap((purpose) =>
    numbersBetween(JOURNALS_TRIED_MAX, JOURNALS_OF_BACKLOG_TRIED).map((number) => {
      return { pair, object, purpose, part: `${purpose}:${currency}:${number}` };
    }),
  );
  return identityOfKey(slots, key) ?? ofFirstGeneration(beyond, key);
}

function numbersBetween(after: number, last: number): readonly number[] {
  return Array.from({ length: last - after }, (_, at) => after + at + 1);
}

function ofFirstGeneration(
  slots: readonly Omit<IntentIdentity, "generation">[],
  key: string,
): IntentIdentity | undefined {
  const slot = slots.find((one) => intentKey({ ...one, generation: 0 }) === key);
  return slot && { ...slot, generation: 0 };
}

/** A fiscal year has no more periods; it is named after the year of its start or its end. */
const PERIODS_MAX = 13;

/** Fees of what a payout took along, by the days that its lines tell: a period, or a day alone. */
function feesOfPayout(
  pair: string,
  record: KeyedRecord,
  batch: BatchReading | undefined,
): IntentIdentity | undefined {
  const object = feesLane(record.stripeId);
  if (payoutOfLane(object) === undefined || batch?.journal === undefined) return undefined;
  const dates = [...new Set(batch.journal.lines.map(({ date }) => date))];
  const years = new Set(dates.map((date) => Number(date.slice(0, 4))));
  const periods = [...years].flatMap((year) =>
    [year - 1, year, year + 1].flatMap((named) =>
      Array.from({ length: PERIODS_MAX }, (_, at) => `${named}${String(at + 1).padStart(2, "0")}`),
    ),
  );
  const slots = [...new Set([...periods, ...dates])];
  const partsBetween = (after: number, last: number) =>
    slots.flatMap((slot) =>
      numbersBetween(after, last).map((nr) => `fee:${batch.currency.trim()}:${slot}:${nr}`),
    );
  const { orFor: _, ...rest } = record;
  const usual = partsBetween(0, JOURNALS_OF_PAYOUT_TRIED);
  const asFee = identityOf(pair, { ...rest, purpose: "fee", parts: usual }, object);
  if (asFee !== undefined) return asFee;
  const beyond = partsBetween(JOURNALS_OF_PAYOUT_TRIED, JOURNALS_OF_PAYOUT_BACKLOG_TRIED);
  const later = beyond.map((part) => ({ pair, object, purpose: "fee", part }) as const);
  const back = { ...rest, purpose: "reverse", parts: partsBetween(0, JOURNALS_TRIED) } as const;
  return ofFirstGeneration(later, record.key) ?? identityOf(pair, back, object);
}

/** The journals of a day: for each kind and currency those of the first numbers. */
function partsOfDay(purpose: Purpose): readonly string[] {
  if (purpose !== "fee" && purpose !== "category") return [];
  return currencies().flatMap((currency) =>
    Array.from({ length: JOURNALS_TRIED }, (_, at) => `${purpose}:${currency}:${at + 1}`),
  );
}

/** What a day's documents of each type are for, by what such a document is of a sale. */
const OF_SUMMARY: Partial<Record<Purpose, Purpose>> = {
  invoice: "summary",
  payment: "payment",
  return: "refund-cash",
  reverse: "refund-cause",
};

/** What a day was summed up as: for each settlement currency those of the first numbers. */
function summaryOf(
  pair: PairRuntime,
  { orFor: _, ...record }: KeyedRecord,
): IntentIdentity | undefined {
  const purpose = OF_SUMMARY[record.purpose];
  if (purpose === undefined) return undefined;
  const parts = Object.keys(pair.settings.accounts.clearing).flatMap((currency) =>
    Array.from(
      { length: SUMMARIES_TRIED },
      (_, at) => `${currency}:${record.customerId}:${at + 1}`,
    ),
  );
  return identityOf(pair.id, { ...record, purpose, parts }, record.stripeId);
}

/** Whom the sale belongs to; undefined for a Stripe customer, whose id it would be itself. */
async function buyerAtStripe(pair: PairRuntime, stripeId: string): Promise<string | undefined> {
  if (stripeId === "" || stripeId.startsWith("cus_")) return undefined;
  const reading = await unlessMissing(() => pair.stripe.readLane(stripeId));
  return reading?.kind === "sale" ? customerObject(reading.sale) : undefined;
}

function isDispute(stripeId: string): boolean {
  return /^(dp|du)_/.test(stripeId);
}

/** A memo of a dispute names no balance row in SL, while its part does: Stripe knows the rows. */
function disputeAtStripe(pair: PairRuntime, stripeId: string): Promise<Dispute | undefined> {
  return unlessMissing(() => pair.stripe.readDispute(stripeId));
}

/** Another program's id, or one of another account, is nothing that explains a key. */
async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "stripe.object_missing") return undefined;
    throw thrown;
  }
}
