import type { CapabilityRow } from "../../api/contract.ts";
import { renderTableWithin } from "./table.ts";
import { localTime } from "./time.ts";

const SOURCES = {
  contract: "published contracts",
  settings: "settings",
  server: "asked just now",
  unknown: "nobody asked",
} as const;

/** What each SL site can do, with the answer and how it is known; `--json` has the details. */
export function renderCapabilities(rows: readonly CapabilityRow[], width?: number): string {
  if (rows.length === 0) return "";
  const columns = ["Pair", "Capability", "Answer", "Source", "SL can"].map((title) => ({ title }));
  const cells = rows.map((row) => [
    row.pair,
    row.capability,
    row.answer,
    sourceOf(row),
    row.meaning,
  ]);
  return renderTableWithin(width, columns, cells);
}

function sourceOf({ source, probedAt }: CapabilityRow): string {
  return source === "probe" ? `probe of ${localTime(probedAt ?? "")}` : SOURCES[source];
}
