import type { Dispute } from "../../canonical/dispute.ts";

/** The end of the part of a memo that takes back, or gives back, the sale behind a row. */
export const CAUSE = "/cause";

/** What documents of a row are for: those that take of the sale, or give back, among them. */
export const ROW_PURPOSES = ["dispute-open", "dispute-back"] as const;

/** What a verdict may move money for, as memos of the customer name it. */
const VERDICT_ROLES = ["bad-debt", "dispute-loss", "fx-gain", "fx-loss"] as const;
export type VerdictRole = (typeof VERDICT_ROLES)[number];

/** The part of a memo that a verdict asks for, counted from 1. */
export function partOfVerdict(role: VerdictRole, nr: number): string {
  return `${role} ${nr}`;
}

/** Verdicts may contradict each other; a dispute has seldom more than two. */
const VERDICTS_TRIED = 5;
const NUMBERS = Array.from({ length: VERDICTS_TRIED }, (_, at) => at + 1);

/** The parts that journals of verdicts have under policy `receivable`. */
export const VERDICT_JOURNAL_PARTS: readonly string[] = NUMBERS.map(String);

/** All parts that memos of a dispute may have: by its rows, and by its verdicts. */
export function partsOfMemos({ rows }: Pick<Dispute, "rows">): readonly string[] {
  const ofRows = rows.flatMap(({ id }) => [id, `${id}${CAUSE}`]);
  const ofVerdicts = VERDICT_ROLES.flatMap((role) => NUMBERS.map((nr) => partOfVerdict(role, nr)));
  return [...ofRows, ...ofVerdicts];
}
