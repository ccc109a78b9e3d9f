import type { World } from "../world.ts";
import { payOutAll } from "./payouts.ts";

const DAY_MS = 86_400_000;

/** The day of the sandbox's clock, counted from 1970 in UTC. */
export function today(world: World): number {
  return Math.floor(world.nowMs() / DAY_MS);
}

/** Whether the account is paid out at each midnight. */
export function isPaidDaily(world: World): boolean {
  return world.settings.payoutSchedule === "daily";
}

/** The next midnight at which the account is paid out, in ms. */
export function nextPayoutDay(world: World): number | undefined {
  if (!isPaidDaily(world)) return undefined;
  return ((world.settings.paidOutDay ?? today(world)) + 1) * DAY_MS;
}

/** The automatic payouts of one midnight. */
export function payOutDay(world: World): void {
  world.change(() => {
    world.tables.settings.put({ ...world.settings, paidOutDay: today(world) });
    payOutAll(world);
  });
}
