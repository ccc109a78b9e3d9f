import type { BatchReading, BatchState } from "../port.ts";
import type { WireRow } from "./envelope.ts";
import { flagOf, textOf } from "./wire-values.ts";

const STATES: Readonly<Record<string, BatchState>> = {
  H: "held",
  B: "balanced",
  S: "suspended",
  U: "released",
  P: "posted",
  C: "completed",
  V: "voided",
};

/** How a row of table Batch stands. */
export function batchStateOf(row: WireRow | undefined): Pick<BatchReading, "state" | "isReleased"> {
  const state = STATES[textOf(row, "Status")] ?? "in-between";
  // A voided batch carries the flag too.
  return { state, isReleased: flagOf(row, "Rlsed") && state !== "voided" };
}
