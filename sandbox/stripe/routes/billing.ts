import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatInvoiceItem, formatInvoicePayment } from "../formatters/billing.ts";
import { formatCoupon, formatTaxRate } from "../formatters/catalog.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkedCurrency } from "../money/currencies.ts";
import { emit } from "../operations/emit.ts";
import { addItem, pricedIn } from "../operations/invoice-lines.ts";
import { recalculateInvoice } from "../operations/invoice-totals.ts";
import { invoiceOf, mustBe } from "../operations/invoices.ts";
import { newId } from "../random.ts";
import type { InvoiceItemRow } from "../store/billing-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { customerOf } from "./customers.ts";

const ITEM_UPDATE = `amount description discountable discounts invoicing_rules metadata period price
  price_data pricing quantity quantity_decimal tax_behavior tax_code tax_rates unit_amount_decimal`;

function itemOf(world: World, id: string): InvoiceItemRow {
  const row = world.tables.invoiceitem.get(id);
  if (row === undefined) throw resourceMissing("invoiceitem", id);
  return row;
}

function createItem({ world, params }: Call): Wire {
  const invoiceId = params.text("invoice");
  const invoice = invoiceId === undefined ? undefined : invoiceOf(world, invoiceId);
  if (invoice !== undefined) mustBe(invoice, ["draft"], "add an item to");
  const customer = params.text("customer") ?? invoice?.customer;
  if (customer === undefined) throw parameterMissing("customer");
  customerOf(world, customer, "customer");
  const item = addItem(world, params, { customer, invoice });
  if (invoice !== undefined) recalculateInvoice(world, invoice);
  emit(world, "invoiceitem.created", formatInvoiceItem(world, item));
  return formatInvoiceItem(world, item);
}

function updateItem({ world, params, id }: Call): Wire {
  const before = itemOf(world, id);
  const invoice = before.invoice === null ? undefined : invoiceOf(world, before.invoice);
  if (invoice !== undefined) mustBe(invoice, ["draft"], "change an item of");
  const description = params.clearable("description");
  const repriced = ["amount", "price", "price_data", "pricing", "unit_amount_decimal"];
  const priced = repriced.some((name) => params.has(name))
    ? pricedIn(world, params, before.currency)
    : undefined;
  const row = world.tables.invoiceitem.put({
    ...before,
    amount: priced?.amount ?? before.amount,
    quantity: priced?.quantity ?? before.quantity,
    unit_amount_decimal: priced?.unit_amount_decimal ?? before.unit_amount_decimal,
    description: description === undefined ? before.description : description,
    metadata: params.metadata(before.metadata),
  });
  const line = row.line === null ? undefined : world.tables.invoice_line.get(row.line);
  if (line !== undefined && invoice !== undefined) {
    const { amount, quantity, unit_amount_decimal } = row;
    const texts = { description: row.description, metadata: row.metadata };
    world.tables.invoice_line.put({ ...line, amount, quantity, unit_amount_decimal, ...texts });
    recalculateInvoice(world, invoice);
  }
  return formatInvoiceItem(world, row);
}

function removeItem({ world, id }: Call): Wire {
  const item = itemOf(world, id);
  const invoice = item.invoice === null ? undefined : invoiceOf(world, item.invoice);
  if (invoice !== undefined) mustBe(invoice, ["draft"], "delete an item of");
  world.tables.invoiceitem.delete(id);
  if (item.line !== null) world.tables.invoice_line.delete(item.line);
  if (invoice !== undefined) recalculateInvoice(world, invoice);
  emit(world, "invoiceitem.deleted", formatInvoiceItem(world, item));
  return { id, object: "invoiceitem", deleted: true };
}

function listItems(call: Call): Wire {
  const { world, params } = call;
  const customer = params.text("customer");
  const invoice = params.text("invoice");
  const pending = params.boolean("pending");
  return listPage(call, {
    table: world.tables.invoiceitem,
    kind: "invoiceitem",
    url: "/v1/invoiceitems",
    bucket:
      invoice === undefined
        ? { index: "customer", value: customer }
        : { index: "invoice", value: invoice },
    where: (row) =>
      (customer === undefined || row.customer === customer) &&
      (pending === undefined || (row.invoice === null) === pending),
    format: (row) => formatInvoiceItem(world, row),
  });
}

/** By invoice, or by `payment[type]=payment_intent&payment[payment_intent]=pi_…`. */
function listPayments(call: Call): Wire {
  const { world, params } = call;
  const invoice = params.text("invoice");
  const payment = params.nested("payment");
  const type = payment?.required("type");
  const intent = type === "payment_intent" ? payment?.text("payment_intent") : undefined;
  const status = params.text("status");
  const byIntent = { index: "payment_intent", value: intent };
  return listPage(call, {
    table: world.tables.invoice_payment,
    kind: "invoice_payment",
    url: "/v1/invoice_payments",
    bucket: invoice === undefined ? byIntent : { index: "invoice", value: invoice },
    where: (row) =>
      (intent === undefined || row.payment_intent === intent) &&
      (type === undefined || type === "payment_intent") &&
      (status === undefined || row.status === status),
    format: (row) => formatInvoicePayment(world, row),
  });
}

function retrievePayment({ world, id }: Call): Wire {
  const row = world.tables.invoice_payment.get(id);
  if (row === undefined) throw resourceMissing("invoice_payment", id);
  return formatInvoicePayment(world, row);
}

function createCoupon({ world, params }: Call): Wire {
  const amount_off = params.integer("amount_off") ?? null;
  const percent = params.text("percent_off");
  if ((amount_off === null) === (percent === undefined)) {
    throw invalidRequest("Give either percent_off or amount_off.");
  }
  const currency = amount_off === null ? null : checkedCurrency(params.required("currency"));
  const row = world.tables.coupon.put({
    id: params.text("id") ?? newId("coupon"),
    created: world.nowSeconds(),
    amount_off,
    percent_off: percent === undefined ? null : Number(percent),
    currency,
    duration: params.text("duration") ?? "once",
    duration_in_months: params.integer("duration_in_months") ?? null,
    max_redemptions: params.integer("max_redemptions") ?? null,
    metadata: params.metadata(),
    name: params.clearable("name") ?? null,
    redeem_by: params.integer("redeem_by") ?? null,
    times_redeemed: 0,
  });
  emit(world, "coupon.created", formatCoupon(world, row));
  return formatCoupon(world, row);
}

function retrieveCoupon({ world, id }: Call): Wire {
  const row = world.tables.coupon.get(id);
  if (row === undefined) throw resourceMissing("coupon", id);
  return formatCoupon(world, row);
}

function createTaxRate({ world, params }: Call): Wire {
  const inclusive = params.boolean("inclusive");
  if (inclusive === undefined) throw parameterMissing("inclusive");
  const percentage = params.required("percentage");
  if (!/^\d{1,3}(\.\d{1,4})?$/.test(percentage)) {
    throw invalidRequest(`Invalid decimal: ${percentage}`, undefined, "percentage");
  }
  const row = world.tables.tax_rate.put({
    id: newId("tax_rate"),
    created: world.nowSeconds(),
    active: params.boolean("active") ?? true,
    country: params.text("country") ?? null,
    description: params.text("description") ?? null,
    display_name: params.required("display_name"),
    inclusive,
    jurisdiction: params.text("jurisdiction") ?? null,
    metadata: params.metadata(),
    percentage,
    state: params.text("state") ?? null,
    tax_type: params.text("tax_type") ?? null,
  });
  emit(world, "tax_rate.created", formatTaxRate(world, row));
  return formatTaxRate(world, row);
}

function retrieveTaxRate({ world, id }: Call): Wire {
  const row = world.tables.tax_rate.get(id);
  if (row === undefined) throw resourceMissing("tax_rate", id);
  return formatTaxRate(world, row);
}

export const billingRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/invoiceitems",
    accepts: `${ITEM_UPDATE} currency customer customer_account invoice subscription`,
    run: createItem,
  },
  {
    method: "GET",
    path: "/v1/invoiceitems",
    accepts: `${PAGING} created customer customer_account invoice pending`,
    run: listItems,
  },
  {
    method: "GET",
    path: "/v1/invoiceitems/:id",
    accepts: "",
    run: ({ world, id }) => formatInvoiceItem(world, itemOf(world, id)),
  },
  { method: "POST", path: "/v1/invoiceitems/:id", accepts: ITEM_UPDATE, run: updateItem },
  { method: "DELETE", path: "/v1/invoiceitems/:id", accepts: "", run: removeItem },
  {
    method: "GET",
    path: "/v1/invoice_payments",
    accepts: `${PAGING} created invoice payment status`,
    run: listPayments,
  },
  { method: "GET", path: "/v1/invoice_payments/:id", accepts: "", run: retrievePayment },
  {
    method: "POST",
    path: "/v1/coupons",
    accepts: `amount_off applies_to currency currency_options duration duration_in_months id
      max_redemptions metadata name percent_off redeem_by`,
    run: createCoupon,
  },
  { method: "GET", path: "/v1/coupons/:id", accepts: "", run: retrieveCoupon },
  {
    method: "POST",
    path: "/v1/tax_rates",
    accepts: `display_name inclusive percentage active country description jurisdiction metadata
      state tax_type`,
    run: createTaxRate,
  },
  { method: "GET", path: "/v1/tax_rates/:id", accepts: "", run: retrieveTaxRate },
];
