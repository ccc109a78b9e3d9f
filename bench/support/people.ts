import type Stripe from "stripe";
import type { Scene } from "./scene.ts";
import { inParts, type Shop, shopOf } from "./shop.ts";

/** Of so many shoppers each of these shares: one in twenty, one in five, and so on. */
const TWIN_EVERY = 20;
const RETURN_EVERY = 5;
const RENAMED_EVERY = 10;
const DUPLICATE_EVERY = 10;
const GUEST_EVERY = 10;

type Person = Readonly<{ nr: number; email: string; stripeId: string }>;
type Order = Stripe.PaymentIntentCreateParams;

/** Shoppers of one round, each a person with an e-mail address of its own. */
export type People = Readonly<{
  /**
   * The first order of each, and for one in twenty another one at the same moment, by a second
   * Stripe customer of the same person.
   */
  firstOrders: Shop;
  firstCount: number;
  /** Orders of those who come back: as they were, renamed, as a new Stripe customer, as a guest. */
  laterOrders: Shop;
  laterCount: number;
}>;

/** How an SL customer of a shopper is told from any other. */
export const SHOPPER_EMAIL = /^shopper-\d+@example\.com$/i;

/** Makes `count` shoppers, numbered from `from`, with the Stripe customers of first orders. */
export async function makePeople(scene: Scene, from: number, count: number): Promise<People> {
  let next = from;
  const people = await inParts(count, () => makePerson(scene, next++));
  const twins = people.filter(({ nr }) => nr % TWIN_EVERY === 0);
  const made = await inParts(twins.length, nextTwin(scene, twins));
  // Side by side, so that two runs look for the same person at once.
  const first = people.flatMap((person) => [person, ...made.filter(({ nr }) => nr === person.nr)]);
  const later = people.flatMap((person) => laterOf(scene, person));
  return {
    firstOrders: shopOf(
      scene,
      oneByOne(
        scene,
        first.map((one) => async () => orderOf(one)),
      ),
    ),
    firstCount: first.length,
    laterOrders: shopOf(scene, oneByOne(scene, later)),
    laterCount: later.length,
  };
}

async function makePerson(scene: Scene, nr: number): Promise<Person> {
  const email = `shopper-${nr}@example.com`;
  return { nr, email, stripeId: await makeCustomer(scene, `Shopper ${nr}`, email) };
}

async function makeCustomer(scene: Scene, name: string, email: string): Promise<string> {
  const address = { line1: "1 Navy Yard", city: "Arlington", state: "VA", postal_code: "22201" };
  return (await scene.stripe.customers.create({ name, email, address })).id;
}

function nextTwin(scene: Scene, people: readonly Person[]): () => Promise<Person> {
  let at = 0;
  return async () => {
    const person = people[at++];
    if (person === undefined) throw new Error("There are no more twins");
    const stripeId = await makeCustomer(scene, `Shopper ${person.nr}`, person.email);
    return { ...person, stripeId };
  };
}

type Visit = () => Promise<Order>;

/** Who comes back, and as whom. */
function laterOf(scene: Scene, person: Person): readonly Visit[] {
  const { nr, email, stripeId } = person;
  const visits: Visit[] = [];
  if (nr % RETURN_EVERY === 0) visits.push(async () => orderOf(person));
  if (nr % RENAMED_EVERY === 1) {
    visits.push(async () => {
      await scene.stripe.customers.update(stripeId, { name: `Married ${nr}` });
      return orderOf(person);
    });
  }
  if (nr % DUPLICATE_EVERY === 2) {
    visits.push(async () => {
      const again = await makeCustomer(scene, `S. ${nr}`, email.toUpperCase());
      return orderOf({ ...person, stripeId: again });
    });
  }
  if (nr % GUEST_EVERY === 3) {
    visits.push(async () => ({ ...paidAtOnce(nr), receipt_email: email }));
  }
  return visits;
}

function orderOf({ nr, stripeId }: Person): Order {
  return { ...paidAtOnce(nr), customer: stripeId };
}

function paidAtOnce(nr: number): Order {
  return {
    amount: 1_000 + (nr % 90_000),
    currency: "usd",
    payment_method: "pm_card_visa",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    confirm: true,
    metadata: { InvtID: "TSHIRT", order_id: `SHOPPER-${nr}` },
  };
}

function oneByOne(scene: Scene, visits: readonly Visit[]): () => Promise<string> {
  let at = 0;
  return async () => {
    const visit = visits[at++];
    if (visit === undefined) throw new Error("Nobody is left who could order");
    return (await scene.stripe.paymentIntents.create(await visit())).id;
  };
}
