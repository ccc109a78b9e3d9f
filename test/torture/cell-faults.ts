import {
  CELLS,
  MODE_OF,
  ORDER_STEPS,
  type WriteFault,
  type WriteMode,
  type WriteStep,
} from "./faults.ts";
import type { Chance } from "./random.ts";

/** The hub's default horizon; late commits are placed before and behind it. */
export const HORIZON_MS = 330_000;

/** What befalls the try after a fault, where a second copy would come from. */
export const SECOND_MODES = ["lost-after", "lost-before", "late", "kill-after"] as const;

/** The fault of a cell in the walk through those of `steps`. */
export function cellFault(chance: Chance, steps: readonly WriteStep[], nr: number): WriteFault {
  const place = nr % (steps.length * CELLS.length);
  const step = steps[place % steps.length] ?? "order.place";
  const cell = CELLS[Math.floor(place / steps.length)] ?? "late commit";
  const fault = writeFault(chance, { step, mode: MODE_OF[cell], nth: 1 });
  const next = chance.happens(0.25)
    ? writeFault(chance, { step, mode: chance.pick(SECOND_MODES), nth: 1 })
    : undefined;
  return { ...fault, next };
}

/** A fault at a write, with whatever its mode may ask for. */
export function writeFault(
  chance: Chance,
  place: Readonly<{ step: WriteStep; mode: WriteMode; nth: number }>,
): WriteFault {
  const isBeyond = chance.happens(0.3);
  return {
    ...place,
    kind: "write",
    afterMs: isBeyond
      ? chance.whole(HORIZON_MS + 1_000, 600_000)
      : chance.whole(500, HORIZON_MS - 5_000),
    commit: chance.pick(["first", "first", "later", "never"] as const),
    rests: chance.whole(0, 6),
    thawsAtRelease: chance.happens(0.8),
    next: undefined,
  };
}

export const INVOICE_STEPS: readonly WriteStep[] = [
  "invoice.reserve",
  "invoice.fill",
  "invoice.release",
];
const APPLY_STEPS = ORDER_STEPS.filter((step) => step.startsWith("apply."));

/** Memos are entered as invoices are; what is applied to them comes after the orders' own. */
export function returnFaults(chance: Chance, nr: number): readonly WriteFault[] {
  const memo = cellFault(chance, INVOICE_STEPS, nr);
  const applied = cellFault(chance, APPLY_STEPS, nr);
  return [memo, { ...applied, nth: chance.pick([2, 3, 4]) }];
}

export function isRelease({ step }: WriteFault): boolean {
  return step.endsWith(".release");
}
