import type Stripe from "stripe";
import { pause } from "../../src/base/clock.ts";
import type { Scene } from "./scene.ts";

/** Orders that the shop places at once. */
const PLACED_AT_ONCE = 8;
/** Seldom, since looking takes the machine's time too; times come from the rows, not from here. */
const LOOK_EVERY_MS = 200;

/** A shop with customers that SL knows. */
export type Shop = Readonly<{
  /** Makes a paid PaymentIntent of the next customer and gives its id. */
  placeOrder(): Promise<string>;
  /** Places `count` orders while Stripe holds its webhooks back, and lets them go. */
  placeHeld(count: number): Promise<Batch>;
}>;

/** Orders whose webhooks wait at Stripe. */
export type Batch = Readonly<{ ids: readonly string[]; letGo(): Promise<void> }>;

/**
 * Opens a shop with `customers` customers. Each has one order booked, so that the hub has met
 * customer, terms, items and calendar before anything is measured.
 */
export async function openShop(scene: Scene, customers: number): Promise<Shop> {
  const made = await Promise.all(
    Array.from({ length: customers }, (_, index) => makeCustomer(scene.stripe, index)),
  );
  let turn = 0;
  const placeOrder = async () => {
    turn += 1;
    const customer = made[turn % made.length];
    const intent = await scene.stripe.paymentIntents.create({
      amount: 1_000 + (turn % 90_000),
      currency: "usd",
      ...(customer === undefined ? {} : { customer: customer.id }),
      description: "T-shirt, harbour blue",
      payment_method: "pm_card_visa",
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
      confirm: true,
      metadata: { InvtID: "TSHIRT", order_id: `BENCH-${turn}` },
    });
    return intent.id;
  };
  await untilBooked(scene, await inParts(customers, placeOrder));
  return shopOf(scene, placeOrder);
}

/** A shop whose orders `placeOrder` makes, one after the other. */
export function shopOf(scene: Scene, placeOrder: () => Promise<string>): Shop {
  return {
    placeOrder,
    placeHeld: async (count) => {
      await scene.stripeAdmin("/webhooks", { method: "POST", body: { pause: true } });
      const ids = await inParts(count, placeOrder);
      const body = { pause: false };
      return { ids, letGo: () => scene.stripeAdmin("/webhooks", { method: "POST", body }) };
    },
  };
}

function makeCustomer(stripe: Stripe, index: number): Promise<Stripe.Customer> {
  return stripe.customers.create({
    name: `Buyer ${index}`,
    email: `buyer-${index}@example.com`,
    address: { line1: "1 Navy Yard", city: "Arlington", state: "VA", postal_code: "22201" },
  });
}

export async function inParts<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const size = Math.min(PLACED_AT_ONCE, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: size }, make))));
  }
  return made;
}

const SETTLED_SQL = `
select count(*)::int as settled,
  (select string_agg(reason, '; ') from parked where state = 'open') as parked
from lane
where pair = $1 and key = any ($2::text[]) and owner is null and due_at is null`;

/**
 * Waits until the lanes of all these orders are asleep and Stripe owes no webhook.
 *
 * @throws Error when it takes more than `withinMs`, or when a run was parked
 */
export async function untilBooked(
  scene: Scene,
  ids: readonly string[],
  withinMs = 600_000,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const { rows } = await scene.database.query<{ settled: number; parked: string | null }>(
      SETTLED_SQL,
      [scene.pair, ids],
    );
    const { settled = 0, parked = null } = rows[0] ?? {};
    if (parked !== null) throw new Error(`Runs were parked: ${parked}`);
    if (settled === ids.length && !(await owesWebhooks(scene))) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`Only ${settled} of ${ids.length} orders were worked in time`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

async function owesWebhooks(scene: Scene): Promise<boolean> {
  const { state } = await scene.stripeAdmin<{
    state: { queued: number; inFlight: number; pending: number };
  }>("/webhooks");
  return state.queued + state.inFlight + state.pending > 0;
}
