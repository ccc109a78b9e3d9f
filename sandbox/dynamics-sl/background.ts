import { BATCH_STATUS } from "./rules/batches.ts";
import { isOrderInvoice, releaseByItself } from "./rules/orders/invoicing.ts";
import { ROUND_ORDERS_MAX, shipDueOrders } from "./rules/orders/shipping.ts";
import type { World } from "./world.ts";

/**
 * SL's process manager: ships open orders by schedule, and releases invoices of shippers that an
 * earlier run of the sandbox left waiting. Timers follow the sandbox's clock.
 */
export function startBackground(world: World): void {
  let callOff = (): void => {};
  const arm = (delayMs: number): void => {
    callOff();
    if (world.switches.shipEverySeconds <= 0) return;
    callOff = world.clock.after(delayMs, () => {
      const isFull = shipDueOrders(world).length === ROUND_ORDERS_MAX;
      // A full round has left some over: they need not wait as long as new ones.
      arm(isFull ? 0 : pauseMs());
    });
  };
  const pauseMs = (): number => world.switches.shipEverySeconds * 1000;
  world.whenSwitched(() => arm(pauseMs()));
  arm(pauseMs());
  for (const batch of world.store.find("Batch", "byStatus", BATCH_STATUS.balanced)) {
    if (isOrderInvoice(batch)) releaseByItself(world, batch);
  }
}
