import { BATCH_STATUS } from "./rules/batches.ts";
import { invoiceConsolidated, isOrderInvoice, releaseByItself } from "./rules/orders/invoicing.ts";
import { ROUND_ORDERS_MAX, shipDueOrders } from "./rules/orders/shipping.ts";
import type { World } from "./world.ts";

/**
 * SL's process manager: ships open orders by schedule, then makes the consolidated invoices, and
 * releases invoices of shippers. Timers follow the sandbox's clock. After a start and a restore
 * the invoices that wait for their release are taken up again.
 */
export function startBackground(world: World): void {
  let callOff = (): void => {};
  const arm = (delayMs: number): void => {
    callOff();
    if (world.switches.shipEverySeconds <= 0) return;
    callOff = world.clock.after(delayMs, () => {
      const isFull = shipDueOrders(world).length === ROUND_ORDERS_MAX;
      invoiceConsolidated(world);
      // A full round has left some over: they need not wait as long as new ones.
      arm(isFull ? 0 : pauseMs());
    });
  };
  const pauseMs = (): number => world.switches.shipEverySeconds * 1000;
  let armedMs = 0;
  // Other switches do not put a round off that is under way.
  const armAnew = (): void => {
    if (armedMs === pauseMs()) return;
    armedMs = pauseMs();
    arm(armedMs);
  };
  const takeUp = (): void => {
    for (const batch of world.store.find("Batch", "byStatus", BATCH_STATUS.balanced)) {
      if (isOrderInvoice(batch)) releaseByItself(world, batch);
    }
  };
  world.listen({ switched: armAnew, reloaded: takeUp });
  armAnew();
  takeUp();
}
