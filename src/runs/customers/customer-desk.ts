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
    assertBuyer: async (id: string, stripeCustomerId: string) => {
      if (await hasBuyer(pairOf(id), stripeCustomerId)) return;
      throw new HubError("api.invalid", `object: Stripe has no customer ${stripeCustomerId}`, {
        facts: { field: "object", example: "cus_Nf1" },
        cure:
          "See that the id is right and is of this pair's account; one that Stripe has deleted " +
          "is linked with --force.",
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

/** A deleted customer buys nothing any more: Stripe has it no longer. */
async function hasBuyer({ stripe }: PairRuntime, stripeCustomerId: string): Promise<boolean> {
  try {
    return (await stripe.readCustomer(stripeCustomerId)) !== undefined;
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "stripe.object_missing") return false;
    throw thrown;
  }
}
