import { writeFault } from "./cell-faults.ts";
import type { WriteFault } from "./faults.ts";
import type { Order, Person } from "./plan.ts";
import { Chance } from "./random.ts";

/** So many tries of the first order come before the second one has its turn. */
const LOST_TRIES = 6;

/** Further events of the first order wake it at once: its next tries get no answer either. */
export function staysOpen(seed: number): WriteFault {
  const at = { step: "customer.create", mode: "lost-before", nth: 1 } as const;
  const faults = Array.from({ length: LOST_TRIES }, () => writeFault(new Chance(seed), at));
  return faults.reduce((next, fault) => ({ ...fault, next }));
}

/**
 * Whoever buys first and second are one address in two ways: while the fate of the first one's
 * customer is open, nobody may be made for the second.
 */
export function withTwin(people: readonly Person[], orders: readonly Order[]) {
  const [first, second, ...others] = people;
  const [sure, next, ...more] = orders;
  if (first === undefined || sure === undefined || next === undefined) throw new Error("no plan");
  const kind = first.kind === "guest" ? "customer" : "guest";
  const twin: Person = { name: second?.name ?? `${first.name} Twin`, kind, email: first.email };
  const own: Order = { ...next, kind: "bare", person: 1, isNamed: false };
  // A third order of theirs would settle that fate at once.
  const strangers = more.filter(({ person }) => person > 1);
  return { people: [first, twin, ...others], orders: [sure, own, ...strangers] };
}
