import { until } from "../../support/wait.ts";
import type { Stop, StopAt } from "./barrier.ts";
import { type CrashWorld, PATIENCE_MS, type Seat } from "./crash-world.ts";
import { isRelease, type StepCall } from "./effects.ts";
import type { HubProcess } from "./hub-process.ts";
import { type Order, placeOrders } from "./orders.ts";

/** Orders that stand at a stop each. */
export type StoppedOrders = Readonly<{ orders: readonly Order[]; stops: readonly Stop[] }>;

/**
 * Places an order for each step and waits until each stands at its own, at this seat.
 *
 * A pair releases one batch at a time, so a release that stands keeps all others waiting: it may be
 * one of the steps, and is stopped when all others stand.
 */
export async function stopOrders(
  world: CrashWorld,
  place: Readonly<{ seat: Seat; hub: HubProcess }>,
  steps: readonly StepCall[],
  at: StopAt,
): Promise<StoppedOrders> {
  const orders = await placeOrders(world, steps.filter((step) => !isRelease(step)).length);
  const others = steps.filter((step) => !isRelease(step));
  const stops = orders.map((order, n) => stopAt(place.seat, { order, step: others[n], at }));
  await world.deliver();
  await allHeld(stops, place.hub);
  const releases = steps.filter(isRelease);
  if (releases.length === 0) return { orders, stops };
  const last = await placeOrders(world, releases.length);
  const lastStops = last.map((order, n) => stopAt(place.seat, { order, step: releases[n], at }));
  await world.deliver();
  await allHeld(lastStops, place.hub);
  return { orders: [...orders, ...last], stops: [...stops, ...lastStops] };
}

function stopAt(
  seat: Seat,
  wanted: Readonly<{ order: Order; step: StepCall | undefined; at: StopAt }>,
): Stop {
  const { order, step, at } = wanted;
  if (step === undefined) throw new Error("There are more orders than steps");
  return seat.stop(step, order, at);
}

async function allHeld(stops: readonly Stop[], hub: HubProcess): Promise<void> {
  const missing = () => stops.filter((stop) => !stop.isHeld()).map((stop) => stop.name);
  try {
    await until("the calls to stand", () => missing().length === 0, PATIENCE_MS);
  } catch (cause) {
    throw new Error(`Never came: ${missing().join(", ")}\n${hub.log()}`, { cause });
  }
}
