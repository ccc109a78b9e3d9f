import { invalidRequest, parameterMissing, resourceMissing, StripeError } from "../errors.ts";
import { formatCheckoutLine, formatCheckoutSession } from "../formatters/checkout.ts";
import { listPage } from "../http/listing.ts";
import type { Params } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkedCurrency } from "../money/currencies.ts";
import { addPrice, priceOf } from "../operations/catalog.ts";
import { completeSession, expireSession } from "../operations/checkout.ts";
import { recalculateSession, sessionTotals } from "../operations/checkout-totals.ts";
import { addDiscounts, taxRatesIn } from "../operations/invoice-lines.ts";
import { paymentMethodOf } from "../operations/payment-methods.ts";
import { newId } from "../random.ts";
import type { CheckoutSessionRow } from "../store/billing-rows.ts";
import { isWire, type Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { customerOf } from "./customers.ts";

const CREATE = `adaptive_pricing after_expiration allow_promotion_codes
  allowed_payment_method_types automatic_tax billing_address_collection branding_settings cancel_url
  client_reference_id consent_collection currency custom_fields custom_text customer
  customer_account customer_creation customer_email customer_update discounts
  excluded_payment_method_types expires_at integration_identifier invoice_creation line_items locale
  managed_payments metadata mode name_collection optional_items origin_context payment_intent_data
  payment_method_collection payment_method_configuration payment_method_data
  payment_method_options payment_method_types permissions phone_number_collection
  redirect_on_completion return_url saved_payment_method_options setup_intent_data
  shipping_address_collection shipping_options submit_type subscription_data success_url
  tax_id_collection ui_mode wallet_options`;
const DAY_SECONDS = 86_400;

/** A session that is there. */
export function sessionOf(world: World, id: string): CheckoutSessionRow {
  const row = world.tables.checkout_session.get(id);
  if (row === undefined) throw resourceMissing("checkout.session", id, "session");
  return row;
}

function create({ world, params }: Call): Wire {
  const mode = params.text("mode") ?? "payment";
  if (mode !== "payment")
    throw invalidRequest(`The sandbox has no mode ${mode}.`, undefined, "mode");
  const id = newId("checkout_session");
  const currency = addLines(world, params, id);
  const customer = params.text("customer") ?? null;
  if (customer !== null) customerOf(world, customer, "customer");
  const intentParams = params.nested("payment_intent_data");
  const invoiceCreation = params.nested("invoice_creation");
  const shipping = shippingOptions(params);
  const owner = { customer, invoice: null };
  const creation = params.oneOf("customer_creation", ["always", "if_required"]);
  const row: CheckoutSessionRow = {
    id,
    created: world.nowSeconds(),
    mode,
    currency,
    status: "open",
    payment_status: "unpaid",
    customer,
    customer_creation: customer === null ? (creation ?? "if_required") : null,
    customer_email: params.text("customer_email") ?? null,
    customer_details: null,
    client_reference_id: params.text("client_reference_id") ?? null,
    metadata: params.metadata(),
    payment_intent: null,
    payment_intent_data: params.wire("payment_intent_data") ?? {},
    payment_intent_metadata: intentParams?.metadata() ?? {},
    invoice: null,
    invoice_creation: invoiceCreation?.boolean("enabled") ?? false,
    invoice_metadata: invoiceCreation?.nested("invoice_data")?.metadata() ?? {},
    discounts: addDiscounts(world, params, owner) ?? [],
    coupons: params.nestedList("discounts").map((given) => given.required("coupon")),
    automatic_tax: params.nested("automatic_tax")?.boolean("enabled") ?? false,
    shipping_amount: shipping[0]?.amount ?? null,
    shipping_tax: 0,
    shipping_options: shipping,
    shipping_details: null,
    success_url: params.text("success_url") ?? null,
    cancel_url: params.text("cancel_url") ?? null,
    return_url: params.text("return_url") ?? null,
    ui_mode: params.text("ui_mode") ?? "hosted_page",
    expires_at: params.integer("expires_at") ?? world.nowSeconds() + DAY_SECONDS,
    locale: params.text("locale") ?? null,
    payment_method_types: params.texts("payment_method_types") ??
      params.texts("allowed_payment_method_types") ?? ["card", "link"],
  };
  world.tables.checkout_session.put(row);
  recalculateSession(world, row);
  return formatCheckoutSession(world, row);
}

/** Writes the session's lines and gives the currency they all share. */
function addLines(world: World, params: Params, session: string): string {
  const given = params.nestedList("line_items");
  if (given.length === 0) throw parameterMissing("line_items");
  const currencies = given.map((line) => {
    const described = line.nested("price_data");
    const price =
      described === undefined
        ? priceOf(world, line.required("price"), line.path("price"))
        : addPrice(world, described);
    const quantity = line.integer("quantity") ?? 1;
    if (price.unit_amount === null) throw invalidRequest("The price has no whole unit_amount.");
    world.tables.checkout_line.put({
      id: newId("checkout_line"),
      created: world.nowSeconds(),
      session,
      price: price.id,
      quantity,
      description: world.tables.product.get(price.product)?.name ?? null,
      amount_subtotal: price.unit_amount * quantity,
      amount_discount: 0,
      amount_tax: 0,
      currency: price.currency,
      taxes: [],
      tax_rates: taxRatesIn(world, line),
      metadata: line.metadata(),
    });
    return price.currency;
  });
  const currency = checkedCurrency(params.text("currency") ?? currencies[0] ?? "usd");
  if (currencies.every((one) => one === currency)) return currency;
  throw invalidRequest("All line items of a session have one currency.", undefined, "line_items");
}

function shippingOptions(params: Params): CheckoutSessionRow["shipping_options"] {
  return params.nestedList("shipping_options").map((option) => {
    const rate = option.nested("shipping_rate_data");
    const amount = rate?.nested("fixed_amount")?.integer("amount");
    if (rate === undefined || amount === undefined) {
      throw parameterMissing(option.path("shipping_rate_data"));
    }
    return { amount, display_name: rate.text("display_name") ?? "Shipping" };
  });
}

function update({ world, params, id }: Call): Wire {
  const before = sessionOf(world, id);
  const row = { ...before, metadata: params.metadata(before.metadata) };
  return formatCheckoutSession(world, world.tables.checkout_session.put(row));
}

function list(call: Call): Wire {
  const { world, params } = call;
  const intent = params.text("payment_intent");
  const customer = params.text("customer");
  const status = params.text("status");
  const email = params.nested("customer_details")?.text("email");
  return listPage(call, {
    table: world.tables.checkout_session,
    kind: "checkout.session",
    url: "/v1/checkout/sessions",
    bucket:
      intent === undefined
        ? { index: "customer", value: customer }
        : { index: "payment_intent", value: intent },
    where: (row) =>
      (customer === undefined || row.customer === customer) &&
      (status === undefined || row.status === status) &&
      (email === undefined || row.customer_details?.email === email),
    format: (row) => formatCheckoutSession(world, row),
  });
}

function listLines(call: Call): Wire {
  const { world, id, params } = call;
  sessionOf(world, id);
  const rows = world.tables.checkout_line.by("session", id);
  const after = params.text("starting_after");
  const start = after === undefined ? 0 : rows.findIndex((row) => row.id === after) + 1;
  const limit = params.integer("limit") ?? 10;
  const page = rows.slice(start, start + limit).map((row) => formatCheckoutLine(world, row));
  const url = `/v1/checkout/sessions/${id}/line_items`;
  return { object: "list", data: page, has_more: rows.length > start + limit, url };
}

/** The shopper's page, as the official CLI reads it before it pays. */
function paymentPage({ world, id }: Call): Wire {
  const session = sessionOf(world, id);
  return { ...formatCheckoutSession(world, session), object: "checkout.session", session_id: id };
}

/** What the shopper's page sends on "Pay"; the official CLI sends it too. */
function confirmPage({ world, params, id }: Call): Wire {
  const session = sessionOf(world, id);
  const expected = params.integer("expected_amount");
  const { total } = sessionTotals(world, session);
  if (expected !== undefined && expected !== total) {
    throw new StripeError({
      status: 400,
      type: "invalid_request_error",
      code: "checkout_amount_mismatch",
      message: `The amount is ${total}, not ${expected}.`,
      param: "expected_amount",
    });
  }
  const method = paymentMethodOf(world, params.required("payment_method"), "payment_method");
  const { address, email, name, phone } = method.billing_details;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const done = completeSession(world, session, method, {
    address: isWire(address) ? address : null,
    email: text(email),
    name: text(name),
    phone: text(phone),
  });
  return formatCheckoutSession(world, done);
}

export const checkoutRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/checkout/sessions", accepts: CREATE, run: create },
  {
    method: "GET",
    path: "/v1/checkout/sessions",
    accepts: `${PAGING} created customer customer_account customer_details payment_intent
      payment_link status subscription`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/checkout/sessions/:id",
    accepts: "",
    run: ({ world, id }) => formatCheckoutSession(world, sessionOf(world, id)),
  },
  {
    method: "POST",
    path: "/v1/checkout/sessions/:id",
    accepts: "collected_information metadata shipping_options",
    run: update,
  },
  { method: "GET", path: "/v1/checkout/sessions/:id/line_items", accepts: PAGING, run: listLines },
  {
    method: "POST",
    path: "/v1/checkout/sessions/:id/expire",
    accepts: "",
    run: ({ world, id }) =>
      formatCheckoutSession(world, expireSession(world, sessionOf(world, id))),
  },
  { method: "GET", path: "/v1/payment_pages/:id", accepts: "*", run: paymentPage },
  { method: "POST", path: "/v1/payment_pages/:id/confirm", accepts: "*", run: confirmPage },
];
