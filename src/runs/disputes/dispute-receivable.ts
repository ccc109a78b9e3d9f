import { type Money, toDecimal } from "../../base/money.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import type { PairSettings } from "../../config/index.ts";
import type { JournalDraft, JournalLine } from "../../erp/port.ts";
import {
  asBegun,
  asBooked,
  type BookedLine,
  bookingZone,
  choosePeriod,
  closePostings,
  type DisputeMove,
  type DisputeState,
  documentDate,
  isBeforeStart,
  mapDisputeJournal,
  movePostings,
  type Posting,
  standingLines,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";

/** A dispute with what is known of it, as one run works on it. */
export type DisputeAtWork = Readonly<{
  dispute: Dispute;
  state: DisputeState;
  closings: readonly DisputeClosing[];
  /** The number of the document in SL that was paid with the charge, or empty. */
  reference: string;
}>;

type JournalIntent = Intent<Partial<JournalDraft>, DocumentReceipt>;

const PURPOSES = ["dispute-open", "dispute-back", "dispute-close"] as const;
/** News may come between two looks; more often than this it is no chance. */
const CLOSES_MAX = 3;

/**
 * Policy `receivable`: a journal for each row, then one for what a verdict asks for. Returns
 * whether this run has booked anything.
 */
export async function bookReceivable(context: RunContext, work: DisputeAtWork): Promise<boolean> {
  let isNew = false;
  for (const move of work.state.moves) {
    if (isBeforeStart(move.row.created, context.pair.settings)) continue;
    isNew = (await bookMove(context, work, move)) || isNew;
  }
  for (let closes = 0; closes < CLOSES_MAX; closes += 1) {
    if (!(await bookClose(context, work))) break;
    isNew = true;
  }
  return isNew;
}

async function bookMove(
  context: RunContext,
  work: DisputeAtWork,
  move: DisputeMove,
): Promise<boolean> {
  const { row, kind, amount } = move;
  const purpose = kind === "withdrawn" ? "dispute-open" : "dispute-back";
  const identity = { object: work.dispute.disputeId, purpose, part: row.id } as const;
  const known = context.door.store.find(identity);
  if (doneReceipt(known) !== undefined) {
    await ownRows(context, known, ownedParts(row));
    return false;
  }
  const isNothing = row.gross.minor === 0n && row.fee.minor === 0n;
  if (isNothing) return false;
  const settings = await settingsFor(context, work.dispute.disputeId);
  await bookJournal(context, work, {
    ...identity,
    at: row.created,
    words: kind === "withdrawn" ? "Disputed" : "Dispute paid back",
    postings: () => movePostings(move, settings),
    row,
    told: `${toDecimal(amount)} of ${row.id} ${kind}`,
  });
  return true;
}

/** @returns whether there was something to book */
async function bookClose(context: RunContext, work: DisputeAtWork): Promise<boolean> {
  const { dispute, state, closings } = work;
  const settings = await settingsFor(context, dispute.disputeId);
  const booked = await bookedOf(context, dispute.disputeId);
  const part = String(booked.closes + 1);
  const identity = { object: dispute.disputeId, purpose: "dispute-close", part } as const;
  const begun = context.door.store.find(identity);
  const lines = [...booked.lines, ...earlyLines(context, work)];
  // A verdict's journal that a rebuild took over from SL is taken to be what was asked for.
  const wanted = booked.isWhole ? closePostings(dispute, state, { settings, booked: lines }) : [];
  const costs = wanted.reduce((so, { cost }) => so + cost.minor, 0n);
  // A verdict moves nothing of clearing: else SL has it on accounts that are not known any more.
  const postings = costs === 0n ? wanted : [];
  const isBegun = begun !== undefined && isFrozen(begun);
  if (postings.length === 0 && !isBegun) return false;
  const newest = state.moves.at(-1)?.row.created;
  await bookJournal(context, work, {
    ...identity,
    at: closings.at(-1)?.at ?? newest ?? dispute.openedAt,
    words: state.lost.minor > 0n ? "Dispute lost" : "Dispute closed",
    postings: () => postings,
    row: undefined,
    told: "what its verdict asks for",
  });
  return true;
}

/** With the accounts of what is booked of the dispute, its opening entry among it. */
async function settingsFor(context: RunContext, object: string): Promise<PairSettings> {
  const { door, pair } = context;
  const opening = door.store.find({ object, purpose: "opening", part: "" });
  const { lines = [] } = (opening?.draft ?? {}) as Partial<JournalDraft>;
  const opened = opening?.stage === "done" ? lines : [];
  return asBegun(pair.settings, [...opened, ...(await bookedOf(context, object)).lines]);
}

/** What stood on the accounts at the pair's start. */
function earlyLines(context: RunContext, { dispute, closings }: DisputeAtWork) {
  const { settings } = context.pair;
  const rows = dispute.rows.filter(({ created }) => isBeforeStart(created, settings));
  if (rows.length === 0) return [];
  const early = closings.filter(({ at }) => isBeforeStart(at, settings));
  return standingLines({ ...dispute, rows }, early);
}

/** The lines of the dispute's journals, and whether those of its verdicts are known. */
async function bookedOf(context: RunContext, object: string) {
  const { store } = context.door;
  const all = PURPOSES.flatMap((purpose) => store.parts(object, purpose)) as JournalIntent[];
  const done = all.filter(({ stage }) => stage === "done");
  const lines: (Pick<JournalLine, "account"> & BookedLine)[] = [];
  for (const one of done) lines.push(...(one.draft.lines ?? (await linesInSl(context, one))));
  const closes = done.filter(({ identity }) => identity.purpose === "dispute-close");
  const isWhole = closes.every(({ draft }) => draft.lines !== undefined);
  return { lines, closes: closes.length, isWhole };
}

/** A rebuild took the journal over from SL without its lines: there they stand. */
async function linesInSl({ door, pair }: RunContext, { batNbr = "" }: JournalIntent) {
  const read = await door.erp.readBatch("journal", batNbr, door.signal);
  return asBooked(read?.journal?.lines ?? [], pair.settings);
}

type ToJournal = Readonly<{
  object: string;
  purpose: (typeof PURPOSES)[number] | "fee";
  part: string;
  at: Date;
  words: string;
  postings: () => readonly Posting[];
  row: Readonly<{ id: string; gross: Money; fee: Money }> | undefined;
  /** Which parts of the row it owns; those that are anything, unless it is named. */
  owns?: "fee";
  told: string;
}>;

/** One journal of a dispute, in the period of its own day. */
export async function bookJournal(
  context: RunContext,
  { dispute, state, reference }: DisputeAtWork,
  what: ToJournal,
): Promise<DocumentReceipt> {
  const { door, pair, steps } = context;
  const { settings } = pair;
  const { object, purpose, part, at, words, row } = what;
  const date = documentDate(at, bookingZone(settings));
  const chosen = choosePeriod(date, await pair.reference.calendar(), settings.closedPeriod);
  const slDecimals = await pair.reference.decimals(state.currency);
  const receipt = await book(door, {
    ...{ object, purpose, part },
    make: (key) =>
      withNotes(
        chosen,
        mapDisputeJournal(dispute, {
          ...{ settings, key, period: chosen.period, slDecimals, at, words, reference },
          postings: what.postings(),
          rowId: row?.id,
        }),
      ),
    owners: ownedParts(row, what.owns),
  });
  const { batNbr, refNbr } = receipt;
  steps.note("dispute", `journal ${batNbr} of ${object}: ${what.told}`, { batNbr, refNbr });
  return receipt;
}

/** Whether a rebuild took a document over from SL, which tells no draft of it. */
export function isLost(intent: Intent | undefined): boolean {
  return intent !== undefined && (intent.draft as Partial<JournalDraft>).kind === undefined;
}

/** What a rebuild took over from SL owns its balance row from its next run on. */
export async function ownRows(
  { door }: RunContext,
  booked: Intent | undefined,
  owners: ReturnType<typeof ownedParts>,
): Promise<void> {
  if (booked === undefined || !isLost(booked) || booked.owned.length > 0) return;
  if (owners.length > 0) await door.store.advance(booked, { stage: "done", rows: { owners } });
}

/** A part of nothing needs no owner. */
export function ownedParts(row: ToJournal["row"], owns?: ToJournal["owns"]) {
  if (row === undefined) return [];
  const { id: rowId, gross, fee } = row;
  const ofGross = gross.minor === 0n || owns === "fee" ? [] : [{ rowId, part: "gross" } as const];
  return [...ofGross, ...(fee.minor === 0n ? [] : [{ rowId, part: "fee" } as const])];
}
