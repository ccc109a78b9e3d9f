import type { z } from "zod";
import { NOTHING_NEW, TAKEN_OVER } from "../runs/index.ts";
import type {
  ActRow,
  AttemptRow,
  EventRow,
  ParkedRow,
  ReceiptRow,
  RunRow,
  RunStep,
  StoryLine,
  TraceDocument,
} from "./contract.ts";
import { documentName } from "./trace-read.ts";

/** SL's numbers as people call them. */
const NUMBER_WORDS: Readonly<Record<string, string>> = {
  batNbr: "batch",
  refNbr: "document",
  customerId: "customer",
};

const QUICK_MS = 1_000;
/** Outcomes that whoever came later found out; no sign of life of the sender. */
const SETTLED_LATER = new Set(["found", "absent", "no_answer"]);

type ToldRun = RunRow & Readonly<{ steps: readonly RunStep[] }>;

export type StoryParts = Readonly<{
  events: readonly EventRow[];
  runs: readonly ToldRun[];
  documents: readonly TraceDocument[];
  receipts: readonly z.output<typeof ReceiptRow>[];
  parked: readonly ParkedRow[];
  acts: readonly ActRow[];
}>;

const OUTCOME_WORDS: Record<RunRow["outcome"], string> = {
  booked: "booked",
  not_applicable: "has nothing to book",
  parked: "is parked",
  waiting: "waits for",
  retry: "tries again",
  handed_over: "hands over",
};

/** What happened, in words and in the order of time. */
export function tellStory(parts: StoryParts): StoryLine[] {
  const { events, runs, documents, receipts, parked, acts } = parts;
  const byKey = new Map(documents.map((document) => [document.key, document]));
  const lines = [
    ...events.flatMap(tellEvent),
    ...runs.flatMap(tellRun),
    ...documents.flatMap(tellDocument),
    ...runs.flatMap((run) => tellEndOfHub(run, documents)),
    ...receipts.map((receipt) => tellReceipt(receipt, byKey.get(receipt.intentKey))),
    ...parked.flatMap(tellParked),
    ...acts.flatMap(tellAct),
  ];
  // Lines of one instant keep the order of their making: a stable sort by time alone.
  return lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

type Told = Pick<StoryLine, "kind" | "pair" | "laneKey">;

function line(told: Told, at: string, text: string, isTrouble = false): StoryLine {
  const { kind, pair, laneKey } = told;
  return { at, kind, pair, laneKey, text, isTrouble };
}

/** How an event came, in words. */
const CAME: Readonly<Record<EventRow["via"], string>> = {
  webhook: "received",
  pull: "pulled",
  gap: "found missing, and pulled",
};

function tellEvent(event: EventRow): StoryLine[] {
  const told = { kind: "event", pair: event.pair, laneKey: event.laneKey ?? "" } as const;
  const received = line(told, event.receivedAt, `${event.type} ${event.id} ${CAME[event.via]}`);
  if (event.endedAt === null) return [received];
  const reason = event.endReason === null ? "" : `: ${event.endReason}`;
  const ended = `${event.id} ends ${event.end.replace("_", " ")}${reason}`;
  return [received, line(told, event.endedAt, ended, event.end === "parked")];
}

function tellRun(run: ToldRun): StoryLine[] {
  const { pair, laneKey } = run;
  const told = { kind: "run", pair, laneKey } as const;
  const isTrouble = run.outcome === "parked" || run.outcome === "retry";
  return [
    line(told, run.startedAt, `run ${run.id} starts`),
    ...run.steps.map((step) => line({ kind: "step", pair, laneKey }, step.at, tellStep(step))),
    line(told, run.endedAt, `run ${run.id} ${endOf(run)}`, isTrouble),
  ];
}

function endOf({ outcome, reason }: RunRow): string {
  if (reason.startsWith(NOTHING_NEW)) return `found ${reason}`;
  return `${OUTCOME_WORDS[outcome]}: ${reason}`;
}

/** The numbers that the words of the step do not say already. */
function tellStep({ text, facts }: RunStep): string {
  const unsaid = Object.entries(facts).filter(([, value]) => !text.includes(value));
  const named = unsaid.map(([name, value]) => `${NUMBER_WORDS[name] ?? name} ${value}`).join(", ");
  return named === "" ? text : `${text} (${named})`;
}

/**
 * A process that was killed leaves no run: where it was last seen, the story says that it ended and
 * which run went on.
 */
function tellEndOfHub(run: ToldRun, documents: readonly TraceDocument[]): StoryLine[] {
  const { pair, laneKey, startedAt } = run;
  const from = run.steps.find((step) => step.step === TAKEN_OVER)?.facts.from;
  if (from === undefined) return [];
  const signs = documents
    .filter((document) => document.pair === pair && document.laneKey === laneKey)
    .flatMap(({ attempts }) => attempts.filter(({ worker }) => worker === from))
    .flatMap(({ sentAt, answeredAt, outcome }) =>
      answeredAt === null || SETTLED_LATER.has(outcome ?? "") ? [sentAt] : [sentAt, answeredAt],
    )
    .filter((at) => at < startedAt)
    .sort();
  const text = `hub ${from} ended here, or stood still; taken over by run ${run.id}`;
  return [line({ kind: "run", pair, laneKey }, signs.at(-1) ?? startedAt, text, true)];
}

function tellDocument(document: TraceDocument): StoryLine[] {
  const { pair, laneKey, purpose, object, generation, attempts } = document;
  const again = generation === 0 ? "" : `, generation ${generation}`;
  const planned = `${purpose} for ${object} planned${again}`;
  const told = { kind: "attempt", pair, laneKey } as const;
  return [
    line({ kind: "intent", pair, laneKey }, document.createdAt, planned),
    ...attempts.flatMap((attempt) => {
      const { nr, step } = attempt;
      const tries = attempts.filter((one) => one.step === step && one.nr <= nr).length;
      return tellAttempt(told, { attempt, tries, what: `${step} of the ${purpose}` });
    }),
  ];
}

/** A quick success is one line; whatever took its time or went wrong shows both its ends. */
function tellAttempt(
  told: Told,
  { attempt, tries, what }: { attempt: AttemptRow; tries: number; what: string },
): StoryLine[] {
  const { sentAt, answeredAt, outcome } = attempt;
  const sent = tries === 1 ? `${what} sent` : `${what} sent again (try ${tries})`;
  if (answeredAt === null) return [line(told, sentAt, `${sent}, no answer yet`, true)];
  const ms = Date.parse(answeredAt) - Date.parse(sentAt);
  if (outcome === "ok" && ms < QUICK_MS) return [line(told, sentAt, `${what}: ok, ${ms} ms`)];
  const isTrouble = outcome !== "ok" && outcome !== "found";
  const end = `the ${what} ${endOfAttempt(attempt, inWords(ms))}`;
  return [line(told, sentAt, sent), line(told, answeredAt, end, isTrouble)];
}

/** How a send ended: by its answer, or by what was seen in SL when none had come. */
function endOfAttempt({ outcome, facts }: AttemptRow, after: string): string {
  const message = typeof facts?.message === "string" ? `: ${facts.message}` : "";
  switch (outcome) {
    case "ok":
      return `was answered after ${after}`;
    case "found":
      return `had no answer, and was found done ${after} later`;
    case "absent":
      return `had no answer, and was not found in SL ${after} later`;
    case "no_answer":
      return `had no answer; no longer waited for after ${after}`;
    case "not_sent":
      return "was not sent after all: the hub had stood still";
    default:
      return `was answered ${outcome ?? "without outcome"} after ${after}${message}`;
  }
}

function inWords(ms: number): string {
  if (ms < QUICK_MS) return `${ms} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function tellReceipt(
  receipt: z.output<typeof ReceiptRow>,
  document: TraceDocument | undefined,
): StoryLine {
  const told = { kind: "receipt", pair: receipt.pair, laneKey: document?.laneKey ?? "" } as const;
  const facts = document?.receipt ?? null;
  const name =
    facts === null
      ? `${receipt.slTable} ${receipt.slKey}`
      : documentName(document?.purpose ?? "", facts);
  const batch = typeof facts?.batNbr === "string" ? ` in batch ${facts.batNbr}` : "";
  return line(told, receipt.createdAt, `SL holds ${name}${batch}`);
}

function tellParked(parked: ParkedRow): StoryLine[] {
  const { pair, laneKey } = parked;
  const told = { kind: "parked", pair, laneKey } as const;
  const { againAfter } = parked;
  const before = againAfter === null ? "" : ` again after ${againAfter.id}`;
  const opened = `parked as case ${parked.id}${before}: ${parked.code}: ${parked.reason}`;
  const first = line(told, parked.openedAt, opened, true);
  if (parked.closedAt === null) return [first];
  const comment = parked.comment === null ? "" : `: ${parked.comment}`;
  const by = parked.closedBy === null ? "" : ` by ${parked.closedBy}`;
  const closed = `case ${parked.id} ${parked.state}${by}${comment}`;
  return [first, line(told, parked.closedAt, closed)];
}

/** A resume and a dismissal are told by the end of their case. */
function tellAct({ pair, laneKey, parkedId, at, by, act, words }: ActRow): StoryLine[] {
  if (act === "resumed" || act === "dismissed") return [];
  const what = parkedId === null ? act : `${act} case ${parkedId}`;
  return [
    line(
      { kind: "person", pair: pair ?? "", laneKey: laneKey ?? "" },
      at,
      `${by} ${what}: ${words}`,
    ),
  ];
}
