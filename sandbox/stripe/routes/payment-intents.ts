import { parameterMissing, resourceMissing } from "../errors.ts";
import { formatPaymentIntent } from "../formatters/money.ts";
import { listPage } from "../http/listing.ts";
import type { Params } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkChargeAmount, checkedCurrency } from "../money/currencies.ts";
import {
  addIntent,
  cancelIntent,
  captureIntent,
  confirmIntent,
  unexpectedState,
} from "../operations/intents.ts";
import { createPaymentMethod, paymentMethodOf } from "../operations/payment-methods.ts";
import type { PaymentIntentRow, PaymentMethodRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { customerOf, shippingOf } from "./customers.ts";

const UPDATE = `allowed_payment_method_types amount amount_details application_fee_amount
  capture_method currency customer customer_account description excluded_payment_method_types hooks
  metadata payment_details payment_method payment_method_configuration payment_method_data
  payment_method_options payment_method_types receipt_email setup_future_usage shipping
  statement_descriptor statement_descriptor_suffix transfer_data transfer_group`;
const CONFIRM = `allowed_payment_method_types amount_details amount_to_confirm capture_method
  confirmation_token error_on_requires_action excluded_payment_method_types hooks mandate
  mandate_data off_session payment_details payment_method payment_method_data
  payment_method_options payment_method_types radar_options receipt_email return_url
  setup_future_usage shipping use_stripe_sdk`;
const CREATE = `${UPDATE} ${CONFIRM} automatic_payment_methods confirm confirmation_method
  on_behalf_of`;
const CAPTURE = `amount_details amount_to_capture application_fee_amount final_capture hooks
  metadata payment_details statement_descriptor statement_descriptor_suffix transfer_data`;

/** An intent that is there. */
export function intentOf(world: World, id: string, param = "intent"): PaymentIntentRow {
  const row = world.tables.payment_intent.get(id);
  if (row === undefined) throw resourceMissing("payment_intent", id, param);
  return row;
}

/** The payment method that the parameters name or describe. */
function methodIn(world: World, params: Params): PaymentMethodRow | undefined {
  const id = params.text("payment_method");
  if (id !== undefined && id !== "") return paymentMethodOf(world, id, "payment_method");
  const described = params.nested("payment_method_data");
  if (described === undefined) return undefined;
  const type = described.required("type");
  const billing = described.wire("billing_details");
  return createPaymentMethod(world, type, described.wire(type) ?? {}, { billing });
}

function create({ world, params }: Call): Wire {
  const amount = params.integer("amount");
  if (amount === undefined) throw parameterMissing("amount");
  const currency = checkedCurrency(params.required("currency"));
  checkChargeAmount(amount, currency);
  const customer = params.text("customer");
  if (customer !== undefined) customerOf(world, customer, "customer");
  const types = params.texts("payment_method_types");
  const allowed = params.texts("allowed_payment_method_types");
  const method = methodIn(world, params);
  const intent = addIntent(world, {
    amount,
    currency,
    customer: customer ?? null,
    ...described(params),
    metadata: params.metadata(),
    confirmation_method: params.text("confirmation_method") ?? "automatic",
    capture_method: captureMethod(params) ?? "automatic_async",
    payment_method: method?.id ?? null,
    payment_method_types: types ?? allowed ?? ["card", "link"],
    allowed_payment_method_types: allowed ?? null,
    automatic_payment_methods: automaticMethods(params, types ?? allowed),
    status: method === undefined ? "requires_payment_method" : "requires_confirmation",
  });
  if (params.boolean("confirm") !== true) return formatPaymentIntent(world, intent);
  if (method === undefined) throw parameterMissing("payment_method");
  return formatPaymentIntent(world, confirmIntent(world, intent, method));
}

function captureMethod(params: Params): string | undefined {
  return params.oneOf("capture_method", ["automatic", "automatic_async", "manual"]);
}

function automaticMethods(params: Params, types: string[] | undefined): Wire | null {
  const given = params.nested("automatic_payment_methods");
  if (given?.boolean("enabled") === false || types !== undefined) return null;
  return { allow_redirects: given?.text("allow_redirects") ?? "always", enabled: true };
}

/** The plain fields that creating and updating share; what was not sent is left out. */
function described(params: Params): Partial<PaymentIntentRow> {
  const changes: Partial<PaymentIntentRow> = {};
  const texts = [
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
  ] as const;
  for (const name of texts) {
    const given = params.clearable(name);
    if (given !== undefined) changes[name] = given;
  }
  const shipping = params.wire("shipping");
  if (shipping !== undefined) changes.shipping = shippingOf(shipping);
  return changes;
}

function update({ world, params, id }: Call): Wire {
  const before = intentOf(world, id);
  const amount = params.integer("amount");
  const currency = checkedCurrency(params.text("currency") ?? before.currency);
  if (amount !== undefined || currency !== before.currency) {
    if (!before.status.startsWith("requires_") || before.status === "requires_capture") {
      throw unexpectedState(world, before, "update the amount of");
    }
    checkChargeAmount(amount ?? before.amount, currency);
  }
  const customer = params.text("customer");
  if (customer !== undefined) customerOf(world, customer, "customer");
  const method = methodIn(world, params);
  const row = world.tables.payment_intent.put({
    ...before,
    ...described(params),
    amount: amount ?? before.amount,
    currency,
    customer: customer ?? before.customer,
    metadata: params.metadata(before.metadata),
    capture_method: captureMethod(params) ?? before.capture_method,
    payment_method: method?.id ?? before.payment_method,
    status:
      method !== undefined && before.status === "requires_payment_method"
        ? "requires_confirmation"
        : before.status,
  });
  // Stripe has no payment_intent.updated event; a later read is the only way to see this.
  return formatPaymentIntent(world, row);
}

function confirm({ world, params, id }: Call): Wire {
  const intent = intentOf(world, id);
  const saved =
    intent.payment_method === null
      ? undefined
      : world.tables.payment_method.get(intent.payment_method);
  const method = methodIn(world, params) ?? saved;
  if (method === undefined) throw parameterMissing("payment_method");
  const capture = captureMethod(params) ?? intent.capture_method;
  const ready = { ...intent, ...described(params), capture_method: capture };
  return formatPaymentIntent(world, confirmIntent(world, ready, method));
}

function capture({ world, params, id }: Call): Wire {
  const intent = intentOf(world, id);
  const amount = params.integer("amount_to_capture") ?? intent.amount_capturable;
  const isFinal = params.boolean("final_capture") ?? true;
  const ready = { ...intent, metadata: params.metadata(intent.metadata) };
  return formatPaymentIntent(world, captureIntent(world, ready, { amount, isFinal }));
}

function list(call: Call): Wire {
  const { world, params } = call;
  return listPage(call, {
    table: world.tables.payment_intent,
    kind: "payment_intent",
    url: "/v1/payment_intents",
    bucket: { index: "customer", value: params.text("customer") },
    format: (row) => formatPaymentIntent(world, row),
  });
}

export const paymentIntentRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/payment_intents", accepts: CREATE, run: create },
  {
    method: "GET",
    path: "/v1/payment_intents",
    accepts: `${PAGING} created customer customer_account`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/payment_intents/:id",
    accepts: "client_secret",
    run: ({ world, id }) => formatPaymentIntent(world, intentOf(world, id)),
  },
  { method: "POST", path: "/v1/payment_intents/:id", accepts: UPDATE, run: update },
  { method: "POST", path: "/v1/payment_intents/:id/confirm", accepts: CONFIRM, run: confirm },
  { method: "POST", path: "/v1/payment_intents/:id/capture", accepts: CAPTURE, run: capture },
  {
    method: "POST",
    path: "/v1/payment_intents/:id/cancel",
    accepts: "cancellation_reason",
    run: ({ world, params, id }) => {
      const reason = params.text("cancellation_reason") ?? null;
      return formatPaymentIntent(world, cancelIntent(world, intentOf(world, id), reason));
    },
  },
];
