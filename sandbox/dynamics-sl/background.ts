import { BATCH_STATUS } from "./rules/batches.ts";
import { isOrderInvoice, releaseByItself } from "./rules/orders/invoicing.ts";
import { shipDueOrders } from "./rules/orders/shipping.ts";
import type { World } from "./world.ts";

/**
 * SL's process manager: ships open orders by schedule, and releases invoices of shippers that an
 * earlier run of the sandbox left waiting. Timers follow the sandbox's clock.
 */
export function startBackground(world: World): void {
  let callOff = (): void => {};
  const arm = (): void => {
    callOff();
    const seconds = world.switches.shipEverySeconds;
    if (seconds <= 0) return;
    callOff = world.clock.after(seconds * 1000, () => {
      shipDueOrders(world);
      arm();
    });
  };
  world.whenSwitched(arm);
  arm();
  for (const batch of world.store.find("Batch", "byStatus", BATCH_STATUS.balanced)) {
    if (isOrderInvoice(batch)) releaseByItself(world, batch);
  }
}
