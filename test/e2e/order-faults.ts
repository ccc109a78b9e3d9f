import { ORDER_EFFECTS } from "../../src/runs/orders/order-run.ts";
import type { Row, World } from "../support/world.ts";

/** The screen of payments and of their applications. */
export const PAYMENT_SCREEN = { service: "paymentApplication", operation: "editScreen" };
/** The writes of an order before and after it ships, by the sends of `ORDER_EFFECTS`. */
const CALL_OF: Readonly<Record<string, object>> = {
  place: { service: "orders", operation: "placeOrder" },
  lift: { service: "orders", operation: "adminHoldFlag" },
  reserve: { ...PAYMENT_SCREEN, actionType: "ADD" },
  fill: { ...PAYMENT_SCREEN, actionType: "UPDATE" },
  release: { ...PAYMENT_SCREEN, actionType: "RELEASENOW" },
};

/** SL does what these effects ask for, and each of their answers is lost once. */
export async function loseAnswersOf(world: World, purposes: readonly string[]): Promise<number> {
  await world.slAdmin("/faults", undefined, "DELETE");
  const effects = ORDER_EFFECTS.filter(({ purpose }) => purposes.includes(purpose));
  const matches = effects.flatMap(({ writes }) => writes.map((write) => CALL_OF[write]));
  for (const match of matches) {
    await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" } });
  }
  return matches.length;
}

/** How many of the answers were lost by now. */
export async function lostAnswers(world: World): Promise<number> {
  const faults = await world.slAdmin<Row[]>("/faults");
  return faults.filter(({ hits }) => hits === 1).length;
}
