import type { CapabilityRow } from "../../api/contract.ts";
import { renderTable } from "./table.ts";
import { localTime } from "./time.ts";

const SOURCES = {
  contract: "published contracts",
  settings: "settings",
  server: "asked just now",
  unknown: "nobody asked",
} as const;

/** What each SL site can do, with the answer and how it is known. */
export function renderCapabilities(rows: readonly CapabilityRow[]): string {
  if (rows.length === 0) return "";
  const columns = [
    { title: "PAIR" },
    { title: "SL CAN" },
    { title: "ANSWER" },
    { title: "SOURCE" },
  ];
  const cells = rows.map((row) => [row.pair, row.meaning, row.answer, sourceOf(row)]);
  return renderTable(columns, cells);
}

function sourceOf({ source, probedAt, serverVersion }: CapabilityRow): string {
  if (source !== "probe") return SOURCES[source];
  return `probe of ${localTime(probedAt ?? "")}, ${serverVersion ?? "unknown version"}`;
}
