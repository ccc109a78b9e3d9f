import type Stripe from "stripe";
import { pause } from "../../src/base/clock.ts";
import type { Scene } from "./scene.ts";

/** Orders that the shop places at once. */
const PLACED_AT_ONCE = 8;
const LOOK_EVERY_MS = 25;

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
  const shop: Shop = {
    placeOrder,
    placeHeld: async (count) => {
      await scene.stripeAdmin("/webhooks", { method: "POST", body: { pause: true } });
      const ids = await inParts(count, placeOrder);
      const body = { pause: false };
      return { ids, letGo: () => scene.stripeAdmin("/webhooks", { method: "POST", body }) };
    },
  };
  await untilBooked(scene, await inParts(customers, placeOrder));
  return shop;
}

function makeCustomer(stripe: Stripe, index: number): Promise<Stripe.Customer> {
  return stripe.customers.create({
    name: `Buyer ${index}`,
    email: `buyer-${index}@example.com`,
    address: { line1: "1 Navy Yard", city: "Arlington", state: "VA", postal_code: "22201" },
  });
}

async function inParts<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const size = Math.min(PLACED_AT_ONCE, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: size }, make))));
  }
  return made;
}

/**
 * Waits until none of these orders has an event without an end, and every lane is asleep.
 *
 * Asked of the sandbox SL and the hub's API: what is measured is what their users see.
 *
 * @throws Error when it takes more than `withinMs`, or when a run was parked
 */
export async function untilBooked(
  scene: Scene,
  ids: readonly string[],
  withinMs = 600_000,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  const last = ids.at(-1);
  for (;;) {
    const counts = await countWork(scene);
    if (counts.parkedOpen > 0) throw new Error(`Runs were parked: ${await reasonOf(scene)}`);
    if (counts.atWork === 0 && (await isBooked(scene, last))) return;
    if (performance.now() > deadlineMs) throw new Error("The orders were not booked in time");
    await pause(LOOK_EVERY_MS);
  }
}

type PairLanes = { waiting: number; due: number; owned: number; parkedOpen: number };

async function countWork(scene: Scene): Promise<{ atWork: number; parkedOpen: number }> {
  const [lanes, hooks] = await Promise.all([
    scene.hub.api<{ pairs: PairLanes[] }>(`/api/lanes?pair=${scene.pair}`),
    scene.stripeAdmin<{ state: { queued: number; inFlight: number; pending: number } }>(
      "/webhooks",
    ),
  ]);
  const { waiting = 0, due = 0, owned = 0, parkedOpen = 0 } = lanes.pairs[0] ?? {};
  const { queued, inFlight, pending } = hooks.state;
  return { atWork: waiting + due + owned + queued + inFlight + pending, parkedOpen };
}

async function isBooked(scene: Scene, laneKey: string | undefined): Promise<boolean> {
  if (laneKey === undefined) return true;
  const path = `/api/runs?lane=${laneKey}&outcome=booked`;
  const { rows } = await scene.hub.api<{ rows: unknown[] }>(path);
  return rows.length > 0;
}

async function reasonOf(scene: Scene): Promise<string> {
  const { rows } = await scene.hub.api<{ rows: { reason: string }[] }>("/api/parked?state=open");
  return rows.map((row) => row.reason).join("; ");
}
