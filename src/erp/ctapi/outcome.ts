import { type ErrorFacts, HubError } from "../../base/errors.ts";
import { asRow, asRows, type WireValue } from "./envelope.ts";
import { ANSWER_BYTES_MAX, type NoAnswer } from "./http.ts";

/** Whether a call may change something in SL: only then a lost answer leaves its outcome open. */
export type CallKind = "read" | "write";

export type CallName = Readonly<{ service: string; operation: string; kind: CallKind }>;

/** SQL Server's deadlock victim (1205) and lock time-out (1222), and SL's own words for locks. */
const BUSY =
  /deadlock|lock request time ?out|\b(?:is|are|was|were) locked\b|locked by|in use by another/i;
/** The server's own limit ran out: what it had done by then only a look can tell. */
const RAN_OUT_OF_TIME =
  /time-?out (?:expired|period elapsed)|operation (?:has )?timed out|execution timeout/i;
/** How a server words it when it lets nobody in; only faults are searched, never SL's messages. */
const NOT_LET_IN = new RegExp(
  [
    "unauthori[sz]ed|not authori[sz]ed|authenticat|credential|licen[cs]e|log ?[io]n failed",
    "access (?:is )?denied",
    "(?:invalid|unknown|wrong) (?:user|password|site|company|cpny)",
    "\\b(?:site|company|cpny)\\b.{0,40}\\b(?:invalid|unknown|not|wrong)\\b",
  ].join("|"),
  "i",
);
/** How SL words it that it has no such record. */
const NOT_FOUND = /not (?:be )?found|does not exist|no (?:such )?record|not on file/i;

const MESSAGE_NUMBER = [
  /\bmessage\s*(?:nbr|number|no\.?)?\s*[:#]?\s*(\d{1,5})\b/i,
  /\b(?:msg|error)\s*[:#]?\s*(\d{2,5})\b/i,
  /^\W*(\d{2,5})\b\s*[-:)]/,
];

/** A second release of a batch is refused with this number, which for us is success. */
export const ALREADY_RELEASED = 12008;

/** The error for a call that got no answer at all. */
export function noAnswerError(call: CallName, failure: NoAnswer): HubError {
  const facts = { ...factsOf(call), reason: failure.reason };
  const options = { facts, cause: failure };
  if (failure.reason === "no_slot") {
    return new HubError("erp.busy", "All connections to SL are in use", options);
  }
  if (failure.reason === "too_late") {
    const message = `${call.operation} was not sent in time: this process stood still`;
    return new HubError("erp.busy", message, options);
  }
  if (!failure.wasSent) {
    return new HubError("erp.unavailable", "SL's web service cannot be reached", options);
  }
  if (call.kind === "write") {
    return new HubError("erp.outcome_open", `No answer to ${call.operation}`, options);
  }
  if (failure.reason === "too_large") {
    const mebibytes = ANSWER_BYTES_MAX / 1_024 / 1_024;
    const message = `The answer to ${call.operation} is larger than ${mebibytes} MiB`;
    const cure = "Look in SL at what was read: it holds more than the hub ever writes there.";
    return new HubError("erp.contract", message, { ...options, cure });
  }
  return new HubError("erp.unavailable", `No answer to ${call.operation}`, options);
}

/** The error for an answer that is not the service's own: a proxy's page, or half an answer. */
export function strangeAnswerError(call: CallName, status: number): HubError {
  const options = { facts: { ...factsOf(call), status } };
  if (status === 401 || status === 403) {
    return new HubError("erp.auth", `SL's web service refused the credentials`, options);
  }
  const message = `${call.operation} was answered with HTTP ${status} and no SOAP message`;
  return new HubError(
    call.kind === "write" ? "erp.outcome_open" : "erp.unavailable",
    message,
    options,
  );
}

/**
 * The error for a SOAP fault. A fault whose code blames the client means that the server did not
 * understand the request: then nothing was executed, and its contract is another one.
 */
export function faultError(call: CallName, fault: Readonly<{ code: string; text: string }>) {
  const { code, text } = fault;
  if (NOT_LET_IN.test(text) && !BUSY.test(text)) {
    const facts = { ...factsOf(call), message: text };
    return new HubError("erp.auth", `SL's web service refused the call: ${text}`, { facts });
  }
  if (isClientFault(code)) {
    const facts = { ...factsOf(call), message: text };
    return new HubError("erp.contract", `SL's web service did not understand: ${text}`, { facts });
  }
  return refusalError(call, text);
}

/** SOAP 1.1 blames the `Client`, SOAP 1.2 the `Sender`. */
export function isClientFault(code: string): boolean {
  return /client|sender/i.test(code);
}

/** The error for SL's own words in a normal answer. */
export function refusalError(call: CallName, text: string): HubError {
  const messageNbr = messageNumberOf(text);
  const isNotFound = NOT_FOUND.test(text) ? true : undefined;
  const facts = { ...factsOf(call), message: text, messageNbr, isNotFound };
  if (BUSY.test(text)) return new HubError("erp.busy", `SL was locked: ${text}`, { facts });
  if (RAN_OUT_OF_TIME.test(text)) {
    const code = call.kind === "write" ? "erp.outcome_open" : "erp.unavailable";
    return new HubError(code, `SL ran out of time: ${text}`, { facts });
  }
  return new HubError("erp.refused", `SL refused: ${text}`, { facts });
}

/**
 * The error text anywhere in an answer, or undefined: HTTP 200 with a text in `errorMessage` or
 * `errorString` is an error. After a write a `resultCode` other than 0 is one too.
 */
export function errorTextOf(value: WireValue | undefined, kind: CallKind): string | undefined {
  const row = asRow(value);
  if (row === undefined) return firstText(asRows(value), kind);
  for (const name of ["errorMessage", "errorString"]) {
    const text = row[name];
    if (typeof text === "string" && text.trim() !== "") return text.trim();
  }
  const code = row.resultCode;
  if (kind === "write" && typeof code === "string" && !/^\s*[+-]?0*\s*$/.test(code)) {
    return `result code ${code.trim()} without a message`;
  }
  for (const name in row) {
    const field = row[name];
    if (typeof field !== "object") continue;
    const text = errorTextOf(field, kind);
    if (text !== undefined) return text;
  }
  return undefined;
}

function firstText(values: readonly WireValue[], kind: CallKind): string | undefined {
  for (const value of values) {
    const text = errorTextOf(value, kind);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** SL's message number in a text, such as `Message 12306: …`; undefined where it names none. */
function messageNumberOf(text: string): number | undefined {
  for (const pattern of MESSAGE_NUMBER) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}

function factsOf({ service, operation }: CallName): ErrorFacts {
  return { service, operation };
}
