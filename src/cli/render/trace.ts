import type { StoryLine, Trace, TraceDocument } from "../../api/contract.ts";
import type { Paint } from "../terminal.ts";
import { renderEntries } from "./entries.ts";
import { plain } from "./plain.ts";
import { localClock, localDate, localTime, localZone } from "./time.ts";

const KIND_WIDTH = 9;

/** The whole story of an id for a person: what happened, what stands in SL, what waits. */
export function renderTrace(trace: Trace, paint: Paint): string {
  const parts = [
    renderHead(trace, paint),
    renderStory(trace, paint),
    renderDocuments(trace.documents, paint),
    renderEntries(trace.documents.flatMap((document) => document.entries)),
    renderExchanges(trace.documents, paint),
    renderLinks(trace),
    renderParked(trace, paint),
    trace.isCut
      ? paint.faint("Older or further parts are left out; --json says which ids are here.")
      : "",
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function renderHead(trace: Trace, paint: Paint): string {
  const first = trace.story[0]?.at ?? new Date().toISOString();
  const lanes = trace.lanes.map(({ pair, laneKey, state, waitsFor, heldBack }) => {
    const waits = waitsFor === null ? "" : `, waits for ${waitsFor}`;
    const held = heldBack === null ? "" : paint.bad(`, pair held back: ${plain(heldBack)}`);
    return `${pair}  lane ${laneKey}  ${state}${waits}${held}`;
  });
  const zone = paint.faint(`times in ${localZone(first)}`);
  return [`${paint.strong(trace.id)}  ${zone}`, ...lanes].join("\n");
}

function renderStory(trace: Trace, paint: Paint): string {
  const severalPairs = new Set(trace.story.map((line) => line.pair)).size > 1;
  let day = "";
  return trace.story
    .flatMap((line) => {
      const today = localDate(line.at);
      const heading = today === day ? [] : [paint.strong(today)];
      day = today;
      return [...heading, storyLine(line, severalPairs, paint)];
    })
    .join("\n");
}

function storyLine(line: StoryLine, severalPairs: boolean, paint: Paint): string {
  const pair = severalPairs ? `${line.pair}  ` : "";
  const indent = line.kind === "step" || line.kind === "attempt" ? "  " : "";
  const at = paint.faint(localClock(line.at));
  const words = plain(line.text);
  const text = line.isTrouble ? paint.bad(words) : words;
  return `  ${at}  ${line.kind.padEnd(KIND_WIDTH)}${pair}${indent}${text}`;
}

function renderDocuments(documents: readonly TraceDocument[], paint: Paint): string {
  return documents.map((document) => renderDocument(document, paint)).join("\n");
}

function renderDocument(document: TraceDocument, paint: Paint): string {
  const { purpose, object, generation, stage, receipt, notes } = document;
  const named = ["type", "refNbr", "customerId", "period", "documentDate"]
    .map((name) => receipt?.[name])
    .filter((value) => typeof value === "string" && value !== "")
    .join(" ");
  const batch = document.batNbr === null ? "" : `, batch ${document.batNbr}`;
  const again = generation === 0 ? "" : `, generation ${generation}`;
  const state = stage === "done" ? paint.good("done") : paint.strong(stage);
  const numbers = named === "" ? "" : `: ${named}`;
  const head = `${paint.strong(purpose)} for ${object} ${state}${numbers}${batch}${again}`;
  return [head, ...notes.map((note) => `  ${plain(note)}`), ...waitLines(document)].join("\n");
}

/** What a person is still to do in SL for it. */
function waitLines({ personWait, stage }: TraceDocument): string[] {
  if (personWait === null || stage === "done" || stage === "abandoned") return [];
  const { since, looks, lookedAt, batchState, toDo } = personWait;
  const state = batchState === "" ? "" : `, the batch ${batchState}`;
  const seen = `looked at ${looks} times, last ${localTime(lookedAt)}`;
  return [`  waits for a person since ${localTime(since)}${state}; ${seen}`, `  ${plain(toDo)}`];
}

/** What each send wrote and what came back, where it was asked for. */
function renderExchanges(documents: readonly TraceDocument[], paint: Paint): string {
  return documents
    .flatMap(({ purpose, object, attempts }) =>
      attempts.flatMap(({ nr, step, outcome, exchange }) => {
        if (exchange === undefined) return [];
        const end = outcome ?? "no answer yet";
        const head = `${purpose} for ${object}, send ${nr}: ${step} (${end})`;
        if (exchange === null) return [`${paint.strong(head)}\n  nothing was kept of it`];
        const answer = exchange.answer ?? "no answer";
        const bodies = [asLines(">", exchange.request), asLines("<", answer)];
        return [[paint.strong(head), ...bodies].join("\n")];
      }),
    )
    .join("\n\n");
}

/** A body as lines: elements side by side are parted, so that a terminal can show them. */
function asLines(sign: string, body: string): string {
  return body
    .replaceAll("><", ">\n<")
    .split("\n")
    .map((line) => `  ${sign} ${plain(line)}`)
    .join("\n");
}

function renderLinks(trace: Trace): string {
  const links = trace.links.map(({ stripeId, kind, slKey, batNbr }) => {
    const batch = batNbr === "" ? "" : ` (batch ${batNbr})`;
    return `${stripeId} ⇄ ${kind} ${slKey}${batch}`;
  });
  const owned = trace.owners.map(({ rowId, part, intentKey }) => {
    const owner = trace.documents.find((document) => document.key === intentKey);
    const refNbr = owner?.receipt?.refNbr;
    const name = typeof refNbr === "string" ? ` ${refNbr}` : "";
    return `${rowId} ${part} ⇄ ${owner?.purpose ?? intentKey}${name}`;
  });
  return [...links, ...owned].join("\n");
}

function renderParked(trace: Trace, paint: Paint): string {
  return trace.parked
    .filter((parked) => parked.state === "open")
    .map(({ id, version, code, reason, cure }) =>
      [
        paint.bad(`parked as case ${id}@${version}  ${code}: ${plain(reason)}`),
        `  ${cure}`,
        `  then  slipway parked resume ${id}@${version}`,
      ].join("\n"),
    )
    .join("\n");
}
