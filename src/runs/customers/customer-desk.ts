import { HubError } from "../../base/errors.ts";
import { customerFault } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";

/** What a person who decides about a customer is told by SL, read as a guest of the pair. */
export function customerDesk(pairOf: (id: string) => PairRuntime) {
  return {
    check: async (id: string, customerId: string) => {
      const pair = pairOf(id);
      const reading = await pair.erp.readCustomer(customerId);
      if (reading === undefined) {
        throw new HubError("mapping.customer_unknown", `SL has no customer ${customerId}`, {
          facts: { field: "customerId", customerId },
          cure: "Choose one of the candidates, or create the customer in SL first.",
        });
      }
      const fault = customerFault(reading, pair.settings.sl.baseCurrency);
      if (fault === undefined) return { customerId: reading.customerId, name: reading.name };
      throw new HubError(fault.code, `SL customer ${reading.customerId} ${fault.words}`, {
        facts: { field: "customerId", customerId },
      });
    },
    assertMayMake: (id: string) => {
      const { customer } = pairOf(id).settings;
      if (customer.class !== undefined || customer.classes.length > 0) return;
      throw new HubError("config.invalid", "customer.class of the pair is not set", {
        facts: { field: "customer.class", example: "RETAIL" },
        cure: "Set the class of new customers with `slipway pair set`, then repeat.",
      });
    },
  };
}
