import { toJson } from "../../base/json.ts";
import type { ClaimedLane } from "../../lanes/index.ts";
import type { LinkKind } from "../../links/index.ts";
import { toldOf } from "../told.ts";
import type { Answer, Attempt, Intent, SendStep, Stage } from "./intent.ts";
import { ADVANCE_SQL, BEGIN_SQL, MOVE_SQL } from "./intent-sql.ts";

/** The Stripe id ⇄ SL key rows and row owners that are saved together with a receipt. */
export type ReceiptRows = Readonly<{
  slTable: string;
  slKey: string;
  links: readonly Readonly<{
    stripeId: string;
    kind: LinkKind;
    part: string;
    slKey: string;
    batNbr: string;
  }>[];
  owners: readonly Readonly<{ rowId: string; part: "gross" | "fee" }>[];
}>;

/** One move of an intent: a new stage, with the answer it closes and the send it opens. */
export type Move = Readonly<{
  stage: Stage;
  batNbr?: string;
  releaseKey?: string;
  receipt?: unknown;
  rows?: Partial<ReceiptRows>;
  /** Closes an attempt. */
  answer?: Answer;
  /** Opens the next attempt: the caller sends while it is young, or closes it as not sent. */
  send?: Readonly<{ step: SendStep; facts?: object }>;
}>;

/** The statement that saves a move of an intent whose next attempt is `nr`. */
export function movementOf(
  lane: ClaimedLane,
  intent: Intent,
  { move, nr }: Readonly<{ move: Move; nr: number }>,
) {
  const told = toldOf(intent, move);
  const { rows } = move;
  const values = [
    lane.pair,
    lane.key,
    lane.owner,
    lane.attempt,
    intent.key,
    intent.savedStage,
    move.stage,
    move.batNbr ?? null,
    move.releaseKey ?? null,
    move.receipt === undefined ? null : toJson(move.receipt),
    move.answer?.nr ?? null,
    move.answer?.outcome ?? null,
    JSON.stringify(move.answer?.facts ?? {}),
    nr,
    move.send?.step ?? null,
    JSON.stringify(move.send?.facts ?? {}),
    move.answer?.exchange?.request ?? null,
    move.answer?.exchange?.answer ?? null,
  ];
  if (rows === undefined && told.length === 0) {
    return { name: "slipway_move_intent", text: MOVE_SQL, values };
  }
  values.push(rows?.slTable ?? null, rows?.slKey ?? null);
  values.push(...[rows?.links ?? [], rows?.owners ?? [], told].map((one) => JSON.stringify(one)));
  return { name: "slipway_advance_intent", text: ADVANCE_SQL, values };
}

/**
 * The statement that saves an intent together with its first send; undefined for a move that is
 * more, or less, than that.
 *
 * @param born the values of `INSERT_SQL`
 */
export function beginningOf(born: readonly unknown[], intent: Intent, move: Move) {
  const { stage, send, ...more } = move;
  if (send === undefined || Object.keys(more).length > 0) return undefined;
  if (toldOf(intent, move).length > 0) return undefined;
  const values = [...born, stage, send.step, JSON.stringify(send.facts ?? {})];
  return { name: "slipway_begin_intent", text: BEGIN_SQL, values };
}

/** The attempts after a move at `atMs`, with the one it closes and the one it opens. */
export function nextAttempts(
  attempts: readonly Attempt[],
  { answer, send }: Pick<Move, "answer" | "send">,
  { nr, atMs }: Readonly<{ nr: number; atMs: number }>,
): readonly Attempt[] {
  const closed = attempts.map((attempt) => {
    if (attempt.nr !== answer?.nr) return attempt;
    const { answeredAtMs = atMs } = attempt;
    return { ...attempt, isAnswered: true, outcome: answer.outcome, answeredAtMs };
  });
  if (send === undefined) return closed;
  const open = { isAnswered: false, outcome: undefined, answeredAtMs: undefined };
  return [...closed, { nr, step: send.step, sentAtMs: atMs, ...open }];
}

/** The balance rows that an intent owns after a move. */
export function ownedAfter({ owned }: Pick<Intent, "owned">, { rows }: Move): readonly string[] {
  const more = rows?.owners?.map(({ rowId }) => rowId) ?? [];
  return more.length === 0 ? owned : [...new Set([...owned, ...more])];
}

/** The move, with the answer and the batch that were noted before it. */
export function withUnsaved(intent: Intent, move: Move): Move {
  if (intent.unsaved === undefined) return move;
  const batNbr = move.batNbr ?? intent.batNbr;
  return { ...move, answer: intent.unsaved, ...(batNbr === undefined ? {} : { batNbr }) };
}
