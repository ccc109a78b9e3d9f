import type { z } from "zod";
import { NOTHING_NEW } from "../runs/index.ts";
import type {
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

export type StoryParts = Readonly<{
  events: readonly EventRow[];
  runs: readonly (RunRow & { steps: readonly RunStep[] })[];
  documents: readonly TraceDocument[];
  receipts: readonly z.output<typeof ReceiptRow>[];
  parked: readonly ParkedRow[];
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
  const { events, runs, documents, receipts, parked } = parts;
  const byKey = new Map(documents.map((document) => [document.key, document]));
  const lines = [
    ...events.flatMap(tellEvent),
    ...runs.flatMap(tellRun),
    ...documents.flatMap(tellDocument),
    ...receipts.map((receipt) => tellReceipt(receipt, byKey.get(receipt.intentKey))),
    ...parked.flatMap(tellParked),
  ];
  // Lines of one instant keep the order of their making: a stable sort by time alone.
  return lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

type Told = Pick<StoryLine, "kind" | "pair" | "laneKey">;

function line(told: Told, at: string, text: string, isTrouble = false): StoryLine {
  const { kind, pair, laneKey } = told;
  return { at, kind, pair, laneKey, text, isTrouble };
}

function tellEvent(event: EventRow): StoryLine[] {
  const told = { kind: "event", pair: event.pair, laneKey: event.laneKey ?? "" } as const;
  const received = line(told, event.receivedAt, `${event.type} ${event.id} received`);
  if (event.endedAt === null) return [received];
  const reason = event.endReason === null ? "" : `: ${event.endReason}`;
  const ended = `${event.id} ends ${event.end.replace("_", " ")}${reason}`;
  return [received, line(told, event.endedAt, ended, event.end === "parked")];
}

function tellRun(run: RunRow & { steps: readonly RunStep[] }): StoryLine[] {
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

function tellDocument(document: TraceDocument): StoryLine[] {
  const { pair, laneKey, purpose, object, generation } = document;
  const again = generation === 0 ? "" : `, generation ${generation}`;
  const planned = `${purpose} for ${object} planned${again}`;
  const told = { kind: "attempt", pair, laneKey } as const;
  return [
    line({ kind: "intent", pair, laneKey }, document.createdAt, planned),
    ...document.attempts.flatMap((attempt) => tellAttempt(told, purpose, attempt)),
  ];
}

/** A quick success is one line; whatever took its time or went wrong shows both its ends. */
function tellAttempt(told: Told, purpose: string, attempt: AttemptRow): StoryLine[] {
  const { step, nr, sentAt, answeredAt, outcome, facts } = attempt;
  const what = `${step} of the ${purpose}`;
  const sent = `${what} sent (try ${nr})`;
  if (answeredAt === null) return [line(told, sentAt, `${sent}, no answer yet`, true)];
  const ms = Date.parse(answeredAt) - Date.parse(sentAt);
  if (outcome === "ok" && ms < QUICK_MS) return [line(told, sentAt, `${what}: ok, ${ms} ms`)];
  const message = facts?.message;
  const said = typeof message === "string" && outcome !== "ok" ? `: ${message}` : "";
  const isTrouble = outcome !== "ok" && outcome !== "found";
  const answered = `${what} answered ${outcome ?? "without outcome"} after ${ms} ms${said}`;
  return [line(told, sentAt, sent), line(told, answeredAt, answered, isTrouble)];
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
  const opened = `parked ${parked.id}: ${parked.code}: ${parked.reason}`;
  const first = line(told, parked.openedAt, opened, true);
  if (parked.closedAt === null) return [first];
  const comment = parked.comment === null ? "" : `: ${parked.comment}`;
  const by = parked.closedBy === null ? "" : ` by ${parked.closedBy}`;
  const closed = `parked ${parked.id} ${parked.state}${by}${comment}`;
  return [first, line(told, parked.closedAt, closed)];
}
