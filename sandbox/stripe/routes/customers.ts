import { resourceMissing } from "../errors.ts";
import { formatCustomer } from "../formatters/catalog.ts";
import { formatPaymentMethod } from "../formatters/payment-method.ts";
import { listPage } from "../http/listing.ts";
import type { Params } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { type BalanceMove, recordBalance } from "../operations/customer-balance.ts";
import { newCustomer } from "../operations/customers.ts";
import { emit } from "../operations/emit.ts";
import { paymentMethodOf } from "../operations/payment-methods.ts";
import { newId } from "../random.ts";
import type { CustomerRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { newTaxId } from "./tax-ids.ts";

const UPDATE = `address balance business_name cash_balance description email individual_name
  invoice_prefix invoice_settings metadata name next_invoice_sequence phone preferred_locales
  shipping source tax tax_exempt validate`;
const CREATE = `${UPDATE} id payment_method tax_id_data test_clock`;

/** A customer that is there and not deleted. */
export function customerOf(world: World, id: string, param = "id"): CustomerRow {
  const row = world.tables.customer.get(id);
  if (row === undefined || row.deleted) throw resourceMissing("customer", id, param);
  return row;
}

function changed(row: CustomerRow, params: Params): CustomerRow {
  const text = (name: string, before: string | null) => {
    const given = params.clearable(name);
    return given === undefined ? before : given;
  };
  const settings = params.nested("invoice_settings");
  const method = settings?.clearable("default_payment_method");
  const footer = settings?.clearable("footer");
  const address = params.wire("address");
  const shipping = params.wire("shipping");
  return {
    ...row,
    email: text("email", row.email),
    name: text("name", row.name),
    business_name: text("business_name", row.business_name),
    individual_name: text("individual_name", row.individual_name),
    phone: text("phone", row.phone),
    description: text("description", row.description),
    address: address === undefined ? row.address : address === null ? null : fullyNamed(address),
    shipping: shipping === undefined ? row.shipping : shippingOf(shipping),
    balance: params.integer("balance") ?? row.balance,
    metadata: params.metadata(row.metadata),
    default_payment_method: method === undefined ? row.default_payment_method : method,
    invoice_footer: footer === undefined ? row.invoice_footer : footer,
    tax_exempt: params.oneOf("tax_exempt", ["none", "exempt", "reverse"]) ?? row.tax_exempt,
    preferred_locales: params.texts("preferred_locales") ?? row.preferred_locales,
    invoice_prefix: params.text("invoice_prefix") ?? row.invoice_prefix,
    next_invoice_sequence: params.integer("next_invoice_sequence") ?? row.next_invoice_sequence,
  };
}

function fullyNamed(address: Wire): Wire {
  const none = { city: null, country: null, line1: null, line2: null, postal_code: null };
  return { ...none, state: null, ...address };
}

/** A shipping address as Stripe shows it, with name and phone. */
export function shippingOf(shipping: Wire | null): Wire | null {
  if (shipping === null) return null;
  const address = shipping.address;
  const full =
    typeof address === "object" && address !== null ? fullyNamed(address as Wire) : fullyNamed({});
  return { carrier: null, phone: null, tracking_number: null, ...shipping, address: full };
}

function create(call: Call): Wire {
  const { world, params } = call;
  const id = params.text("id") ?? newId("customer");
  const clock = params.text("test_clock");
  if (clock !== undefined && world.tables.test_clock.get(clock) === undefined) {
    throw resourceMissing("test_helpers.test_clock", clock, "test_clock");
  }
  const tax_ids = params.nestedList("tax_id_data").map((given) => newTaxId(world, given));
  const fresh = { ...newCustomer(world, id), test_clock: clock ?? null, tax_ids };
  const row = world.tables.customer.put(changed(fresh, params));
  const methodId = params.text("payment_method");
  if (methodId !== undefined) {
    const method = paymentMethodOf(world, methodId, "payment_method");
    world.tables.payment_method.put({ ...method, customer: row.id });
  }
  if (row.balance !== 0)
    recordBalance(world, row, { ...setBalance(world, row, row.balance), type: "initial" });
  const wire = formatCustomer(world, row);
  emit(world, "customer.created", wire);
  return wire;
}

/** The movement behind a balance that was set on the customer. */
function setBalance(world: World, row: CustomerRow, amount: number): BalanceMove {
  const currency = row.currency ?? world.settings.settlementCurrencies[0] ?? "usd";
  return { amount, currency, type: "adjustment" };
}

function update({ world, params, id }: Call): Wire {
  const before = customerOf(world, id);
  const row = world.tables.customer.put(changed(before, params));
  const moved = row.balance - before.balance;
  if (moved !== 0) recordBalance(world, row, setBalance(world, row, moved));
  const wire = formatCustomer(world, row);
  emit(world, "customer.updated", wire, formatCustomer(world, before));
  return wire;
}

function remove({ world, id }: Call): Wire {
  const row = customerOf(world, id);
  emit(world, "customer.deleted", formatCustomer(world, row));
  return formatCustomer(world, world.tables.customer.put({ ...row, deleted: true }));
}

function list(call: Call): Wire {
  const { world, params } = call;
  const email = params.text("email");
  const clock = params.text("test_clock");
  return listPage(call, {
    table: world.tables.customer,
    kind: "customer",
    url: "/v1/customers",
    bucket:
      email === undefined
        ? { index: "test_clock", value: clock }
        : { index: "email", value: email },
    where: (row) => !row.deleted && (clock === undefined || row.test_clock === clock),
    format: (row) => formatCustomer(world, row),
  });
}

function retrieve({ world, id }: Call): Wire {
  const row = world.tables.customer.get(id);
  if (row === undefined) throw resourceMissing("customer", id);
  return formatCustomer(world, row);
}

function methodsOf(call: Call): Wire {
  const { world, id, params } = call;
  customerOf(world, id);
  const type = params.text("type");
  return listPage(call, {
    table: world.tables.payment_method,
    kind: "payment_method",
    url: `/v1/customers/${id}/payment_methods`,
    bucket: { index: "customer", value: id },
    where: (row) => type === undefined || row.type === type,
    format: formatPaymentMethod,
  });
}

export const customerRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/customers", accepts: CREATE, run: create },
  {
    method: "GET",
    path: "/v1/customers",
    accepts: `${PAGING} created email test_clock`,
    run: list,
  },
  { method: "GET", path: "/v1/customers/:id", accepts: "", run: retrieve },
  {
    method: "POST",
    path: "/v1/customers/:id",
    accepts: `${UPDATE} default_source`,
    run: update,
  },
  { method: "DELETE", path: "/v1/customers/:id", accepts: "", run: remove },
  {
    method: "GET",
    path: "/v1/customers/:id/payment_methods",
    accepts: `${PAGING} type allow_redisplay`,
    run: methodsOf,
  },
];
