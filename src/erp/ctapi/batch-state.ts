import type { BatchReading, BatchState } from "../port.ts";
import type { WireRow } from "./envelope.ts";
import { flagOf, isSameId, textOf } from "./wire-values.ts";

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

/** The ledger's currency as a batch tells it, for what is in another one; else undefined. */
export function foreignBase(batch: WireRow | undefined, currency: string): string | undefined {
  const base = textOf(batch, "BaseCuryID").trim();
  return base === "" || isSameId(base, currency) ? undefined : base;
}
