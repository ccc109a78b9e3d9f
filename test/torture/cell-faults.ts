import { CELLS, MODE_OF, type WriteFault, type WriteMode, type WriteStep } from "./faults.ts";
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
