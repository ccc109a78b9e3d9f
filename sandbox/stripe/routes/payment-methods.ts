import { resourceMissing } from "../errors.ts";
import { formatPaymentMethod } from "../formatters/payment-method.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { emit } from "../operations/emit.ts";
import { createPaymentMethod, paymentMethodOf } from "../operations/payment-methods.ts";
import type { Wire } from "../wire.ts";
import { customerOf } from "./customers.ts";

function create({ world, params }: Call): Wire {
  const type = params.required("type");
  const row = createPaymentMethod(world, type, params.wire(type) ?? {}, {
    billing: params.wire("billing_details"),
    metadata: params.metadata(),
  });
  return formatPaymentMethod(row);
}

function attach({ world, params, id }: Call): Wire {
  const customer = customerOf(world, params.required("customer"), "customer");
  const method = paymentMethodOf(world, id, "payment_method");
  const row = world.tables.payment_method.put({ ...method, customer: customer.id });
  emit(world, "payment_method.attached", formatPaymentMethod(row));
  return formatPaymentMethod(row);
}

function detach({ world, id }: Call): Wire {
  const method = world.tables.payment_method.get(id);
  if (method === undefined) throw resourceMissing("PaymentMethod", id);
  const row = world.tables.payment_method.put({ ...method, customer: null });
  emit(world, "payment_method.detached", formatPaymentMethod(row), formatPaymentMethod(method));
  return formatPaymentMethod(row);
}

function update({ world, params, id }: Call): Wire {
  const before = world.tables.payment_method.get(id);
  if (before === undefined) throw resourceMissing("PaymentMethod", id);
  const billing = params.wire("billing_details");
  const row = world.tables.payment_method.put({
    ...before,
    metadata: params.metadata(before.metadata),
    billing_details: { ...before.billing_details, ...billing },
  });
  emit(world, "payment_method.updated", formatPaymentMethod(row), formatPaymentMethod(before));
  return formatPaymentMethod(row);
}

function list(call: Call): Wire {
  const { world, params } = call;
  const type = params.text("type");
  return listPage(call, {
    table: world.tables.payment_method,
    kind: "payment_method",
    url: "/v1/payment_methods",
    bucket: { index: "customer", value: params.text("customer") },
    where: (row) => type === undefined || row.type === type,
    format: formatPaymentMethod,
  });
}

export const paymentMethodRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/payment_methods",
    accepts: "type card sepa_debit us_bank_account billing_details metadata allow_redisplay",
    run: create,
  },
  {
    method: "GET",
    path: "/v1/payment_methods",
    accepts: `${PAGING} customer type allow_redisplay`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/payment_methods/:id",
    accepts: "",
    run: ({ world, id }) => formatPaymentMethod(paymentMethodOf(world, id, "payment_method")),
  },
  {
    method: "POST",
    path: "/v1/payment_methods/:id",
    accepts: "allow_redisplay billing_details card metadata us_bank_account",
    run: update,
  },
  { method: "POST", path: "/v1/payment_methods/:id/attach", accepts: "customer", run: attach },
  { method: "POST", path: "/v1/payment_methods/:id/detach", accepts: "", run: detach },
];
