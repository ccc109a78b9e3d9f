import { present } from "../../base/assert.ts";
import type { Money } from "../../base/money.ts";
import { sideTotal } from "../../erp/journal.ts";
import type { MemoDraft } from "../../erp/port.ts";
import {
  atShownWorth,
  choosePeriod,
  closingApplications,
  mapReversal,
  mapReversalWash,
  type ReversedPair,
  type ReversibleDraft,
  receivableOf,
} from "../../mapping/index.ts";
import { applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import { book, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { BACK, partOfReversal, washPart } from "../write/reversal-parts.ts";
import { takeExchangeBack, type WentBack } from "./exchange-back.ts";
import { awaitGivenBack } from "./given-back.ts";
import { assertAsSeen, orderReceiptOf, takeOrderBack } from "./order-back.ts";
import {
  endReversal,
  isOfShare,
  markOrderReversed,
  markReversed,
  type Reversal,
  readIntents,
  type StoredIntent,
  wordsOf,
} from "./reversal.ts";
import { markSharingReversed } from "./sharing-back.ts";

/** A document with the one that has taken it back. */
type TakenBack = Readonly<{
  original: StoredIntent;
  /** Its content, at what SL shows it to be worth. */
  draft: ReversibleDraft;
  numbers: DocumentReceipt;
  open: Money | null;
  reversing: DocumentReceipt;
}>;

/**
 * Takes back what a person has asked for: first an order, which a person cancels in SL, or what
 * invoices of SL have taken, which a person gives back there, then each document by one of its own
 * through the write protocol, newest first, then the applications that close what both leave open.
 * Restartable at any point: a document that is taken back already is found by its key.
 *
 * @returns what was done, in words
 * @throws Waiting; HubError `mapping.period_closed` where the policy of the pair says so, those of
 *   `takeOrderBack` and `awaitGivenBack`, and those of the write protocol
 */
export async function runReversal(context: RunContext, reversal: Reversal): Promise<string> {
  const { pool, lane, door, steps } = context;
  await door.store.loadLane(lane.key);
  await door.store.load(reversal.objects);
  const keys = reversal.documents.map(({ key }) => key);
  const originals = await readIntents(pool, lane.pair, keys);
  const all = reversal.documents.map(({ key, ...seen }) => {
    const original = originals.find((one) => one.key === key);
    return { original: present(original, `The intent ${key}`), ...seen };
  });
  // SL was put back to before what is not done: nothing of it stands there any more.
  const standing = all.filter(({ original }) => original.stage === "done");
  const [orders, documents] = partition(standing, ({ original }) => original.purpose === "order");
  for (const { original } of orders) await takeOrderBack(context, original);
  const shares = documents.filter(({ original }) => isOfShare(original));
  await awaitGivenBack(context, documents);
  // A person may have taken days over it.
  if (orders.length + shares.length > 0) await assertAsSeen(context, documents);
  const done: TakenBack[] = [];
  for (const { original, open, worth } of documents) {
    const draft = atShownWorth(original.draft as ReversibleDraft, worth);
    done.push(await takeBack(context, reversal, { original, draft, open }));
  }
  await applyAll(context, done);
  await takeExchangeBack(context, reversal, done.flatMap(asRated));
  for (const { original } of orders) {
    await markOrderReversed(pool, lane, { object: original.object, on: reversal.dated });
  }
  await markSharingReversed(pool, lane, [...new Set(shares.map((one) => one.original.object))]);
  await endReversal(pool, lane, reversal.id);
  const words = [
    ...orders.map(({ original }) => `order ${orderReceiptOf(original).orderNumber} cancelled`),
    ...done.map(({ numbers, reversing }) => `${name(reversing)} for ${name(numbers)}`),
  ];
  const text = `reversed by ${reversal.by}: ${words.join(", ")}`;
  steps.note("reverse", text);
  return text;
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

async function takeBack(
  context: RunContext,
  reversal: Reversal,
  { original, draft, open }: Pick<TakenBack, "original" | "draft" | "open">,
): Promise<TakenBack> {
  const { pool, lane, pair, door, steps } = context;
  const { object } = original;
  const numbers = original.receipt as DocumentReceipt;
  const part = partOfReversal(original);
  const { reference, settings } = pair;
  const calendar = await reference.calendar();
  const chosen = choosePeriod(reversal.dated, calendar, settings.closedPeriod);
  const { termsId: terms } = await reference.terms(settings.terms.paid);
  const receivable = await receivableFor(context, numbers.customerId);
  const reversing = await book(door, {
    object,
    purpose: "reverse",
    part,
    make: (key) =>
      withNotes(
        chosen,
        mapReversal(draft, {
          key,
          date: reversal.dated,
          period: chosen.period,
          calendar,
          original: numbers,
          words: wordsOf(reversal),
          ...{ terms, receivable, settings },
        }),
      ),
    owners: [],
  });
  const back = present(door.store.find({ object, purpose: "reverse", part }), "The reversal");
  await takeWashBack(context, reversal, { original, draft, numbers, back });
  const byKey = back.key;
  const { by, reason, dated } = reversal;
  const told = { by, reason, dated, reversedBy: reversing };
  await markReversed(pool, lane, { key: original.key, byKey, on: dated, told });
  const { refNbr, batNbr } = reversing;
  steps.note("reverse", `${name(reversing)} takes back ${name(numbers)}`, { refNbr, batNbr });
  return { original, draft, numbers, open, reversing };
}

/** What a reversing memo has put on the wash account goes to clearing by a journal of its own. */
async function takeWashBack(
  { door, pair, steps }: RunContext,
  reversal: Reversal,
  of: Pick<TakenBack, "original" | "draft" | "numbers"> & Readonly<{ back: Intent }>,
): Promise<void> {
  const { original, draft, numbers, back } = of;
  const reversing = back.draft as ReversibleDraft;
  const { object } = original;
  const { settings } = pair;
  const mapped = (key: string) => {
    if (reversing.kind !== "memo") return undefined;
    const { documentDate: date, period } = reversing;
    const at = { key, date, period, words: wordsOf(reversal), settings };
    return mapReversalWash({ object, original: { draft, numbers }, reversing }, at);
  };
  if (mapped("") === undefined) return;
  const { batNbr } = await book(door, {
    ...{ object, purpose: "reverse", part: washPart(original), owners: [] },
    make: (key) => present(mapped(key), "The journal of the wash account"),
  });
  steps.note("reverse", `journal ${batNbr}: what went back, from wash to clearing`, { batNbr });
}

/** A journal has no customer. */
async function receivableFor({ pair }: RunContext, customerId: string) {
  if (customerId.trim() === "") return pair.settings.accounts.ar;
  const customer = await pair.reference.customer(customerId.trim());
  return receivableOf(present(customer, `SL's customer ${customerId}`), pair.settings);
}

async function applyAll(context: RunContext, done: readonly TakenBack[]): Promise<void> {
  const pairs = done.flatMap((one) => pairOf(one) ?? []);
  for (const { customerId, payer, target, amount } of closingApplications(pairs)) {
    const { object } = present(
      done.find(({ numbers, reversing }) =>
        [numbers, reversing].some((one) => isOf(one, { ...payer, customerId })),
      ),
      `The document ${payer.refNbr}`,
    ).original;
    await applyTo(context, {
      object,
      part: `${BACK}${payer.refNbr}/${target.refNbr}`,
      payer: { ...payer, customerId },
      target,
      amount,
    });
  }
}

/** One of receivables in another currency: SL's applications of it realise exchange. */
function asRated({ original, draft, numbers, reversing }: TakenBack): readonly WentBack[] {
  if (draft.rate === undefined || draft.kind === "journal") return [];
  return [{ original, numbers, reversing, total: totalOf(draft) }];
}

function pairOf({ draft, numbers, open, reversing }: TakenBack): ReversedPair | undefined {
  if (open === null) return undefined;
  return {
    customerId: numbers.customerId.trim(),
    original: numbers,
    total: totalOf(draft),
    open,
    reversing: { type: reversing.type as MemoDraft["type"], refNbr: reversing.refNbr },
  };
}

/** What a document of receivables is over. */
export function totalOf(draft: ReversibleDraft): Money {
  if (draft.kind === "payment") return draft.amount;
  return draft.kind === "journal" ? sideTotal(draft, "debit") : draft.total;
}

type Named = Pick<DocumentReceipt, "type" | "refNbr" | "customerId">;

function isOf(one: Named, { type, refNbr, customerId }: Named): boolean {
  return one.type === type && one.refNbr === refNbr && one.customerId.trim() === customerId;
}

function name({ type, refNbr, batNbr }: DocumentReceipt): string {
  return type === "GJ" ? `journal ${batNbr}` : `${type} ${refNbr}`;
}
