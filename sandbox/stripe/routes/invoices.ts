import { invalidRequest } from "../errors.ts";
import { formatInvoice, formatInvoiceLine } from "../formatters/billing.ts";
import { listPage } from "../http/listing.ts";
import { isWithin, type Params } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkedCurrency } from "../money/currencies.ts";
import { emit } from "../operations/emit.ts";
import {
  addDiscounts,
  addItem,
  addLine,
  billingNow,
  taxRatesIn,
} from "../operations/invoice-lines.ts";
import { addInvoicePayment, onIntentPaid } from "../operations/invoice-payments.ts";
import { recalculateInvoice } from "../operations/invoice-totals.ts";
import {
  changeInvoice,
  finalizeInvoice,
  invoiceOf,
  mustBe,
  newInvoice,
  payInvoice,
  payOutOfBand,
  voidInvoice,
} from "../operations/invoices.ts";
import { paymentMethodOf } from "../operations/payment-methods.ts";
import type { InvoiceRow } from "../store/billing-rows.ts";
import type { PaymentMethodRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { customerOf, shippingOf } from "./customers.ts";
import { intentOf } from "./payment-intents.ts";

const UPDATE = `account_tax_ids application_fee_amount auto_advance automatic_tax
  automatically_finalizes_at collection_method custom_fields days_until_due default_payment_method
  default_source default_tax_rates description discounts due_date effective_at footer issuer
  metadata number on_behalf_of payment_settings rendering shipping_cost shipping_details
  statement_descriptor transfer_data`;
const CREATE = `${UPDATE} currency customer customer_account from_invoice
  pending_invoice_items_behavior subscription`;

/** The fields that creating and updating share. */
function changed(world: World, row: InvoiceRow, params: Params): InvoiceRow {
  const text = (name: string, was: string | null) => {
    const given = params.clearable(name);
    return given === undefined ? was : given;
  };
  const owner = { customer: row.customer, invoice: row.id };
  const shipping = params.wire("shipping_details");
  const fixedShipping = params
    .nested("shipping_cost")
    ?.nested("shipping_rate_data")
    ?.nested("fixed_amount");
  const rates = params.has("default_tax_rates")
    ? taxRatesIn(world, params, "default_tax_rates")
    : row.default_tax_rates;
  return {
    ...row,
    auto_advance: params.boolean("auto_advance") ?? row.auto_advance,
    collection_method: params.text("collection_method") ?? row.collection_method,
    custom_fields: params.wire("custom_fields") ?? row.custom_fields,
    days_until_due: params.integer("days_until_due") ?? row.days_until_due,
    default_payment_method: text("default_payment_method", row.default_payment_method),
    default_tax_rates: rates,
    description: text("description", row.description),
    discounts: addDiscounts(world, params, owner) ?? row.discounts,
    due_date: params.integer("due_date") ?? row.due_date,
    effective_at: params.integer("effective_at") ?? row.effective_at,
    footer: text("footer", row.footer),
    metadata: params.metadata(row.metadata),
    number: text("number", row.number),
    amount_shipping: fixedShipping?.integer("amount") ?? row.amount_shipping,
    shipping_details: shipping === undefined ? row.shipping_details : shippingOf(shipping),
    statement_descriptor: text("statement_descriptor", row.statement_descriptor),
  };
}

function create({ world, params }: Call): Wire {
  const customer = customerOf(world, params.required("customer"), "customer");
  const pending =
    params.text("pending_invoice_items_behavior") === "include"
      ? world.tables.invoiceitem.by("pending", customer.id)
      : [];
  const sent = params.text("currency");
  const fallback = pending[0]?.currency ?? customer.currency ?? defaultCurrency(world);
  const currency = sent === undefined ? fallback : checkedCurrency(sent);
  const fresh = newInvoice(world, customer.id, currency);
  const row = world.tables.invoice.put(changed(world, fresh, params));
  for (const item of pending) {
    if (item.currency === currency) addLine(world, item, row);
  }
  if (customer.currency === null) world.tables.customer.put({ ...customer, currency });
  recalculateInvoice(world, row);
  emit(world, "invoice.created", formatInvoice(world, row));
  return formatInvoice(world, row);
}

function defaultCurrency(world: World): string {
  return world.settings.settlementCurrencies[0] ?? "usd";
}

function update({ world, params, id }: Call): Wire {
  const row = changed(world, invoiceOf(world, id), params);
  const needsDraft = ["discounts", "default_tax_rates", "number", "shipping_cost"];
  if (needsDraft.some((name) => params.has(name))) mustBe(row, ["draft"], "update the sums of");
  const after = changeInvoice(world, row, "invoice.updated");
  if (after.status === "draft") recalculateInvoice(world, after);
  return formatInvoice(world, after);
}

function addLines({ world, params, id }: Call): Wire {
  const invoice = invoiceOf(world, id);
  mustBe(invoice, ["draft"], "add lines to");
  const before = formatInvoice(world, invoice);
  for (const given of params.nestedList("lines")) {
    const itemId = given.text("invoice_item");
    const item = itemId === undefined ? undefined : world.tables.invoiceitem.get(itemId);
    if (item === undefined) addItem(world, given, { customer: invoice.customer, invoice });
    else addLine(world, item, invoice);
  }
  recalculateInvoice(world, invoice);
  const merged = params.metadata(invoice.metadata, "invoice_metadata");
  const row = world.tables.invoice.put({ ...invoice, metadata: merged });
  emit(world, "invoice.updated", formatInvoice(world, row), before);
  return formatInvoice(world, row);
}

function pay({ world, params, id }: Call): Wire {
  const invoice = invoiceOf(world, id);
  if (params.boolean("paid_out_of_band") === true) {
    return formatInvoice(world, payOutOfBand(world, invoice));
  }
  const paid = payInvoice(world, invoice, methodFor(world, params, invoice));
  return formatInvoice(world, paid);
}

function methodFor(
  world: World,
  params: Params,
  invoice: InvoiceRow,
): PaymentMethodRow | undefined {
  const standard = world.tables.customer.get(invoice.customer)?.default_payment_method;
  const id = params.text("payment_method") ?? invoice.default_payment_method ?? standard;
  return id == null ? undefined : paymentMethodOf(world, id, "payment_method");
}

function attachPayment({ world, params, id }: Call): Wire {
  const invoice = invoiceOf(world, id);
  mustBe(invoice, ["open"], "attach a payment to");
  const intent = intentOf(world, params.required("payment_intent"), "payment_intent");
  if (intent.currency !== invoice.currency) {
    throw invalidRequest("The payment has another currency than the invoice.");
  }
  addInvoicePayment(world, invoice, intent);
  if (intent.status === "succeeded") onIntentPaid(world, intent);
  return formatInvoice(world, invoiceOf(world, id));
}

function markUncollectible({ world, id }: Call): Wire {
  const invoice = invoiceOf(world, id);
  mustBe(invoice, ["open"], "mark as uncollectible");
  const at = billingNow(world, invoice.customer);
  const row: InvoiceRow = {
    ...invoice,
    status: "uncollectible",
    marked_uncollectible_at: at,
  };
  return formatInvoice(world, changeInvoice(world, row, "invoice.marked_uncollectible"));
}

function send({ world, id }: Call): Wire {
  const invoice = invoiceOf(world, id);
  const open = invoice.status === "draft" ? finalizeInvoice(world, invoice) : invoice;
  emit(world, "invoice.sent", formatInvoice(world, open));
  return formatInvoice(world, open);
}

function remove({ world, id }: Call): Wire {
  const invoice = invoiceOf(world, id);
  mustBe(invoice, ["draft"], "delete");
  emit(world, "invoice.deleted", formatInvoice(world, invoice));
  return formatInvoice(world, world.tables.invoice.put({ ...invoice, deleted: true }));
}

function list(call: Call): Wire {
  const { world, params } = call;
  const customer = params.text("customer");
  const status = params.text("status");
  const method = params.text("collection_method");
  const due = params.timeRange("due_date");
  return listPage(call, {
    table: world.tables.invoice,
    kind: "invoice",
    url: "/v1/invoices",
    bucket:
      customer === undefined
        ? { index: "status", value: status }
        : { index: "customer", value: customer },
    where: (row) =>
      !row.deleted &&
      (status === undefined || row.status === status) &&
      (method === undefined || row.collection_method === method) &&
      (due === undefined || (row.due_date !== null && isWithin(due, row.due_date))),
    format: (row) => formatInvoice(world, row),
  });
}

/** Lines are listed in the order they were added, other than everything else. */
function listLines(call: Call): Wire {
  const { world, id, params } = call;
  invoiceOf(world, id);
  const rows = world.tables.invoice_line.by("invoice", id);
  const after = params.text("starting_after");
  const start = after === undefined ? 0 : rows.findIndex((row) => row.id === after) + 1;
  const limit = params.integer("limit") ?? 10;
  const page = rows.slice(start, start + limit).map(formatInvoiceLine);
  const url = `/v1/invoices/${id}/lines`;
  return { object: "list", data: page, has_more: rows.length > start + limit, url };
}

export const invoiceRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/invoices", accepts: CREATE, run: create },
  {
    method: "GET",
    path: "/v1/invoices",
    accepts: `${PAGING} collection_method created customer customer_account due_date status
      subscription`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/invoices/:id",
    accepts: "",
    run: ({ world, id }) => formatInvoice(world, invoiceOf(world, id)),
  },
  { method: "POST", path: "/v1/invoices/:id", accepts: UPDATE, run: update },
  { method: "DELETE", path: "/v1/invoices/:id", accepts: "", run: remove },
  { method: "GET", path: "/v1/invoices/:id/lines", accepts: PAGING, run: listLines },
  {
    method: "POST",
    path: "/v1/invoices/:id/add_lines",
    accepts: "lines invoice_metadata",
    run: addLines,
  },
  {
    method: "POST",
    path: "/v1/invoices/:id/finalize",
    accepts: "auto_advance",
    run: ({ world, id }) => formatInvoice(world, finalizeInvoice(world, invoiceOf(world, id))),
  },
  {
    method: "POST",
    path: "/v1/invoices/:id/pay",
    accepts: "forgive mandate off_session paid_out_of_band payment_method source",
    run: pay,
  },
  {
    method: "POST",
    path: "/v1/invoices/:id/attach_payment",
    accepts: "payment_intent payment_record",
    run: attachPayment,
  },
  {
    method: "POST",
    path: "/v1/invoices/:id/void",
    accepts: "",
    run: ({ world, id }) => formatInvoice(world, voidInvoice(world, invoiceOf(world, id))),
  },
  {
    method: "POST",
    path: "/v1/invoices/:id/mark_uncollectible",
    accepts: "",
    run: markUncollectible,
  },
  { method: "POST", path: "/v1/invoices/:id/send", accepts: "", run: send },
];
