import type { Pool } from "pg";
import { present } from "../../base/assert.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { intentKey, type Purpose } from "../../base/ids.ts";
import { fingerprint } from "../../base/json.ts";
import { type Money, toDecimal } from "../../base/money.ts";
import type { BatchReading, DocumentReading, JournalDraft, MemoDraft } from "../../erp/port.ts";
import {
  atShownWorth,
  bookingZone,
  type ClosingApplication,
  choosePeriod,
  closingApplications,
  documentDate,
  mapReversal,
  openOnly,
  type ReversibleDraft,
  receivableOf,
  reversingType,
} from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { Reference } from "../write/reference.ts";
import { partOfReversal } from "../write/reversal-parts.ts";
import { assertOwnApplications, type ReadOriginal } from "./applied-elsewhere.ts";
import { assertSeenAgain, documentContent, isFoundAgain, journalContent } from "./found-again.ts";
import { planGivenBack } from "./given-back.ts";
import { notAgain } from "./not-again.ts";
import { orderReceiptOf, readUnshipped, stepsOf } from "./order-back.ts";
import { assertRateHolds, shownWorth } from "./original-worth.ts";
import { type StoredIntent, type ToReverse, wordsOf } from "./reversal.ts";
import { totalOf } from "./reverse-run.ts";
import type { Scope } from "./reverse-scope.ts";

/** A document that goes back, with the one that takes it back as it would be booked. */
export type PlannedReversal = Readonly<{
  original: Readonly<{
    key: string;
    object: string;
    purpose: Purpose;
    generation: number;
    numbers: DocumentReceipt;
    amount: Money;
  }>;
  draft: MemoDraft | JournalDraft;
  notes: readonly string[];
}>;

/** The content of a document that the hub knew by its numbers alone. */
export type FoundAgain = Readonly<{ key: string; draft: ReversibleDraft }>;

/** An order that goes back: a person cancels it in SL before anything is booked. */
export type PlannedOrder = Readonly<{
  key: string;
  object: string;
  generation: number;
  orderNumber: string;
  customerId: string;
  total: Money;
  /** What happens to it, in words and in order. */
  steps: readonly string[];
}>;

/** What a reversal would book, found without writing anything. */
export type ReversalPlan = Readonly<{
  pair: string;
  laneKey: string;
  objects: readonly string[];
  orders: readonly PlannedOrder[];
  documents: readonly PlannedReversal[];
  toReverse: readonly ToReverse[];
  /** What a rebuild took over, with the content that SL gives back of it. */
  foundAgain: readonly FoundAgain[];
  applications: readonly ClosingApplication[];
  /** What a person takes back in SL before anything is booked, in words and in order. */
  byHand: readonly string[];
  /** What becomes of the exchange that SL realises by them, in words; null where it makes none. */
  exchange: string | null;
  /** What stays away when the rest is booked again, in words. */
  notAgain: readonly string[];
  dated: string;
  period: string;
  /** Changes with whatever the plan is made from: who books it has seen this. */
  version: string;
}>;

/** Who asks, and for what. */
export type Planning = Readonly<{
  pool: Pool;
  /** One that may call SL outside of lanes. */
  pair: PairRuntime;
  by: string;
  reason: string;
  /** `YYYY-MM-DD`; default: today in the pair's zone. */
  date?: string | undefined;
  clock?: Clock;
}>;

/**
 * Maps what would take a scope back, with what SL shows of it now.
 *
 * @throws HubError `reverse.*`, `mapping.period_closed`, `erp.not_found`, and those of calls to SL
 */
export async function planReversal(how: Planning, scope: Scope): Promise<ReversalPlan> {
  const { pair, clock = systemClock } = how;
  const { settings } = pair;
  const reference = new Reference(pair.erp, clock);
  await assertSeenAgain(how.pool, pair, scope.originals);
  assertNothingStandsOn(scope);
  const orders = await readOrders(pair, scope.originals);
  const shown = await readOriginals(
    pair,
    scope.originals.filter(({ purpose }) => purpose !== "order"),
  );
  const { read, byHand } = await planGivenBack(pair, shown);
  await assertOwnApplications(pair, read);
  const dated = dateOfReversal(read, {
    wanted: how.date,
    today: documentDate(clock.now(), bookingZone(settings)),
  });
  const calendar = await reference.calendar();
  const { period } = openOnly(choosePeriod(dated, calendar, settings.closedPeriod));
  const { erp } = pair;
  for (const one of read) await assertRateHolds({ erp, settings, reference }, one, dated);
  const { termsId: terms } = await reference.terms(settings.terms.paid);
  const documents: PlannedReversal[] = [];
  for (const { original, draft, worth, numbers, total: amount } of read) {
    const { key, object, purpose, generation } = original;
    const { customerId } = numbers;
    const customer = customerId === "" ? undefined : await reference.customer(customerId.trim());
    const receivable =
      customer === undefined ? settings.accounts.ar : receivableOf(customer, settings);
    const part = partOfReversal(original);
    const mapped = mapReversal(atShownWorth(draft, worth), {
      key: intentKey({ pair: pair.id, object, purpose: "reverse", part, generation: 0 }),
      date: dated,
      period,
      calendar,
      original: numbers,
      words: wordsOf(how),
      ...{ terms, receivable, settings },
    });
    documents.push({ original: { key, object, purpose, generation, numbers, amount }, ...mapped });
  }
  const toReverse = [
    ...orders.map(({ key }): ToReverse => ({ key, open: null })),
    ...read.map(
      ({ original, open, worth }): ToReverse => ({
        ...{ key: original.key, open: open ?? null },
        ...(worth === undefined ? {} : { worth }),
      }),
    ),
  ];
  const objects = [...new Set(scope.originals.map(({ object }) => object))];
  const applications = closingApplications(read.flatMap((one) => pairOf(one) ?? []));
  // The proof counts what a kept draft is worth.
  const foundAgain = read.flatMap(({ original, draft, worth }) =>
    isFoundAgain(original) ? [{ key: original.key, draft: atShownWorth(draft, worth) }] : [],
  );
  const version = fingerprint({ toReverse, foundAgain, dated, period });
  const { laneKey } = scope;
  return {
    ...{ pair: pair.id, laneKey, objects, orders, documents, toReverse, foundAgain },
    ...{ applications, dated, period, version, byHand },
    exchange: read.some(realises) ? EXCHANGE : null,
    notAgain: notAgain(scope.originals, settings),
  };
}

const EXCHANGE =
  "What SL has realised as exchange and then realises back leaves both accounts by a journal.";

/** One of receivables that meets others of its currency, each at a rate of its own. */
function realises({ draft, used }: ReadOriginal): boolean {
  return draft.rate !== undefined && used !== undefined && used.minor !== 0n;
}

function pairOf({ numbers, total, open }: ReadOriginal) {
  const type = reversingType(numbers.type);
  if (open === undefined || type === "GJ") return undefined;
  const reversing = { type, refNbr: `for ${numbers.type} ${numbers.refNbr}` };
  return { customerId: numbers.customerId.trim(), original: numbers, total, open, reversing };
}

/** Of the intents of an order the first one stands for it; the others go with it. */
async function readOrders(
  { erp }: PairRuntime,
  originals: readonly StoredIntent[],
): Promise<readonly PlannedOrder[]> {
  const orders: PlannedOrder[] = [];
  for (const original of originals) {
    const { key, object, purpose, part, generation } = original;
    if (purpose !== "order" || part !== "") continue;
    const { orderNumber, customerId } = orderReceiptOf(original);
    const shown = await readUnshipped(erp.orders, orderNumber);
    const { total } = shown.order;
    const of = { key, object, generation, orderNumber, customerId, total };
    orders.push({ ...of, steps: stepsOf(shown) });
  }
  return orders;
}

async function readOriginals(
  pair: PairRuntime,
  originals: readonly StoredIntent[],
): Promise<readonly ReadOriginal[]> {
  const { erp } = pair;
  const read: ReadOriginal[] = [];
  for (const original of originals) {
    const numbers = present(original.receipt, `The receipt of ${original.key}`) as DocumentReceipt;
    const { type, customerId, refNbr, batNbr } = numbers;
    if (type === "GJ") {
      const batch = await erp.readBatch("journal", batNbr);
      if (batch?.isReleased !== true || batch.key !== original.key) throw gone(`journal ${batNbr}`);
      const draft = await draftOf(pair, original, batch);
      const worth = await shownWorth(pair, { draft, numbers });
      const total = totalOf(draft);
      read.push({ original, draft, worth, numbers, total, open: undefined, used: undefined });
      continue;
    }
    const found = await erp.readReleased(type, customerId, refNbr);
    if (found === undefined || found.key !== original.key) throw gone(`${type} ${refNbr}`);
    const draft = await draftOf(pair, original, found);
    const worth = await shownWorth(pair, { draft, numbers });
    const total = totalOf(draft);
    const used = { ...total, minor: found.amount.minor - found.balance.minor };
    read.push({ original, draft, worth, numbers, total, open: found.balance, used });
  }
  return read;
}

/** As it was booked, or as SL gives it back where a rebuild took it over. */
async function draftOf(
  pair: PairRuntime,
  original: StoredIntent,
  shown: BatchReading | DocumentReading,
): Promise<ReversibleDraft> {
  if (!isFoundAgain(original)) return original.draft as ReversibleDraft;
  return "documents" in shown ? journalContent(pair, shown) : documentContent(pair, shown);
}

function gone(name: string): HubError {
  return new HubError("erp.not_found", `SL does not show ${name} as released under its key`, {
    facts: { document: name },
    cure: "Look it up in SL: somebody voided or changed it. `slipway proof` names what differs.",
  });
}

const SOLD: readonly Purpose[] = ["invoice", "order", "payment"];

/** Memos of refunds and disputes are about the sale: they go back with it, or before it. */
function assertNothingStandsOn({ originals, rest }: Scope): void {
  const underWay = rest.find(({ stage }) => stage !== "done");
  if (underWay !== undefined) {
    const { purpose, object, stage, batNbr } = underWay;
    throw new HubError("reverse.not_released", `The ${purpose} of ${object} is ${stage}`, {
      facts: { purpose, object, batNbr },
    });
  }
  const isSale = originals.some(({ purpose }) => SOLD.includes(purpose));
  const standing = rest.filter(({ receipt }) => receipt?.type === "CM" || receipt?.type === "DM");
  if (!isSale || standing.length === 0) return;
  const names = standing.map(({ receipt, object }) => {
    return `${receipt?.type} ${receipt?.refNbr} of ${object}`;
  });
  const named = [...new Set(standing.map(({ object }) => object))];
  throw new HubError("reverse.stands_on", `On this sale stand ${names.join(", ")}`, {
    facts: { objects: named.join(", ") },
  });
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

/** Today, unless it reverses what is dated later, or a day between the two is wanted. */
function dateOfReversal(
  read: readonly ReadOriginal[],
  { wanted, today }: Readonly<{ wanted: string | undefined; today: string }>,
): string {
  const newest = read.map(({ draft }) => draft.documentDate).reduce(later, "");
  const latest = later(newest, today);
  if (wanted === undefined) return latest;
  if (wanted < newest) throw tooEarly(wanted, newest);
  if (wanted > latest) throw tooLate(wanted, latest);
  return wanted;
}

/** Between today and its date the books would hold what Stripe has not. */
function tooLate(date: string, latest: string): HubError {
  return new HubError("api.invalid", `date: ${date} is still to come`, {
    facts: { field: "date", example: latest },
    cure: "A reversal is dated no later than today; leave the date out for that.",
  });
}

function tooEarly(date: string, earliest: string): HubError {
  return new HubError("api.invalid", `date: ${date} is before the document that goes back`, {
    facts: { field: "date", example: earliest },
    cure: "A reversal is dated no earlier than what it reverses; leave the date out for today.",
  });
}

/** A document in words, for people: `IN 000200 over 60.00 USD`. */
export function originalName({ numbers, amount }: PlannedReversal["original"]): string {
  const { type, refNbr, batNbr } = numbers;
  const name = type === "GJ" ? `journal ${batNbr}` : `${type} ${refNbr}`;
  return `${name} over ${toDecimal(amount)} ${amount.currency}`;
}
