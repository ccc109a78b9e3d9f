import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatCharge } from "../formatters/money.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkChargeAmount, checkedCurrency } from "../money/currencies.ts";
import { captureAlone, chargeAlone } from "../operations/bare-charges.ts";
import { emit } from "../operations/emit.ts";
import { addIntent, captureIntent, confirmIntent } from "../operations/intents.ts";
import { paymentMethodOf } from "../operations/payment-methods.ts";
import type { ChargeRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { customerOf, shippingOf } from "./customers.ts";
import { intentOf } from "./payment-intents.ts";

/** A charge by its id. */
export function chargeOf(world: World, id: string, param = "id"): ChargeRow {
  const row = world.tables.charge.get(id);
  if (row === undefined) throw resourceMissing("charge", id, param);
  return row;
}

/**
 * The older way to charge. An intent is made behind it, so that both shapes agree, unless the
 * account is one that charges without (`chargesWithoutIntent`).
 */
function create({ world, params }: Call): Wire {
  const amount = params.integer("amount");
  if (amount === undefined) throw parameterMissing("amount");
  const currency = checkedCurrency(params.required("currency"));
  checkChargeAmount(amount, currency);
  const customer = params.text("customer");
  if (customer !== undefined) customerOf(world, customer, "customer");
  const method = paymentMethodOf(world, params.required("source"), "source");
  const isCaptured = params.boolean("capture") !== false;
  const given = {
    amount,
    currency,
    customer: customer ?? null,
    description: params.text("description") ?? null,
    metadata: params.metadata(),
    receipt_email: params.text("receipt_email") ?? null,
    shipping: shippingOf(params.wire("shipping") ?? null),
    statement_descriptor: params.text("statement_descriptor") ?? null,
    statement_descriptor_suffix: params.text("statement_descriptor_suffix") ?? null,
    transfer_group: params.text("transfer_group") ?? null,
  };
  if (world.settings.chargesWithoutIntent === true) {
    return formatCharge(world, chargeAlone(world, given, { method, isCaptured }));
  }
  const capture_method = isCaptured ? "automatic" : "manual";
  const intent = addIntent(world, { ...given, capture_method });
  const paid = confirmIntent(world, intent, method);
  return formatCharge(world, chargeOf(world, paid.latest_charge ?? ""));
}

function update({ world, params, id }: Call): Wire {
  const before = chargeOf(world, id);
  const text = (name: string, was: string | null) => {
    const given = params.clearable(name);
    return given === undefined ? was : given;
  };
  const shipping = params.wire("shipping");
  const row = world.tables.charge.put({
    ...before,
    customer: text("customer", before.customer),
    description: text("description", before.description),
    receipt_email: text("receipt_email", before.receipt_email),
    transfer_group: text("transfer_group", before.transfer_group),
    metadata: params.metadata(before.metadata),
    fraud_details: params.wire("fraud_details") ?? before.fraud_details,
    shipping: shipping === undefined ? before.shipping : shippingOf(shipping),
  });
  emit(world, "charge.updated", formatCharge(world, row), formatCharge(world, before));
  return formatCharge(world, row);
}

function capture({ world, params, id }: Call): Wire {
  const charge = chargeOf(world, id);
  if (charge.payment_intent === null) {
    const amount = params.integer("amount") ?? charge.amount;
    return formatCharge(world, captureAlone(world, uncaptured(charge, amount), amount));
  }
  const intent = intentOf(world, charge.payment_intent);
  captureIntent(world, intent, {
    amount: params.integer("amount") ?? intent.amount_capturable,
    isFinal: true,
  });
  return formatCharge(world, chargeOf(world, id));
}

function uncaptured(charge: ChargeRow, amount: number): ChargeRow {
  if (charge.captured || charge.status !== "succeeded") {
    const message = `Charge ${charge.id} has already been captured or cannot be.`;
    throw invalidRequest(message, "charge_already_captured");
  }
  if (amount >= 1 && amount <= charge.amount) return charge;
  const message = `The provided capture amount ${amount} is not within 1 and ${charge.amount}.`;
  throw invalidRequest(message, "amount_too_large", "amount");
}

function list(call: Call): Wire {
  const { world, params } = call;
  const customer = params.text("customer");
  const group = params.text("transfer_group");
  const intent = params.text("payment_intent");
  const byCustomer = { index: "customer", value: customer };
  return listPage(call, {
    table: world.tables.charge,
    kind: "charge",
    url: "/v1/charges",
    bucket: intent === undefined ? byCustomer : { index: "payment_intent", value: intent },
    where: (row) =>
      (customer === undefined || row.customer === customer) &&
      (group === undefined || row.transfer_group === group),
    format: (row) => formatCharge(world, row),
  });
}

export const chargeRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/charges",
    accepts: `amount application_fee application_fee_amount capture currency customer description
      destination metadata on_behalf_of radar_options receipt_email shipping source
      statement_descriptor statement_descriptor_suffix transfer_data transfer_group`,
    run: create,
  },
  {
    method: "GET",
    path: "/v1/charges",
    accepts: `${PAGING} created customer payment_intent transfer_group`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/charges/:id",
    accepts: "",
    run: ({ world, id }) => formatCharge(world, chargeOf(world, id)),
  },
  {
    method: "POST",
    path: "/v1/charges/:id",
    accepts: "customer description fraud_details metadata receipt_email shipping transfer_group",
    run: update,
  },
  {
    method: "POST",
    path: "/v1/charges/:id/capture",
    accepts: `amount application_fee application_fee_amount receipt_email statement_descriptor
      statement_descriptor_suffix transfer_data transfer_group`,
    run: capture,
  },
];
