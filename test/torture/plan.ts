import { type AftermathRules, makeRules, PLAIN_RULES } from "./aftermath-rules.ts";
import { cellFault, INVOICE_STEPS, isRelease, returnFaults } from "./cell-faults.ts";
import {
  AFTERMATH_STEPS,
  type Fault,
  MONEY_STEPS,
  ORDER_STEPS,
  type WriteFault,
} from "./faults.ts";
import { withLoss } from "./losses.ts";
import { isTwinSeed, makeFaults, stepOfSeed } from "./plan-faults.ts";
import { isSummarySeed, type SummedDays, summedUp } from "./plan-summary.ts";
import { Chance } from "./random.ts";
import { withTwin } from "./twins.ts";

/** Somebody who buys: with a Stripe customer, as a guest with an address, or by name alone. */
export type Person = Readonly<{ kind: "customer" | "guest"; email: string; name: string }>;

export type OrderLine = Readonly<{ unitMinor: number; quantity: number }>;

/** What is bought, and how Stripe comes to its money. */
export type Order = Readonly<{
  kind: "bare" | "manual" | "unbound" | "declined" | "invoice" | "shared-invoice" | "checkout";
  person: number;
  amountMinor: number;
  lines: readonly OrderLine[];
  isTaxed: boolean;
  /** Percent off the whole invoice, or 0. */
  percentOff: number;
  shippingMinor: number;
  /** For `manual`: the share of the amount that is captured. */
  capturedShare: number;
  /** For `shared-invoice`: paid by two payments, the second more than is left open. */
  overpaidMinor: number;
  /** Metadata names an SL customer that is there already. */
  isNamed: boolean;
  /** What else its metadata hold. */
  metadata: Readonly<Record<string, string>>;
}>;

export const MODES = [
  "invoice",
  "existing-invoice",
  "sales-order",
  "aftermath",
  "summary",
] as const;

/** All that happens in a run, made from its seed alone. */
export type RunPlan = Readonly<{
  seed: number;
  /** With child processes, SIGKILL and SIGSTOP, instead of workers inside this process. */
  isReal: boolean;
  workers: 1 | 2;
  endpoints: 1 | 2;
  /** Whether hub and SL count as compared; else first writes look SL up by key. */
  isLineageGreen: boolean;
  viewLagMs: number;
  batchLagMs: number;
  /** How events come in. With `pull` no webhook is ever delivered. */
  intake: "webhook" | "pull" | "both";
  /** So much later Stripe lists the events of every other order, where it is asked for them. */
  listedLateMs: number;
  /** Webhooks are held back until all orders are made. */
  holdsWebhooks: boolean;
  doubleProbability: number;
  shuffleBuffer: number;
  people: readonly Person[];
  orders: readonly Order[];
  faults: readonly Fault[];
  /** A killed worker comes back at once, else when the world has come to rest. */
  restartsAtOnce: boolean;
  /** At the end every lane is woken once more: nothing may change by it. */
  replaysAll: boolean;
  /**
   * What sales become: documents of their own, money for invoices that SL has, orders, or a part of
   * their day's documents. After those of `aftermath`, which are documents too, money goes back, is
   * disputed and paid out.
   */
  mode: (typeof MODES)[number];
  /** In mode `aftermath`, the rules of the pair; what happens follows from the seed. */
  rules: AftermathRules;
  /** In mode `sales-order`, what the money of an order is booked as. */
  orderMoney: "pp" | "pa";
  /** There SL releases the invoices of shippers so much later, or a person does. */
  orderInvoiceLagMs: number;
  releasesOrders: boolean;
  /** There refunds wait for return orders (`order.refund: order`), and clerks enter them. */
  hasReturns: boolean;
  /** In mode `summary`, the days and what comes late to them. */
  summedDays: SummedDays | undefined;
  /** Batches are released by an accountant, and never by the hub. */
  isReleasedByPerson: boolean;
  /** Before that, the hub loses all that it knows of what it booked. */
  forgets: boolean;
  /**
   * Where the hub's database is lost and rebuilt: after this share of all that is to happen once
   * the first orders are made.
   */
  losesAt: number | undefined;
}>;

type OwnOfMode = "mode" | "rules" | "isReleasedByPerson" | keyof typeof NO_ORDERS;
type CommonPlan = Omit<RunPlan, OwnOfMode>;
const NO_ORDERS = {
  orderMoney: "pp",
  orderInvoiceLagMs: 0,
  releasesOrders: false,
  hasReturns: false,
} as const;

/** Makes the plan of a run. Consecutive seeds walk through all cells of the coverage table. */
export function makePlan(seed: number, options: { realEvery: number }): RunPlan {
  return withLoss(makeWhole(seed, options));
}

function makeWhole(seed: number, options: { realEvery: number }): RunPlan {
  const chance = new Chance(seed);
  const isReal = options.realEvery > 0 && seed % options.realEvery === 0;
  const buyers = makePeople(chance);
  const bought = Array.from({ length: chance.whole(2, isReal ? 3 : 5) }, () =>
    makeOrder(chance, buyers.length),
  );
  const twins = isTwinSeed(seed) ? withTwin(buyers, bought) : undefined;
  const { people, orders } = twins ?? { people: buyers, orders: bought };
  const hasLag = chance.happens(0.35);
  const plan: CommonPlan = {
    seed,
    isReal,
    workers: chance.happens(0.7) ? 2 : 1,
    endpoints: chance.happens(0.4) ? 2 : 1,
    isLineageGreen: chance.happens(0.7),
    viewLagMs: hasLag ? chance.whole(0, 2_000) : 0,
    batchLagMs: hasLag ? chance.whole(0, 2_000) : 0,
    holdsWebhooks: chance.happens(0.5),
    doubleProbability: chance.pick([0, 0.3, 1]),
    shuffleBuffer: chance.pick([0, 3, 8]),
    people,
    orders: [sureOrder(chance), ...orders.slice(1)],
    faults: makeFaults(chance, { seed, hasLag }),
    restartsAtOnce: chance.happens(0.5),
    replaysAll: chance.happens(0.3),
    forgets: chance.happens(0.15),
    // Drawn last: a seed's other choices are those of the runs before there was a pull.
    intake: chance.pick(["webhook", "webhook", "pull", "both"] as const),
    listedLateMs: chance.pick([0, 20_000]),
    losesAt: undefined,
    summedDays: undefined,
  };
  // The last roll, so that the rest of a seed is what it was. A run whose own cell is a release
  // needs a hub that releases, and other processes have the settings of the pair's file.
  if (!isReal && isOrderSeed(seed)) return asOrders(plan);
  if (!isReal && isAftermathSeed(seed)) return asAftermath(plan);
  if (!isReal && isSummarySeed(seed)) return asSummary(plan);
  const mayBePerson = !isReal && !stepOfSeed(seed).endsWith(".release");
  const isReleasedByPerson = mayBePerson && chance.happens(0.25);
  const mayBeNamed = !isReal && /^(payment|writeback)/.test(stepOfSeed(seed));
  const mode = mayBeNamed && chance.happens(0.4) ? "existing-invoice" : "invoice";
  const faults = mode === "invoice" ? [...plan.faults, ...secondInvoice(seed)] : plan.faults;
  return { ...plan, ...NO_ORDERS, faults, isReleasedByPerson, mode, rules: PLAIN_RULES };
}

/** Orders have no invoice of the hub's: every other run that makes some walks through its cells. */
function secondInvoice(seed: number): readonly WriteFault[] {
  if (seed % 2 === 1) return [];
  const chance = new Chance(seed ^ 0xce115);
  return [{ ...cellFault(chance, INVOICE_STEPS, seed / 2), nth: 2 }];
}

/** Two seeds of seven are sales orders; seven has no divisor in common with the 40 cells. */
function isOrderSeed(seed: number): boolean {
  return seed % 7 === 2 || seed % 7 === 5;
}

/** The same people and faults with goods that ship, and with cells of an order's own steps. */
function asOrders(plan: CommonPlan): RunPlan {
  const chance = new Chance(plan.seed ^ 0x0dde5);
  const nr = 2 * Math.floor(plan.seed / 7) + (plan.seed % 7 === 5 ? 1 : 0);
  // Four steps of the five, each at another moment; not every one is met.
  const own = [0, 6, 12, 18].map((by) => cellFault(chance, ORDER_STEPS, nr + by));
  const orders = plan.orders.map((order) => ({
    ...order,
    // Only what is paid exactly becomes an order.
    overpaidMinor: 0,
    lines: order.lines.map((line) => ({ ...line, unitMinor: line.unitMinor + 300 })),
  }));
  const isReleasedByPerson = !own.some(isRelease) && chance.happens(0.25);
  const money = cellFault(chance, MONEY_STEPS, nr);
  const mayStrike = (fault: WriteFault) => !(isReleasedByPerson && isRelease(fault));
  const shipped = {
    orderMoney: chance.happens(0.7) ? ("pp" as const) : ("pa" as const),
    orderInvoiceLagMs: chance.pick([0, 0, 30_000, 200_000]),
    releasesOrders: chance.happens(0.25),
  };
  // Drawn last: a seed's other choices are those of the runs before there were returns.
  const hasReturns = plan.seed >= LATER_SEEDS_FROM && chance.happens(0.5);
  const more = hasReturns ? returnFaults(chance, nr) : [];
  return {
    ...plan,
    orders,
    mode: "sales-order",
    rules: PLAIN_RULES,
    ...shipped,
    ...{ hasReturns, isReleasedByPerson },
    faults: [...own, ...[money, ...more].filter(mayStrike), ...plan.faults.slice(1)],
  };
}

/** The first fifty seeds are part of every test run, which what came later would make longer. */
export const LATER_SEEDS_FROM = 51;

/** Two other seeds of seven. */
function isAftermathSeed(seed: number): boolean {
  return seed >= LATER_SEEDS_FROM && (seed % 7 === 1 || seed % 7 === 4);
}

/** The same people with fewer sales, of which each has a history, and cells of what that writes. */
function asAftermath(plan: CommonPlan): RunPlan {
  const chance = new Chance(plan.seed ^ 0xaf7e5);
  const nr = 2 * Math.floor(plan.seed / 7) + (plan.seed % 7 === 4 ? 1 : 0);
  const own = [0, 13, 26, 39, 42].map((by) => ({
    ...cellFault(chance, AFTERMATH_STEPS, nr + by),
    nth: chance.pick([1, 1, 2]),
  }));
  const orders = plan.orders.slice(0, 2).map((order, at) => ({
    ...order,
    // Nothing is left unapplied, and no credit note is waited for.
    kind: at === 0 || order.kind !== "checkout" ? ("bare" as const) : ("checkout" as const),
    amountMinor: order.amountMinor + 5_000,
    lines: order.lines.map((line) => ({ ...line, unitMinor: line.unitMinor + 2_000 })),
    isNamed: false,
  }));
  return {
    ...plan,
    ...NO_ORDERS,
    orders,
    mode: "aftermath",
    rules: makeRules(chance),
    isReleasedByPerson: false,
    faults: [...own, ...plan.faults.slice(0, 2)],
  };
}

function asSummary(plan: CommonPlan): RunPlan {
  const orderOf = (chance: Chance) => makeOrder(chance, plan.people.length);
  const own = summedUp(plan, orderOf);
  return { ...plan, ...NO_ORDERS, ...own, mode: "summary", rules: PLAIN_RULES };
}

function makePeople(chance: Chance): Person[] {
  const count = chance.whole(1, 3);
  const mark = chance.whole(1, 999_999_999).toString(36);
  return Array.from({ length: count }, (_, index) => {
    // Now and then two Stripe customers, or a guest and a customer, share an address.
    const isTwin = index > 0 && chance.happens(0.3);
    return {
      kind: chance.happens(0.7) ? "customer" : "guest",
      email: `p${isTwin ? 0 : index}-${mark}@example.com`,
      name: `Person ${index} ${mark}`,
    } as const;
  });
}

/** The first order of each run takes every write step, so that the first fault finds its place. */
function sureOrder(chance: Chance): Order {
  return { ...makeOrder(chance, 1), kind: "bare", person: 0, isNamed: false };
}

function makeOrder(chance: Chance, people: number): Order {
  const lines = Array.from({ length: chance.whole(1, 3) }, () => ({
    unitMinor: chance.whole(1, 40_000),
    quantity: chance.whole(1, 4),
  }));
  return {
    kind: chance.pick([
      "bare",
      "bare",
      "manual",
      "unbound",
      "declined",
      "invoice",
      "invoice",
      "shared-invoice",
      "checkout",
      "checkout",
    ] as const),
    person: chance.whole(0, people - 1),
    amountMinor: chance.whole(100, 250_000),
    lines,
    isTaxed: chance.happens(0.5),
    percentOff: chance.pick([0, 0, 10, 33]),
    shippingMinor: chance.pick([0, 0, 995]),
    capturedShare: chance.pick([1, 0.8, 0.5]),
    overpaidMinor: chance.pick([0, 1, 2_500]),
    isNamed: chance.happens(0.1),
    metadata: {},
  };
}
