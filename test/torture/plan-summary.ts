import { cellFault, isRelease } from "./cell-faults.ts";
import type { Fault, WriteStep } from "./faults.ts";
import { LATER_SEEDS_FROM, type Order } from "./plan.ts";
import { Chance } from "./random.ts";
import { OF_LATE, OF_OUTLET } from "./summary-rules.ts";

/** A sale of a day whose documents are begun. */
export type LateSale = Readonly<{
  order: Order;
  /** In the moment in which one of them is about to be released, else once the world is at rest. */
  isAtRelease: boolean;
}>;

/** How the sales of a run lie on its days. */
export type SummedDays = Readonly<{
  /** From which order on it is the next day; undefined where all are of one. */
  nextDayFrom: number | undefined;
  lateSales: readonly LateSale[];
}>;

/** What a day's documents and its sales are written by. */
const DAY_STEPS: readonly WriteStep[] = [
  ...(["invoice.reserve", "invoice.fill", "invoice.release"] as const),
  ...(["payment.reserve", "payment.fill", "payment.release", "writeback.write"] as const),
];

/** Some of the seeds that no other mode has; their number has nothing to do with their cells. */
export function isSummarySeed(seed: number): boolean {
  return seed >= LATER_SEEDS_FROM && new Chance(seed ^ 0x5e11).happens(0.2);
}

/**
 * The same people and faults with sales that a day's documents sum up, a few that stand alone, and
 * cells of what the day writes.
 */
export function summedUp(
  plan: Readonly<{ seed: number; orders: readonly Order[]; faults: readonly Fault[] }>,
  makeOrder: (chance: Chance) => Order,
) {
  const chance = new Chance(plan.seed ^ 0xda7e5);
  const orders = plan.orders.map((order) => ofDay(chance, order));
  const alone = orders.filter(isAlone).length;
  const own = [1, 1, 2].map((of) => ({
    ...cellFault(chance, DAY_STEPS, chance.whole(0, 999)),
    nth: alone + of,
  }));
  const nextDayFrom = chance.happens(0.3) ? chance.whole(1, orders.length - 1) : undefined;
  const lateSales = Array.from({ length: chance.whole(0, 2) }, () => {
    const { metadata, ...order } = ofDay(chance, makeOrder(chance));
    const late = { kind: "bare", isNamed: false, metadata: { ...metadata, ...OF_LATE } } as const;
    return { order: { ...order, ...late }, isAtRelease: chance.happens(0.5) };
  });
  const isReleasedByPerson = !own.some(isRelease) && chance.happens(0.2);
  return {
    ...{ orders, isReleasedByPerson, summedDays: { nextDayFrom, lateSales } },
    faults: [...own, ...plan.faults.slice(1)],
    // A hub that pulls asks from now on, and these events are of days that are over.
    intake: "webhook",
    // What is in a day's documents is found again by a rebuild alone.
    forgets: false,
  } as const;
}

/** Most are summed up; an invoice has a number that people know. */
function ofDay(chance: Chance, order: Order): Order {
  const isInvoice = order.kind === "invoice" || order.kind === "shared-invoice";
  const kind = isInvoice
    ? chance.pick(["bare", "bare", "checkout", "invoice"] as const)
    : order.kind;
  return { ...order, kind, metadata: chance.happens(0.3) ? OF_OUTLET : {} };
}

function isAlone({ kind, isNamed }: Order): boolean {
  return kind === "invoice" || (isNamed && kind !== "declined");
}
