import type { Chance } from "./random.ts";

/** What people in SL do to an order. */
export type Deed =
  | "ship"
  | "ship some"
  | "ship some, short"
  | "ship cheap"
  | "ship dear"
  | "ship, invoice later"
  | "ship some, invoice later"
  | "invoice"
  | "invoice together"
  | "cancel shipper"
  | "close"
  | "cancel"
  | "hold"
  | "unhold";

/** Each ends an order: at its end nothing of it is open, and no shipper waits. */
const WAYS: readonly (readonly Deed[])[] = [
  ["ship"],
  ["ship some", "ship"],
  ["ship some", "ship some", "ship"],
  ["ship, invoice later", "invoice"],
  ["ship some, invoice later", "invoice together", "ship"],
  ["ship, invoice later", "invoice together"],
  ["ship some, invoice later", "invoice together", "ship some", "ship"],
  ["ship some, invoice later", "cancel shipper", "ship some", "ship"],
  ["ship some, short"],
  ["ship some", "close"],
  ["ship some", "cancel"],
  ["cancel"],
  ["close"],
  ["ship cheap"],
  ["ship dear"],
  ["hold", "unhold", "ship some", "ship"],
];

/** What becomes of an order, in steps. */
export function makeDeeds(chance: Chance): Deed[] {
  return [...chance.pick(WAYS)];
}

type OpenLine = Readonly<{ lineRef: string; open: number }>;

/** Some of the lines, each with some of its pieces; at least one piece. */
export function someOf(
  chance: Chance,
  lines: readonly OpenLine[],
): { lineRef: string; quantity: number }[] {
  const chosen = lines.filter(() => chance.happens(0.6));
  return (chosen.length === 0 ? lines.slice(0, 1) : chosen).map(({ lineRef, open }) => ({
    lineRef,
    quantity: chance.whole(1, Math.max(1, open)),
  }));
}
