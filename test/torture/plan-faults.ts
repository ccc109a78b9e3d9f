import { HORIZON_MS, SECOND_MODES, writeFault } from "./cell-faults.ts";
import {
  CELLS,
  type Fault,
  HAND_MODES,
  type HandMode,
  MODE_OF,
  SALE_STEPS,
  type WriteFault,
  type WriteMode,
  type WriteStep,
} from "./faults.ts";
import type { Chance } from "./random.ts";
import { staysOpen } from "./twins.ts";

/** The write step that a seed's own cell is about. */
export function stepOfSeed(seed: number): WriteStep {
  const place = seed % (SALE_STEPS.length * CELLS.length);
  return SALE_STEPS[place % SALE_STEPS.length] ?? "invoice.fill";
}

/** Seeds about the making of customers. */
export function isTwinSeed(seed: number): boolean {
  return stepOfSeed(seed) === "customer.create";
}

const OTHER_MODES: readonly WriteMode[] = [
  "kill-claimed",
  "lost-before",
  "lost-before",
  "deadlock",
  "http-500",
  "refuse",
  "half-save",
  "stuck",
  "freeze-before",
  "freeze-after",
  "freeze-claimed",
  "freeze-claimed",
];

/** What goes wrong in a run: each seed has a cell of its own, and more by chance. */
export function makeFaults(chance: Chance, run: { seed: number; hasLag: boolean }): Fault[] {
  const { seed, hasLag } = run;
  const cells = SALE_STEPS.length * CELLS.length;
  const place = seed % cells;
  const step = stepOfSeed(seed);
  const cell = CELLS[Math.floor(place / SALE_STEPS.length)] ?? "late commit";
  const first = writeFault(chance, { step, mode: MODE_OF[cell], nth: 1 });
  // The try after a fault is where a second copy would come from.
  const next = chance.happens(0.25)
    ? writeFault(chance, { step, mode: chance.pick(SECOND_MODES), nth: 1 })
    : undefined;
  const faults: Fault[] = [{ ...first, next: isTwinSeed(seed) ? staysOpen(seed) : next }];
  if (chance.happens(0.35)) faults.push(storm(chance, { seed, taken: step }));
  // A hand that nobody can see yet is one that comes after the look: no guard helps against it.
  if (!hasLag && chance.happens(0.25)) faults.push(handFault(chance, step));
  const more = chance.whole(0, 3);
  for (let index = 0; index < more; index += 1) faults.push(anyFault(chance));
  return faults;
}

/**
 * Faults of one fill after another of the same invoice, each of which needs the one before it to do
 * harm. Payments have a number of their own: a second copy would only write over the first.
 */
function storm(chance: Chance, { seed, taken }: { seed: number; taken: WriteStep }): WriteFault {
  const step = "invoice.fill";
  const nth = nthBeside(step, taken);
  const fault = (mode: WriteMode, next?: WriteFault) => ({
    ...writeFault(chance, { step, mode, nth }),
    next,
  });
  const lostOrKilled = () => fault(chance.pick(["lost-after", "kill-after"] as const));
  switch (chance.whole(1, 4)) {
    case 1: {
      // The second is late: if a third is sent while it may still arrive, both stand in the batch.
      const second = { ...fault("late", lostOrKilled()), afterMs: chance.whole(1_000, 10_000) };
      return fault("lost-before", second);
    }
    case 2: {
      // The first arrives after the horizon, while the second waits for somebody to take it over.
      const afterMs = HORIZON_MS + chance.whole(6_000, 11_000);
      return { ...fault("late", fault("kill-after")), afterMs };
    }
    case 3:
      // Another one takes over and is about to release when this one wakes up and would send: right
      // behind the claim, or with the connector already at work.
      return {
        ...fault(seed % 2 === 0 ? "freeze-claimed" : "freeze-before"),
        thawsAtRelease: true,
      };
    default:
      return fault("half-save");
  }
}

/** A clerk who happens to open the batch while it stands on hold. */
function handFault(chance: Chance, taken: WriteStep): WriteFault {
  const step = chance.pick(["invoice.fill", "payment.fill"] as const);
  const modes = step === "invoice.fill" ? HAND_MODES : HAND_MODES.filter(isForPayments);
  return writeFault(chance, { step, mode: chance.pick(modes), nth: nthBeside(step, taken) });
}

/** A payment on somebody else's customer would apply to an invoice that he does not have. */
function isForPayments(mode: HandMode): boolean {
  return mode !== "hand-customer";
}

/** Not the call that the run's first fault is meant for: each seed has its cell. */
function nthBeside(step: WriteStep, taken: WriteStep): number {
  return step === taken ? 2 : 1;
}

function anyFault(chance: Chance): Fault {
  const roll = chance.next();
  if (roll < 0.2) {
    return {
      kind: "statement",
      nth: chance.whole(3, 140),
      mode: chance.pick(["kill-before", "kill-after", "freeze-after"] as const),
      rests: chance.whole(0, 5),
    };
  }
  if (roll < 0.32) {
    return {
      kind: "read",
      read: chance.pick(["batch", "customer", "email", "stripe"] as const),
      nth: chance.whole(1, 6),
      mode: chance.pick(["http", "drop", "limit"] as const),
    };
  }
  const modes = roll < 0.65 ? Object.values(MODE_OF) : OTHER_MODES;
  return writeFault(chance, {
    step: chance.pick(SALE_STEPS),
    mode: chance.pick(modes),
    nth: chance.pick([1, 1, 1, 2, 2, 3]),
  });
}
