import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { fromDecimal, type Money, money, sum } from "../../base/money.ts";
import type { JournalDraft, MemoDraft, PaymentDraft } from "../../erp/port.ts";
import {
  type CrossingMoney,
  choosePeriod,
  mapStopoverRest,
  mapToClearing,
  type Stopover,
  stopoverAt,
  stopoverRestPart,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { worthOfDocument } from "../write/rate-of.ts";
import type { Worth } from "../write/value.ts";
import { crossingOf, hitsBridge } from "./crossing.ts";
import { type WashLine, washLines } from "./washed.ts";

/** A document of the customer's that may have hit a stopover. */
type Crossed = Intent<CrossedDraft, DocumentReceipt>;
type CrossedDraft = Partial<Pick<PaymentDraft, "amount" | "rate"> & Pick<MemoDraft, "total">>;

/** Money whose documents stand in SL, with the balance rows that moved it. */
export type ToClearing = CrossingMoney &
  Readonly<{
    /** The first of them is the one that the journal is told by. */
    rowIds: readonly string[];
    documents: readonly Intent[];
  }>;

/** What documents have put on a stopover: as it goes to clearing, and in base currency. */
type Put = Readonly<{ over: Stopover; settled: Money; worth: Money; at: Worth | undefined }>;

/**
 * Takes money that documents have put on a stopover to clearing, by a journal in the settlement
 * currency, and what is left on the stopover then to realised exchange. Nothing to do for money
 * whose documents hit clearing. The journal moves clearing, so it owns the rows.
 *
 * @throws HubError those of `crossingOf`, and `erp.not_found`
 */
export async function takeToClearing(context: RunContext, of: ToClearing): Promise<void> {
  const { pair } = context;
  const documents = of.documents.filter(({ stage }) => stage === "done") as Crossed[];
  const [first] = documents;
  if (first === undefined) return;
  const put =
    (await putOnBridge(context, of, documents)) ?? (await putOnWash(context, of, documents));
  if (put === undefined) return;
  const calendar = await pair.reference.calendar();
  const { closedPeriod } = pair.settings;
  const { period } = present(first.receipt, "The receipt of a document");
  // One fact, one period; a document that a rebuild took over does not tell its own.
  const chosen =
    period === ""
      ? choosePeriod(of.date, calendar, closedPeriod)
      : { period, notes: [] as readonly string[] };
  const crossed = await bookCrossing(context, { ...of, settled: put.settled }, { put, chosen });
  if (put.settled.currency === put.worth.currency) return;
  const sign = of.direction === "in" ? 1n : -1n;
  const left = money(sign * (put.worth.minor - crossed.minor), put.worth.currency);
  if (left.minor !== 0n) await bookRest(context, of, { left, over: put.over, chosen });
}

type Chosen = ReturnType<typeof choosePeriod>;

async function putOnBridge(
  context: RunContext,
  of: ToClearing,
  documents: readonly Crossed[],
): Promise<Put | undefined> {
  const { door, pair } = context;
  const { object, rowId, charged, settled } = of;
  if (charged.currency === settled.currency) return undefined;
  const known = door.store.find({ object, purpose: "bridge", part: rowId });
  const isBridged = await isOnBridge(context, of, documents);
  if (known === undefined && !isBridged) return undefined;
  const over = stopoverAt("bridge", pair.settings);
  return { over, settled, worth: await worthOfAll(context, documents), at: undefined };
}

async function isOnBridge(
  { pair }: RunContext,
  of: ToClearing,
  documents: readonly Crossed[],
): Promise<boolean> {
  const told = documents.map(({ draft }) => hitsBridge(draft, pair.settings));
  if (told.some((one) => one !== undefined)) return told.includes(true);
  // What a rebuild took over tells nothing: then the way is the one that it would go now.
  if (pair.settings.bookIn === "settlement") return false;
  const { charged: amount, settled, date } = of;
  return (await crossingOf(pair, { amount, settled, date })).isBridged;
}

/** What the documents' own lines say: a row may have moved what no document of it stands for. */
async function putOnWash(
  context: RunContext,
  of: ToClearing,
  documents: readonly Crossed[],
): Promise<Put | undefined> {
  const { pair } = context;
  const memos: Crossed[] = [];
  const lines: WashLine[] = [];
  for (const memo of documents) {
    const own = await washLines(pair, memo);
    if (own.length > 0) memos.push(memo);
    lines.push(...own);
  }
  const [line] = lines;
  if (line === undefined) return undefined;
  const over = { role: "wash", account: line.sales } as const;
  const { currency } = of.settled;
  const isOther = line.amount.currency !== currency;
  const amounts = lines.map(({ amount }) => amount);
  const settled = isOther ? await worthOfAll(context, memos) : sum(amounts, currency);
  if (currency === pair.settings.sl.baseCurrency)
    return { over, settled, worth: settled, at: undefined };
  // At the rate of the memos, so that the account is at nothing in base currency as well.
  const isKept = pair.erp.capabilities["supplied-rate"] === "yes";
  const at = isKept ? await worthOfDocument(context, memos[0]) : undefined;
  return { over, settled, worth: await worthOfAll(context, memos), at };
}

/** @returns what the journal is worth in base currency */
async function bookCrossing(
  context: RunContext,
  of: ToClearing,
  { put, chosen }: Readonly<{ put: Put; chosen: Chosen }>,
): Promise<Money> {
  const { door, pair, steps } = context;
  const { settings } = pair;
  const { over, worth, at } = put;
  const identity = { object: of.object, purpose: over.role, part: of.rowId } as const;
  const owners = of.rowIds.map((rowId) => ({ rowId, part: "gross" }) as const);
  const known = door.store.find(identity);
  if (known !== undefined && doneReceipt(known) !== undefined) {
    // One that a rebuild took over from SL owns its rows from its next run on.
    const { kind } = known.draft as Partial<JournalDraft>;
    if (kind === undefined && known.owned.length === 0)
      await door.store.advance(known, { stage: "done", rows: { owners } });
  } else {
    const { period } = chosen;
    const { batNbr } = await book(door, {
      ...identity,
      make: (key) => withNotes(chosen, mapToClearing(of, worth, { settings, key, period, over })),
      owners,
      worth: at,
    });
    steps.note(over.role, `journal ${batNbr}: what ${of.object} was settled as`, { batNbr });
  }
  if (of.settled.currency === worth.currency) return worth;
  return worthOfJournal(context, present(door.store.find(identity), "The journal to clearing"));
}

async function bookRest(
  context: RunContext,
  of: ToClearing,
  with_: Readonly<{ left: Money; over: Stopover; chosen: Chosen }>,
): Promise<void> {
  const { door, pair, steps } = context;
  const { settings } = pair;
  const { left, over, chosen } = with_;
  const part = stopoverRestPart(of.rowId);
  const identity = { object: of.object, purpose: over.role, part } as const;
  if (doneReceipt(door.store.find(identity)) !== undefined) return;
  const { period } = chosen;
  const { batNbr } = await book(door, {
    ...identity,
    make: (key) => withNotes(chosen, mapStopoverRest(of, left, { settings, key, period, over })),
    owners: [],
  });
  steps.note(over.role, `journal ${batNbr}: exchange of ${of.object}`, { batNbr });
}

async function worthOfJournal({ door }: RunContext, intent: Intent): Promise<Money> {
  const { draft, batNbr = "" } = intent as Intent<Partial<JournalDraft>>;
  if (draft.rate?.worth !== undefined) return draft.rate.worth;
  // A rebuild took it over from SL without its draft: SL knows what it is worth.
  const read = await door.erp.readBatch("journal", batNbr, door.signal);
  if (read?.journal?.worth !== undefined) return read.journal.worth;
  throw notShown(`journal ${batNbr}`, batNbr);
}

/** What documents of customers are worth in base currency, all together. */
export async function worthOfAll(
  context: RunContext,
  documents: readonly Crossed[],
): Promise<Money> {
  const base = context.pair.settings.sl.baseCurrency;
  let minor = 0n;
  for (const one of documents) minor += (await worthOfOne(context, one)).minor;
  return money(minor, base);
}

async function worthOfOne(
  { pair, signal }: RunContext,
  { draft, receipt: saved }: Crossed,
): Promise<Money> {
  const base = pair.settings.sl.baseCurrency;
  if (draft.rate?.worth !== undefined) return draft.rate.worth;
  const whole = draft.amount ?? draft.total;
  if (whole?.currency === base) return whole;
  const { type, batNbr, refNbr } = present(saved, "The receipt of a document");
  const screen = type === "PA" || type === "PP" ? "payment" : "invoice";
  const record = { table: "ARDoc", screen, batNbr, refNbr } as const;
  const read = await pair.erp.readColumns(
    record,
    { columns: ["OrigDocAmt"], baseCurrency: base },
    signal,
  );
  if (read?.OrigDocAmt !== undefined) return fromDecimal(read.OrigDocAmt, base);
  throw notShown(`${type} ${refNbr}`, batNbr);
}

function notShown(name: string, batNbr: string): HubError {
  return new HubError("erp.not_found", `SL does not show what ${name} is worth`, {
    facts: { document: name, batNbr },
  });
}
