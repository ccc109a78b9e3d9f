import { type Money, money } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import type { SalePayment } from "../canonical/sale.ts";

/** How a dispute stands, from its rows first and Stripe's status second. */
export type DisputeStage =
  /** An inquiry, or prevented: no money has moved. */
  | "inquiry"
  /** Money is held, or may be, until there is a verdict. */
  | "open"
  /** Won or given back, and the row that brings the money is still to come. */
  | "row-awaited"
  | "won"
  | "lost";

/** A row of a dispute with what it means to whoever writes off what is lost. */
export type DisputeMove = Readonly<{
  row: LedgerRow;
  kind: "withdrawn" | "reinstated";
  /** What it moved, positive for its usual direction. */
  amount: Money;
  /** It brings back what a verdict had made a loss: an appeal was won. */
  isRecovery: boolean;
}>;

/**
 * A dispute as the sum of its rows. Amounts are in the currency that the rows are settled in; where
 * that is not one and the same, the sums mean nothing, and the moves alone can be booked.
 */
export type DisputeState = Readonly<{
  stage: DisputeStage;
  currency: string;
  withdrawn: Money;
  reinstated: Money;
  /** Withdrawn less reinstated: what the dispute has cost so far beside its fees. */
  held: Money;
  fees: Money;
  /** Oldest first. */
  moves: readonly DisputeMove[];
  /** What verdicts have made a loss. */
  lost: Money;
  /** What came back of it. */
  recovered: Money;
  /** What is left of one that is won, above zero a loss: exchange, or a part that stays away. */
  remainder: Money;
  /** When the newest verdict fell; undefined where none has. */
  closedAt: Date | undefined;
}>;

/**
 * Reads the state of a dispute from its rows and its verdicts, whatever order they came in. A
 * status alone moves nothing: one that says `won` before its row waits for the row.
 */
export function disputeState(
  dispute: Pick<Dispute, "amount" | "rows" | "status">,
  closings: readonly DisputeClosing[],
): DisputeState {
  const currency = dispute.rows[0]?.gross.currency ?? dispute.amount.currency;
  const verdicts = closings.filter(({ status }) => status === "lost");
  const { moves, lost, recovered, open } = follow(dispute.rows, verdicts);
  const sumOf = (kind: DisputeMove["kind"]) =>
    moves.reduce((so, move) => so + (move.kind === kind ? move.amount.minor : 0n), 0n);
  const [withdrawn, reinstated] = [sumOf("withdrawn"), sumOf("reinstated")];
  const stage = stageOf(dispute.status, moves);
  const closedAt = closings.map(({ at }) => at).sort((a, b) => b.getTime() - a.getTime())[0];
  const of = (minor: bigint) => money(minor, currency);
  return {
    stage,
    currency,
    withdrawn: of(withdrawn),
    reinstated: of(reinstated),
    held: of(withdrawn - reinstated),
    fees: of(dispute.rows.reduce((so, { fee }) => so + fee.minor, 0n)),
    moves,
    lost: of(lost),
    recovered: of(recovered),
    remainder: of(stage === "won" ? open : 0n),
    closedAt,
  };
}

type Step = Readonly<{ at: number; order: number; id: string; row?: LedgerRow }>;

/** Goes through rows and verdicts by time: what is open at a verdict is lost by it. */
function follow(rows: readonly LedgerRow[], verdicts: readonly DisputeClosing[]) {
  const moves: DisputeMove[] = [];
  let [open, lost, recovered] = [0n, 0n, 0n];
  for (const { row } of stepsOf(rows, verdicts)) {
    if (row === undefined) {
      if (open > 0n) [lost, open] = [lost + open, 0n];
      continue;
    }
    const kind = kindOf(row);
    const minor = kind === "withdrawn" ? -row.gross.minor : row.gross.minor;
    const isRecovery = kind === "reinstated" && open <= 0n && lost > recovered;
    moves.push({ row, kind, amount: money(minor, row.gross.currency), isRecovery });
    if (isRecovery) recovered += minor;
    else open += kind === "withdrawn" ? minor : -minor;
  }
  return { moves, lost, recovered, open };
}

/** Of one second a withdrawal comes first, then a verdict, then what it was reinstated after. */
function stepsOf(rows: readonly LedgerRow[], verdicts: readonly DisputeClosing[]): Step[] {
  const ofRows = rows.map((row): Step => {
    const order = kindOf(row) === "withdrawn" ? 0 : 2;
    return { at: row.created.getTime(), order, id: row.id, row };
  });
  const ofVerdicts = verdicts.map(({ at }): Step => ({ at: at.getTime(), order: 1, id: "" }));
  return [...ofRows, ...ofVerdicts].sort(
    (a, b) => a.at - b.at || a.order - b.order || (a.id < b.id ? -1 : 1),
  );
}

/** The category decides; where Stripe gave none, the direction does. */
function kindOf({ category, gross }: LedgerRow): DisputeMove["kind"] {
  if (category === "dispute_reversal") return "reinstated";
  if (category === "dispute") return "withdrawn";
  return gross.minor > 0n ? "reinstated" : "withdrawn";
}

function stageOf(status: string, moves: readonly DisputeMove[]): DisputeStage {
  const isClosed = status === "won" || status === "lost";
  if (status.startsWith("warning_") || status === "prevented") {
    return moves.length === 0 ? "inquiry" : "open";
  }
  if (!isClosed) return "open";
  if (status === "lost") return "lost";
  const isUnanswered = moves.at(-1)?.kind === "withdrawn";
  return isUnanswered ? "row-awaited" : "won";
}

/** Inquiries and prevented disputes that have ended: no money will move. */
const ENDED_WITHOUT_MONEY = ["warning_closed", "prevented"];

/** Whether anything may still come of it, so that Stripe is to be asked again. */
export function isAwaited(
  { status }: Pick<Dispute, "status">,
  { stage }: Pick<DisputeState, "stage">,
): boolean {
  if (ENDED_WITHOUT_MONEY.includes(status)) return false;
  return stage === "open" || stage === "row-awaited" || stage === "inquiry";
}

/**
 * Whether what went back of a charge and what disputes hold of it are more than it brought: then
 * the buyer has the money twice. Stripe counts what was released of an authorisation as gone back,
 * though nobody ever paid it. Where it was settled in another currency, what is disputed counts.
 */
export function isOverCharged(
  charge: Pick<SalePayment, "amount" | "refunded" | "released">,
  disputes: readonly Pick<Dispute, "amount" | "rows" | "status">[],
): boolean {
  const held = disputes.reduce((so, dispute) => so + heldOf(dispute, charge.amount), 0n);
  const wentBack = charge.refunded.minor - (charge.released?.minor ?? 0n);
  return held > 0n && wentBack + held > charge.amount.minor;
}

function heldOf(dispute: Pick<Dispute, "amount" | "rows" | "status">, charged: Money): bigint {
  const { held } = disputeState(dispute, []);
  if (held.minor <= 0n) return 0n;
  return held.currency === charged.currency ? held.minor : dispute.amount.minor;
}
