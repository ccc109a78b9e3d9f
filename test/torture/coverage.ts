import { CELLS, WRITE_STEPS } from "./faults.ts";
import { add, type Hits } from "./script.ts";

/** Every cell must have been hit so often once a campaign is long enough to ask for it. */
const HITS_PER_CELL = 20;
/** From so many runs on, cells that were hit too rarely fail the campaign. */
export const RUNS_FOR_COVERAGE = 1_000;

/** Adds the hits of a run to those of the campaign. */
export function addHits(total: Hits, hits: Hits): void {
  for (const [name, count] of hits.cells) add(total.cells, name, count);
  for (const [name, count] of hits.others) add(total.others, name, count);
}

/** The table of hits by write step and place, and below it everything else that was done. */
export function coverageTable(hits: Hits): string {
  const width = Math.max(...WRITE_STEPS.map((step) => step.length));
  const head = ["write step".padEnd(width), ...CELLS].join("  ");
  const rows = WRITE_STEPS.map((step) => {
    const counts = CELLS.map((cell) => String(hits.cells.get(`${step}|${cell}`) ?? 0));
    const cells = counts.map((count, at) => count.padStart(CELLS[at]?.length ?? 0));
    return [step.padEnd(width), ...cells].join("  ");
  });
  const note = "during release: killed while SL or Stripe carries the call out";
  const others = [...hits.others]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${String(count).padStart(7)}  ${name}`);
  return [head, ...rows, note, "", ...others].join("\n");
}

/** The cells that were hit too rarely. */
export function thinCells(hits: Hits): string[] {
  return WRITE_STEPS.flatMap((step) =>
    CELLS.map((cell) => ({
      cell: `${step} × ${cell}`,
      count: hits.cells.get(`${step}|${cell}`) ?? 0,
    })),
  )
    .filter(({ count }) => count < HITS_PER_CELL)
    .map(({ cell, count }) => `${cell}: ${count}`);
}
