import type { Bench, BenchContext } from "./support/bench.ts";
import { eachRound } from "./support/bench.ts";
import { type OrderRun, runOrders } from "./support/order-run.ts";
import { makePeople, SHOPPER_EMAIL } from "./support/people.ts";
import type { Measure, Report } from "./support/report.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { Stops } from "./support/stops.ts";

/** Five rounds make five thousand. */
const SHOPPERS_A_ROUND = 1_000;
const SHOPPERS_A_QUICK_ROUND = 40;

/** The customer that stands for all shoppers; SL's sandbox is born with it. */
const ONE_FOR_ALL = "WEBSHOP";
const POLICIES = {
  create: { class: "RETAIL" },
  "one-customer": { policy: "one-customer", named: ONE_FOR_ALL },
} as const;
type Policy = keyof typeof POLICIES;

/** Thousands of shoppers, some of them twice, under both policies of a web shop. */
export const shoppers: Bench = {
  name: "shoppers",
  summary: "orders of many shoppers, returning, renamed and duplicate ones among them",
  run: async (context) => {
    const created = await measure(context, "create");
    const shared = await measure(context, "one-customer");
    return reportOf(context, created, shared);
  },
};

type Round = Readonly<{ first: OrderRun; later: OrderRun }>;
type Found = Readonly<{
  rounds: readonly Round[];
  people: number;
  /** SL customers that have a shopper's e-mail address. */
  customers: number;
  /** Shoppers with more than one of them. */
  doubles: number;
}>;

async function measure(context: BenchContext, policy: Policy): Promise<Found> {
  const { server, home, profile } = context;
  const stops = new Stops();
  context.stops.add(() => stops.run());
  const databaseUrl = await server.createDatabase();
  const change = { customer: POLICIES[policy] };
  const scene = await openScene(stops, { databaseUrl, home, profile, change });
  const size = context.isQuick ? SHOPPERS_A_QUICK_ROUND : SHOPPERS_A_ROUND;
  const rounds: Round[] = [];
  await eachRound(context, async (index) => {
    const people = await makePeople(scene, index * size, size);
    const options = { postgresPid: server.pid };
    const first = await runOrders(scene, people.firstOrders, {
      ...options,
      count: people.firstCount,
    });
    const later = await runOrders(scene, people.laterOrders, {
      ...options,
      count: people.laterCount,
    });
    rounds.push({ first, later });
    context.say(
      `${policy}, ${(index + 1) * size} shoppers: ${first.perSecond.toFixed(1)} first orders/s, ` +
        `${later.perSecond.toFixed(1)} later ones/s`,
    );
  });
  const counted = await countCustomers(scene);
  await stops.run();
  return { rounds, people: size * rounds.length, ...counted };
}

async function countCustomers(scene: Scene): Promise<Pick<Found, "customers" | "doubles">> {
  const rows = await scene.slAdmin<{ EMailAddr: string }[]>("/rows?table=Customer");
  const emails = rows
    .map((row) => row.EMailAddr.trim().toLowerCase())
    .filter((email) => SHOPPER_EMAIL.test(email));
  const seen = new Map<string, number>();
  for (const email of emails) seen.set(email, (seen.get(email) ?? 0) + 1);
  const doubles = [...seen.values()].filter((count) => count > 1).length;
  return { customers: emails.length, doubles };
}

function reportOf(context: BenchContext, created: Found, shared: Found): Report {
  return {
    bench: "shoppers",
    title: "Many shoppers of a web shop",
    notes: [
      `${created.people} shoppers in ${context.rounds} rounds for each policy, in a database ` +
        "that grows from round to round.",
      "One in twenty orders at the same moment as two Stripe customers; of the later orders some " +
        "are of renamed people, of new Stripe customers of the same e-mail in capitals, of guests.",
      "Last ÷ first compares the last round with the first: 1 means that the number of customers " +
        "costs nothing.",
    ],
    measures: [
      ...measuresOf("create", created),
      {
        name: "create, SL customers",
        unit: "customers/shopper",
        rounds: [created.customers / created.people],
        aim: { atMost: 1 },
      },
      doublesOf("create", created),
      ...measuresOf("one-customer", shared),
      {
        name: "one-customer, SL customers made",
        unit: "customers",
        rounds: [shared.customers],
        aim: { atMost: 0 },
      },
    ],
  };
}

function measuresOf(policy: Policy, { rounds }: Found): readonly Measure[] {
  const first = rounds.map((round) => round.first.perSecond);
  const later = rounds.map((round) => round.later.perSecond);
  const grown = (figures: readonly number[]) => (figures.at(-1) ?? 0) / (figures[0] ?? 1);
  return [
    { name: `${policy}, first orders`, unit: "orders/s", rounds: first },
    { name: `${policy}, later orders`, unit: "orders/s", rounds: later },
    {
      name: `${policy}, first orders, last ÷ first`,
      unit: "ratio",
      rounds: [grown(first)],
      aim: { atLeast: 0.8 },
    },
    {
      name: `${policy}, calls to SL of a first order`,
      unit: "calls/order",
      rounds: rounds.map((round) => round.first.slCalls),
    },
  ];
}

function doublesOf(policy: Policy, { doubles }: Found): Measure {
  return {
    name: `${policy}, shoppers with two SL customers`,
    unit: "shoppers",
    rounds: [doubles],
    aim: { atMost: 0 },
  };
}
