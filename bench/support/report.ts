import { summarise } from "./statistics.ts";

/** What a measurement should come to at least or at most. */
export type Aim = Readonly<{ atLeast: number }> | Readonly<{ atMost: number }>;

/** One thing that was measured once in each round. */
export type Measure = Readonly<{
  name: string;
  unit: string;
  rounds: readonly number[];
  aim?: Aim;
}>;

/** What one bench found. */
export type Report = Readonly<{
  bench: string;
  title: string;
  /** What a reader must know to read the figures rightly. */
  notes: readonly string[];
  measures: readonly Measure[];
}>;

/** Whether the median reaches the aim; undefined where there is none. */
export function isMet(measure: Measure): boolean | undefined {
  const { aim } = measure;
  if (aim === undefined) return undefined;
  const { median } = summarise(measure.rounds);
  return "atLeast" in aim ? median >= aim.atLeast : median <= aim.atMost;
}

/** The report as a table in Markdown: the text that stands in docs/performance.md. */
export function renderReport(report: Report): string {
  const rows = report.measures.map((measure) => {
    const { median, min, max } = summarise(measure.rounds);
    const spread = measure.rounds.length < 2 ? "" : `${digits(min)} – ${digits(max)}`;
    return [`${measure.name}, ${measure.unit}`, digits(median), spread, aimText(measure)];
  });
  const header = ["Measure", "Median", "Rounds", "Aim"];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const table = [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
  const notes = report.notes.map((note) => `- ${note}`);
  return [`## ${report.title}`, "", ...table, ...(notes.length > 0 ? ["", ...notes] : [])].join(
    "\n",
  );
}

function aimText(measure: Measure): string {
  const { aim } = measure;
  if (aim === undefined) return "";
  const sign = "atLeast" in aim ? `≥ ${aim.atLeast}` : `≤ ${aim.atMost}`;
  return `${sign}: ${isMet(measure) === true ? "met" : "missed"}`;
}

/** Three digits that count; thousands are shown whole. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
