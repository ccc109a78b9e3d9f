import { randomText } from "../random.ts";
import type { CustomerRow } from "../store/catalog-rows.ts";
import type { World } from "../world.ts";

/** What a new customer is, before what the caller says. */
export function newCustomer(world: World, id: string): CustomerRow {
  return {
    id,
    created: world.nowSeconds(),
    email: null,
    name: null,
    business_name: null,
    individual_name: null,
    phone: null,
    description: null,
    address: null,
    shipping: null,
    balance: 0,
    currency: null,
    metadata: {},
    default_payment_method: null,
    invoice_footer: null,
    tax_exempt: "none",
    tax_ids: [],
    preferred_locales: [],
    invoice_prefix: randomText(8).toUpperCase(),
    next_invoice_sequence: 1,
    test_clock: null,
    deleted: false,
  };
}
