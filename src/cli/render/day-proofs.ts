import type { DayProof, DayProofs } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import type { Paint } from "../terminal.ts";
import { plain } from "./plain.ts";
import { renderTable } from "./table.ts";
import { localTime } from "./time.ts";

const COLUMNS = [
  ...[{ title: "Day" }, { title: "In" }],
  { title: "Stripe closing", align: "right" },
  { title: "SL released", align: "right" },
  { title: "Waiting", align: "right" },
  { title: "Difference", align: "right" },
  ...[{ title: "" }, { title: "Proved at" }],
] as const;

/** Without SL's views nothing is proved, and nothing that was would differ. */
export function isDiffering({ kind, isProven }: DayProof): boolean {
  return kind === "proof" && !isProven;
}

/** Each day with what its proof came to, what keeps the hub from the next one, and what differs. */
export function renderDayProofs(
  { days, provedUntil, trouble }: DayProofs,
  { pair, paint }: Readonly<{ pair: string; paint: Paint }>,
): string {
  const parts = [
    days.length === 0 ? nothingYet(provedUntil) : renderTable(COLUMNS, days.map(rowOf)),
  ];
  if (trouble !== null) {
    const since = provedUntil === null ? "" : ` after ${provedUntil}`;
    const words = `No day${since} could be proved: ${plain(trouble.message)}`;
    parts.push(`${paint.bad(words)}\n${plain(trouble.cure)}`);
  }
  const differing = days.find(isDiffering);
  if (differing !== undefined) {
    parts.push(`What differs, by id: slipway proof ${pair} --date ${differing.day}`);
  }
  if (days.some(({ kind }) => kind === "own-documents")) {
    parts.push(
      "Own documents only: SL's views are missing. slipway doctor says how to install them.",
    );
  }
  return parts.join("\n\n");
}

function nothingYet(provedUntil: string | null): string {
  const none = "No proof of a day is kept of that time.";
  return provedUntil === null
    ? `${none} The hub has yet to meet the pair.`
    : `${none} The next is of the day after ${provedUntil}, once its journals are booked.`;
}

function rowOf(one: DayProof): string[] {
  const { day, currency, closing, released, waiting, difference, madeAt } = one;
  return [day, currency, closing, released, waiting, difference, verdictOf(one), localTime(madeAt)];
}

function verdictOf({ kind, isProven, findingCount }: DayProof): string {
  if (kind === "own-documents") return "own documents only";
  return isProven ? "proved" : counted(findingCount, "point differs", "points differ");
}
