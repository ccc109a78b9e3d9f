import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import type { Params } from "../http/params.ts";
import { checkedCurrency } from "../money/currencies.ts";
import { fraction, timesRounded } from "../money/rounding.ts";
import { newId } from "../random.ts";
import type { InvoiceItemRow, InvoiceLineRow, InvoiceRow } from "../store/billing-rows.ts";
import type { PriceRow, TaxAmount } from "../store/catalog-rows.ts";
import type { World } from "../world.ts";
import { addPrice, priceOf } from "./catalog.ts";

/** Now, in the time of the customer's test clock when it has one. */
export function billingNow(world: World, customer: string): number {
  const clock = world.tables.customer.get(customer)?.test_clock;
  const row = clock == null ? undefined : world.tables.test_clock.get(clock);
  return row?.frozen_time ?? world.nowSeconds();
}

/** Makes the discounts that `discounts[][coupon]=…` asks for; gives their ids. */
export function addDiscounts(
  world: World,
  params: Params,
  owner: { customer: string | null; invoice: string | null },
): string[] | undefined {
  if (!params.has("discounts")) return undefined;
  return params.nestedList("discounts").map((given) => {
    const coupon = given.required("coupon");
    if (world.tables.coupon.get(coupon) === undefined) {
      throw resourceMissing("coupon", coupon, given.path("coupon"));
    }
    const row = { created: world.nowSeconds(), coupon, checkout_session: null, ...owner };
    return world.tables.discount.put({ id: newId("discount"), ...row }).id;
  });
}

/** Checks `tax_rates[]` and gives the ids. */
export function taxRatesIn(world: World, params: Params, name = "tax_rates"): string[] {
  const ids = params.texts(name) ?? [];
  for (const id of ids) {
    if (world.tables.tax_rate.get(id) === undefined) throw resourceMissing("tax_rate", id, name);
  }
  return ids;
}

/** What a line costs and by which price; the shape is the same for items and added lines. */
type Priced = {
  amount: number;
  currency: string;
  quantity: number;
  unit_amount_decimal: string | null;
  price: PriceRow | undefined;
};

/**
 * Reads amount, or price and quantity.
 *
 * @throws StripeError 400 when neither is given or the price has another currency than the invoice
 */
export function pricedIn(world: World, params: Params, invoiceCurrency?: string): Priced {
  const quantity = params.integer("quantity") ?? 1;
  const price = priceIn(world, params);
  const sent = params.text("currency");
  const given =
    sent === undefined ? invoiceCurrency : checkedCurrency(sent, params.path("currency"));
  const currency = price?.currency ?? given ?? world.settings.settlementCurrencies[0] ?? "usd";
  if (invoiceCurrency !== undefined && currency !== invoiceCurrency) {
    throw invalidRequest(`The invoice is in ${invoiceCurrency}, the line in ${currency}.`);
  }
  const unit = params.text("unit_amount_decimal") ?? price?.unit_amount_decimal ?? null;
  const amount = params.integer("amount");
  if (amount !== undefined) {
    return { amount, currency, quantity, unit_amount_decimal: String(amount), price };
  }
  if (unit === null) throw parameterMissing(params.path("amount"));
  const total = timesRounded(quantity, fraction(unit));
  return { amount: total, currency, quantity, unit_amount_decimal: unit, price };
}

function priceIn(world: World, params: Params): PriceRow | undefined {
  const described = params.nested("price_data");
  if (described !== undefined) return addPrice(world, described);
  const id = params.nested("pricing")?.text("price") ?? params.text("price");
  return id === undefined ? undefined : priceOf(world, id, params.path("price"));
}

/** Makes an invoice item, and its line at once when it names a draft. */
export function addItem(
  world: World,
  params: Params,
  owner: { customer: string; invoice: InvoiceRow | undefined },
): InvoiceItemRow {
  const { customer, invoice } = owner;
  const priced = pricedIn(world, params, invoice?.currency);
  const now = billingNow(world, customer);
  const period = params.nested("period");
  const product = priced.price?.product ?? null;
  const discounted = { customer, invoice: invoice?.id ?? null };
  const item = world.tables.invoiceitem.put({
    id: newId("invoiceitem"),
    created: now,
    customer,
    invoice: invoice?.id ?? null,
    line: null,
    amount: priced.amount,
    currency: priced.currency,
    description: params.clearable("description") ?? productName(world, product),
    quantity: priced.quantity,
    unit_amount_decimal: priced.unit_amount_decimal,
    price: priced.price?.id ?? null,
    product,
    discountable: params.boolean("discountable") ?? priced.amount >= 0,
    discounts: addDiscounts(world, params, discounted) ?? [],
    tax_rates: taxRatesIn(world, params),
    period_start: period?.integer("start") ?? now,
    period_end: period?.integer("end") ?? now,
    metadata: params.metadata(),
    test_clock: world.tables.customer.get(customer)?.test_clock ?? null,
  });
  return invoice === undefined ? item : addLine(world, item, invoice, manualTaxes(world, params));
}

function productName(world: World, product: string | null): string | null {
  return product === null ? null : (world.tables.product.get(product)?.name ?? null);
}

/** Puts an item on a draft as a line; the item then belongs to that invoice. */
export function addLine(
  world: World,
  item: InvoiceItemRow,
  invoice: InvoiceRow,
  manual_taxes: TaxAmount[] | null = null,
): InvoiceItemRow {
  const line: InvoiceLineRow = {
    id: newId("invoice_line"),
    created: item.created,
    invoice: invoice.id,
    invoice_item: item.id,
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    quantity: item.quantity,
    unit_amount_decimal: item.unit_amount_decimal,
    price: item.price,
    product: item.product,
    discountable: item.discountable,
    discounts: item.discounts,
    discount_amounts: [],
    taxes: [],
    tax_rates: item.tax_rates,
    manual_taxes,
    period_start: item.period_start,
    period_end: item.period_end,
    metadata: item.metadata,
  };
  world.tables.invoice_line.put(line);
  return world.tables.invoiceitem.put({ ...item, invoice: invoice.id, line: line.id });
}

/** `tax_amounts` of an added line: tax that the caller worked out, each with a rate of its own. */
function manualTaxes(world: World, params: Params): TaxAmount[] | null {
  if (!params.has("tax_amounts")) return null;
  return params.nestedList("tax_amounts").map((given) => {
    const rate = given.nested("tax_rate_data");
    const inclusive = rate?.boolean("inclusive") ?? false;
    const row = world.tables.tax_rate.put({
      id: newId("tax_rate"),
      created: world.nowSeconds(),
      active: false,
      country: rate?.text("country") ?? null,
      description: rate?.text("description") ?? null,
      display_name: rate?.text("display_name") ?? "Tax",
      inclusive,
      jurisdiction: rate?.text("jurisdiction") ?? null,
      metadata: {},
      percentage: rate?.text("percentage") ?? "0",
      state: rate?.text("state") ?? null,
      tax_type: rate?.text("tax_type") ?? null,
    });
    return {
      amount: given.integer("amount") ?? 0,
      inclusive,
      tax_rate: row.id,
      taxable_amount: given.integer("taxable_amount") ?? 0,
    };
  });
}
